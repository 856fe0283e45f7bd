//! What was said. The author's own form is kept as it came, so that it goes back to the same protocol unchanged; other protocols render it
//! when they deliver it. Nothing here renders.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{Position, RoomSequence, UserId};
use crate::json::Json;

/// A message event of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What was said.
    pub body: Body,
    /// What it refers to, in the same room.
    pub relation: Option<Relation>,
    /// Who was mentioned on purpose.
    pub mentions: Arc<[UserId]>,
}

impl Message {
    /// A message that refers to nothing and mentions nobody.
    #[must_use]
    pub fn plain(body: Body) -> Self {
        Self {
            body,
            relation: None,
            mentions: Arc::default(),
        }
    }
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Text of some kind.
    Text(Text),
    /// A reaction's key; the relation says to what.
    Reaction(Arc<str>),
    /// Image, file, audio, video, sticker, location, poll: content with an event type, of which the core knows only that it notifies.
    Media(Content),
    /// End-to-end encrypted: opaque.
    Sealed(Content),
    /// A type that nobody here knows, kept verbatim.
    Unknown(Content),
}

/// Content of a Matrix event type that is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The Matrix event type.
    pub kind: Arc<str>,
    /// The content, canonical.
    pub content: Json,
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// How it is meant.
    pub kind: TextKind,
    /// The author's form.
    pub form: Form,
}

/// How a text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextKind {
    /// A message from a person.
    Text,
    /// From a program; nobody answers it automatically (IRC `NOTICE`, Matrix `m.notice`).
    Notice,
    /// Something done rather than said (CTCP `ACTION`, Matrix `m.emote`).
    Action,
}

/// The author's form of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// IRC text with formatting codes; lines of a multi-line message are separated by LF. A CR is where the author's client broke a line
    /// that is one ([`unbroken`]).
    Irc(Arc<str>),
    /// Plain text, and the same with formatting in Matrix HTML where there is any.
    Native {
        /// Without formatting.
        text: Arc<str>,
        /// Matrix HTML.
        html: Option<Arc<str>>,
    },
    /// The content of an `m.room.message`.
    Matrix(Json),
}

/// IRC text with its lines as they are meant: without the marks of where they were broken to fit the wire.
#[must_use]
pub fn unbroken(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace('\r', "").into()
    } else {
        text.into()
    }
}

impl Body {
    /// The Matrix event type that it is sent under: what levels per type are about.
    #[must_use]
    pub fn event_type(&self) -> &str {
        match self {
            Self::Text(_) => "m.room.message",
            Self::Reaction(_) => "m.reaction",
            Self::Media(content) | Self::Sealed(content) | Self::Unknown(content) => &content.kind,
        }
    }

    /// Bytes that the author's form takes, for [`limits::CONTENT`](crate::limits::CONTENT).
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => match &text.form {
                Form::Irc(text) => text.len(),
                Form::Native { text, html } => text.len() + html.as_ref().map_or(0, |h| h.len()),
                Form::Matrix(content) => content.as_str().len(),
            },
            Self::Reaction(key) => key.len(),
            Self::Media(content) | Self::Sealed(content) | Self::Unknown(content) => {
                content.kind.len() + content.content.as_str().len()
            }
        }
    }

    /// Whether it counts as unread for those who have not seen it (reactions and notices do not).
    #[must_use]
    pub fn notifies(&self) -> bool {
        match self {
            Self::Text(text) => match text.kind {
                TextKind::Text | TextKind::Action => true,
                TextKind::Notice => false,
            },
            Self::Media(_) | Self::Sealed(_) => true,
            Self::Reaction(_) | Self::Unknown(_) => false,
        }
    }
}

/// An event that another one refers to, in the same room. The place orders and the position names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    /// Its place in the room.
    pub sequence: RoomSequence,
    /// Its position in the lane's log, from which its id follows.
    pub position: Position,
    /// Who said it.
    pub author: UserId,
}

/// How a message refers to an earlier event of its room. Whoever can't see the target sees no quote of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// An answer.
    Reply(EventRef),
    /// Part of a thread.
    Thread {
        /// The event that the thread is about.
        root: EventRef,
        /// The event of the thread that is answered, if one is.
        reply: Option<EventRef>,
    },
    /// A new text for an event of the same author.
    Edit(EventRef),
    /// A reaction to an event.
    Reaction(EventRef),
}

impl Relation {
    /// The event meant.
    #[must_use]
    pub fn target(self) -> EventRef {
        match self {
            Self::Reply(target) | Self::Edit(target) | Self::Reaction(target) => target,
            Self::Thread { root, reply } => reply.unwrap_or(root),
        }
    }
}
