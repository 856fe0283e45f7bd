//! What the benchmarks share: the servers that are measured, the load generator, the bare loops beside them, and the report. It measures
//! nothing itself.

pub mod daemon;
pub mod device;
pub mod disk;
#[path = "../../tests/support/http.rs"]
pub mod http;
pub mod ircload;
pub mod journal;
pub mod peer;
pub mod process;
pub mod report;

use std::error::Error;
use std::io::Write as _;

/// A benchmark that cannot go on says why and ends.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// Rounds of each measurement, of which the median counts; `POLYLOGUE_BENCH_ROUNDS` sets them.
pub fn rounds() -> usize {
    std::env::var("POLYLOGUE_BENCH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|rounds| *rounds > 0)
        .unwrap_or(3)
}

/// What is left of the command line for the benchmark to choose by: names of its parts, in lower case. None names all of them. Nothing at all
/// is given back when the program was not started by `cargo bench`: an unoptimised measurement says nothing.
pub fn chosen() -> Option<Vec<String>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        say("This is a benchmark: run it with `cargo bench`.");
        return None;
    }
    let names = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'));
    Some(names.map(|name| name.to_lowercase()).collect())
}

/// Whether a part was chosen.
pub fn wants(chosen: &[String], part: &str) -> bool {
    chosen.is_empty() || chosen.iter().any(|name| *name == part.to_lowercase())
}

/// Prints a line. Nobody is left to tell if standard output is closed.
pub fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}
