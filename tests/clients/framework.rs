//! irc-framework in node, driven by lines on its standard input; logs in by SASL PLAIN, and asks for what it missed.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::installed::{installed, module};
use crate::program::IrcClient;
use crate::support::{Inbox, Outcome, Server, password};

/// The program, running.
pub struct Framework {
    child: Child,
    input: ChildStdin,
    output: Inbox<String>,
}

impl Framework {
    /// Starts it; it connects by itself.
    pub fn start(server: &Server, account: &str) -> Outcome<Self> {
        let address = server.irc();
        let mut child = Command::new(installed("node_modules/.bin/node")?)
            .arg(module("irc_framework.mjs")?)
            .args([address.ip().to_string(), address.port().to_string()])
            .args([account, &password(account)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let output = Inbox::default();
        copy(child.stdout.take().expect("piped"), output.clone());
        copy(child.stderr.take().expect("piped"), output.clone());
        let input = child.stdin.take().expect("piped");
        Ok(Self {
            child,
            input,
            output,
        })
    }
}

fn copy(from: impl Read + Send + 'static, to: Inbox<String>) {
    std::thread::spawn(move || {
        let lines = BufReader::new(from).lines().map_while(Result::ok);
        lines.for_each(|line| to.push(line));
    });
}

impl IrcClient for Framework {
    fn enter(&mut self, line: &str) -> Outcome<()> {
        Ok(writeln!(self.input, "{line}")?)
    }

    fn shown(&self) -> String {
        self.output.lock().items.join("\n")
    }
}

impl Drop for Framework {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
