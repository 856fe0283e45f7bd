//! What things are called on the wire: rooms, events, users, credentials, places in the stream. Inside they are small numbers, which no
//! client ever reads.

use std::time::{SystemTime, UNIX_EPOCH};

use polylogue_core::name::NameKey;
use polylogue_core::state::World;
use polylogue_core::user::Device;
use polylogue_core::{Position, Timestamp, UserId};
use polylogue_hub::{Hub, Sealer};
use polylogue_native::{Cursor, DeviceId, EventId, PageToken, RoomId, RoomReference, UserName};

/// The server as a sender: a name that the core keeps from everybody.
const SERVER: &str = "server";
/// Somebody of whom no name is left. Nobody's name holds this character.
const NOBODY: &str = "*";

/// A room's id.
#[expect(
    clippy::expect_used,
    reason = "22 characters of base64url are visible ASCII and never begin with #"
)]
pub(crate) fn room(sealer: &Sealer, room: polylogue_core::RoomId) -> RoomId {
    RoomId::new(&sealer.room_key(room)).expect("base64url")
}

/// An event's id.
#[expect(
    clippy::expect_used,
    reason = "22 characters of base64url are visible ASCII and never begin with ~"
)]
pub(crate) fn event(sealer: &Sealer, position: Position) -> EventId {
    EventId::new(sealer.event_id(position).as_str()).expect("base64url")
}

/// The place in the stream after a position.
#[expect(
    clippy::expect_used,
    reason = "~ and 22 characters of base64url are visible ASCII"
)]
pub(crate) fn cursor(sealer: &Sealer, position: Position) -> Cursor {
    Cursor::new(&format!("~{}", sealer.cursor(position))).expect("base64url")
}

/// The position that a cursor means, if it is of the present timeline.
pub(crate) fn open_cursor(hub: &Hub, cursor: &Cursor) -> Option<Position> {
    hub.open_cursor(cursor.as_str().strip_prefix('~')?)
}

/// The room that a reference means. Whether the asker may know of it is another question.
pub(crate) fn open_room(hub: &Hub, reference: &RoomReference) -> Option<polylogue_core::RoomId> {
    match reference {
        RoomReference::Id(id) => hub.open_room_key(id.as_str()),
        RoomReference::Alias(alias) => hub
            .world()
            .state
            .room_named(&NameKey::channel(alias.as_str())),
    }
}

/// Where the next page of rooms begins.
#[expect(
    clippy::expect_used,
    reason = "22 characters of base64url are visible ASCII"
)]
pub(crate) fn page_after(sealer: &Sealer, room: polylogue_core::RoomId) -> PageToken {
    PageToken::new(&sealer.room_key(room)).expect("base64url")
}

/// A user's name, as everybody sees it.
#[expect(clippy::expect_used, reason = "* is a word")]
pub(crate) fn user(world: &World, user: UserId) -> UserName {
    let name = match world.name_of(user) {
        Some(name) => name.nick(),
        None if user == UserId::SERVER => SERVER,
        None => NOBODY,
    };
    UserName::new(name).unwrap_or_else(|_| UserName::new(NOBODY).expect("a word"))
}

/// A credential's id: what other protocols call it, or its number where that can't be written here.
#[expect(clippy::expect_used, reason = "# and digits are visible ASCII")]
pub(crate) fn device(device: &Device) -> DeviceId {
    DeviceId::new(&device.label)
        .unwrap_or_else(|_| DeviceId::new(&format!("#{}", device.id.0)).expect("digits"))
}

/// Milliseconds since 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
