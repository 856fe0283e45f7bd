//! The one table of limits that the wire itself has. The server may set smaller ones and says so in its `hello`; the rules of the house
//! (rooms of one user, rates) are not here.

/// The version of the protocol that this crate speaks.
pub const VERSION: u32 = 1;
/// Bytes of one frame's body, in either direction, the header not counted.
pub const FRAME: usize = 1024 * 1024;
/// Bytes of a frame's header: the length of the body, 32 bits, the highest byte first.
pub const HEADER: usize = 4;
/// How deeply arrays and objects of a request may nest; the frame's own object is 1.
pub const REQUEST_DEPTH: usize = 32;
/// The same for what the server sends: content of other protocols may nest up to 64 levels, and frame, page and event stand around it.
pub const SERVER_DEPTH: usize = 72;
/// The largest integer, and its negative the smallest: what every JSON reader keeps exactly (RFC 8259 section 6).
pub const INTEGER: u64 = (1 << 53) - 1;
/// Bytes of an opaque identifier: room, event, cursor, page, device.
pub const ID: usize = 255;
/// Bytes of a user name as it is written here. What a new account may choose is the server's rule.
pub const USER_NAME: usize = 255;
/// Bytes of an alias, `#` included.
pub const ALIAS: usize = 64;
/// Bytes of an exactly-once key.
pub const KEY: usize = 255;
/// Bytes of a text, and of its HTML form.
pub const TEXT: usize = 64_000;
/// Bytes of a verbatim JSON object.
pub const CONTENT: usize = 64_000;
/// Bytes of a reaction.
pub const REACTION: usize = 255;
/// Bytes of a topic.
pub const TOPIC: usize = 4096;
/// Bytes of a room's name.
pub const ROOM_NAME: usize = 255;
/// Bytes of a reason.
pub const REASON: usize = 512;
/// Bytes of a display name.
pub const DISPLAY_NAME: usize = 256;
/// Bytes of an avatar's address.
pub const AVATAR: usize = 1024;
/// Bytes of a presence text.
pub const STATUS: usize = 300;
/// Bytes of a device's name.
pub const DEVICE_NAME: usize = 128;
/// Bytes of a client's or server's name of itself.
pub const SOFTWARE: usize = 128;
/// Bytes of an event type, a state key or an encryption algorithm.
pub const EVENT_TYPE: usize = 255;
/// Bytes of a search, in the directory or in what was said.
pub const SEARCH: usize = 255;
/// Bytes of a password, a token or a room key.
pub const SECRET: usize = 1024;
/// Bytes of what a ping carries.
pub const PING: usize = 64;
/// Features in a `hello`.
pub const FEATURES: usize = 32;
/// Bytes of a feature's name.
pub const FEATURE: usize = 64;
/// Users that a message mentions.
pub const MENTIONS: usize = 100;
/// Users invited when a room is made.
pub const INVITES: usize = 50;
/// Events in one page of history.
pub const HISTORY: u64 = 100;
/// Entries in one page of rooms, members or the directory.
pub const PAGE: u64 = 1000;
