//! The one table of limits that the rules themselves enforce. Limits of a wire (frame and line lengths) belong to its protocol.

/// Bytes of a nick (`NICKLEN`).
pub const NICK: usize = 31;
/// Nicks that lead to an account besides its own.
pub const GROUPED_NICKS: usize = 5;
/// Names that an account has claimed, those that it gave up included: they are nobody else's.
pub const NAMES_PER_USER: usize = 20;
/// Bytes of a Matrix localpart: a user id of 255 bytes less `@`, `:` and room for a server name.
pub const LOCALPART: usize = 128;
/// Bytes of a channel name, `#` included (`CHANNELLEN`).
pub const CHANNEL_NAME: usize = 64;
/// Bytes of a topic as stored. IRC shows the first 390 of them (`TOPICLEN`).
pub const TOPIC: usize = 4096;
/// Bytes of a room name.
pub const ROOM_NAME: usize = 255;
/// Bytes of a reason (kick, ban, leave, redaction).
pub const REASON: usize = 512;
/// Bytes of a display name.
pub const DISPLAY_NAME: usize = 256;
/// Bytes of an avatar's address.
pub const AVATAR: usize = 1024;
/// Bytes of a presence status text.
pub const STATUS: usize = 300;
/// Bytes of an announcement by a server operator: one line of IRC.
pub const ANNOUNCEMENT: usize = 390;
/// Bytes of what a connection tells of itself, keys and values.
pub const METADATA: usize = 8 * 1024;
/// Bytes of a device's name.
pub const DEVICE_NAME: usize = 128;
/// Bytes of an event's content (Matrix client-server API "Size limits": 65,536 for the whole event; the rest is for its envelope).
pub const CONTENT: usize = 64_000;
/// Bytes of a type or a state key (Matrix client-server API "Size limits").
pub const STATE_KEY: usize = 255;
/// Bytes of an account data or document value.
pub const DOCUMENT: usize = 256 * 1024;
/// Account data and document values of one account.
pub const DOCUMENTS: usize = 10_000;
/// Bytes of all of them together.
pub const DOCUMENTS_SIZE: usize = 32 * 1024 * 1024;
/// Bytes of an exactly-once key.
pub const KEY: usize = 255;
/// How long an exactly-once key is remembered, in milliseconds.
pub const KEY_AGE: u64 = 7 * 24 * 3600 * 1000;
/// Rooms that one account may be joined to.
pub const ROOMS_PER_USER: usize = 1000;
/// One-time keys of one device that wait to be handed out, and as many again remembered after that.
pub const ONE_TIME_KEYS: usize = 256;
/// Fallback keys of one device: one for each algorithm.
pub const FALLBACK_KEYS: usize = 8;
/// Bytes of a one-time or fallback key.
pub const HANDED_KEY: usize = 2048;
/// Bytes of a device's or a cross-signing key object, its signatures apart.
pub const KEY_OBJECT: usize = 8 * 1024;
/// Signatures of one account on one key object: each of its devices signs the master key.
pub const SIGNATURES: usize = 200;
/// Bytes of a signature.
pub const SIGNATURE: usize = 512;
/// Messages that wait for one device; the oldest of whoever has most of them there make place for new ones.
pub const TO_DEVICE_MESSAGES: usize = 1000;
/// Messages to devices that are sent together.
pub const TO_DEVICE_AT_ONCE: usize = 1000;
/// Devices of one account.
pub const DEVICES_PER_USER: usize = 100;
/// Attached sessions of one account.
pub const SESSIONS_PER_USER: usize = 50;
/// Entries of one mask list of a room (`MAXLIST`).
pub const MASKS: usize = 100;
/// Names and masks that an account may have silenced (`SILENCE`).
pub const SILENCED: usize = 100;
/// Bans of the server.
pub const SERVER_BANS: usize = 10_000;
/// How long the ban of an address holds for which no time was given, in milliseconds.
pub const ADDRESS_BAN: u64 = 24 * 3600 * 1000;
/// Distinct state events of a room, memberships apart.
pub const STATE_EVENTS: usize = 10_000;
/// Bytes of all of them that are in force, types and state keys included.
pub const STATE_SIZE: usize = 4 * 1024 * 1024;
/// Users that a message mentions.
pub const MENTIONS: usize = 100;
/// Names of a room.
pub const ROOM_NAMES: usize = 32;
/// Names that a room has claimed, those that it gave up included.
pub const NAMES_PER_ROOM: usize = 100;
/// What is kept of a private conversation with a guest, while he is here.
pub const ASIDES: usize = 100;
/// Unanswered messages to one stranger before the sender has to wait (mapping of DMs).
pub const PENDING_DIRECT_MESSAGES: u32 = 3;
/// Strangers whom an account may write to for the first time in an hour; in a day while it is younger than that.
pub const STRANGERS: usize = 5;
/// How many there may be when he asks one more into a room of many.
pub const STRANGERS_INVITED: usize = 20;
/// How long a stranger counts, in milliseconds.
pub const STRANGER_COUNTS: u64 = 3600 * 1000;
/// How long an account is young, and a stranger counts for one that is, in milliseconds.
pub const YOUNG: u64 = 24 * 3600 * 1000;
/// How long before somebody is asked into the same conversation again, in milliseconds.
pub const ASKED_AGAIN: u64 = 24 * 3600 * 1000;
/// Refusals after which somebody is left alone.
pub const REFUSALS: u32 = 2;
/// For how long, in milliseconds.
pub const LEFT_ALONE: u64 = 30 * 24 * 3600 * 1000;
/// How long a password proof opens step-up commands, in milliseconds.
pub const PROOF_AGE: u64 = 5 * 60 * 1000;
/// Milliseconds after which a typing notice ends by itself.
pub const TYPING: u64 = 30_000;
/// Rooms that stay in memory though nobody who is in them is here: a few kilobytes each.
pub const IDLE_ROOMS: usize = 4096;
/// Bytes of an address for mail (RFC 5321 section 4.5.3.1: 256 octets with the angle brackets).
pub const ADDRESS: usize = 254;
