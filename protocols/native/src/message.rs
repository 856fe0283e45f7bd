//! What every frame has: a `type`, an `id` if it is or answers a numbered request, and the way from text to types and back. The types
//! themselves are in [`request`](crate::request), [`reply`](crate::reply) and [`event`](crate::event).

use serde::Serialize;

use crate::bounded::RequestId;
use crate::error::{Error, ErrorCode};
use crate::json::{FieldError, Object};

/// All frames of one direction: [`Request`](crate::Request) or [`ServerMessage`](crate::ServerMessage).
pub trait Message: Serialize + Sized {
    /// Reads the body of a frame.
    ///
    /// # Errors
    /// Says what is wrong with it, with the number of the request if that could be read.
    fn decode(text: &str) -> Result<Envelope<Self>, Malformed>;
}

/// A message with the number of the request that it is, or that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Envelope<M> {
    /// The number. A request without one gets no `ok`; what the server says unasked has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// The message.
    #[serde(flatten)]
    pub message: M,
}

impl<M> Envelope<M> {
    /// A message with the number of a request, if that has one.
    #[must_use]
    pub fn new(id: Option<RequestId>, message: M) -> Self {
        Self { id, message }
    }

    /// A message without a number.
    #[must_use]
    pub fn unnumbered(message: M) -> Self {
        Self { id: None, message }
    }
}

/// A frame that could not be read: the `error` frame to answer with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Malformed {
    /// The number of the request, if it could be read.
    pub id: Option<RequestId>,
    /// What is wrong. The connection is to be closed if its code [is fatal](ErrorCode::is_fatal).
    pub error: Error,
}

impl Malformed {
    /// A frame of which nothing could be read.
    #[must_use]
    pub fn unreadable(code: ErrorCode, message: impl Into<Box<str>>) -> Self {
        Self {
            id: None,
            error: Error::new(code, message),
        }
    }
}

/// Reads the `id` and `type` of a frame, then the rest with `read`.
pub(crate) fn decode<M>(
    text: &str,
    depth: usize,
    read: impl FnOnce(&str, Object<'_>) -> Result<M, FieldError>,
) -> Result<Envelope<M>, Malformed> {
    let unnumbered = |error: FieldError| Malformed {
        id: None,
        error: error.into(),
    };
    let mut object = Object::parse(text, depth).map_err(unnumbered)?;
    let id = object.take_if_there("id").map_err(unnumbered)?;
    let numbered = |error: FieldError| Malformed {
        id,
        error: error.into(),
    };
    let name: String = object.take("type").map_err(numbered)?;
    read(&name, object)
        .map(|message| Envelope { id, message })
        .map_err(numbered)
}

/// Declares an enum whose variants are told apart by a `type` that stands beside their fields.
macro_rules! tagged {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident($body:ty) = $tag:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(tag = "type")]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $tag)] $variant($body),)*
        }

        impl $name {
            /// Every `type` there is.
            pub const TYPES: &'static [&'static str] = &[$($tag),*];

            /// The `type` of this one.
            #[must_use]
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $tag,)*
                }
            }

            /// Reads the fields of the `type` called `name`.
            pub(crate) fn read(name: &str, fields: $crate::json::Object<'_>) -> Result<Self, $crate::json::FieldError> {
                match name {
                    $($tag => serde::Deserialize::deserialize(fields).map(Self::$variant),)*
                    unknown => Err($crate::json::FieldError::unknown_type(unknown)),
                }
            }
        }
    };
}

/// Declares all frames of one direction.
macro_rules! messages {
    ($(#[$meta:meta])* $name:ident, $depth:expr, { $($variants:tt)* }) => {
        $crate::message::tagged! { $(#[$meta])* #[derive(Eq)] $name { $($variants)* } }

        impl $crate::message::Message for $name {
            fn decode(text: &str) -> Result<$crate::message::Envelope<Self>, $crate::message::Malformed> {
                $crate::message::decode(text, $depth, Self::read)
            }
        }
    };
}

pub(crate) use {messages, tagged};
