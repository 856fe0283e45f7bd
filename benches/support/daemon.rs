//! The daemon that is measured: the optimised binary on ephemeral ports. It has no client.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::Outcome;
use super::process::Process;

/// Where a daemon keeps its data below its home.
pub const DATA: &str = "data";

/// A running daemon.
pub struct Daemon {
    /// The process.
    pub process: Process,
    /// Where it listens for IRC.
    pub irc: u16,
    /// Where it listens for HTTP, if it does.
    pub http: Option<u16>,
    /// From its start until it listened.
    pub start: Duration,
    /// Kept open, or the daemon's greeting would meet a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Daemon {
    /// A development server with its data in `home`.
    pub fn development(home: &Path) -> Outcome<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_polylogue"));
        command.args(["run", "--dev"]);
        for protocol in ["--irc", "--http", "--native"] {
            command.args([protocol, "127.0.0.1:0"]);
        }
        command.arg("--data-dir").arg(home.join(DATA));
        Self::start(&mut command, home)
    }

    /// A server with TLS and no throttles, with its data in `home`.
    pub fn secure(home: &Path) -> Outcome<Self> {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let (certificate, key) = (home.join("certificate.pem"), home.join("key.pem"));
        std::fs::write(&certificate, own.cert.pem())?;
        std::fs::write(&key, own.signing_key.serialize_pem())?;
        let many = 1_000_000;
        let text = format!(
            "[server]\nname = \"localhost\"\ndata_dir = {data:?}\n\
             [[listen]]\nprotocol = \"irc\"\naddress = \"127.0.0.1:0\"\ntls = true\n\
             [tls]\ncertificate = {certificate:?}\nkey = {key:?}\n\
             [limits]\nconnections_per_address = {many}\nconnections_per_window = {many}\n",
            data = home.join(DATA),
        );
        let file = home.join("polylogue.toml");
        std::fs::write(&file, text)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_polylogue"));
        command.args(["run", "--config"]).arg(file);
        Self::start(&mut command, home)
    }

    fn start(command: &mut Command, home: &Path) -> Outcome<Self> {
        let log = home.join("log");
        command
            .arg("--print-addresses")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("POLYLOGUE__")) {
            command.env_remove(name);
        }
        let begin = Instant::now();
        let mut process = Process::start(command)?;
        let output = process.child().stdout.take().ok_or("no standard output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let start = begin.elapsed();
        let addresses: serde_json::Value = serde_json::from_str(&line).map_err(|_| {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            format!("the daemon does not listen: {line}{log}")
        })?;
        let port = |protocol: &str| {
            let address = addresses.get(protocol)?.as_str()?;
            address.rsplit(':').next()?.parse().ok()
        };
        Ok(Self {
            process,
            irc: port("irc").ok_or("the daemon does not listen for IRC")?,
            http: port("http"),
            start,
            _output: output,
        })
    }
}
