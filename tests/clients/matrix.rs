//! Matrix clients that nobody here wrote, driven by lines on their standard input: matrix-nio, matrix-js-sdk (the core of Element Web) and
//! matrix-sdk (the core of Element X).

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::Value;

use crate::installed::{installed, module, source};
use crate::support::{Failure, Inbox, Outcome, Server, password, patience};

/// One of them, logged in and synced.
pub struct MatrixClient {
    child: Child,
    input: ChildStdin,
    output: Inbox<Value>,
    read: usize,
}

impl MatrixClient {
    /// matrix-nio.
    pub fn nio(server: &Server, account: &str) -> Outcome<Self> {
        let mut command = Command::new(installed("venv/bin/python")?);
        command.arg(source("nio_client.py"));
        Self::start(command, server, account)
    }

    /// matrix-js-sdk.
    pub fn js(server: &Server, account: &str) -> Outcome<Self> {
        let node = installed("node_modules/.bin/node")?;
        let mut command = Command::new(node);
        command.arg(module("js_client.mjs")?);
        Self::start(command, server, account)
    }

    /// matrix-sdk, the Rust one.
    pub fn rust(server: &Server, account: &str) -> Outcome<Self> {
        Self::start(Command::new(installed("rust-client")?), server, account)
    }

    fn start(mut command: Command, server: &Server, account: &str) -> Outcome<Self> {
        let mut child = command
            .args([
                format!("http://{}", server.http()),
                account.to_owned(),
                password(account),
            ])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let output = Inbox::default();
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let events = output.clone();
        std::thread::spawn(move || {
            let lines = stdout.lines().map_while(Result::ok);
            lines
                .filter_map(|line| serde_json::from_str(&line).ok())
                .for_each(|event| events.push(event));
        });
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let complaints = output.clone();
        // What it complains about is seen when a test fails.
        std::thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .for_each(|line| complaints.push(Value::String(line)));
        });
        let input = child.stdin.take().expect("piped");
        let mut client = Self {
            child,
            input,
            output,
            read: 0,
        };
        client.tells(|event| event["event"] == "ready")?;
        Ok(client)
    }

    /// Tells it to do something, and waits until it says that it is done.
    pub fn does(&mut self, line: &str, done: &str) -> Outcome<()> {
        writeln!(self.input, "{line}")?;
        self.tells(|event| event["event"] == done).map(drop)
    }

    /// Waits until it shows a message with this text, and returns it.
    pub fn shows(&mut self, sender: &str, body: &str) -> Outcome<Value> {
        self.tells(|event| {
            event["event"] == "message" && event["sender"] == sender && event["body"] == body
        })
    }

    /// Asks for the latest messages of a room.
    pub fn history(&mut self, alias: &str) -> Outcome<Vec<String>> {
        writeln!(self.input, "history {alias}")?;
        let told = self.tells(|event| event["event"] == "history")?;
        Ok(told["bodies"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    /// Waits for an event behind the last one waited for. Errors on the way are failures.
    fn tells(&mut self, wanted: impl Fn(&Value) -> bool) -> Outcome<Value> {
        let read = self.read;
        let found = self.output.wait(patience(), |state| {
            let event = state
                .items
                .iter()
                .enumerate()
                .skip(read)
                .find(|(_, event)| wanted(event) || event["event"] == "error");
            event.map(|(at, event)| (at, event.clone()))
        });
        match found {
            Some((at, event)) if event["event"] != "error" => {
                self.read = at + 1;
                Ok(event)
            }
            other => {
                let items = &self.output.lock().items;
                let all: Vec<String> = items.iter().map(Value::to_string).collect();
                Err(Failure::new(format!(
                    "the client does not say what was expected ({other:?}):\n{}",
                    all.join("\n")
                )))
            }
        }
    }
}

impl Drop for MatrixClient {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
