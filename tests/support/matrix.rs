//! A client of the Matrix client-server API, from its specification and not from the server's types: one connection for requests, another for
//! `/sync`, which waits there and keeps every event that comes.

use std::collections::BTreeMap;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::http::{Answer, Ask, Http, segment};
use super::pattern::has;
use super::server::NAME;
use super::{Bindings, Failure, Inbox, Outcome, password, patience};

/// Where the endpoints are.
pub const API: &str = "/_matrix/client/v3";
/// Account data that this client sets, to hear of it by `/sync`: what happened before was told before.
const MARK: &str = "test.mark";

/// Somebody who is logged in.
pub struct Matrix {
    /// Who, in full.
    pub user_id: String,
    /// The access token.
    pub token: String,
    http: Http,
    answers: Vec<Answer>,
    /// Answers and events before these were expected, or passed over.
    read: [usize; 2],
    inbox: Inbox<Value>,
    since: Arc<Mutex<String>>,
    syncing: Option<(TcpStream, JoinHandle<()>)>,
    /// Ids of rooms by their aliases.
    rooms: BTreeMap<String, String>,
    /// The room that was joined last: where is said what names no room.
    here: Option<String>,
    marks: u64,
}

impl Matrix {
    /// Makes an account and is logged in to it; the server wants nothing but the stage `m.login.dummy`.
    pub fn register(address: SocketAddr, account: &str) -> Outcome<Self> {
        let mut http = Http::connect(address, patience())?;
        let mut body = json!({"username": account, "password": password(account)});
        let refusal = post(&mut http, "/register", &body)?;
        if refusal.status != 401 {
            return Err(Failure::new(format!("no stages: {refusal:?}")));
        }
        body["auth"] = json!({"type": "m.login.dummy", "session": refusal.body["session"]});
        let answer = post(&mut http, "/register", &body)?;
        Self::with(http, &answer)
    }

    /// Logs in by password.
    pub fn login(address: SocketAddr, account: &str) -> Outcome<Self> {
        let mut http = Http::connect(address, patience())?;
        let answer = post(
            &mut http,
            "/login",
            &json!({
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": account},
                "password": password(account),
            }),
        )?;
        Self::with(http, &answer)
    }

    fn with(http: Http, answer: &Answer) -> Outcome<Self> {
        let text = |key: &str| answer.body[key].as_str().map(str::to_owned);
        let (Some(user_id), Some(token)) = (text("user_id"), text("access_token")) else {
            return Err(Failure::new(format!("not logged in: {answer:?}")));
        };
        Ok(Self {
            user_id,
            token,
            http,
            answers: Vec::new(),
            read: [0, 0],
            inbox: Inbox::default(),
            since: Arc::default(),
            syncing: None,
            rooms: BTreeMap::new(),
            here: None,
            marks: 0,
        })
    }

    /// Takes what is there, and from then on everything that comes.
    pub fn sync(&mut self, address: SocketAddr) -> Outcome<()> {
        let http = Http::connect(address, patience() * 4)?;
        let socket = http.socket()?;
        let (token, inbox) = (self.token.clone(), self.inbox.clone());
        let since = Arc::clone(&self.since);
        self.inbox.lock().ended = None;
        let syncing = std::thread::spawn(move || sync(http, &token, (&since, &inbox)));
        self.syncing = Some((socket, syncing));
        self.settle()
    }

    /// Goes on where it was, with the same access token.
    pub fn resume(&mut self, address: SocketAddr) -> Outcome<()> {
        self.disconnect();
        self.http = Http::connect(address, patience())?;
        self.sync(address)
    }

    /// Ends the connections without a word.
    pub fn disconnect(&mut self) {
        if let Some((socket, syncing)) = self.syncing.take() {
            let _ = socket.shutdown(Shutdown::Both);
            let _ = syncing.join();
        }
    }

    /// Sends a request below `/_matrix/client/v3`. In the path `#garden` is the alias of this server, and its room's id behind `/rooms/`; `me` is
    /// the user himself behind `/user/`, `/typing/`, `/profile/` and `/presence/`.
    pub fn request(
        &mut self,
        (method, path): (&str, &str),
        body: Option<&Value>,
    ) -> Outcome<&Answer> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut target = API.to_owned();
        let mut before = "";
        for part in path.trim_start_matches('/').split('/') {
            let part_id = match before {
                "rooms" => self.room_id(part)?,
                "user" | "typing" | "profile" | "presence" if part == "me" => self.user_id.clone(),
                _ if part.starts_with('#') => full_alias(part),
                _ => part.to_owned(),
            };
            target.push('/');
            target.push_str(&segment(&part_id));
            before = part;
        }
        if !query.is_empty() {
            target.push('?');
            target.push_str(query);
        }
        let answer = self.ask((method, &target), body)?;
        self.answers.push(answer);
        self.answers
            .last()
            .ok_or_else(|| Failure::new("pushed above"))
    }

    fn ask(&mut self, (method, target): (&str, &str), body: Option<&Value>) -> Outcome<Answer> {
        let token = Some(self.token.as_str());
        Ok(self.http.request(Ask {
            method,
            target,
            token,
            body,
        })?)
    }

    /// Joins a room, and says there what names no room. Fails if it is not let in.
    pub fn join(&mut self, room: &str) -> Outcome<()> {
        let answer = self.request(("POST", &format!("/join/{room}")), Some(&json!({})))?;
        let Some(id) = answer.body["room_id"].as_str().map(str::to_owned) else {
            return Err(Failure::new(format!("not let into {room}: {answer:?}")));
        };
        self.answers.pop();
        self.rooms.insert(room.to_owned(), id.clone());
        self.here = Some(id);
        Ok(())
    }

    /// Sends an event, as [`notation`](super::notation) has it: to its room by `/send`, as state if it has a `state_key`; typing, receipts, presence
    /// and redactions by the endpoints that there are for them. A message is `m.text` unless it says what it is.
    pub fn send(&mut self, event: &Value) -> Outcome<()> {
        let kind = event["type"].as_str().unwrap_or_default();
        let room = match (event["room_id"].as_str(), &self.here) {
            (Some(room), _) => room.to_owned(),
            (None, Some(here)) => here.clone(),
            (None, None) => "nowhere".to_owned(),
        };
        let content = &event["content"];
        self.marks += 1;
        let mut content = content.clone();
        if kind == "m.room.message" && content.get("msgtype").is_none() {
            content["msgtype"] = "m.text".into();
        }
        let transaction = format!("t{}", self.marks);
        let of = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (method, path) = match (kind, event["state_key"].as_str()) {
            ("m.presence", _) => ("PUT", "/presence/me/status".to_owned()),
            ("m.typing", _) => ("PUT", format!("/rooms/{room}/typing/me")),
            ("m.receipt", _) => ("POST", format!("/rooms/{room}/read_markers")),
            ("m.room.redaction", _) => (
                "PUT",
                format!("/rooms/{room}/redact/{}/{transaction}", of("redacts")),
            ),
            (kind, Some(key)) => ("PUT", format!("/rooms/{room}/state/{kind}/{key}")),
            (kind, None) => ("PUT", format!("/rooms/{room}/send/{kind}/{transaction}")),
        };
        self.request((method, &path), Some(&content)).map(drop)
    }

    /// The id of a room: what begins with `#` is an alias.
    pub fn room_id(&mut self, room: &str) -> Outcome<String> {
        if !room.starts_with('#') {
            return Ok(room.to_owned());
        }
        if let Some(id) = self.rooms.get(room) {
            return Ok(id.clone());
        }
        let target = format!("{API}/directory/room/{}", segment(&full_alias(room)));
        let answer = self.ask(("GET", &target), None)?;
        let Some(id) = answer.body["room_id"].as_str() else {
            return Err(Failure::new(format!(
                "no room is called {room}: {answer:?}"
            )));
        };
        self.rooms.insert(room.to_owned(), id.to_owned());
        Ok(id.to_owned())
    }

    /// Waits for an event that has at least this. Those before it are passed over.
    pub fn expect(&mut self, pattern: &Value, bindings: &mut Bindings) -> Outcome<Value> {
        let read = self.read[1];
        let found = self.inbox.wait(patience(), |state| {
            let mut events = state.items.iter().enumerate().skip(read);
            let fits = events.find(|(_, event)| has(event, pattern, bindings));
            fits.map(|(at, event)| (at, event.clone()))
        });
        match found {
            Some((at, event)) => {
                self.read[1] = at + 1;
                Ok(event)
            }
            None => Err(Failure::new(format!(
                "nothing like it came: {pattern}\n{}",
                self.unread()
            ))),
        }
    }

    /// Fails unless the answer to the last request has at least this.
    pub fn expect_answer(&mut self, pattern: &Value, bindings: &mut Bindings) -> Outcome<()> {
        self.read[0] = self.answers.len();
        match self.answers.last() {
            Some(answer) if has(&answer.body, pattern, bindings) => Ok(()),
            other => Err(Failure::new(format!(
                "the last answer is not like {pattern}: {other:?}"
            ))),
        }
    }

    /// Fails if such an event came since the last one that was expected. What others did must be done.
    pub fn expect_nothing(&mut self, pattern: &Value, bindings: &mut Bindings) -> Outcome<()> {
        self.settle()?;
        let state = self.inbox.lock();
        let mut events = state.items.iter().skip(self.read[1]);
        match events.find(|event| has(event, pattern, bindings)) {
            None => Ok(()),
            Some(event) => Err(Failure::new(format!("this came: {event}"))),
        }
    }

    /// Waits until everything has come that happened before: a mark that is set now comes behind it.
    pub fn settle(&mut self) -> Outcome<()> {
        self.marks += 1;
        let content = json!({"number": self.marks});
        let target = format!("{API}/user/{}/account_data/{MARK}", segment(&self.user_id));
        let answer = self.ask(("PUT", &target), Some(&content))?;
        let told = self.inbox.wait(patience(), |state| {
            let mut latest = state.items.iter().rev();
            latest
                .find(|event| event["type"] == MARK && event["content"] == content)
                .map(drop)
        });
        told.ok_or_else(|| {
            Failure::new(format!(
                "/sync does not go on ({answer:?})\n{}",
                self.unread()
            ))
        })
    }

    /// The refusals that came and were not expected.
    pub fn unread_errors(&self) -> impl Iterator<Item = &Answer> {
        let unread = self.answers.iter().skip(self.read[0]);
        unread.filter(|answer| answer.status >= 400)
    }

    /// What came and was not expected, for people.
    pub fn unread(&self) -> String {
        let state = self.inbox.lock();
        let mut text = "what came instead:".to_owned();
        for answer in self.answers.iter().skip(self.read[0]) {
            text.push_str(&format!("\n    {} {}", answer.status, answer.body));
        }
        for event in state
            .items
            .iter()
            .skip(self.read[1])
            .filter(|event| event["type"] != MARK && event["type"] != "m.push_rules")
        {
            text.push_str(&format!("\n    {event}"));
        }
        if let Some(why) = &state.ended {
            text.push_str(&format!("\n    (/sync ended: {why})"));
        }
        text
    }
}

impl Drop for Matrix {
    fn drop(&mut self) {
        self.disconnect();
    }
}

fn post(http: &mut Http, path: &str, body: &Value) -> Outcome<Answer> {
    let (method, target) = ("POST", format!("{API}{path}"));
    Ok(http.request(Ask {
        method,
        target: &target,
        token: None,
        body: Some(body),
    })?)
}

fn full_alias(alias: &str) -> String {
    match alias.contains(':') {
        true => alias.to_owned(),
        false => format!("{alias}:{NAME}"),
    }
}

/// Asks for what is new, again and again, until the connection ends.
fn sync(mut http: Http, token: &str, (since, inbox): (&Mutex<String>, &Inbox<Value>)) {
    let filter = segment(&json!({"room": {"timeline": {"limit": 100}}}).to_string());
    loop {
        let place = since.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let target = format!("{API}/sync?filter={filter}&timeout=30000&since={place}");
        let ask = Ask {
            method: "GET",
            target: &target,
            token: Some(token),
            body: None,
        };
        let reply = match http.request(ask) {
            Ok(answer) if answer.status == 200 => answer.body,
            Ok(answer) => return inbox.end(format!("{} {}", answer.status, answer.body)),
            Err(error) => return inbox.end(error.to_string()),
        };
        events(&reply)
            .into_iter()
            .for_each(|event| inbox.push(event));
        let next = reply["next_batch"].as_str().unwrap_or_default();
        next.clone_into(&mut since.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The events of a reply, each with its room; what is unread in a room as one more. Account data comes last: see [`MARK`].
pub fn events(reply: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for section in ["join", "invite", "knock", "leave"] {
        let rooms = reply.pointer(&format!("/rooms/{section}"));
        for (id, room) in rooms.and_then(Value::as_object).into_iter().flatten() {
            for part in [
                "state",
                "invite_state",
                "knock_state",
                "timeline",
                "ephemeral",
                "account_data",
            ] {
                found.extend(of_part(&room[part]).map(|mut event| {
                    event["room_id"] = id.as_str().into();
                    event
                }));
            }
            if let Some(content) = room.get("unread_notifications") {
                found.push(
                    json!({"type": "unread_notifications", "room_id": id, "content": content}),
                );
            }
        }
    }
    for part in ["presence", "to_device", "account_data"] {
        found.extend(of_part(&reply[part]));
    }
    found
}

fn of_part(part: &Value) -> impl Iterator<Item = Value> {
    part["events"]
        .as_array()
        .cloned()
        .unwrap_or_default()
        .into_iter()
}
