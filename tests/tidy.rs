//! The rules of the house that no compiler checks: which crate may see which, where SQL and IRC lines may be written, how long a file may be.
//! It reads the tree and runs nothing of it.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "tidy/source.rs"]
mod source;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use source::Source;

/// The most lines of code in a file; tests, comments and blank lines are not counted.
const LONGEST_FILE: usize = 500;

/// What each kind of crate may depend on inside the workspace. `X` stands for the crate's own name, so that no bridge sees another one.
const ARROWS: &[(&str, &[&str])] = &[
    ("daemon", &["bridges/*", "src/hub", "src/core"]),
    (
        "bridges/X",
        &["protocols/X", "protocols/richtext", "src/hub", "src/core"],
    ),
    ("src/hub", &["src/store", "src/media", "src/core"]),
    ("src/media", &["src/core"]),
    ("src/store", &["src/core"]),
    ("src/core", &["protocols/richtext"]),
    ("protocols/richtext", &[]),
    ("protocols/X", &["protocols/richtext"]),
];

/// What some crates must do without, whatever it is called for: the runtime, the network, the clock, randomness, logging, SQL.
const ABSENT: &[(&str, &[&str])] = &[
    (
        "src/core",
        &[
            "tokio",
            "tokio-util",
            "rusqlite",
            "getrandom",
            "rand",
            "tracing",
            "log",
            "chrono",
            "time",
        ],
    ),
    ("src/store", &["tokio", "tokio-util"]),
    (
        "protocols/X",
        &["tokio", "rusqlite", "getrandom", "rand", "tracing", "log"],
    ),
    ("bridges/X", &["rusqlite"]),
    ("daemon", &["rusqlite"]),
];

/// How SQL begins. Case counts: statements are written in capitals.
const SQL: &[&[&str]] = &[
    &["SELECT"],
    &["INSERT", "INTO"],
    &["INSERT", "OR"],
    &["REPLACE", "INTO"],
    &["UPDATE", "SET"],
    &["DELETE", "FROM"],
    &["CREATE", "TABLE"],
    &["CREATE", "INDEX"],
    &["ALTER", "TABLE"],
    &["DROP", "TABLE"],
    &["PRAGMA"],
    &["ATTACH", "DATABASE"],
    &["BEGIN", "IMMEDIATE"],
];

/// Enums of which every renderer names every variant: a new one must not be overlooked.
const RENDERED: &[&str] = &[
    "Event::",
    "RoomChange::",
    "RoomSetting::",
    "UserChange::",
    "Signal::",
    "TransientKind::",
    "Body::",
];

/// Folders that hold nothing of ours.
const NOT_OURS: &[&str] = &[".git", "target", "corpus", "artifacts", "polylogue-data"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the tree: its path below the root, and its text.
struct File {
    path: String,
    text: String,
}

impl File {
    /// Whether it is only compiled for tests.
    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.split('/').any(|folder| folder == "tests")
            || name == "tests.rs"
            || name == "laws.rs"
    }
}

/// Every text file of the tree whose name ends so; every one for an empty ending.
fn files(ending: &str) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() {
                if !NOT_OURS.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if name.ends_with(ending)
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.push(File {
                    path: path
                        .strip_prefix(root())
                        .unwrap()
                        .to_string_lossy()
                        .into_owned(),
                    text,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no file ends in {ending:?}");
    found
}

/// Fails with all that was found wrong at once.
#[track_caller]
fn check(rule: &str, wrong: &[String]) {
    let list = wrong.iter().fold(String::new(), |mut list, line| {
        let _ = write!(list, "\n  {line}");
        list
    });
    assert!(wrong.is_empty(), "{rule}:{list}");
}

/// The members of the workspace: folder below the root ("" for the daemon) and manifest.
fn members() -> Vec<(String, serde_json::Value)> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--locked",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (folder(&package["manifest_path"]), package.clone()))
        .collect()
}

/// The folder below the root of a manifest or of a dependency on it.
fn folder(path: &serde_json::Value) -> String {
    let path = PathBuf::from(path.as_str().unwrap());
    let folder = if path.ends_with("Cargo.toml") {
        path.parent().unwrap().to_owned()
    } else {
        path
    };
    folder
        .strip_prefix(root())
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

/// The row of a table for a crate: by its own folder, or by its kind.
fn row<'a, T>(table: &'a [(&str, T)], member: &str) -> Option<&'a T> {
    let kind = match member.split_once('/') {
        None => "daemon".to_owned(),
        Some((group, _)) => format!("{group}/X"),
    };
    let by_name = |wanted: &str| {
        table
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, row)| row)
    };
    by_name(member).or_else(|| by_name(&kind))
}

/// Whether an arrow's end stands for a folder.
fn leads_to(end: &str, from: &str, to: &str) -> bool {
    let own_name = from.rsplit('/').next().unwrap_or_default();
    match end.strip_suffix('*') {
        Some(group) => to.starts_with(group),
        None => to == end.replace('X', own_name),
    }
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    for (member, package) in members() {
        let Some(allowed) = row(ARROWS, &member) else {
            wrong.push(format!(
                "{member}: no rule says what a crate in this place may depend on"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            // The daemon's benchmarks measure each part by itself.
            let is_for_benchmarks = member.is_empty() && dependency["kind"] == "dev";
            if dependency["path"].is_null() || is_for_benchmarks {
                continue;
            }
            let to = folder(&dependency["path"]);
            if !allowed.iter().any(|end| leads_to(end, &member, &to)) {
                let member = if member.is_empty() { "daemon" } else { &member };
                wrong.push(format!("{member} -> {to}: only {allowed:?}"));
            }
        }
    }
    check("crates depend on each other in one direction only", &wrong);
}

#[test]
fn pure_crates_stay_pure() {
    let mut wrong = Vec::new();
    for (member, package) in members() {
        let Some(absent) = row(ABSENT, &member) else {
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            // What its tests use is not part of a crate.
            if absent.contains(&name) && dependency["kind"] != "dev" {
                wrong.push(format!("{member} depends on {name}"));
            }
        }
    }
    check(
        "some crates do without a runtime, a clock, randomness, logging or SQL",
        &wrong,
    );
}

#[test]
fn sql_is_only_in_the_store() {
    let mut wrong = Vec::new();
    for file in files(".rs").iter().filter(|file| !may_hold_sql(&file.path)) {
        let source = Source::read(&file.text);
        if source.code.contains("rusqlite") {
            wrong.push(format!("{}: names rusqlite", file.path));
        }
        for literal in source.strings {
            if is_sql(&literal.text) {
                wrong.push(format!(
                    "{}:{}: {:?}",
                    file.path, literal.line, literal.text
                ));
            }
        }
    }
    check("SQL stands in src/store only", &wrong);
    let found = |file: &File| {
        Source::read(&file.text)
            .strings
            .iter()
            .any(|literal| is_sql(&literal.text))
    };
    assert!(
        files(".rs")
            .iter()
            .any(|file| file.path.starts_with("src/store/") && found(file)),
        "the search does not even find the store's SQL"
    );
}

/// The store; the benchmarks' baselines, which do without us; and this file's own list.
fn may_hold_sql(path: &str) -> bool {
    path.starts_with("src/store/") || path.starts_with("benches/") || path == "tests/tidy.rs"
}

/// Whether a text begins like a statement of SQL: its first word, and for most the others somewhere behind it.
fn is_sql(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next();
    let rest: Vec<_> = words.collect();
    SQL.iter().any(|begin| {
        first == Some(begin[0])
            && !rest.is_empty()
            && begin[1..].iter().all(|word| rest.contains(word))
    })
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for file in files(".rs").iter().filter(|file| !file.is_test()) {
        let lines = Source::read(&file.text).lines_of_code();
        if lines > LONGEST_FILE {
            wrong.push(format!("{}: {lines} lines", file.path));
        }
    }
    check(
        &format!("no file has more than {LONGEST_FILE} lines of code"),
        &wrong,
    );
}

#[test]
fn files_say_what_they_are_for() {
    let wrong: Vec<_> = files(".rs")
        .iter()
        .filter(|file| {
            // A fuzz target must begin with the attribute that takes its `main` away.
            let first = file
                .text
                .lines()
                .find(|line| !line.starts_with("#![") && !line.is_empty());
            !first.is_some_and(|line| line.starts_with("//! ") && line.len() > 12)
        })
        .map(|file| file.path.clone())
        .collect();
    check("every file opens with `//!` and its duty", &wrong);
}

#[test]
fn renderers_name_every_event() {
    let mut wrong = Vec::new();
    for file in files(".rs")
        .iter()
        .filter(|file| file.path.starts_with("bridges/") && !file.is_test())
    {
        for (line, patterns) in Source::read(&file.text).matches() {
            let about = RENDERED
                .iter()
                .find(|name| patterns.iter().any(|pattern| begins_with(pattern, name)));
            let catches_all = |pattern: &String| pattern == "_" || pattern.starts_with("_ if ");
            if let Some(about) = about
                && patterns.iter().any(catches_all)
            {
                wrong.push(format!("{}:{line}: `_ =>` among {about}...", file.path));
            }
        }
    }
    check("a renderer names every variant of what happens", &wrong);
}

/// Whether a pattern is one of an enum's variants, by its full path or less.
fn begins_with(pattern: &str, name: &str) -> bool {
    pattern.split('|').any(|part| {
        let path = part
            .trim()
            .split(['(', '{', ' '])
            .next()
            .unwrap_or_default();
        path.starts_with(name) || path.contains(&format!("::{name}"))
    })
}

#[test]
fn lines_of_irc_are_built_from_parts() {
    let mut wrong = Vec::new();
    for file in files(".rs").iter().filter(|file| {
        !file.is_test()
            && !file.path.starts_with("protocols/irc/")
            && !file.path.starts_with("fuzz/")
    }) {
        let source = Source::read(&file.text);
        // Where the tests begin, by line.
        let end = source.without_tests().lines().count();
        for literal in source.strings.iter().filter(|literal| literal.line <= end) {
            let is_end_of_line = literal.text.contains("\\r\\n");
            let is_format = literal.text.contains('{');
            if is_end_of_line && (is_format || file.path.starts_with("bridges/")) {
                wrong.push(format!(
                    "{}:{}: {:?}",
                    file.path, literal.line, literal.text
                ));
            }
        }
    }
    check(
        "a line of IRC is built in protocols/irc, from parts that cannot break it",
        &wrong,
    );
}

#[test]
fn nothing_names_a_machine() {
    // Written apart, so that this file does not name them.
    let marks = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    let mut wrong = Vec::new();
    for file in files("").iter().filter(|file| file.path != "Cargo.lock") {
        for (number, line) in file.text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                wrong.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    check("no path of one machine", &wrong);
}
