//! The native protocol of Polylogue: frames of JSON over a stream, described for implementors in `PROTOCOL.md`.
//!
//! Bytes become [`Request`]s and [`ServerMessage`]s once, through [`FrameCodec`]; every field is checked on the way in, and an error says
//! which field is wrong and how. The crate does no I/O, keeps no session, and knows no rooms or accounts: a client could use it as well as a
//! server.

pub mod bounded;
pub mod error;
pub mod event;
pub mod frame;
mod json;
pub mod limits;
pub mod message;
pub mod opaque;
pub mod reply;
pub mod request;
pub mod secret;
pub mod signal;
pub mod text;

pub use bounded::{List, PageSize, RequestId, Timestamp};
pub use error::{Error, ErrorCode};
pub use event::{Event, EventContent};
pub use frame::{FrameCodec, FrameTooLarge, body, encode};
pub use message::{Envelope, Malformed, Message};
pub use opaque::Opaque;
pub use reply::{
    Accepted, Answer, Device, EventFrame, Found, History, Live, Member, Page, Reset, Room, Sent,
    ServerHello, ServerLimits, ServerMessage, Session, SignalFrame, Subscribed,
};
pub use request::Request;
pub use request::account::{Feature, Presence};
pub use request::room::{Membership, Power, RoomReference, Visibility};
pub use request::speech::TextKind;
pub use request::stream::{Anchor, HistoryRange, StreamStart};
pub use secret::Secret;
pub use signal::{Signal, UserProfile};
pub use text::{Alias, Cursor, DeviceId, EventId, Key, PageToken, RoomId, UserName};

#[cfg(test)]
mod tests;
