//! What the bytes of the Matrix client-server API say: error codes, identifiers, contents of events, filters, power levels. Types and text
//! only: it does no I/O, knows no room and no user, and a client could use it as well.

pub mod content;
pub mod error;
pub mod filter;
pub mod id;
pub mod power;
pub mod uia;
