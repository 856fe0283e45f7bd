//! The IRC wire protocol: types and codec for RFC 1459, RFC 2812 and IRCv3, as modern.ircdocs.horse describes what is spoken today.
//!
//! Bytes become a [`Message`] once, through [`LineCodec`]; lines go out only through [`LineWriter`], which accepts nothing that could break
//! a line apart. The crate does no I/O, keeps no session, and knows no rooms or accounts: a client could use it as well as a server.

pub mod batch;
pub mod capability;
pub mod chathistory;
pub mod codec;
pub mod ctcp;
pub mod elist;
pub mod encoding;
pub mod extban;
pub mod isupport;
pub mod line;
pub mod mask;
pub mod message;
pub mod metadata;
pub mod mode;
pub mod names;
pub mod numerics;
pub mod sasl;
pub mod scram;
pub mod search;
pub mod tag_deny;
pub mod tags;
pub mod time;
pub mod verb;
pub mod whox;
pub mod wrap;

pub use capability::{Capability, CapabilitySet};
pub use codec::{Incoming, LineCodec, LineError};
pub use line::{LineWriter, Middle, Overflow, Parameters, Source, Trailing};
pub use mask::Mask;
pub use message::Message;
pub use names::{ChannelName, Nick};
pub use numerics::Numeric;
pub use tags::{Tag, TagKey};
pub use time::ServerTime;
pub use verb::Verb;
