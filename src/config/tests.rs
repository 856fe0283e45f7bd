//! Configuration as operators write it.

use std::collections::HashMap;

use super::*;
use crate::listen::Protocol;

/// The shipped file with every key.
const FULL: &str = include_str!("../../conf/polylogue.toml");
/// The shipped file with what a small server needs.
const MINIMAL: &str = include_str!("../../conf/minimal.toml");

fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The first line of each report.
fn reports(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let checked = check(text, &variables(environment));
    let show = |problem: &Problem| {
        Shown {
            problem,
            file: "c.toml",
            text,
        }
        .to_string()
        .lines()
        .next()
        .unwrap()
        .to_owned()
    };
    checked.problems.iter().map(show).collect()
}

fn check_reports(text: &str, expected: &[&str]) {
    assert_eq!(reports(text, &[]), expected, "{text}");
}

#[test]
fn the_shipped_file_is_the_default() {
    let checked = check(FULL, &HashMap::new());
    assert_eq!(checked.problems, []);
    assert_eq!(checked.config, Some(Config::default()));
}

/// Every table with its keys. A list of tables has the keys of its first; one without any is not there.
fn keys(configuration: &toml::Table) -> Vec<(String, Vec<String>)> {
    let keys = |value: &toml::Value| {
        let table = value.get(0).unwrap_or(value);
        table.as_table().unwrap().keys().cloned().collect()
    };
    configuration
        .iter()
        .filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()))
        .map(|(table, value)| (table.clone(), keys(value)))
        .collect()
}

#[test]
fn the_shipped_file_has_every_key() {
    let written = toml::from_str(FULL).unwrap();
    assert_eq!(
        keys(&written),
        keys(&toml::Table::try_from(Config::default()).unwrap())
    );
}

#[test]
fn the_manual_has_every_key() {
    let manual = include_str!("../../man/polylogue.toml.5");
    let complete = Config {
        operator: vec![Operator::default()],
        webirc: vec![Webirc::default()],
        ..Config::default()
    };
    for (table, keys) in keys(&toml::Table::try_from(complete).unwrap()) {
        assert!(
            manual.contains(&format!("[{table}]")),
            "polylogue.toml(5) lacks [{table}]"
        );
        for key in keys {
            assert!(
                manual.contains(&format!(".It Ic {key}\n")),
                "polylogue.toml(5) lacks {table}.{key}"
            );
        }
    }
}

#[test]
fn the_minimal_file_is_sound() {
    let checked = check(MINIMAL, &HashMap::new());
    assert_eq!(checked.problems, []);
    assert_eq!(checked.hints, []);
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(check("", &HashMap::new()).config, Some(Config::default()));
}

#[test]
fn unknown_keys_are_refused_with_the_likely_one() {
    check_reports(
        "[irc]\nnick_lenght = 31\n",
        &["c.toml:2:1: irc.nick_lenght: unknown key; did you mean `nick_length`?"],
    );
    check_reports(
        "[ircd]\n",
        &["c.toml:1:2: ircd: unknown key; did you mean `irc`?"],
    );
    check_reports(
        "[log]\n\n  colour = true\n",
        &["c.toml:3:3: log.colour: unknown key, expected one of filter"],
    );
    check_reports(
        "[[listen]]\nprotocol = \"irc\"\nadress = \"[::]:1\"\naddress = \"[::]:1\"\n",
        &["c.toml:3:1: listen[1].adress: unknown key; did you mean `address`?"],
    );
}

#[test]
fn wrong_types_and_words_are_refused_with_what_was_expected() {
    check_reports(
        "[irc]\nchannels = \"many\"\n",
        &["c.toml:2:12: irc.channels: expected a whole number, 0 or more, found \"many\""],
    );
    check_reports(
        "[irc]\nchannels = -1\n",
        &["c.toml:2:12: irc.channels: expected a whole number, 0 or more, found -1"],
    );
    check_reports(
        "[irc]\nchannels = 1.5\n",
        &["c.toml:2:12: irc.channels: expected a whole number, 0 or more, found 1.5"],
    );
    check_reports("irc = 3\n", &["c.toml:1:7: irc: expected a table, found 3"]);
    check_reports(
        "[server]\nname = 3\n",
        &["c.toml:2:8: server.name: expected a text in quotes, found 3"],
    );
    check_reports(
        "[registration]\nmode = \"opne\"\n",
        &[
            "c.toml:2:8: registration.mode: expected one of \"open\", \"token\", \"closed\", found \"opne\"; did you mean `open`?",
        ],
    );
    check_reports(
        "[registration]\nmode = true\n",
        &["c.toml:2:8: registration.mode: expected one of \"open\", \"token\", \"closed\""],
    );
    check_reports(
        "listen = 1\n",
        &["c.toml:1:10: listen: expected a list, found 1"],
    );
    check_reports(
        "[[listen]]\nprotocol = \"irc\"\naddress = \"localhost:6667\"\n",
        &[
            "c.toml:3:11: listen[1].address: expected an IP address and a port such as \"[::]:6697\" or \"192.0.2.1:6697\", found \"localhost:6667\"",
        ],
    );
    check_reports(
        "[[listen]]\nprotocol = \"irc\"\naddress = \"[::]:6697\"\nproxy = [\"10.0.0.1\", \"ten\"]\n",
        &[
            "c.toml:4:22: listen[1].proxy[2]: expected an IP address or a block such as 192.0.2.0/24 or 2001:db8::/32, without bits set behind the prefix",
        ],
    );
}

#[test]
fn values_out_of_range_are_refused_with_the_range() {
    check_reports(
        "[irc]\nnick_length = 99\n",
        &["c.toml:2:15: irc.nick_length: expected a number of bytes from 9 to 31"],
    );
    check_reports(
        "[irc]\nping_seconds = 200\n",
        &["c.toml:1:1: irc.timeout_seconds: expected more than ping_seconds, which is 200"],
    );
    check_reports(
        "[limits]\nevent_bytes = 100000\n",
        &["c.toml:2:15: limits.event_bytes: expected a number of bytes from 8192 to 65536"],
    );
    check_reports(
        "[registration]\nmode = \"token\"\n",
        &[
            "c.toml:1:1: registration.tokens: expected a token here or a file in tokens_file, because mode is \"token\"",
        ],
    );
    check_reports(
        "[registration]\nmode = \"token\"\ntokens = [\"a b\"]\n",
        &[
            "c.toml:3:10: registration.tokens: expected tokens of 1 to 64 characters out of A-Z a-z 0-9 . _ ~ -",
        ],
    );
    check_reports(
        "listen = []\n",
        &["c.toml:1:10: listen: expected at least one [[listen]] table"],
    );
    check_reports(
        "[tls]\nkey = \"\"\n",
        &[
            "c.toml:2:7: tls.key: expected the path of a PEM file, because a listener has tls = true",
        ],
    );
    check_reports(
        "[[listen]]\nprotocol = \"irc\"\naddress = \"[::]:7\"\n[[listen]]\nprotocol = \"native\"\naddress = \"[::]:7\"\n",
        &[
            "c.toml:6:11: listen[2].address: expected an address of its own; listen[1] has it already",
        ],
    );
}

#[test]
fn what_is_missing_is_named_once() {
    check_reports(
        "[[listen]]\naddress = \"[::]:1\"\n",
        &["c.toml:1:1: listen[1]: expected a key `protocol` in this table"],
    );
    // A key that is there but wrong is not missing as well.
    check_reports(
        "[[listen]]\nprotocol = \"irx\"\naddress = \"[::]:1\"\n",
        &[
            "c.toml:2:12: listen[1].protocol: expected one of \"irc\", \"http\", \"native\", found \"irx\"; did you mean `irc`?",
        ],
    );
}

#[test]
fn a_value_of_the_wrong_type_is_reported_once() {
    check_reports(
        "[[operator]]\nname = 5\npassword_hash = \"no hash\"\n",
        &["c.toml:2:8: operator[1].name: expected a text in quotes, found 5"],
    );
    check_reports(
        "[[operator]]\nname = \"oper\"\npassword_file = 5\n",
        &["c.toml:3:17: operator[1].password_file: expected a text in quotes, found 5"],
    );
    check_reports(
        "[irc]\nnick_length = \"long\"\n",
        &["c.toml:2:15: irc.nick_length: expected a whole number, 0 or more, found \"long\""],
    );
    // The other entries are looked at all the same.
    check_reports(
        "[[operator]]\nname = 5\n[[operator]]\nname = \"two words\"\npassword_file = \"/a\"\n",
        &[
            "c.toml:2:8: operator[1].name: expected a text in quotes, found 5",
            "c.toml:4:8: operator[2].name: expected one word of at most 64 printable ASCII characters",
        ],
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    check_reports(
        "[server]\nnmae = \"a\"\nname = 1\n[irc]\nchannels = []\ntargets = true\nnick_length = 99\n[limitz]\n",
        &[
            "c.toml:2:1: server.nmae: unknown key; did you mean `name`?",
            "c.toml:3:8: server.name: expected a text in quotes, found 1",
            "c.toml:5:12: irc.channels: expected a whole number, 0 or more, found a list",
            "c.toml:6:11: irc.targets: expected a whole number, 0 or more, found true",
            "c.toml:7:15: irc.nick_length: expected a number of bytes from 9 to 31",
            "c.toml:8:2: limitz: unknown key; did you mean `limits`?",
        ],
    );
}

#[test]
fn mistakes_of_syntax_have_places_too() {
    for (text, place) in [
        ("[irc\n", "c.toml:1:"),
        ("[irc]\nchannels = \n", "c.toml:2:"),
        ("[irc]\nchannels = 1\nchannels = 2\n", "c.toml:3:"),
        ("\n\n= 3", "c.toml:3:"),
    ] {
        let found = reports(text, &[]);
        assert!(
            !found.is_empty() && found[0].starts_with(place),
            "{text:?}: {found:?}"
        );
    }
}

#[test]
fn the_environment_overrides_the_file() {
    let checked = check(
        "[server]\nname = \"file.example\"\n[irc]\nchannels = 7\n[[listen]]\nprotocol = \"irc\"\naddress = \"127.0.0.1:1\"\ntls = false\n",
        &variables(&[
            ("POLYLOGUE__SERVER__NAME", "environment.example"),
            ("POLYLOGUE__LIMITS__LOGIN_FAILURES", "3"),
            ("POLYLOGUE__REGISTRATION__MODE", "open"),
        ]),
    );
    assert_eq!(checked.problems, []);
    let config = checked.config.unwrap();
    assert_eq!(config.server.name, "environment.example");
    assert_eq!(config.irc.channels, 7);
    assert_eq!(config.limits.login_failures, 3);
    assert_eq!(config.registration.mode, RegistrationMode::Open);
    // A list in the file replaces the default list.
    assert_eq!(config.listen.len(), 1);
    assert_eq!(
        (config.listen[0].protocol, config.listen[0].tls),
        (Protocol::Irc, false)
    );
}

#[test]
fn mistakes_of_the_environment_name_it() {
    let found = reports("", &[("POLYLOGUE__IRC__CHANNELS", "0")]);
    assert_eq!(
        found,
        [
            "environment variable POLYLOGUE__IRC__CHANNELS: irc.channels: expected a number of channels from 1 to 1000"
        ]
    );
    for (variable, value, expected) in [
        ("POLYLOGUE__IRC__CHANNELS", "many", "irc.channels"),
        ("POLYLOGUE__IRC__CHANELS", "7", "chanels"),
        ("POLYLOGUE__FOO", "7", "foo"),
    ] {
        let found = reports("", &[(variable, value)]);
        assert!(
            found.len() == 1
                && found[0].starts_with("environment variable")
                && found[0].contains(expected),
            "{found:?}"
        );
    }
}

#[test]
fn hints_do_not_refuse() {
    let checked = check(
        "[[listen]]\nprotocol = \"irc\"\naddress = \"0.0.0.0:6667\"\ntls = false\n[registration]\nmode = \"open\"\n",
        &HashMap::new(),
    );
    assert_eq!(checked.problems, []);
    let keys: Vec<_> = checked.hints.iter().map(|hint| hint.key.as_str()).collect();
    assert_eq!(keys, ["listen[1].tls", "registration.mode", "server.name"]);
}

#[test]
fn tokens_that_nobody_is_asked_for_are_hinted_at() {
    let check_hint = |mode: &str, hinted: bool| {
        let text = format!("[registration]\nmode = \"{mode}\"\ntokens = [\"garden\"]\n");
        let checked = check(&text, &HashMap::new());
        let is_it = |hint: &Problem| hint.message.contains("nobody is asked");
        assert_eq!(checked.hints.iter().any(is_it), hinted, "{mode}");
        assert_eq!(checked.problems, []);
    };
    check_hint("token", false);
    check_hint("closed", true);
    check_hint("open", true);
}

#[test]
fn any_text_is_checked_without_panic() {
    proptest::proptest!(|(text in "(\\[{0,2}[a-z]{0,6}\\]{0,2}\n?|[a-z_]{1,8} = |\"|'|[0-9.]{1,4}|\n|\u{e9}|[{}\\[\\],=]){0,40}")| {
        for problem in &check(&text, &HashMap::new()).problems {
            let _ = Shown { problem, file: "c.toml", text: &text }.to_string();
        }
    });
}

#[test]
fn a_development_server_is_open_and_unthrottled() {
    let config = Config::default().into_development(Development {
        server_name: None,
        data_dir: "data".into(),
        listen: vec![(Protocol::Irc, "127.0.0.1:0".parse().unwrap())],
    });
    assert_eq!(config.registration.mode, RegistrationMode::Open);
    assert_eq!(config.limits, Limits::unthrottled());
    assert!(
        config
            .listen
            .iter()
            .all(|listener| !listener.tls && listener.address.ip().is_loopback())
    );
}
