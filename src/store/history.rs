//! Reading timelines: pages of a room's events, and single events by (room, place).

use polylogue_core::{Position, RoomChange, RoomId, RoomSequence, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::blob;
use crate::error::StoreError;
use crate::runs::{self, Place};
use crate::tail::Tail;

/// An event of a room's timeline, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Place in the lane's log.
    pub position: Position,
    /// Place in its room.
    pub sequence: RoomSequence,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub sender: UserId,
    /// The room's count of notifying events up to and including this one.
    pub notifying: u64,
    /// What happened.
    pub change: RoomChange,
}

/// Which way a page goes from where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Older events, newest first.
    Backward,
    /// Newer events, oldest first.
    Forward,
}

/// What an event row's blob holds.
pub(crate) type EventBlob = (u64, RoomChange);

/// The places of a room's events beyond `from` (exclusive), at most `limit`.
pub(crate) fn places(
    connection: &Connection,
    tail: &Tail,
    (room, from): (RoomId, RoomSequence),
    (direction, limit): (Direction, usize),
) -> Result<Vec<(RoomSequence, Position)>, StoreError> {
    // The tail first: what moves from it into the table meanwhile is then found in the table, and dropped as known.
    let recent = tail.of(room);
    let beyond = |sequence: RoomSequence| match direction {
        Direction::Backward => sequence < from,
        Direction::Forward => sequence > from,
    };
    let mut found: Vec<Place> = Vec::new();
    each_run(connection, (room, from), direction, |run| {
        found.extend(run.into_iter().filter(|(sequence, _)| beyond(*sequence)));
        found.len() < limit
    })?;
    found.extend(recent.into_iter().filter(|(sequence, _)| beyond(*sequence)));
    found.sort_unstable();
    found.dedup();
    if direction == Direction::Backward {
        found.reverse();
    }
    found.truncate(limit);
    Ok(found)
}

/// Hands over the runs of a room that may hold places beyond `from`, nearest first, until `more` says that it has enough.
fn each_run(
    connection: &Connection,
    (room, from): (RoomId, RoomSequence),
    direction: Direction,
    mut more: impl FnMut(Vec<Place>) -> bool,
) -> Result<(), StoreError> {
    let sql = match direction {
        Direction::Backward => {
            "SELECT sequence, position, distances FROM event_index WHERE room = ?1 AND sequence < ?2 ORDER BY sequence DESC"
        }
        // The run that begins at or before `from` may reach beyond it.
        Direction::Forward => {
            "SELECT sequence, position, distances FROM event_index WHERE room = ?1 AND sequence >= coalesce(
                (SELECT max(sequence) FROM event_index WHERE room = ?1 AND sequence <= ?2), 0) ORDER BY sequence"
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    let from = i64::try_from(from.0).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![room.0, from])?;
    while let Some(row) = rows.next()? {
        if !more(read_run(row)?) {
            break;
        }
    }
    Ok(())
}

fn read_run(row: &Row<'_>) -> Result<Vec<Place>, StoreError> {
    let first = (
        RoomSequence(row.get::<_, i64>(0)?.unsigned_abs()),
        Position(row.get::<_, i64>(1)?.unsigned_abs()),
    );
    let distances = row
        .get_ref(2)?
        .as_blob()
        .map_err(|_| StoreError::Row("event index"))?;
    runs::decode(first, distances)
}

/// The last place of a room that is in the table.
pub(crate) fn last_indexed(
    connection: &Connection,
    room: RoomId,
) -> Result<Option<Place>, StoreError> {
    let mut last = None;
    each_run(
        connection,
        (room, RoomSequence(u64::MAX)),
        Direction::Backward,
        |run| {
            last = run.last().copied();
            false
        },
    )?;
    Ok(last)
}

/// The last place of a room at or before a position; 0 if there is none. Positions rise with places within a room.
pub(crate) fn sequence_at(
    connection: &Connection,
    tail: &Tail,
    room: RoomId,
    position: Position,
) -> Result<RoomSequence, StoreError> {
    let recent = tail.of(room);
    if let Some((sequence, _)) = recent.iter().rev().find(|(_, at)| *at <= position) {
        return Ok(*sequence);
    }
    let mut statement = connection.prepare_cached(
        "SELECT sequence, position, distances FROM event_index WHERE room = ?1 AND position <= ?2 ORDER BY sequence DESC LIMIT 1",
    )?;
    let column = i64::try_from(position.0).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![room.0, column])?;
    let Some(row) = rows.next()? else {
        return Ok(RoomSequence(0));
    };
    let run = read_run(row)?;
    Ok(run
        .iter()
        .rev()
        .find(|(_, at)| *at <= position)
        .map_or(RoomSequence(0), |(sequence, _)| *sequence))
}

/// The event at a position, if it is of that room.
pub(crate) fn event_at(
    connection: &Connection,
    room: RoomId,
    position: Position,
) -> Result<Option<StoredEvent>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position, sequence, at, sender, blob FROM event WHERE position = ?1 AND room = ?2",
    )?;
    let position = i64::try_from(position.0).unwrap_or(i64::MAX);
    let row = statement
        .query_row(params![position, room.0], read_row)
        .optional()?;
    row.map(decode).transpose()
}

/// The log of all rooms between two positions, the first exclusive, and up to where that is.
pub(crate) fn log(
    connection: &Connection,
    (after, up_to): (Position, Position),
    limit: usize,
) -> Result<(Vec<(RoomId, StoredEvent)>, Position), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position, sequence, at, sender, blob, room FROM event WHERE position > ?1 AND position <= ?2
         ORDER BY position LIMIT ?3",
    )?;
    let column = |position: Position| i64::try_from(position.0).unwrap_or(i64::MAX);
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![column(after), column(up_to), most], |row| {
        Ok((RoomId(row.get(5)?), read_row(row)?))
    })?;
    let (mut events, mut looked, mut reached) = (Vec::new(), 0, up_to);
    for row in rows {
        let (room, row) = row?;
        looked += 1;
        if looked == limit {
            reached = Position(row.0.unsigned_abs());
        }
        events.extend(decode(row).ok().map(|event| (room, event)));
    }
    Ok((events, reached))
}

type RawRow = (i64, i64, i64, i64, Vec<u8>);

fn read_row(row: &Row<'_>) -> rusqlite::Result<RawRow> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
    ))
}

fn decode((position, sequence, at, sender, blob): RawRow) -> Result<StoredEvent, StoreError> {
    let (notifying, change): EventBlob = blob::read(&blob)?;
    Ok(StoredEvent {
        position: Position(position.unsigned_abs()),
        sequence: RoomSequence(sequence.unsigned_abs()),
        at: Timestamp(at.unsigned_abs()),
        sender: UserId(u32::try_from(sender).map_err(|_| StoreError::Row("sender"))?),
        notifying,
        change,
    })
}
