//! Reading on request, over a read-only connection: cold rooms, timelines, spans, keys, documents. Transactions are short, so that the
//! write-ahead log can be checkpointed.

mod room;
mod to_device;

use std::path::Path;
use std::sync::Arc;

use polylogue_core::room::Room;
use polylogue_core::visibility::{Gate, Span};
use polylogue_core::{DeviceId, Json, Position, RoomId, RoomSequence, Timestamp, UserId};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

pub(crate) use self::room::take_state;
use crate::error::StoreError;
use crate::history::{self, Direction, StoredEvent};
use crate::tail::Tail;
use crate::write::{integer, span_of};

/// An exactly-once key and what its command came to.
pub type UsedKey = ([u8; 32], Vec<u8>);

/// A read-only connection.
#[derive(Debug)]
pub struct Reader {
    pub(crate) connection: Connection,
    tail: Arc<Tail>,
}

impl Reader {
    /// Opens the database for reading; the writer has opened it before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(database: &Path, tail: Arc<Tail>) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags)?;
        connection.set_prepared_statement_cache_capacity(32);
        connection.pragma_update(None, "trusted_schema", "OFF")?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        Ok(Self { connection, tail })
    }

    /// A page of a room's timeline beyond `from` (exclusive). Visibility is the caller's to check.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(
        &self,
        (room, from): (RoomId, RoomSequence),
        (direction, limit): (Direction, usize),
    ) -> Result<Vec<StoredEvent>, StoreError> {
        // One transaction for all rows: without it each look-up pays for its own, several times the work itself.
        let transaction = self.connection.unchecked_transaction()?;
        let events = self.read_page((room, from), (direction, limit));
        transaction.finish()?;
        events
    }

    /// A room's events after a position, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn after(
        &self,
        room: RoomId,
        position: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let from = history::sequence_at(&self.connection, &self.tail, room, position)?;
        self.page((room, from), (Direction::Forward, limit))
    }

    /// What the log holds of all rooms' timelines after a position, up to and including another, in order, at most `limit` events; and
    /// the position up to which that is all. Rows that can't be read are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn log(
        &self,
        (after, up_to): (Position, Position),
        limit: usize,
    ) -> Result<(Vec<(RoomId, StoredEvent)>, Position), StoreError> {
        history::log(&self.connection, (after, up_to), limit)
    }

    /// The event at a position, if it is of that room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn event_at(
        &self,
        room: RoomId,
        position: Position,
    ) -> Result<Option<StoredEvent>, StoreError> {
        history::event_at(&self.connection, room, position)
    }

    /// The last place of a room at or before a time, found by halving: times never go back within a room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sequence_at_time(
        &self,
        room: RoomId,
        at: Timestamp,
    ) -> Result<RoomSequence, StoreError> {
        let newest = self.page((room, RoomSequence(u64::MAX)), (Direction::Backward, 1))?;
        let (mut low, mut high) = (0, newest.first().map_or(0, |event| event.sequence.0));
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let earlier = self
                .event(room, RoomSequence(middle))?
                .is_some_and(|event| event.at <= at);
            if earlier {
                low = middle
            } else {
                high = middle - 1
            }
        }
        Ok(RoomSequence(low))
    }

    /// The event at a place of a room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn event(
        &self,
        room: RoomId,
        sequence: RoomSequence,
    ) -> Result<Option<StoredEvent>, StoreError> {
        let before = RoomSequence(sequence.0.saturating_sub(1));
        let page = self.page((room, before), (Direction::Forward, 1))?;
        Ok(page.into_iter().find(|event| event.sequence == sequence))
    }

    /// The events at these places of a room, as far as they are there. Visibility is the caller's to check.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events(
        &self,
        room: RoomId,
        places: &[RoomSequence],
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut found = Vec::with_capacity(places.len());
        for place in places {
            let before = RoomSequence(place.0.saturating_sub(1));
            let page = self.read_page((room, before), (Direction::Forward, 1))?;
            found.extend(page.into_iter().filter(|event| event.sequence == *place));
        }
        transaction.finish()?;
        Ok(found)
    }

    /// The last place of a room at or before a position; 0 if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sequence_at(
        &self,
        room: RoomId,
        position: Position,
    ) -> Result<RoomSequence, StoreError> {
        history::sequence_at(&self.connection, &self.tail, room, position)
    }

    /// What decides which events of a room a user may see.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn gate(&self, room: RoomId, user: UserId) -> Result<Gate, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT first, last, kind FROM span WHERE room = ?1 AND user = ?2")?;
        let mut rows = statement.query([room.0, user.0])?;
        let mut spans = Vec::new();
        while let Some(row) = rows.next()? {
            let place = |column: i64| RoomSequence(column.unsigned_abs());
            spans.push(Span {
                kind: span_of(row.get(2)?)?,
                from: place(row.get(0)?),
                to: row.get::<_, Option<i64>>(1)?.map(place),
            });
        }
        Ok(Gate {
            spans,
            visibilities: self.visibilities(room)?,
        })
    }

    /// A cold room, or nothing if there is none of that number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn room(&self, room: RoomId) -> Result<Option<Room>, StoreError> {
        self.snapshot(room).map(|(_, room)| room)
    }

    /// What an exactly-once key's command came to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn key(&self, device: DeviceId, key: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT result FROM once WHERE device = ?1 AND key = ?2")?;
        Ok(statement
            .query_row(params![device.0, key], |row| row.get(0))
            .optional()?)
    }

    /// The keys that a device has used.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keys(&self, device: DeviceId) -> Result<Vec<UsedKey>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT key, result FROM once WHERE device = ?1")?;
        let rows = statement.query_map([device.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Account data of a user that changed after a position: room (none = global), type, content.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn account_data(
        &self,
        user: UserId,
        after: Position,
    ) -> Result<Vec<(Option<RoomId>, String, Json)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT room, kind, content FROM account_data WHERE user = ?1 AND position > ?2",
        )?;
        let mut rows = statement.query(params![user.0, integer(after.0)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let room: u32 = row.get(0)?;
            let content: String = row.get(2)?;
            let content = account_data(&content)?;
            found.push(((room != 0).then_some(RoomId(room)), row.get(1)?, content));
        }
        Ok(found)
    }

    /// One account data value of a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn account_datum(
        &self,
        user: UserId,
        room: Option<RoomId>,
        kind: &str,
    ) -> Result<Option<Json>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT content FROM account_data WHERE user = ?1 AND room = ?2 AND kind = ?3",
        )?;
        let room = room.unwrap_or(RoomId(0));
        let content: Option<String> = statement
            .query_row(params![user.0, room.0, kind], |row| row.get(0))
            .optional()?;
        content.as_deref().map(account_data).transpose()
    }

    /// The content of a document.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn document(
        &self,
        user: UserId,
        kind: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT blob FROM document WHERE user = ?1 AND kind = ?2 AND key = ?3",
        )?;
        Ok(statement
            .query_row(params![user.0, kind, key], |row| row.get(0))
            .optional()?)
    }

    /// The rooms in which a user has, or had, any standing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rooms_of(&self, user: UserId) -> Result<Vec<RoomId>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT room FROM member WHERE user = ?1 ORDER BY room")?;
        let rows = statement.query_map([user.0], |row| Ok(RoomId(row.get(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn read_page(
        &self,
        (room, from): (RoomId, RoomSequence),
        (direction, limit): (Direction, usize),
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let places = history::places(
            &self.connection,
            &self.tail,
            (room, from),
            (direction, limit),
        )?;
        let mut events = Vec::with_capacity(places.len());
        for (_, position) in places {
            events.extend(history::event_at(&self.connection, room, position)?);
        }
        Ok(events)
    }
}

fn account_data(content: &str) -> Result<Json, StoreError> {
    let value = serde_json::from_str(content)
        .ok()
        .and_then(|value| Json::account_data(&value).ok());
    value.ok_or(StoreError::Row("account data"))
}
