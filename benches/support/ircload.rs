//! The load generator for IRC: where it is, how it is started, and what it measured. It is a program of its own, and may be absent.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::process::Process;
use super::{Outcome, say};

/// Names the generator's program.
const VARIABLE: &str = "POLYLOGUE_IRCLOAD";
/// Where its source is looked for otherwise, from the root of the workspace.
const SOURCE: &str = "../shared/tools/ircload";

/// The generator's program.
pub struct Ircload(PathBuf);

impl Ircload {
    /// Finds or builds it; nothing if it is neither named nor there.
    pub fn find() -> Outcome<Option<Self>> {
        if let Some(path) = std::env::var_os(VARIABLE) {
            return Ok(Some(Self(path.into())));
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = root.join(SOURCE).join("Cargo.toml");
        if !manifest.exists() {
            say(&format!(
                "The load generator is absent: {VARIABLE} is not set, and {SOURCE} is not there. What needs it is left out."
            ));
            return Ok(None);
        }
        let target = root.join("target/ircload");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target)
            .status()?;
        if built.success() {
            Ok(Some(Self(target.join("release/ircload"))))
        } else {
            Err("the load generator cannot be built".into())
        }
    }

    /// Its bare server: renders each message once and shares the bytes, with next to nothing of IRC.
    pub fn bare_server(&self, port: u16) -> Outcome<Process> {
        Process::start(
            Command::new(&self.0)
                .args(["bare-fanout-server", "--mode", "queue", "--listen"])
                .arg(port.to_string())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )
    }

    /// Puts a load on the server with this port and process number.
    pub fn run(&self, (port, pid): (u16, u32), load: &str) -> Outcome<Measured> {
        let output = Command::new(&self.0)
            .args(["--port", &port.to_string(), "--pid", &pid.to_string()])
            .args(load.split_whitespace())
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("ircload {load}: {text}{complaint}").into());
        }
        let value = serde_json::from_str(&text)
            .map_err(|error| format!("ircload {load}: {error}: {text}{complaint}"))?;
        Ok(Measured(value))
    }
}

/// What the generator printed.
pub struct Measured(Value);

impl Measured {
    /// The number at a path of names, such as `/latency/p99_ms`; not a number if there is none.
    pub fn number(&self, path: &str) -> f64 {
        self.0
            .pointer(path)
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    }

    /// Deliveries that were not as they must be, and connections that were closed.
    pub fn faults(&self) -> f64 {
        [
            "/lost",
            "/duplicated",
            "/out_of_order",
            "/misrouted",
            "/truncated",
            "/closed",
        ]
        .iter()
        .map(|path| self.number(path))
        .sum()
    }
}
