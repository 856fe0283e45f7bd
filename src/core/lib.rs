//! The rules of the chat server: who may do what, and what changes when it is done. Nothing here reads a clock, draws a random number, does
//! I/O, logs or knows a wire format: time, randomness and ids are arguments, so that all of it can be simulated.
//!
//! [`decide`](decide::decide) turns a [`Command`] into [`Event`]s or a [`Refusal`]; [`State::apply`] is the only way in which durable state
//! changes. [`Signal`]s are what flickers: they change [`Live`] and are never stored.

pub mod alias;
pub mod apply;
pub mod aside;
pub mod body;
pub mod command;
pub mod decide;
pub mod document;
pub mod event;
pub mod event_id;
pub mod facets;
pub mod ids;
pub mod ignore;
pub mod json;
pub mod keys;
pub mod limits;
pub mod listing;
pub mod live;
pub mod mask;
pub mod name;
pub mod network;
pub mod operator;
pub mod permission;
pub mod power;
pub mod redaction;
pub mod refusal;
pub mod request;
pub mod room;
pub mod search;
pub mod secret;
pub mod server_ban;
pub mod state;
pub mod step_up;
mod timers;
pub mod user;
pub mod visibility;

pub use body::{Body, EventRef, Form, Message, Relation, Text, TextKind};
pub use command::{Actor, Command};
pub use event::{Entry, Event, RoomChange};
pub use event_id::{EventId, IdCipher};
pub use ids::{
    ByNumber, DeviceId, Epoch, Lane, Position, RoomId, RoomSequence, SessionId, Timestamp, UserId,
};
pub use json::Json;
pub use listing::Listing;
pub use live::{Live, Signal};
pub use refusal::Refusal;
pub use room::{Membership, Room, RoomState};
pub use state::State;
