//! The log: the rows of rooms' timelines. Most of what is written is this, so several rows go in with one statement: the place in the table is
//! looked for once for all of them.

use std::ops::Range;

use polylogue_core::{Event, RoomChange, RoomId, UserId};
use rusqlite::{Statement, Transaction};

use super::{Place, Record, integer};
use crate::blob;
use crate::error::StoreError;

/// Rows of one statement. With more of them a row costs hardly less.
const TOGETHER: usize = 8;
/// Columns of a row.
const COLUMNS: usize = 6;

const ONE: &str =
    "INSERT INTO event (position, room, sequence, at, sender, blob) VALUES (?, ?, ?, ?, ?, ?)";
const EIGHT: &str = "INSERT INTO event (position, room, sequence, at, sender, blob) VALUES
    (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?),
    (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)";

/// The rows' blobs, one after another. Kept from one commit to the next.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    bytes: Vec<u8>,
    each: Vec<Range<usize>>,
}

/// Of a room's timeline.
type Row<'a> = (&'a Record, RoomId, UserId, &'a RoomChange);

/// Appends those of the events that are of a room's timeline. Returns their places.
pub(super) fn append(
    transaction: &Transaction<'_>,
    records: &[&Record],
    blobs: &mut Blobs,
) -> Result<Vec<Place>, StoreError> {
    let rows: Vec<Row<'_>> = records.iter().filter_map(|record| row(record)).collect();
    let mut all = rows.chunks_exact(TOGETHER);
    if rows.len() >= TOGETHER {
        let mut eight = transaction.prepare_cached(EIGHT)?;
        for some in &mut all {
            insert(&mut eight, some, blobs)?;
        }
    }
    if !all.remainder().is_empty() {
        let mut one = transaction.prepare_cached(ONE)?;
        for row in all.remainder().chunks(1) {
            insert(&mut one, row, blobs)?;
        }
    }
    let place =
        |(record, room, ..): &Row<'_>| (*room, record.entry.sequence, record.entry.position);
    Ok(rows.iter().map(place).collect())
}

fn row<'a>(record: &&'a Record) -> Option<Row<'a>> {
    let Event::Room {
        room,
        sender,
        change,
    } = &record.entry.event
    else {
        return None;
    };
    Some((*record, *room, *sender, change))
}

/// As many rows as the statement has.
fn insert(
    statement: &mut Statement<'_>,
    rows: &[Row<'_>],
    blobs: &mut Blobs,
) -> Result<(), StoreError> {
    blobs.bytes.clear();
    blobs.each.clear();
    for (record, _, _, change) in rows {
        let start = blobs.bytes.len();
        blob::write_into(&(record.notifying, change), &mut blobs.bytes)?;
        blobs.each.push(start..blobs.bytes.len());
    }
    for (index, ((record, room, sender, _), blob)) in rows.iter().zip(&blobs.each).enumerate() {
        let entry = &record.entry;
        let blob = blobs.bytes.get(blob.clone()).unwrap_or_default();
        let first = index * COLUMNS + 1;
        statement.raw_bind_parameter(first, integer(entry.position.0))?;
        statement.raw_bind_parameter(first + 1, room.0)?;
        statement.raw_bind_parameter(first + 2, integer(entry.sequence.0))?;
        statement.raw_bind_parameter(first + 3, integer(entry.at.0))?;
        statement.raw_bind_parameter(first + 4, sender.0)?;
        statement.raw_bind_parameter(first + 5, blob)?;
    }
    statement.raw_execute()?;
    Ok(())
}
