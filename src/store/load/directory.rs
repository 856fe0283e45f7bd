//! What the directory shows: read once, at start, and kept up by events from then on.

use std::collections::BTreeMap;
use std::sync::Arc;

use polylogue_core::apply::{apply_setting, restored};
use polylogue_core::event::RoomSetting;
use polylogue_core::room::{RoomKind, RoomState};
use polylogue_core::{Listing, Position, Room, RoomId, RoomSequence, State, Timestamp, UserId};
use rusqlite::Connection;

use crate::blob;
use crate::error::StoreError;
use crate::read::take_state;

/// Reads the listings of all rooms that are listed.
pub(super) fn load(connection: &Connection, state: &mut State) -> Result<(), StoreError> {
    let mut rooms = load_rooms(connection)?;
    load_joined(connection, &mut rooms)?;
    load_state(connection, &mut rooms)?;
    state.directory = rooms
        .into_iter()
        .map(|(id, room)| (id, Arc::new(Listing::of(&room.state))))
        .collect();
    Ok(())
}

fn load_rooms(connection: &Connection) -> Result<BTreeMap<RoomId, Room>, StoreError> {
    let mut statement =
        connection.prepare("SELECT room, creation, names, opened FROM room WHERE listed = 1")?;
    let mut rows = statement.query([])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let id = RoomId(row.get(0)?);
        let mut state = RoomState::new(id, blob::read(&row.get::<_, Vec<u8>>(1)?)?);
        state.listed = true;
        if let Some(names) = row.get::<_, Option<Vec<u8>>>(2)? {
            let setting = RoomSetting::Names {
                names: blob::read(&names)?,
                reason: None,
            };
            apply_setting(&mut state, (UserId::SERVER, Timestamp(0)), &setting);
        }
        if row.get(3)? {
            state.kind = RoomKind::Group;
        }
        found.insert(
            id,
            restored(RoomSequence(0), Position(0), Timestamp(0), state),
        );
    }
    Ok(found)
}

fn load_joined(
    connection: &Connection,
    rooms: &mut BTreeMap<RoomId, Room>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT room, count(*) FROM room JOIN member USING (room) WHERE listed = 1 AND membership = 1 GROUP BY room",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(room) = rooms.get_mut(&RoomId(row.get(0)?)) {
            Arc::make_mut(&mut room.state).joined =
                usize::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        }
    }
    Ok(())
}

/// The state that shows, applied as it was when it happened.
fn load_state(
    connection: &Connection,
    rooms: &mut BTreeMap<RoomId, Room>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT kind, key, position, sequence, at, sender, content, room FROM room JOIN state USING (room)
         WHERE listed = 1 AND key = '' AND kind IN ('m.room.create', 'm.room.name', 'm.room.topic', 'm.room.avatar', 'm.room.join_rules',
             'm.room.guest_access', 'm.room.history_visibility', 'm.room.encryption')
         ORDER BY room, sequence",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(room) = rooms.get_mut(&RoomId(row.get(7)?)) {
            take_state(room, row)?;
        }
    }
    Ok(())
}
