//! Requests about what happened and what happens: history, the stream of events, and what flickers.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::room::RoomReference;
use crate::bounded::PageSize;
use crate::limits;
use crate::text::{Cursor, EventId, Search, TextError, UserName};

/// How many events a page of history may have.
pub type HistorySize = PageSize<{ limits::HISTORY }>;

/// `history`: events of a room, oldest first. Answered with [`History`](crate::Answer::History).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "HistoryFields", into = "HistoryFields")]
pub struct GetHistory {
    /// Where.
    pub room: RoomReference,
    /// Which part of it.
    pub range: HistoryRange,
    /// How many.
    pub limit: HistorySize,
}

/// `search`: messages by their words, the newest first. Answered with [`Found`](crate::Answer::Found).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindEvents {
    /// Words that are all in the message, or begin words that are.
    pub text: Search,
    /// Only here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomReference>,
    /// Only what this user said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<UserName>,
    /// Only what came before this place: the `before` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Cursor>,
    /// How many.
    #[serde(default)]
    pub limit: HistorySize,
}

/// Which part of a room's history: on the wire, at most one of the fields `before`, `after` and `around`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryRange {
    /// The latest events.
    Latest,
    /// The latest events before this place.
    Before(Anchor),
    /// The first events after this place.
    After(Anchor),
    /// Events on both sides of this place, the event itself included.
    Around(Anchor),
}

/// [`GetHistory`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryFields {
    room: RoomReference,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Anchor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Anchor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    around: Option<Anchor>,
    #[serde(default)]
    limit: HistorySize,
}

impl TryFrom<HistoryFields> for GetHistory {
    type Error = &'static str;

    fn try_from(fields: HistoryFields) -> Result<Self, Self::Error> {
        let range = match (fields.before, fields.after, fields.around) {
            (None, None, None) => HistoryRange::Latest,
            (Some(anchor), None, None) => HistoryRange::Before(anchor),
            (None, Some(anchor), None) => HistoryRange::After(anchor),
            (None, None, Some(anchor)) => HistoryRange::Around(anchor),
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
                return Err("only one of before, after and around can be asked for");
            }
        };
        Ok(Self {
            room: fields.room,
            range,
            limit: fields.limit,
        })
    }
}

impl From<GetHistory> for HistoryFields {
    fn from(history: GetHistory) -> Self {
        let (before, after, around) = match history.range {
            HistoryRange::Latest => (None, None, None),
            HistoryRange::Before(anchor) => (Some(anchor), None, None),
            HistoryRange::After(anchor) => (None, Some(anchor), None),
            HistoryRange::Around(anchor) => (None, None, Some(anchor)),
        };
        Self {
            room: history.room,
            before,
            after,
            around,
            limit: history.limit,
        }
    }
}

/// A place in a room's history: an event's id or, if it begins with `~`, a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// At an event.
    Event(EventId),
    /// At a place in the stream.
    Cursor(Cursor),
}

impl Anchor {
    /// Checks and takes a string.
    ///
    /// # Errors
    /// Says which rule of an event id or a cursor the string breaks.
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.starts_with('~') {
            Cursor::new(text).map(Self::Cursor)
        } else {
            EventId::new(text).map(Self::Event)
        }
    }

    /// The string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Event(id) => id.as_str(),
            Self::Cursor(cursor) => cursor.as_str(),
        }
    }
}

impl Serialize for Anchor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Anchor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// `subscribe`: from now on, all that happens in your rooms. Answered with [`Subscribed`](crate::Answer::Subscribed), then `event` frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// Where to begin.
    pub from: StreamStart,
}

/// Where a subscription begins: `"now"`, `"start"` or a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StreamStart {
    /// At what happens next.
    Now,
    /// At the first event that you may see in each of your rooms.
    Start,
    /// Right after this place: the `cursor` of the last frame that was taken care of.
    Cursor(Cursor),
}

impl StreamStart {
    /// The string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Now => "now",
            Self::Start => "start",
            Self::Cursor(cursor) => cursor.as_str(),
        }
    }
}

impl fmt::Display for StreamStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for StreamStart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for StreamStart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "now" => Ok(Self::Now),
            "start" => Ok(Self::Start),
            cursor => Cursor::new(cursor).map(Self::Cursor).map_err(|error| {
                de::Error::custom(format_args!(
                    "must be \"now\", \"start\" or a cursor, which {error}"
                ))
            }),
        }
    }
}

/// `unsubscribe`: no more `event` frames.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {}

/// `typing`: you type, or stopped. Ends by itself after 30 seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    /// Where.
    pub room: RoomReference,
    /// Whether you type.
    pub active: bool,
}

/// `read`: you have read up to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// Where.
    pub room: RoomReference,
    /// Up to which event, itself included.
    pub event: EventId,
}
