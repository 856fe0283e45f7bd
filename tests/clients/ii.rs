//! ii: a client of files, which knows nothing of capabilities and logs in with PASS. What it is told goes into a FIFO per conversation, what it hears
//! into a file beside it.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::program::{IrcClient, need, until};
use crate::support::{Failure, Outcome, Server, password};

/// ii, running or not.
pub struct Ii {
    home: TempDir,
    host: String,
    port: String,
    account: String,
    child: Option<Child>,
    /// The FIFOs that were written to. Whenever its last writer goes, ii opens a FIFO anew, and what comes in that moment is lost.
    fifos: HashMap<String, File>,
}

impl Ii {
    /// Starts it; it connects by itself.
    pub fn start(server: &Server, account: &str) -> Outcome<Self> {
        need("ii")?;
        let address = server.irc();
        let mut ii = Self {
            home: tempfile::Builder::new().prefix("polylogue-ii-").tempdir()?,
            host: address.ip().to_string(),
            port: address.port().to_string(),
            account: account.to_owned(),
            child: None,
            fifos: HashMap::new(),
        };
        ii.connect()?;
        Ok(ii)
    }

    fn connect(&mut self) -> Outcome<()> {
        let child = Command::new("ii")
            .arg("-i")
            .arg(self.home.path())
            .args(["-s", &self.host, "-p", &self.port, "-n", &self.account])
            .args(["-k", "IIPASS"])
            // It sends the word as it is: the colon makes all of it one parameter.
            .env(
                "IIPASS",
                format!(":{}:{}", self.account, password(&self.account)),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    fn disconnect(&mut self) {
        self.fifos.clear();
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Writes a line into the FIFO of a conversation; the server's own has no name.
    fn write(&mut self, conversation: &str, line: &str) -> Outcome<()> {
        if !self.fifos.contains_key(conversation) {
            let fifo: PathBuf = self
                .home
                .path()
                .join(&self.host)
                .join(conversation)
                .join("in");
            until("a place to write to", || fifo.exists().then_some(()))?;
            let file = OpenOptions::new().write(true).open(&fifo)?;
            self.fifos.insert(conversation.to_owned(), file);
        }
        let file = self.fifos.get_mut(conversation);
        let file = file.ok_or_else(|| Failure::new("no FIFO"))?;
        // In one piece: ii gives up a line of which only the beginning is there.
        Ok(file.write_all(format!("{line}\n").as_bytes())?)
    }
}

impl IrcClient for Ii {
    fn enter(&mut self, line: &str) -> Outcome<()> {
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("/join"), Some(channel), None) => self.write("", &format!("/j {channel}")),
            (Some("/msg"), Some(channel), Some(text)) if channel.starts_with('#') => {
                self.write(channel, text)
            }
            (Some("/msg"), Some(nick), Some(text)) => self.write("", &format!("/j {nick} {text}")),
            (Some("/topic"), Some(channel), Some(text)) => {
                self.write(channel, &format!("/t {text}"))
            }
            (Some("/disconnect"), ..) => {
                self.disconnect();
                Ok(())
            }
            (Some("/connect"), ..) => self.connect(),
            _ => Err(Failure::new(format!("ii has no way to do this: {line}"))),
        }
    }

    fn shown(&self) -> String {
        // Not its FIFOs: whoever opens one of them waits.
        let mut shown = String::new();
        let server = self.home.path().join(&self.host);
        let conversations = std::fs::read_dir(&server).into_iter().flatten().flatten();
        let folders = conversations
            .map(|entry| entry.path())
            .chain([server.clone()]);
        for folder in folders.filter(|path| path.is_dir()) {
            let heard = std::fs::read(folder.join("out")).unwrap_or_default();
            shown.push_str(&format!(
                "---- {} ----\n{}",
                folder.display(),
                String::from_utf8_lossy(&heard)
            ));
        }
        shown
    }
}

impl Drop for Ii {
    fn drop(&mut self) {
        self.disconnect();
    }
}
