//! Reading a cold room: everything that follows from its rows, as of one moment.

use std::sync::Arc;

use polylogue_core::apply::{apply_setting, restored};
use polylogue_core::event::{Event, RoomSetting, StateChange};
use polylogue_core::power::Prefixes;
use polylogue_core::room::{Creation, Mask, Member, Membership, Room, RoomKind, RoomState};
use polylogue_core::visibility::HistoryVisibility;
use polylogue_core::{Entry, Json, Position, RoomChange, RoomId, RoomSequence, Timestamp, UserId};
use rusqlite::{OptionalExtension, Row};

use super::Reader;
use crate::blob;
use crate::error::StoreError;
use crate::history;
use crate::load::head;
use crate::write::membership_of;

impl Reader {
    /// A cold room, or nothing if there is none of that number, with the last position that was on disk at the moment of which the room is read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn snapshot(&self, room: RoomId) -> Result<(Position, Option<Room>), StoreError> {
        // The tail before the snapshot: what leaves it later is in the snapshot's table, and what joins it later may not be in the snapshot.
        let recent = self.tail.of(room).last().copied();
        // One transaction, so that all parts are of the same moment.
        let transaction = self.connection.unchecked_transaction()?;
        let head = head(&self.connection)?;
        let found = self.read_room(room, recent);
        transaction.finish()?;
        Ok((head, found?))
    }

    pub(super) fn visibilities(
        &self,
        room: RoomId,
    ) -> Result<Vec<(RoomSequence, HistoryVisibility)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence, visibility FROM visibility WHERE room = ?1 ORDER BY sequence",
        )?;
        let mut rows = statement.query([room.0])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let sequence = RoomSequence(row.get::<_, i64>(0)?.unsigned_abs());
            found.push((sequence, blob::read(&row.get::<_, Vec<u8>>(1)?)?));
        }
        Ok(found)
    }

    fn read_room(
        &self,
        id: RoomId,
        recent: Option<(RoomSequence, Position)>,
    ) -> Result<Option<Room>, StoreError> {
        let row = self
            .connection
            .prepare_cached(
                "SELECT creation, power, names, join_key, listed, opened FROM room WHERE room = ?1",
            )?
            .query_row([id.0], |row| {
                let creation: Vec<u8> = row.get(0)?;
                let power: Option<Vec<u8>> = row.get(1)?;
                let names: Option<Vec<u8>> = row.get(2)?;
                Ok((
                    creation,
                    power,
                    names,
                    row.get::<_, Option<String>>(3)?,
                    row.get::<_, bool>(4)?,
                    row.get::<_, bool>(5)?,
                ))
            })
            .optional()?;
        let Some((creation, power, names, key, listed, opened)) = row else {
            return Ok(None);
        };
        let creation: Creation = blob::read(&creation)?;
        let mut state = RoomState::new(id, creation);
        if let Some(power) = power {
            state.power = Arc::new(blob::read(&power)?);
        }
        if let Some(names) = names {
            apply_setting(
                &mut state,
                (UserId::SERVER, Timestamp(0)),
                &RoomSetting::Names {
                    names: blob::read(&names)?,
                    reason: None,
                },
            );
        }
        state.key = key.map(Arc::from);
        state.listed = listed;
        if opened {
            state.kind = RoomKind::Group;
        }
        self.read_members(&mut state)?;
        self.read_masks(&mut state)?;
        let indexed = history::last_indexed(&self.connection, id)?;
        let (_, position) = recent
            .max(indexed)
            .ok_or(StoreError::Row("a room without events"))?;
        let last = history::event_at(&self.connection, id, position)?
            .ok_or(StoreError::Row("a room's last event is missing"))?;
        let mut room = restored(last.sequence, last.position, last.at, state);
        self.read_state(&mut room)?;
        let state = Arc::make_mut(&mut room.state);
        state.visibilities = self.visibilities(id)?.into();
        // Reading the state's facets moved the counters: these are the true ones.
        (room.sequence, room.position, room.at, room.notifying) =
            (last.sequence, last.position, last.at, last.notifying);
        Ok(Some(room))
    }

    fn read_members(&self, state: &mut RoomState) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT user, membership, prefixes, since, by FROM member WHERE room = ?1",
        )?;
        let mut rows = statement.query([state.id.0])?;
        while let Some(row) = rows.next()? {
            let membership = membership_of(row.get(1)?)?;
            let prefixes: Prefixes = blob::read(&row.get::<_, Vec<u8>>(2)?)?;
            let since = RoomSequence(row.get::<_, i64>(3)?.unsigned_abs());
            state.members.insert(
                UserId(row.get(0)?),
                Member {
                    membership,
                    prefixes,
                    since,
                    by: UserId(row.get(4)?),
                },
            );
            state.joined += usize::from(membership == Membership::Join);
        }
        Ok(())
    }

    fn read_masks(&self, state: &mut RoomState) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT list, mask, by, at, until FROM mask WHERE room = ?1 ORDER BY at, mask",
        )?;
        let mut rows = statement.query([state.id.0])?;
        let mut masks = Vec::new();
        while let Some(row) = rows.next()? {
            let mask: String = row.get(1)?;
            masks.push(Mask {
                list: blob::read(&row.get::<_, Vec<u8>>(0)?)?,
                mask: mask.into(),
                by: UserId(row.get(2)?),
                at: Timestamp(row.get::<_, i64>(3)?.unsigned_abs()),
                until: row
                    .get::<_, Option<i64>>(4)?
                    .map(|until| Timestamp(until.unsigned_abs())),
            });
        }
        state.masks = masks.into();
        Ok(())
    }

    /// State in force, applied as it was when it happened.
    fn read_state(&self, room: &mut Room) -> Result<(), StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT kind, key, position, sequence, at, sender, content FROM state WHERE room = ?1 ORDER BY sequence")?;
        let mut rows = statement.query([room.state.id.0])?;
        while let Some(row) = rows.next()? {
            take_state(room, row)?;
        }
        Ok(())
    }
}

/// Takes a piece of state in: a row of kind, key, position, sequence, at, sender and content.
pub(crate) fn take_state(room: &mut Room, row: &Row<'_>) -> Result<(), StoreError> {
    let (kind, key, content): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(6)?);
    let content = Json::parse(&content).map_err(|_| StoreError::Row("state"))?;
    let sender = UserId(row.get(5)?);
    let change = RoomChange::State(StateChange {
        kind: kind.into(),
        key: key.into(),
        content,
    });
    let entry = Entry {
        position: Position(row.get::<_, i64>(2)?.unsigned_abs()),
        sequence: RoomSequence(row.get::<_, i64>(3)?.unsigned_abs()),
        at: Timestamp(row.get::<_, i64>(4)?.unsigned_abs()),
        event: Event::Room {
            room: room.state.id,
            sender,
            change: change.clone(),
        },
    };
    room.apply(&entry, sender, &change);
    Ok(())
}
