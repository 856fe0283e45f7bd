//! WeeChat without a screen, with a home of its own; told what to do through its pipe, logs in by SASL PLAIN.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::program::{IrcClient, need, texts, until};
use crate::support::{Outcome, Server, password};

/// WeeChat, running.
pub struct WeeChat {
    home: TempDir,
    child: Child,
}

impl WeeChat {
    /// Starts it, and waits until it listens to its pipe; it connects by itself.
    pub fn start(server: &Server, account: &str) -> Outcome<Self> {
        need("weechat-headless")?;
        let home = tempfile::Builder::new()
            .prefix("polylogue-weechat-")
            .tempdir()?;
        let mut command = Command::new("weechat-headless");
        command.arg("--dir").arg(home.path());
        let setup = [
            "/set logger.file.flush_delay 0".to_owned(),
            format!("/set fifo.file.path {}", home.path().join("pipe").display()),
            format!(
                "/server add polylogue {}/{}",
                server.irc().ip(),
                server.irc().port()
            ),
            // The name of the option before version 4, and since.
            "/set irc.server.polylogue.ssl off".to_owned(),
            "/set irc.server.polylogue.tls off".to_owned(),
            format!("/set irc.server.polylogue.nicks {account}"),
            format!("/set irc.server.polylogue.sasl_username {account}"),
            format!(
                "/set irc.server.polylogue.sasl_password {}",
                password(account)
            ),
            "/connect polylogue".to_owned(),
        ];
        for line in setup {
            command.arg("--run-command").arg(line);
        }
        let child = command
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let client = Self { home, child };
        until("WeeChat's pipe", || client.pipe().exists().then_some(()))?;
        Ok(client)
    }

    fn pipe(&self) -> PathBuf {
        self.home.path().join("pipe")
    }
}

impl IrcClient for WeeChat {
    fn enter(&mut self, line: &str) -> Outcome<()> {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(self.pipe())?;
        Ok(pipe.write_all(format!("irc.server.polylogue *{line}\n").as_bytes())?)
    }

    fn shown(&self) -> String {
        texts(&self.home.path().join("logs"))
    }
}

impl Drop for WeeChat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
