//! An IRC client that shows every byte: it knows how to log in and answers PING, and understands nothing else of what it gets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use super::{Bindings, Failure, Inbox, Outcome, Pattern, password, patience};

/// A connection.
pub struct Irc {
    stream: Arc<Mutex<TcpStream>>,
    inbox: Inbox<String>,
    /// Lines before this one were expected, or passed over.
    read: usize,
    pings: u64,
}

/// Who somebody is on IRC.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The nick.
    pub nick: String,
    /// The account, by its name; nobody for a guest.
    pub account: Option<String>,
    /// Capabilities to ask for.
    pub capabilities: Vec<String>,
}

impl Irc {
    /// Connects, and says nothing.
    pub fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect_timeout(&address, patience())?;
        stream.set_nodelay(true)?;
        let (reader, inbox) = (BufReader::new(stream.try_clone()?), Inbox::default());
        let stream = Arc::new(Mutex::new(stream));
        let (writer, lines) = (Arc::clone(&stream), inbox.clone());
        std::thread::spawn(move || read(reader, &writer, &lines));
        Ok(Self {
            stream,
            inbox,
            read: 0,
            pings: 0,
        })
    }

    /// Connects and registers. The lines behind the first of the greeting are still to be expected.
    pub fn login(address: SocketAddr, identity: &Identity) -> Outcome<Self> {
        let mut client = Self::connect(address)?;
        if !identity.capabilities.is_empty() {
            client.send("CAP LS 302")?;
            client.send(&format!("CAP REQ :{}", identity.capabilities.join(" ")))?;
        }
        if let Some(account) = &identity.account {
            client.send(&format!("PASS :{account}:{}", password(account)))?;
        }
        client.send(&format!("NICK {}", identity.nick))?;
        client.send(&format!("USER {0} 0 * :{0}", identity.nick))?;
        if !identity.capabilities.is_empty() {
            client.expect("*CAP * ACK *")?;
            client.send("CAP END")?;
        }
        client.expect(":* 001 *")?;
        client.settle()?;
        Ok(client)
    }

    /// Sends a line.
    pub fn send(&mut self, line: &str) -> Outcome<()> {
        self.send_bytes(format!("{line}\r\n").as_bytes())
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Outcome<()> {
        write(&self.stream, bytes)
    }

    /// Waits for a line; those before it are passed over, and never looked at again.
    pub fn expect(&mut self, pattern: &str) -> Outcome<String> {
        self.expect_bound(pattern, &mut Bindings::new())
    }

    /// The same, with names for words.
    pub fn expect_bound(&mut self, pattern: &str, bindings: &mut Bindings) -> Outcome<String> {
        let (wanted, start) = (Pattern::new(pattern), self.read);
        let found = self.inbox.wait(patience(), |state| {
            let lines = state.items.iter().enumerate().skip(start);
            let fits = lines
                .into_iter()
                .find(|(_, line)| fits(&wanted, pattern, line, bindings));
            fits.map(|(at, line)| (at, line.clone()))
        });
        match found {
            Some((at, line)) => {
                self.read = at + 1;
                Ok(line)
            }
            None => Err(Failure::new(format!(
                "nothing like it came: {pattern}\n{}",
                self.unread()
            ))),
        }
    }

    /// Fails if such a line came since the last one that was expected. What others did must be done: see [`Self::sync`].
    pub fn expect_nothing(&mut self, pattern: &str, bindings: &mut Bindings) -> Outcome<()> {
        let read = self.read;
        self.sync()?;
        let end = std::mem::replace(&mut self.read, read);
        let wanted = Pattern::new(pattern);
        let state = self.inbox.lock();
        let mut lines = state.items.iter().take(end).skip(read);
        match lines.find(|line| fits(&wanted, pattern, line, bindings)) {
            None => Ok(()),
            Some(line) => Err(Failure::new(format!("this came: {line}"))),
        }
    }

    /// Waits until the server has done everything that was sent, and everything before that has come.
    pub fn sync(&mut self) -> Outcome<()> {
        self.pings += 1;
        let token = format!("sync-{}", self.pings);
        self.send(&format!("PING {token}"))?;
        self.expect(&format!("*PONG*{token}")).map(drop)
    }

    /// The same, but leaves what came before to be expected.
    pub fn settle(&mut self) -> Outcome<()> {
        let read = self.read;
        let outcome = self.sync();
        self.read = read;
        outcome
    }

    /// Whether the connection has ended.
    pub fn has_ended(&self) -> bool {
        self.inbox.lock().ended.is_some()
    }

    /// Waits until the server ends the connection.
    pub fn expect_end(&mut self) -> Outcome<()> {
        let ended = self
            .inbox
            .wait(patience(), |state| state.ended.as_ref().map(drop));
        ended.ok_or_else(|| Failure::new(format!("the connection does not end\n{}", self.unread())))
    }

    /// Ends the connection without a word.
    pub fn disconnect(&mut self) {
        if let Ok(stream) = self.stream.lock() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Says that no more bytes will come from here, and keeps listening.
    pub fn half_close(&mut self) {
        if let Ok(stream) = self.stream.lock() {
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    /// Everything that came, also what was expected or passed over.
    pub fn all(&self) -> Vec<String> {
        self.inbox.lock().items.clone()
    }

    /// The lines themselves, for whoever wants to wait for something else.
    pub fn inbox(&self) -> Inbox<String> {
        self.inbox.clone()
    }

    /// What came and was not expected, for people.
    pub fn unread(&self) -> String {
        let state = self.inbox.lock();
        let mut text = "what came instead:".to_owned();
        for line in state.items.iter().skip(self.read) {
            text.push_str("\n    ");
            text.push_str(line);
        }
        if state.items.len() <= self.read {
            text.push_str(" nothing");
        }
        if let Some(why) = &state.ended {
            text.push_str(&format!("\n    (the connection ended: {why})"));
        }
        text
    }
}

impl Drop for Irc {
    fn drop(&mut self) {
        self.disconnect();
    }
}

/// Tags are only looked at by patterns that begin with them.
fn fits(wanted: &Pattern, pattern: &str, line: &str, bindings: &mut Bindings) -> bool {
    let without_tags = line
        .strip_prefix('@')
        .and_then(|rest| rest.split_once(' '))
        .map_or(line, |(_, rest)| rest);
    wanted.matches(
        if pattern.starts_with('@') {
            line
        } else {
            without_tags
        },
        bindings,
    )
}

fn write(stream: &Mutex<TcpStream>, bytes: &[u8]) -> Outcome<()> {
    let mut stream = stream
        .lock()
        .map_err(|_| Failure::new("the reader panicked"))?;
    Ok(stream.write_all(bytes)?)
}

/// Reads lines until there are no more, and answers PING.
fn read(mut reader: BufReader<TcpStream>, writer: &Mutex<TcpStream>, inbox: &Inbox<String>) {
    loop {
        let mut line = Vec::new();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) => return inbox.end("closed"),
            Err(error) => return inbox.end(error.to_string()),
            Ok(_) => {}
        }
        let Some(text) = line
            .strip_suffix(b"\r\n")
            .and_then(|line| std::str::from_utf8(line).ok())
        else {
            return inbox.end(format!(
                "this is no line: {:?}",
                String::from_utf8_lossy(&line)
            ));
        };
        if let Some(token) = ping(text) {
            // The server finds out by itself that the connection ended.
            let _ = write(writer, format!("PONG {token}\r\n").as_bytes());
        }
        inbox.push(text.to_owned());
    }
}

/// What a PING wants to have back.
fn ping(line: &str) -> Option<&str> {
    let command = if line.starts_with(':') {
        line.split_once(' ')?.1
    } else {
        line
    };
    command.strip_prefix("PING ")
}
