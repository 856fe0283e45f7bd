//! What flickers: told to those who asked for the feature and are here, never kept. What lasts is an [`Event`](crate::Event).

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::json::{FieldError, Object};
use crate::message::tagged;
use crate::request::account::Presence;
use crate::request::speech::TextKind;
use crate::text::{EventId, RoomId, UserName};

tagged! {
    /// What flickers, by the signal's `type`.
    #[derive(Eq)]
    Signal {
        /// Somebody types, or stopped. Feature `typing`.
        Typing(UserTyping) = "typing",
        /// Somebody came, went, or is away. Feature `presence`.
        Presence(UserPresence) = "presence",
        /// Somebody has read up to an event. Feature `read`.
        Read(UserRead) = "read",
        /// Somebody changed his profile. Feature `profile`.
        Profile(UserProfile) = "profile",
        /// A guest says something to you alone, which is not kept. Needs no feature.
        Whisper(Whisper) = "whisper",
        /// A conversation of two is a room of many from here on. Needs no feature.
        Opened(RoomOpened) = "opened",
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = Object::deserialize(deserializer)?;
        let name: Result<String, FieldError> = object.take("type");
        name.and_then(|name| Self::read(&name, object))
            .map_err(de::Error::custom)
    }
}

/// `typing`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTyping {
    /// Where.
    pub room: RoomId,
    /// Who.
    pub user: UserName,
    /// Whether he types; ends by itself 30 seconds after the last word of it.
    pub active: bool,
}

/// `presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPresence {
    /// Who.
    pub user: UserName,
    /// How he shows.
    pub presence: Presence,
    /// A text beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Arc<str>>,
}

/// `read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRead {
    /// Where.
    pub room: RoomId,
    /// Who; yourself, if another connection of yours did.
    pub user: UserName,
    /// Up to which event, itself included.
    pub event: EventId,
}

/// `profile`, and the answer to the request of that name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserProfile {
    /// Who.
    pub user: UserName,
    /// His name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Arc<str>>,
    /// The address of his picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Arc<str>>,
    /// How he shows, if you may know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// A text beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Arc<str>>,
}

/// `opened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomOpened {
    /// Which.
    pub room: RoomId,
}

/// `whisper`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whisper {
    /// The guest.
    pub user: UserName,
    /// How it is meant.
    #[serde(default)]
    pub kind: TextKind,
    /// What he says.
    pub text: Arc<str>,
}
