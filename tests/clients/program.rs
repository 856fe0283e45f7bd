//! What a person does with an IRC client: types a line, and looks at what it shows. Clients are looked at through the logs that they keep.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Failure, Outcome, patience};

/// How often a log is looked at: other programs' files have nothing to wait on.
const LOOK: Duration = Duration::from_millis(20);

/// An IRC client, connected to one server that it calls `polylogue`.
pub trait IrcClient {
    /// Types a line and enters it.
    fn enter(&mut self, line: &str) -> Outcome<()>;

    /// Everything that it showed, in any window.
    fn shown(&self) -> String;

    /// Waits until it shows a text.
    fn shows(&self, text: &str) -> Outcome<()> {
        let deadline = Instant::now() + patience();
        while !self.shown().contains(text) {
            if Instant::now() > deadline {
                return Err(Failure::new(format!(
                    "this is not shown: {text}\n{}",
                    self.shown()
                )));
            }
            std::thread::park_timeout(LOOK);
        }
        Ok(())
    }

    /// Fails if it shows a text now.
    fn does_not_show(&self, text: &str) -> Outcome<()> {
        if self.shown().contains(text) {
            Err(Failure::new(format!(
                "this is shown: {text}\n{}",
                self.shown()
            )))
        } else {
            Ok(())
        }
    }
}

/// Fails with what to install unless a program is there.
pub fn need(program: &str) -> Outcome<()> {
    let found = Command::new(program)
        .arg(if program == "tmux" { "-V" } else { "--version" })
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match found {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(format!(
            "{program} cannot be run ({error}). These tests need real clients: apt-get install irssi weechat-headless tmux ii python3"
        ))),
    }
}

/// The texts of all files below a folder.
pub fn texts(folder: &Path) -> String {
    let mut found = String::new();
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.push_str(&texts(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push_str(&format!(
                "---- {} ----\n{}",
                path.display(),
                String::from_utf8_lossy(&bytes)
            ));
        }
    }
    found
}

/// Waits until something can be done.
pub fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> Outcome<T> {
    let deadline = Instant::now() + patience();
    loop {
        if let Some(done) = attempt() {
            return Ok(done);
        }
        if Instant::now() > deadline {
            return Err(Failure::new(format!("{what} does not happen")));
        }
        std::thread::park_timeout(LOOK);
    }
}
