//! The chat program that comes with the native protocol's description, run as a user would.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::program::need;
use crate::support::{Failure, Inbox, Outcome, Server, password, patience};

/// The program, running.
pub struct Python {
    child: Child,
    input: ChildStdin,
    output: Inbox<String>,
    read: usize,
}

impl Python {
    /// Starts it in a room, and waits until it is in.
    pub fn chat(server: &Server, account: &str, room: &str) -> Outcome<Self> {
        need("python3")?;
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("protocols/native/examples/chat.py");
        let mut child = Command::new("python3")
            .arg(program)
            .args(["--plain", &server.native().to_string(), account, room])
            .env("POLYLOGUE_PASSWORD", password(account))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let output = Inbox::default();
        let (stdout, stderr) = (
            child.stdout.take().expect("piped"),
            child.stderr.take().expect("piped"),
        );
        copy(BufReader::new(stdout), output.clone());
        copy(BufReader::new(stderr), output.clone());
        let input = child.stdin.take().expect("piped");
        let mut python = Self {
            child,
            input,
            output,
            read: 0,
        };
        python.shows(&format!("-- in {room}"))?;
        // Whoever asks for the greeting itself shall find it.
        python.read = 0;
        Ok(python)
    }

    /// Types a line and enters it.
    pub fn enter(&mut self, line: &str) -> Outcome<()> {
        Ok(writeln!(self.input, "{line}")?)
    }

    /// Waits until it shows a text, on a line behind the last one waited for.
    pub fn shows(&mut self, text: &str) -> Outcome<()> {
        let read = self.read;
        let found = self.output.wait(patience(), |state| {
            state
                .items
                .iter()
                .skip(read)
                .position(|line| line.contains(text))
        });
        match found {
            Some(at) => {
                self.read = read + at + 1;
                Ok(())
            }
            None => Err(Failure::new(format!(
                "the program does not show this: {text}\n{}",
                self.output.lock().items.join("\n")
            ))),
        }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts lines into an inbox as they come.
fn copy(reader: impl std::io::BufRead + Send + 'static, inbox: Inbox<String>) {
    std::thread::spawn(move || {
        reader
            .lines()
            .map_while(Result::ok)
            .for_each(|line| inbox.push(line))
    });
}
