//! Asks for a password: on the terminal without echo, or else as the first line of standard input. Never an argument, which every user of the machine could read.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::Failure;
use crate::control::Secret;

/// Bytes of a password. Far beyond what anybody types, and little to hash.
const LONGEST: u64 = 1024;

/// Asks for the new password of an account; twice on a terminal.
pub fn ask(name: &str) -> Result<Secret, Failure> {
    let input = io::stdin();
    if !input.is_terminal() {
        return line(&mut input.lock()).map_err(Failure::wrong);
    }
    let quiet = Quiet::new().map_err(|error| {
        Failure::failed(format!(
            "the terminal's echo cannot be switched off: {error}"
        ))
    })?;
    let prompted = |prompt: &str| {
        let mut terminal = io::stderr();
        let shown = terminal
            .write_all(prompt.as_bytes())
            .and_then(|()| terminal.flush());
        let answer = shown
            .map_err(NoPassword::Io)
            .and_then(|()| line(&mut input.lock()));
        // The line end that was typed was not echoed either.
        let _ = terminal.write_all(b"\n");
        answer.map_err(Failure::wrong)
    };
    let first = prompted(&format!("New password for {name}: "))?;
    let second = prompted("The same again: ")?;
    drop(quiet);
    if first == second {
        Ok(first)
    } else {
        Err(Failure::wrong("the passwords differ; nothing was changed"))
    }
}

/// Why standard input gave no password.
#[derive(Debug, thiserror::Error)]
enum NoPassword {
    #[error("standard input: {0}")]
    Io(#[from] io::Error),
    #[error("expected a password as the first line of standard input")]
    Absent,
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
    #[error("a password is text in UTF-8")]
    NotText,
}

/// Reads one line and no more than it needs to know that it is too long.
fn line(input: &mut impl BufRead) -> Result<Secret, NoPassword> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(
        usize::try_from(LONGEST).unwrap_or(0) + 2,
    ));
    input.take(LONGEST + 2).read_until(b'\n', &mut bytes)?;
    let line = bytes.strip_suffix(b"\n").map_or(bytes.as_slice(), |line| {
        line.strip_suffix(b"\r").unwrap_or(line)
    });
    if line.is_empty() {
        return Err(NoPassword::Absent);
    }
    if line.len() as u64 > LONGEST {
        return Err(NoPassword::TooLong);
    }
    let text = std::str::from_utf8(line).map_err(|_| NoPassword::NotText)?;
    Ok(Secret::new(text.to_owned()))
}

/// A terminal without echo, until dropped.
struct Quiet {
    before: Termios,
}

impl Quiet {
    fn new() -> rustix::io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        // What was typed ahead is thrown away: it was meant for something else, and was echoed.
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self { before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // If the terminal is gone, so is its echo.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], expected: Result<&str, &str>) {
        let found = line(&mut &*input);
        assert_eq!(
            found
                .as_ref()
                .map(Secret::expose)
                .map_err(ToString::to_string),
            expected.map_err(ToOwned::to_owned)
        );
    }

    #[test]
    fn the_first_line_is_the_password() {
        check(b"correct horse\n", Ok("correct horse"));
        check(b"correct horse\r\nsecond\n", Ok("correct horse"));
        check(b"  spaces count \n", Ok("  spaces count "));
        check(b"no end", Ok("no end"));
        check(
            b"\n",
            Err("expected a password as the first line of standard input"),
        );
        check(
            b"",
            Err("expected a password as the first line of standard input"),
        );
        check(b"\xff\n", Err("a password is text in UTF-8"));
        check(&[b'x'; 1_000_000], Err("a password has at most 1024 bytes"));
        let longest = "x".repeat(1024);
        check(format!("{longest}\r\n").as_bytes(), Ok(&longest));
        check(
            format!("{longest}x\n").as_bytes(),
            Err("a password has at most 1024 bytes"),
        );
    }
}
