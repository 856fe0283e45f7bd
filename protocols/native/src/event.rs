//! What happened in a room, as everybody who may see it gets it: durable, with an id. What flickers is a [`Signal`](crate::Signal).
//!
//! Texts here are what people wrote on any protocol, with that protocol's limits: only identifiers are checked.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::bounded::Timestamp;
use crate::json::Object;
use crate::message::tagged;
use crate::opaque::Opaque;
use crate::request::room::Power;
use crate::request::speech::TextKind;
use crate::text::{EventId, RoomId, UserName};

/// An event. On the wire, the fields of its content stand beside its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The event's id.
    pub id: EventId,
    /// Where it happened.
    pub room: RoomId,
    /// Who did it.
    pub sender: UserName,
    /// When; never goes back within a room.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub content: EventContent,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = Object::deserialize(deserializer)?;
        let mut read = || {
            Ok(Self {
                id: object.take("id")?,
                room: object.take("room")?,
                sender: object.take("sender")?,
                time: object.take("time")?,
                content: EventContent::read(
                    object.take::<String>("type")?.as_str(),
                    std::mem::take(&mut object),
                )?,
            })
        };
        read().map_err(|error: crate::json::FieldError| de::Error::custom(error))
    }
}

tagged! {
    /// What happened, by the event's `type`.
    #[derive(Eq)]
    EventContent {
        /// The room was made.
        Created(Created) = "created",
        /// Something was said.
        Message(Message) = "message",
        /// Something said got a new text.
        Edit(Edited) = "edit",
        /// Somebody reacted.
        Reaction(Reacted) = "reaction",
        /// Something was taken away.
        Redaction(Redaction) = "redaction",
        /// Stands where something was taken away.
        Redacted(Redacted) = "redacted",
        /// Media: image, file, sticker, location, poll.
        Media(Media) = "media",
        /// End-to-end encrypted.
        Sealed(Sealed) = "sealed",
        /// A type that the server does not know.
        Custom(Custom) = "custom",
        /// Somebody's standing changed.
        Member(MemberChange) = "member",
        /// The topic changed.
        Topic(TopicChange) = "topic",
        /// The room's name changed.
        Name(NameChange) = "name",
        /// Power levels changed.
        Power(PowerChange) = "power",
        /// Other state of the room changed.
        State(StateChange) = "state",
    }
}

/// `created`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Created {
    /// In a direct room: the user whom it was made to talk with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct: Option<UserName>,
}

/// `message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// How it is meant.
    #[serde(default)]
    pub kind: TextKind,
    /// What was said, without formatting.
    pub text: Arc<str>,
    /// The same with formatting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<Arc<str>>,
    /// The event that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EventId>,
    /// The first event of the thread that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<EventId>,
    /// Who is mentioned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserName>,
}

/// `edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// The message, never another edit of it.
    pub target: EventId,
    /// How the new text is meant.
    #[serde(default)]
    pub kind: TextKind,
    /// The new text, without formatting.
    pub text: Arc<str>,
    /// The same with formatting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<Arc<str>>,
    /// Who is mentioned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserName>,
}

/// `reaction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reacted {
    /// To what.
    pub target: EventId,
    /// An emoji, or a short text.
    pub reaction: Arc<str>,
}

/// `redaction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// What was taken away.
    pub target: EventId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
}

/// `redacted`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Redacted {}

/// `media`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Its Matrix type: `m.room.message`, `m.sticker`, `m.poll.start` and so on.
    pub event_type: Arc<str>,
    /// What to show if the content means nothing to you.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// The content, verbatim.
    pub content: Opaque,
    /// The event that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EventId>,
    /// The first event of the thread that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<EventId>,
}

/// `sealed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// How it is encrypted, if its author said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Arc<str>>,
    /// The encrypted content, verbatim.
    pub opaque: Opaque,
}

/// `custom`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custom {
    /// Its type.
    pub event_type: Arc<str>,
    /// The content, verbatim.
    pub content: Opaque,
}

/// `member`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberChange {
    /// Whose standing; who changed it is the event's sender.
    pub user: UserName,
    /// What became of it.
    pub change: MemberAction,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
}

/// What became of a user's standing in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberAction {
    /// Came in.
    Join,
    /// Went out, or declined, by himself.
    Leave,
    /// Was put out by the sender; or the sender took an invitation or a ban back.
    Kick,
    /// Was shut out.
    Ban,
    /// Was asked in.
    Invite,
    /// Asked to be let in.
    Knock,
}

/// `topic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicChange {
    /// The topic; empty if there is none any more.
    pub topic: Arc<str>,
}

/// `name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameChange {
    /// The name; empty if there is none any more.
    pub name: Arc<str>,
}

/// `power`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerChange {
    /// All levels now in force.
    pub power: Power,
}

/// `state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// Its Matrix type.
    pub event_type: Arc<str>,
    /// Which one of that type.
    #[serde(default)]
    pub state_key: Arc<str>,
    /// The content, verbatim.
    pub content: Opaque,
}
