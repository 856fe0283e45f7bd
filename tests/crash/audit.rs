//! Reads the history after every crash, as each protocol shows it, and holds it against what the writers were promised.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::matrix::View;
use crate::support::http::Http;
use crate::support::irc::Identity;
use crate::support::{Failure, Irc, Native, Outcome, patience};
use crate::writers::{Writer, event, message};
use crate::{Addresses, ROOM, Seen};

/// Messages in one page.
const PAGE: usize = 100;
/// The auditor's account: a member from the beginning, who never says anything.
const NAME: &str = "auditor";

/// What the history has been found to hold.
pub struct Audit {
    token: String,
    /// His eyes on Matrix, open since the beginning.
    view: View,
    messages: Vec<Seen>,
    /// Where each text stands in `messages`.
    places: HashMap<String, usize>,
}

impl Audit {
    /// Makes the room and its first member.
    pub fn begin(addresses: Addresses) -> Outcome<Self> {
        let mut client = Native::hello(addresses.native, &[])?;
        client.register(NAME)?;
        // Rooms that are made on IRC let guests in.
        let mut irc = Irc::login(addresses.irc, &identity(&[]))?;
        irc.send(&format!("JOIN {ROOM}"))?;
        irc.expect("* 366 *")?;
        let token = client.token.take().unwrap_or_default();
        Ok(Self {
            token,
            view: View::begin(addresses.http, NAME)?,
            messages: Vec::new(),
            places: HashMap::new(),
        })
    }

    /// The history as it was read.
    pub fn messages(&self) -> &[Seen] {
        &self.messages
    }

    /// Reads what came since the last time, on every protocol.
    pub fn read_on(&mut self, addresses: Addresses) -> Outcome<()> {
        let last = self.messages.last().map(|message| message.id.clone());
        let native = self.read_native(addresses, last.as_deref())?;
        let irc = read_irc(addresses, last.as_deref())?;
        assert_same(&native, &irc);
        let mut http = Http::connect(addresses.http, patience())?;
        assert_same(&native, &self.view.behind(&mut http, last.as_deref())?);
        assert_same(&native, &self.view.catch_up(&mut http)?);
        for message in native {
            let before = self
                .places
                .insert(message.text.clone(), self.messages.len());
            assert!(
                before.is_none(),
                "{:?} is in the history twice",
                message.text
            );
            self.messages.push(message);
        }
        Ok(())
    }

    /// Reads everything from the beginning: it is what was read before.
    pub fn read_again(&self, addresses: Addresses) -> Outcome<()> {
        assert_same(&self.messages, &self.read_native(addresses, None)?);
        assert_same(&self.messages, &read_irc(addresses, None)?);
        let mut http = Http::connect(addresses.http, patience())?;
        assert_same(&self.messages, &self.view.everything(&mut http)?);
        Ok(())
    }

    /// Whether the history holds what a writer was promised.
    pub fn check(&self, writer: &Writer) {
        let mut places: Vec<usize> = Vec::new();
        for message in &writer.acknowledged {
            let place = self.places.get(&message.text);
            let found = place.map(|place| &self.messages[*place]);
            assert_eq!(
                found,
                Some(message),
                "{} was acknowledged this",
                writer.name
            );
            places.extend(place.copied());
        }
        assert!(
            places.is_sorted(),
            "{}'s messages are not in the order in which they were said",
            writer.name
        );

        for seen in &writer.seen {
            self.check_seen(writer, seen);
        }
    }

    /// Whether what came over a connection is in the history, in its order, and each message once.
    fn check_seen(&self, writer: &Writer, seen: &[Seen]) {
        let mut places: Vec<usize> = Vec::new();
        for message in seen {
            let place = self.places.get(&message.text);
            assert_eq!(
                place.map(|place| &self.messages[*place]),
                Some(message),
                "{} saw this",
                writer.name
            );
            places.extend(place.copied());
        }
        assert!(
            places.is_sorted_by(|one, other| one < other),
            "{} saw messages in another order, or twice",
            writer.name
        );
        if let (true, Some(first), Some(last)) =
            (writer.sees_everything(), places.first(), places.last())
        {
            assert_eq!(
                *last + 1 - *first,
                places.len(),
                "{} missed messages",
                writer.name
            );
        }
    }

    fn read_native(&self, addresses: Addresses, last: Option<&str>) -> Outcome<Vec<Seen>> {
        let mut client = Native::hello(addresses.native, &[])?;
        client.resume(&self.token)?;
        // The first event of all is where reading everything begins.
        let mut place = match last {
            Some(last) => last.to_owned(),
            None => first_event(&mut client)?,
        };
        let mut found = Vec::new();
        loop {
            let answer = client
                .ask(json!({"type": "history", "room": ROOM, "after": place, "limit": PAGE}))?;
            let events = answer
                .pointer("/history/events")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            found.extend(events.iter().filter_map(event));
            match events.last().and_then(|event| event["id"].as_str()) {
                Some(id) => place = id.to_owned(),
                None => return Ok(found),
            }
        }
    }
}

/// The oldest event of the room, found page by page from the end.
fn first_event(client: &mut Native) -> Outcome<String> {
    let mut place: Option<String> = None;
    loop {
        let answer =
            client.ask(json!({"type": "history", "room": ROOM, "before": place, "limit": PAGE}))?;
        match answer
            .pointer("/history/events/0/id")
            .and_then(Value::as_str)
        {
            Some(id) => place = Some(id.to_owned()),
            None => return place.ok_or_else(|| Failure::new("the room has no history")),
        }
    }
}

fn identity(capabilities: &[&str]) -> Identity {
    Identity {
        nick: NAME.to_owned(),
        account: Some(NAME.to_owned()),
        capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn read_irc(addresses: Addresses, last: Option<&str>) -> Outcome<Vec<Seen>> {
    let capabilities = ["message-tags", "server-time", "batch", "draft/chathistory"];
    let identity = identity(&capabilities);
    let mut client = Irc::login(addresses.irc, &identity)?;
    let mut place = last.map_or_else(
        || "timestamp=2020-01-01T00:00:00.000Z".to_owned(),
        |id| format!("msgid={id}"),
    );
    let mut found = Vec::new();
    loop {
        let before = client.all().len();
        client.send(&format!("CHATHISTORY AFTER {ROOM} {place} {PAGE}"))?;
        client.expect(&format!("*BATCH +* chathistory {ROOM}*"))?;
        client.expect("*BATCH -*")?;
        let page: Vec<_> = client
            .all()
            .iter()
            .skip(before)
            .filter(|line| line.contains("batch="))
            .filter_map(|line| message(line))
            .collect();
        match page.last() {
            Some(last) => place = format!("msgid={}", last.id),
            None => return Ok(found),
        }
        found.extend(page);
    }
}

fn assert_same(one: &[Seen], other: &[Seen]) {
    if let Some(at) = (0..one.len().max(other.len())).find(|at| one.get(*at) != other.get(*at)) {
        panic!(
            "two views of the history differ at message {at}: {:?} and {:?}",
            one.get(at),
            other.get(at)
        );
    }
}
