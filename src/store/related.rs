//! What other events of its room say of an event: what refers to it, and which state it took the place of; and the state at a place.

use polylogue_core::{RoomId, RoomSequence, UserId, facets};
use rusqlite::params;

use crate::error::StoreError;
use crate::history::Direction;
use crate::read::Reader;
use crate::write::integer;

/// How an event refers to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A new text for it.
    Edit,
    /// A reaction to it.
    Reaction,
    /// A part of its thread.
    Thread,
    /// It took its content away.
    Redaction,
}

impl RelationKind {
    /// How it is stored.
    pub(crate) fn column(self) -> i64 {
        match self {
            Self::Edit => 1,
            Self::Reaction => 2,
            Self::Thread => 3,
            Self::Redaction => 4,
        }
    }
}

/// A piece of state by what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateKey {
    /// Somebody's standing.
    Member(UserId),
    /// Anything else: type and state key.
    Other(String, String),
}

impl StateKey {
    fn columns(&self) -> (&str, String) {
        match self {
            Self::Member(user) => (facets::MEMBER, user.0.to_string()),
            Self::Other(kind, key) => (kind, key.clone()),
        }
    }
}

impl Reader {
    /// The places of the events that refer to an event in one way, beyond `from` (exclusive), at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn relations(
        &self,
        (room, target, kind): (RoomId, RoomSequence, RelationKind),
        from: RoomSequence,
        (direction, limit): (Direction, usize),
    ) -> Result<Vec<RoomSequence>, StoreError> {
        let sql = match direction {
            Direction::Backward => {
                "SELECT sequence FROM relation WHERE room = ?1 AND target = ?2 AND kind = ?3 AND sequence < ?4
                 ORDER BY sequence DESC LIMIT ?5"
            }
            Direction::Forward => {
                "SELECT sequence FROM relation WHERE room = ?1 AND target = ?2 AND kind = ?3 AND sequence > ?4
                 ORDER BY sequence LIMIT ?5"
            }
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let from = i64::try_from(from.0).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let target = integer(target.0);
        let rows =
            statement.query_map(params![room.0, target, kind.column(), from, limit], place)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The place of the last event by a user that refers to an event in one way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_relation_by(
        &self,
        (room, target, kind): (RoomId, RoomSequence, RelationKind),
        user: UserId,
    ) -> Result<Option<RoomSequence>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT max(sequence) FROM relation WHERE room = ?1 AND target = ?2 AND kind = ?3 AND sender = ?4",
        )?;
        let key = params![room.0, integer(target.0), kind.column(), user.0];
        let found: Option<i64> = statement.query_row(key, |row| row.get(0))?;
        Ok(found.map(|place| RoomSequence(place.unsigned_abs())))
    }

    /// The events of a room that have threads, each with the last place of its thread, those first in which something was said last; only
    /// threads in which nothing was said at `before` or later, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn threads(
        &self,
        (room, before): (RoomId, RoomSequence),
        limit: usize,
    ) -> Result<Vec<(RoomSequence, RoomSequence)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT target, max(sequence) AS latest FROM relation WHERE room = ?1 AND kind = ?2
             GROUP BY target HAVING latest < ?3 ORDER BY latest DESC LIMIT ?4",
        )?;
        let before = i64::try_from(before.0).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let kind = RelationKind::Thread.column();
        let rows = statement.query_map(params![room.0, kind, before, limit], |row| {
            let (root, latest): (i64, i64) = (row.get(0)?, row.get(1)?);
            let place = |column: i64| RoomSequence(column.unsigned_abs());
            Ok((place(root), place(latest)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The place where a piece of state was set last before a place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn state_before(
        &self,
        room: RoomId,
        state: &StateKey,
        before: RoomSequence,
    ) -> Result<Option<RoomSequence>, StoreError> {
        let (kind, key) = state.columns();
        let mut statement = self.connection.prepare_cached(
            "SELECT max(sequence) FROM state_history WHERE room = ?1 AND kind = ?2 AND key = ?3 AND sequence < ?4",
        )?;
        let before = i64::try_from(before.0).unwrap_or(i64::MAX);
        let found: Option<i64> =
            statement.query_row(params![room.0, kind, key, before], |row| row.get(0))?;
        Ok(found.map(|place| RoomSequence(place.unsigned_abs())))
    }

    /// The places of all state in force right after the event at a place, memberships and all, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn state_at(
        &self,
        room: RoomId,
        at: RoomSequence,
    ) -> Result<Vec<RoomSequence>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT max(sequence) FROM state_history WHERE room = ?1 AND sequence <= ?2 GROUP BY kind, key ORDER BY 1",
        )?;
        let at = i64::try_from(at.0).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![room.0, at], place)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn place(row: &rusqlite::Row<'_>) -> rusqlite::Result<RoomSequence> {
    Ok(RoomSequence(row.get::<_, i64>(0)?.unsigned_abs()))
}
