//! The program itself, on any free ports and with a data directory of its own. It can be stopped, killed and started again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::patience;

/// The name of every server of the tests.
pub const NAME: &str = "test";

/// A server for development, or one with a configuration.
pub struct Server {
    running: Option<Running>,
    directory: TempDir,
    kind: Kind,
    /// The configuration, if it has one.
    configuration: Option<String>,
}

/// What the server is told to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `run --dev`.
    Development,
    /// `run --config`.
    Production,
}

struct Running {
    child: Child,
    addresses: Value,
    /// Closes when the process has ended.
    ended: Receiver<()>,
}

impl Server {
    /// Starts a server that nobody knows yet, and waits until it listens.
    pub fn start() -> Self {
        Self::with(Kind::Development, None)
    }

    /// Starts a server with this configuration, which leaves out where the data lies.
    pub fn configured(configuration: &str) -> Self {
        Self::with(Kind::Production, Some(configuration.to_owned()))
    }

    /// Starts a development server that takes from this configuration what is not about listeners, limits and data.
    pub fn developed(configuration: &str) -> Self {
        Self::with(Kind::Development, Some(configuration.to_owned()))
    }

    fn with(kind: Kind, configuration: Option<String>) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("polylogue-test-")
            .tempdir()
            .unwrap();
        let mut server = Self {
            running: None,
            directory,
            kind,
            configuration,
        };
        server.start_again();
        server
    }

    /// Starts the server on the data that it has, and waits until it listens.
    pub fn start_again(&mut self) {
        assert!(self.running.is_none(), "the server runs");
        let mut command = Command::new(env!("CARGO_BIN_EXE_polylogue"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("POLYLOGUE__")) {
            command.env_remove(name);
        }
        command.args(["run", "--print-addresses"]);
        if let Some(configuration) = &self.configuration {
            let file = self.directory.path().join("polylogue.toml");
            std::fs::write(&file, configuration).unwrap();
            command.arg("--config").arg(file);
        }
        match self.kind {
            Kind::Production => {
                command.env("POLYLOGUE__SERVER__DATA_DIR", self.data());
            }
            Kind::Development => {
                command.args(["--dev", "--server-name", NAME, "--data-dir"]);
                command.arg(self.data());
                for protocol in ["--irc", "--native", "--http"] {
                    command.args([protocol, "127.0.0.1:0"]);
                }
            }
        }
        command
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.log());
        let mut child = command.spawn().unwrap();
        let (line, ended) = watch(&mut child);
        let Ok(line) = line.recv_timeout(patience()) else {
            let _ = child.kill();
            let status = child.wait();
            panic!(
                "the server does not listen ({status:?}). Its log:\n{}",
                self.log_text()
            );
        };
        let addresses = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error} in the addresses: {line:?}"));
        self.running = Some(Running {
            child,
            addresses,
            ended,
        });
    }

    /// Where the server keeps what must not be lost.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log(&self) -> File {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.directory.path().join("log"))
            .unwrap()
    }

    /// What the server logged, over all its lives.
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Where IRC is spoken.
    pub fn irc(&self) -> SocketAddr {
        self.address("irc")
    }

    /// Where HTTP is spoken.
    pub fn http(&self) -> SocketAddr {
        self.address("http")
    }

    /// Where the native protocol is spoken.
    pub fn native(&self) -> SocketAddr {
        self.address("native")
    }

    pub fn address(&self, protocol: &str) -> SocketAddr {
        let running = self.running.as_ref().expect("the server does not run");
        let address = running.addresses.get(protocol).and_then(Value::as_str);
        address
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("no address for {protocol}: {}", running.addresses))
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.running
            .as_ref()
            .expect("the server does not run")
            .child
            .id()
    }

    /// Ends the process as a power cut would (SIGKILL).
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("the server does not run");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// Asks the server to stop (SIGTERM), as a service manager does, and waits until it has. It has 10 s.
    pub fn stop(&mut self) -> ExitStatus {
        let mut running = self.running.take().expect("the server does not run");
        let pid = Pid::from_child(&running.child);
        kill_process(pid, Signal::TERM).unwrap();
        let in_time = match running.ended.recv_timeout(Duration::from_secs(10)) {
            Ok(()) => unreachable!("the watch only ends"),
            Err(RecvTimeoutError::Disconnected) => true,
            Err(RecvTimeoutError::Timeout) => false,
        };
        if !in_time {
            let _ = running.child.kill();
        }
        // A process closes its files a moment before it can be waited for.
        let status = running.child.wait().unwrap();
        assert!(
            in_time,
            "the server does not stop. Its log:\n{}",
            self.log_text()
        );
        assert!(
            status.success(),
            "the server stops with {status}. Its log:\n{}",
            self.log_text()
        );
        status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
        if std::thread::panicking() {
            let log = self.log_text();
            let start = log.len().saturating_sub(4000);
            let start = (start..=log.len())
                .find(|at| log.is_char_boundary(*at))
                .unwrap_or(0);
            println!("---- the server's log ----\n{}", &log[start..]);
        }
    }
}

/// Reads a process' standard output: gives its first line, and closes the second channel once there is no more.
fn watch(child: &mut Child) -> (Receiver<String>, Receiver<()>) {
    let (first, line) = channel();
    let (end, ended) = channel();
    let output = child.stdout.take().unwrap();
    std::thread::spawn(move || {
        let _end = end;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        if let Some(line) = lines.next() {
            let _ = first.send(line);
        }
        drop(first);
        lines.for_each(drop);
    });
    (line, ended)
}
