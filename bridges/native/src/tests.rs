//! The front-end over real sockets, on a real hub.

mod account;
mod dialogue;
mod errors;
mod events;
mod history;
mod limits;
mod rooms;
mod signals;
mod speech;
mod stream;
mod support;
mod wire;
