//! irssi in a terminal of tmux, with a home of its own; logs in by SASL PLAIN.

use std::process::{Command, Output};

use tempfile::TempDir;

use crate::program::{IrcClient, need, texts};
use crate::support::{Failure, Outcome, Server, password};

/// irssi, running.
pub struct Irssi {
    home: TempDir,
}

impl Irssi {
    /// Starts it; it connects by itself.
    pub fn start(server: &Server, account: &str) -> Outcome<Self> {
        need("irssi")?;
        need("tmux")?;
        let home = tempfile::Builder::new()
            .prefix("polylogue-irssi-")
            .tempdir()?;
        let address = server.irc();
        let config = format!(
            r#"servers = ( {{ address = "{host}"; port = "{port}"; chatnet = "polylogue"; autoconnect = "yes"; }} );
chatnets = {{ polylogue = {{ type = "IRC"; nick = "{account}"; sasl_mechanism = "PLAIN"; sasl_username = "{account}"; sasl_password = "{password}"; }}; }};
settings = {{
  core = {{ nick = "{account}"; user_name = "{account}"; real_name = "{account}"; }};
  "fe-common/core" = {{ autolog = "yes"; autolog_path = "{logs}/$tag-$0.log"; autolog_level = "ALL"; }};
}};
"#,
            host = address.ip(),
            port = address.port(),
            password = password(account),
            logs = home.path().join("logs").display(),
        );
        std::fs::write(home.path().join("config"), config)?;
        let irssi = Self { home };
        let command = format!("irssi --home={}", irssi.home.path().display());
        let started = irssi.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "160",
            "-y",
            "50",
            &command,
        ])?;
        if !started.status.success() {
            return Err(Failure::new(format!(
                "tmux: {}",
                String::from_utf8_lossy(&started.stderr)
            )));
        }
        Ok(irssi)
    }

    /// A command to the tmux server that only this irssi has.
    fn tmux(&self, arguments: &[&str]) -> Outcome<Output> {
        let socket = self.home.path().join("tmux");
        Ok(Command::new("tmux")
            .arg("-S")
            .arg(socket)
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("TMUX")
            .output()?)
    }
}

impl IrcClient for Irssi {
    fn enter(&mut self, line: &str) -> Outcome<()> {
        self.tmux(&["send-keys", "-l", line])?;
        self.tmux(&["send-keys", "Enter"]).map(drop)
    }

    /// Channels and conversations from their logs, everything else from the screen.
    fn shown(&self) -> String {
        let screen = self.tmux(&["capture-pane", "-p"]);
        let screen = screen.map_or_else(
            |failure| failure.to_string(),
            |output| String::from_utf8_lossy(&output.stdout).into_owned(),
        );
        format!(
            "{}---- the screen ----\n{}",
            texts(&self.home.path().join("logs")),
            screen.trim_end()
        )
    }
}

impl Drop for Irssi {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]);
    }
}
