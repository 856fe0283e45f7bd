//! What the server says: answers to requests, the stream of events, and signals. When it says which is for the server.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::bounded::Timestamp;
use crate::error::Error;
use crate::event::Event;
use crate::json::Object;
use crate::limits;
use crate::message::{Envelope, Malformed, messages};
use crate::request::account::{Feature, Ping, Pong};
use crate::request::room::Membership;
use crate::secret::Secret;
use crate::signal::{Signal, UserProfile};
use crate::text::{Alias, Cursor, DeviceId, EventId, PageToken, RoomId, UserName};

messages! {
    /// A server's frame, by its `type`.
    ServerMessage, limits::SERVER_DEPTH, {
        /// The answer to `hello`.
        Hello(ServerHello) = "hello",
        /// A numbered request was carried out.
        Ok(Accepted) = "ok",
        /// A request was refused, or the connection ends.
        Error(Error) = "error",
        /// Are you there? Answer with `pong`.
        Ping(Ping) = "ping",
        /// The answer to `ping`.
        Pong(Pong) = "pong",
        /// Something happened in one of your rooms.
        Event(Box<EventFrame>) = "event",
        /// All that had happened before the subscription has been sent.
        Live(Live) = "live",
        /// The place asked for is on a timeline that was lost.
        Reset(Reset) = "reset",
        /// Something flickers.
        Signal(SignalFrame) = "signal",
    }
}

impl ServerMessage {
    /// A numbered request was carried out, and this came of it.
    #[must_use]
    pub fn answer(answer: Answer) -> Self {
        Self::Ok(Accepted {
            answer: Some(Box::new(answer)),
        })
    }

    /// A numbered request was carried out, and there is nothing more to say.
    #[must_use]
    pub fn done() -> Self {
        Self::Ok(Accepted { answer: None })
    }
}

impl From<Malformed> for Envelope<ServerMessage> {
    fn from(malformed: Malformed) -> Self {
        Self {
            id: malformed.id,
            message: ServerMessage::Error(malformed.error),
        }
    }
}

/// `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerHello {
    /// The server's name.
    pub server: Arc<str>,
    /// What the program calls itself.
    pub software: Arc<str>,
    /// The protocol's version from here on.
    pub version: u32,
    /// Which of the features asked for are granted.
    pub features: Vec<Feature>,
    /// The limits that this server sets.
    pub limits: ServerLimits,
}

/// Limits of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerLimits {
    /// Bytes of a frame's body from the client.
    pub frame_bytes: u64,
    /// Bytes of a text.
    pub text_bytes: u64,
    /// Events in a page of history.
    pub history_events: u64,
    /// Requests that may wait for their answers; further frames are not read before.
    pub requests: u64,
    /// Seconds of silence after which the server closes the connection.
    pub timeout_seconds: u64,
}

/// `ok`, with at most one answer in a field of its name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Accepted {
    /// What came of it; most requests have no more to say than that they were carried out.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Box<Answer>>,
}

impl<'de> Deserialize<'de> for Accepted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Object::deserialize(deserializer)?;
        if object.is_empty() {
            return Ok(Self { answer: None });
        }
        let answer = Answer::deserialize(object).map_err(de::Error::custom)?;
        Ok(Self {
            answer: Some(Box::new(answer)),
        })
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Of `register`, `login`, `resume`.
    Session(Session),
    /// Of `devices`.
    Devices(Vec<Device>),
    /// Of `profile`.
    Profile(UserProfile),
    /// Of `create`, `join`.
    Room(Room),
    /// Of `rooms`, `directory`.
    Rooms(Page<Room>),
    /// Of `members`.
    Members(Page<Member>),
    /// Of every request that made an event.
    Sent(Sent),
    /// Of `history`.
    History(History),
    /// Of `search`.
    Found(Found),
    /// Of `subscribe`.
    Subscribed(Subscribed),
}

/// Who you are on this connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Your name.
    pub user: UserName,
    /// Your credential.
    pub device: DeviceId,
    /// With `register` and `login`: what to `resume` with. Shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What `logout` takes.
    pub id: DeviceId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// When it logged in.
    pub created: Timestamp,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// If there are more: the `page` to ask for.
    #[serde(default = "nothing", skip_serializing_if = "Option::is_none")]
    pub next: Option<PageToken>,
}

/// Whether a field says nothing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "how serde calls it")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A default that asks nothing of `T`.
fn nothing() -> Option<PageToken> {
    None
}

/// A room, as you may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its published name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Alias>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Its topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Arc<str>>,
    /// How many are in it.
    pub members: u64,
    /// Whether plain text is refused.
    pub encrypted: bool,
    /// In a direct room: the other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct: Option<UserName>,
    /// Your standing, if you have any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    /// The last event that you have read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<EventId>,
    /// How many messages came after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<u64>,
}

/// A user in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: UserName,
    /// His name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Arc<str>>,
    /// His standing.
    pub membership: Membership,
    /// His power level.
    pub level: i64,
}

/// What was made by a request. A repeat with the same key gets the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The event.
    pub event: EventId,
    /// Where it is.
    pub room: RoomId,
    /// When it happened.
    pub time: Timestamp,
}

/// A page of a room's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Events, oldest first.
    pub events: Vec<Event>,
    /// If there are events before these: what to put into `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Cursor>,
    /// If there are events after these: what to put into `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Events, newest first.
    pub events: Vec<Event>,
    /// If there may be more: what to put into `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Cursor>,
    /// What was said last is not in it: it is still being indexed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub incomplete: bool,
}

/// A subscription began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// Where it began: a subscription from here gets the same events.
    pub cursor: Cursor,
}

/// `event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFrame {
    /// Subscribe from here to go on after this event.
    pub cursor: Cursor,
    /// What happened.
    pub event: Event,
}

/// `live`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Subscribe from here to go on.
    pub cursor: Cursor,
}

/// `reset`: the stream goes on at `cursor`; what you know of rooms and events may be wrong, so ask again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// Where the stream goes on.
    pub cursor: Cursor,
}

/// `signal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalFrame {
    /// What flickers.
    pub signal: Signal,
}
