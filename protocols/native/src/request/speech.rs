//! Requests that say something, change what was said, or take it away. All carry the client's exactly-once key.

use serde::{Deserialize, Serialize};

use super::room::RoomReference;
use crate::bounded::List;
use crate::limits;
use crate::opaque::Opaque;
use crate::text::{EventId, EventType, Html, Key, Reaction, Reason, Text, UserName};

/// Users that a message mentions on purpose.
pub type Mentions = List<UserName, { limits::MENTIONS }>;

/// How a text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// Said by a person.
    #[default]
    Text,
    /// From a program: nobody answers it automatically.
    Notice,
    /// Something done rather than said (`/me waves`).
    Action,
}

/// `say`: say something in a room. Answered with [`Sent`](crate::Answer::Sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// Where.
    pub room: RoomReference,
    /// The exactly-once key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// How it is meant.
    #[serde(default)]
    pub kind: TextKind,
    /// What is said, without formatting.
    pub text: Text,
    /// The same with formatting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<Html>,
    /// The event that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EventId>,
    /// The first event of the thread that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<EventId>,
    /// Who is mentioned.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub mentions: Mentions,
}

/// `dm`: say something to a user, in the room of the two of you, which is made if there is none. Answered with
/// [`Sent`](crate::Answer::Sent), which names the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dm {
    /// To whom.
    pub user: UserName,
    /// The exactly-once key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// How it is meant.
    #[serde(default)]
    pub kind: TextKind,
    /// What is said, without formatting.
    pub text: Text,
    /// The same with formatting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<Html>,
    /// The event that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EventId>,
    /// The first event of the thread that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<EventId>,
    /// Who is mentioned.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub mentions: Mentions,
}

/// `edit`: a new text for a message of your own. Answered with [`Sent`](crate::Answer::Sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Where.
    pub room: RoomReference,
    /// The message, or any edit of it.
    pub target: EventId,
    /// The exactly-once key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// How the new text is meant.
    #[serde(default)]
    pub kind: TextKind,
    /// The new text, without formatting.
    pub text: Text,
    /// The same with formatting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<Html>,
    /// Who is mentioned.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub mentions: Mentions,
}

/// `react`: a reaction to an event. Take it back with `redact`. Answered with [`Sent`](crate::Answer::Sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct React {
    /// Where.
    pub room: RoomReference,
    /// To what.
    pub target: EventId,
    /// The exactly-once key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// An emoji, or a short text.
    pub reaction: Reaction,
}

/// `redact`: take an event's content away, for everybody and for good. Answered with [`Sent`](crate::Answer::Sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redact {
    /// Where.
    pub room: RoomReference,
    /// Which.
    pub target: EventId,
    /// The exactly-once key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// `send`: an event of any type with content that the server does not look into: media, end-to-end encrypted content, a type of your own.
/// Answered with [`Sent`](crate::Answer::Sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendEvent {
    /// Where.
    pub room: RoomReference,
    /// The exactly-once key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The event's type: `m.image`'s is `m.room.message`, that of encrypted content `m.room.encrypted`.
    pub event_type: EventType,
    /// The content, kept verbatim.
    pub content: Opaque,
}
