//! The history as Matrix shows it: in pages, and as what came since a token that is kept over crashes.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::http::{Answer, Ask, Http, segment};
use crate::support::matrix::{API, Matrix};
use crate::support::server::NAME;
use crate::support::{Failure, Outcome, patience};
use crate::{ROOM, Seen};

/// Events in one page.
const PAGE: usize = 100;
/// Events in a timeline of `/sync`: so few that gaps come, which are to be filled.
const TIMELINE: usize = 20;

/// Somebody's eyes: his access token, and the place up to which he has seen everything.
#[derive(Clone)]
pub struct View {
    /// The access token.
    pub token: String,
    room: String,
    since: String,
}

impl View {
    /// Logs in, enters the room and looks at it for the first time: what comes from now on is news.
    pub fn begin(address: SocketAddr, account: &str) -> Outcome<Self> {
        let token = Matrix::login(address, account)?.token.clone();
        let mut http = Http::connect(address, patience())?;
        let mut view = Self {
            token,
            room: String::new(),
            since: String::new(),
        };
        let alias = segment(&format!("{ROOM}:{NAME}"));
        let joined = view.ask(
            &mut http,
            ("POST", &format!("/join/{alias}")),
            Some(&json!({})),
        )?;
        view.room = text(&joined.body, "room_id");
        let first = view.ask(&mut http, ("GET", "/sync"), None)?;
        view.since = text(&first.body, "next_batch");
        Ok(view)
    }

    /// The path of a message to the room, which is said once however often it is sent.
    pub fn path_of(&self, transaction: &str) -> String {
        let transaction = segment(transaction);
        format!(
            "{API}/rooms/{}/send/m.room.message/{transaction}",
            segment(&self.room)
        )
    }

    /// What came since the last time, for which it waits.
    pub fn wait(&mut self, http: &mut Http) -> Outcome<Vec<Seen>> {
        self.look(http, 30_000)
    }

    /// Everything that came since the last time.
    pub fn catch_up(&mut self, http: &mut Http) -> Outcome<Vec<Seen>> {
        self.look(http, 0)
    }

    fn look(&mut self, http: &mut Http, timeout: u64) -> Outcome<Vec<Seen>> {
        let filter = json!({"room": {"timeline": {"limit": TIMELINE}}}).to_string();
        let query = format!(
            "filter={}&timeout={timeout}&since={}",
            segment(&filter),
            self.since
        );
        let reply = self
            .ask(http, ("GET", &format!("/sync?{query}")), None)?
            .body;
        let room = &reply["rooms"]["join"][&self.room];
        let mut events = match room["timeline"]["limited"].as_bool() {
            Some(true) => self.gap(http, &text(&room["timeline"], "prev_batch"))?,
            Some(false) | None => Vec::new(),
        };
        events.extend(messages(&room["timeline"]["events"]));
        self.since = text(&reply, "next_batch");
        Ok(events)
    }

    /// What lies between the last look and the beginning of a timeline.
    fn gap(&self, http: &mut Http, end: &str) -> Outcome<Vec<Seen>> {
        let (mut found, mut place) = (Vec::new(), Some(end.to_owned()));
        while let Some(from) = place.filter(|from| *from != self.since) {
            let page = self.page(http, &format!("dir=b&from={from}&to={}", self.since))?;
            found.extend(messages(&page["chunk"]));
            place = page["end"].as_str().map(str::to_owned);
        }
        found.reverse();
        Ok(found)
    }

    /// Pages backwards from the end to a message, or to the beginning; gives what lies behind it, oldest first.
    pub fn behind(&self, http: &mut Http, last: Option<&str>) -> Outcome<Vec<Seen>> {
        let (mut found, mut query) = (Vec::new(), "dir=b".to_owned());
        loop {
            let page = self.page(http, &query)?;
            let messages = messages(&page["chunk"]);
            let known = messages
                .iter()
                .position(|message| Some(message.id.as_str()) == last);
            let end = page["end"].as_str().filter(|_| known.is_none());
            found.extend(messages.into_iter().take(known.unwrap_or(PAGE)));
            match end {
                Some(end) => query = format!("dir=b&from={end}"),
                None => {
                    found.reverse();
                    return Ok(found);
                }
            }
        }
    }

    /// Pages forwards from the very beginning.
    pub fn everything(&self, http: &mut Http) -> Outcome<Vec<Seen>> {
        let (mut found, mut query) = (Vec::new(), "dir=f".to_owned());
        loop {
            let page = self.page(http, &query)?;
            found.extend(messages(&page["chunk"]));
            match page["end"].as_str() {
                Some(end) => query = format!("dir=f&from={end}"),
                None => return Ok(found),
            }
        }
    }

    fn page(&self, http: &mut Http, query: &str) -> Outcome<Value> {
        let path = format!(
            "/rooms/{}/messages?limit={PAGE}&{query}",
            segment(&self.room)
        );
        Ok(self.ask(http, ("GET", &path), None)?.body)
    }

    fn ask(
        &self,
        http: &mut Http,
        (method, path): (&str, &str),
        body: Option<&Value>,
    ) -> Outcome<Answer> {
        let target = format!("{API}{path}");
        let token = Some(self.token.as_str());
        let answer = http.request(Ask {
            method,
            target: &target,
            token,
            body,
        })?;
        match answer.status {
            200 => Ok(answer),
            _ => Err(Failure::new(format!(
                "{method} {path} was answered with {answer:?}"
            ))),
        }
    }
}

/// The messages among events, in their order.
fn messages(events: &Value) -> Vec<Seen> {
    let events = events.as_array().into_iter().flatten();
    events.filter_map(message).collect()
}

fn message(event: &Value) -> Option<Seen> {
    let text = event["content"]["body"].as_str()?.to_owned();
    Some(Seen {
        id: id(event)?,
        text,
    })
}

/// The id of an event, as the other protocols have it.
pub fn id(event: &Value) -> Option<String> {
    event["event_id"]
        .as_str()?
        .strip_prefix('$')
        .map(str::to_owned)
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}
