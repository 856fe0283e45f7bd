//! A device of a Matrix user, as the benchmarks need it: one connection over which it asks, or waits in `/sync`. It measures nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};

use super::Outcome;
use super::daemon::Daemon;
use super::http::{Ask, Http, segment};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a sync waits, in milliseconds: longer than any measurement.
const PARKED: u64 = 120_000;
/// The password of every account.
const PASSWORD: &str = "correct horse battery staple";

/// A connection, and the token of a device.
pub struct Device {
    http: Http,
    address: SocketAddr,
    token: String,
    since: String,
}

impl Device {
    /// Makes an account, and its first device.
    pub fn register(daemon: &Daemon, name: &str) -> Outcome<Self> {
        let body =
            json!({"username": name, "password": PASSWORD, "auth": {"type": "m.login.dummy"}});
        Self::with(daemon, ("/register", &body))
    }

    /// One more device of an account.
    pub fn log_in(daemon: &Daemon, name: &str) -> Outcome<Self> {
        let identifier = json!({"type": "m.id.user", "user": name});
        let body =
            json!({"type": "m.login.password", "identifier": identifier, "password": PASSWORD});
        Self::with(daemon, ("/login", &body))
    }

    fn with(daemon: &Daemon, (path, body): (&str, &Value)) -> Outcome<Self> {
        let port = daemon.http.ok_or("the daemon does not listen for HTTP")?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut device = Self {
            http: Http::connect(address, PATIENCE)?,
            address,
            token: String::new(),
            since: String::new(),
        };
        device.token = text(&device.ask("POST", path, Some(body))?, "access_token")?;
        Ok(device)
    }

    /// The same device on another connection.
    pub fn again(&self) -> Outcome<Self> {
        Ok(Self {
            http: Http::connect(self.address, PATIENCE)?,
            address: self.address,
            token: self.token.clone(),
            since: self.since.clone(),
        })
    }

    /// A request below `/_matrix/client/v3`, and its answer.
    pub fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Outcome<Value> {
        self.send((method, path), body)?;
        self.answer()
    }

    fn send(&mut self, (method, path): (&str, &str), body: Option<&Value>) -> Outcome<()> {
        let target = format!("/_matrix/client/v3{path}");
        let token = Some(self.token.as_str()).filter(|token| !token.is_empty());
        Ok(self.http.send(Ask {
            method,
            target: &target,
            token,
            body,
        })?)
    }

    fn answer(&mut self) -> Outcome<Value> {
        let answer = self.http.receive()?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(format!("refused: {status} {}", answer.body).into()),
        }
    }

    /// Makes a room that everybody may join; returns its id.
    pub fn room(&mut self) -> Outcome<String> {
        let room = self.ask(
            "POST",
            "/createRoom",
            Some(&json!({"preset": "public_chat"})),
        )?;
        text(&room, "room_id")
    }

    /// Joins a room.
    pub fn join(&mut self, room: &str) -> Outcome<()> {
        self.ask(
            "POST",
            &format!("/join/{}", segment(room)),
            Some(&json!({})),
        )
        .map(drop)
    }

    /// Says something in a room: the number, which is the transaction too.
    pub fn say(&mut self, room: &str, number: usize) -> Outcome<()> {
        let path = format!("/rooms/{}/send/m.room.message/{number}", segment(room));
        let body = json!({"msgtype": "m.text", "body": format!("the message of number {number}")});
        self.ask("PUT", &path, Some(&body)).map(drop)
    }

    /// Takes everything that is new now.
    pub fn catch_up(&mut self) -> Outcome<()> {
        self.sync(0)?;
        self.news().map(drop)
    }

    /// Waits in `/sync`: nothing is read before [`Self::wake`].
    pub fn park(&mut self) -> Outcome<()> {
        self.sync(PARKED)
    }

    fn sync(&mut self, timeout: u64) -> Outcome<()> {
        let path = match self.since.as_str() {
            "" => "/sync".to_owned(),
            since => format!("/sync?timeout={timeout}&since={since}"),
        };
        self.send(("GET", &path), None)
    }

    /// Waits until the sync tells of something in a room. What else it tells is passed over, and waiting goes on.
    pub fn wake(&mut self) -> Outcome<()> {
        loop {
            let news = self.news()?;
            let mut rooms = news
                .pointer("/rooms/join")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            if rooms.any(|(_, room)| room.pointer("/timeline/events/0").is_some()) {
                return Ok(());
            }
            self.park()?;
        }
    }

    fn news(&mut self) -> Outcome<Value> {
        let news = self.answer()?;
        self.since = text(&news, "next_batch")?;
        Ok(news)
    }
}

fn text(value: &Value, key: &str) -> Outcome<String> {
    let text = value.get(key).and_then(Value::as_str);
    Ok(text.ok_or_else(|| format!("no {key}: {value}"))?.to_owned())
}
