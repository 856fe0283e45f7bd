//! Writing: a batch is one transaction. Either all of it is on disk when `commit` returns, or none of it.

mod keys;
mod log;
mod relation;
mod room;
mod user;

pub(crate) use keys::role_of;
pub(crate) use room::{membership_of, span_of};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use polylogue_core::event::Claim;
use polylogue_core::{
    DeviceId, Entry, Event, EventRef, Position, RoomChange, RoomId, RoomSequence, Timestamp,
};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::blob;
use crate::error::StoreError;
use crate::log_space;
use crate::migrate;
use crate::runs;
use crate::tail::{BOUND, Indexed, Tail};

/// How long a checkpoint waits for readers before it is put off.
const BUSY: std::time::Duration = std::time::Duration::from_millis(50);

/// What a commit takes: everything that was decided since the last one.
#[derive(Debug, Default)]
pub struct Batch<'a> {
    /// The events, in order of position.
    pub records: Vec<&'a Record>,
    /// Exactly-once keys and their results.
    pub keys: &'a [KeyRow],
    /// Keys older than this are forgotten.
    pub forget_keys_before: Option<Timestamp>,
}

/// An event to be written.
#[derive(Debug, Clone)]
pub struct Record {
    /// The event.
    pub entry: Arc<Entry>,
    /// Its room's count of notifying events up to and including it.
    pub notifying: u64,
}

/// An exactly-once key to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Whose key it is.
    pub device: DeviceId,
    /// SHA-256 over operation, target and key.
    pub key: [u8; 32],
    /// When it was used.
    pub at: Timestamp,
    /// What its command came to; never a secret.
    pub result: Vec<u8>,
}

/// The one writing connection.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    log: PathBuf,
    tail: Arc<Tail>,
    behind: usize,
    redacted: bool,
    blobs: log::Blobs,
}

impl Writer {
    /// Opens the database, makes or migrates its schema, and brings the in-memory part of the index up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(database: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(database)?;
        connection.set_prepared_statement_cache_capacity(64);
        // Nobody else writes; a reader in the way of a checkpoint must not hold everybody up.
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.pragma_update(None, "trusted_schema", "OFF")?;
        connection.pragma_update(None, "foreign_keys", "OFF")?;
        connection.pragma_update(None, "cache_size", -32_768)?;
        migrate::migrate(&mut connection)?;
        let tail = Arc::new(Tail::default());
        let behind = rebuild_tail(&connection, &tail)?;
        let log = log_space::log_of(database);
        log_space::take(&log);
        Ok(Self {
            connection,
            log,
            tail,
            behind,
            redacted: false,
            blobs: log::Blobs::default(),
        })
    }

    /// The part of the index that readers must ask besides the table.
    #[must_use]
    pub fn tail(&self) -> Arc<Tail> {
        self.tail.clone()
    }

    /// The connection, for the crate's own loading.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Writes a batch down. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the batch is in the store then.
    pub fn commit(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        // The keys first: with a credential that ends in this batch its keys end as well.
        for key in batch.keys {
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO once (device, key, at, result) VALUES (?1, ?2, ?3, ?4)",
            )?;
            statement.execute(params![
                key.device.0,
                key.key,
                integer(key.at.0),
                key.result
            ])?;
        }
        let places = log::append(&transaction, &batch.records, &mut self.blobs)?;
        let mut redacted = false;
        for record in &batch.records {
            write_record(&transaction, &self.tail, record, &places)?;
            redacted |= matches!(
                &record.entry.event,
                Event::Room {
                    change: RoomChange::Redaction { .. },
                    ..
                }
            );
        }
        // An event of a room's timeline has its position in its row: the table's last one is the head, and one page less is written.
        if let Some(last) = batch.records.last()
            && !matches!(last.entry.event, Event::Room { .. })
        {
            set_meta(&transaction, "head", last.entry.position)?;
        }
        if let Some(before) = batch.forget_keys_before {
            transaction
                .prepare_cached("DELETE FROM once WHERE at < ?1")?
                .execute([integer(before.0)])?;
        }
        let indexed = if self.behind + places.len() >= BOUND {
            Indexed::All
        } else {
            Indexed::No
        };
        if indexed == Indexed::All {
            write_index(&transaction, &self.tail, &places)?;
        }
        transaction.commit()?;
        self.tail.committed(&places, indexed);
        self.behind = match indexed {
            Indexed::All => 0,
            Indexed::No => self.behind + places.len(),
        };
        self.redacted |= redacted;
        Ok(())
    }

    /// Lets the file grow to so many pages and no further, as a disk of that size does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        // SQLite answers with the limit in force.
        self.connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        Ok(())
    }

    /// Whether something was redacted whose old page images may still be in the write-ahead log.
    #[must_use]
    pub fn wants_scrub(&self) -> bool {
        self.redacted
    }

    /// Empties the write-ahead log, so that no redacted content is left in it. For idle moments.
    ///
    /// # Errors
    /// [`StoreError`]; readers may be in the way, then it is tried again later.
    pub fn scrub(&mut self) -> Result<(), StoreError> {
        self.empty_log()?;
        log_space::take(&self.log);
        Ok(())
    }

    fn empty_log(&mut self) -> Result<(), StoreError> {
        let busy: i64 =
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        self.redacted = busy != 0;
        Ok(())
    }

    /// Brings the index table up to date and the write-ahead log into the file: for a clean stop.
    ///
    /// # Errors
    /// [`StoreError`]; the next start then has more to read again.
    pub fn close(mut self) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_index(&transaction, &self.tail, &[])?;
        transaction.commit()?;
        self.empty_log()
    }
}

type Place = (RoomId, RoomSequence, Position);

/// Writes what an event changes besides the log.
fn write_record(
    transaction: &Transaction<'_>,
    tail: &Tail,
    record: &Record,
    places: &[Place],
) -> Result<(), StoreError> {
    let entry = &record.entry;
    match &entry.event {
        Event::Room {
            room,
            sender,
            change,
        } => {
            if let RoomChange::Redaction { target, reason } = change {
                let position = places
                    .iter()
                    .find(|(in_room, sequence, _)| in_room == room && *sequence == target.sequence)
                    .map(|place| place.2);
                let by = EventRef {
                    sequence: entry.sequence,
                    position: entry.position,
                    author: *sender,
                };
                let place = (*room, target.sequence, position);
                room::redact(transaction, tail, place, (by, entry.at, reason))?;
            }
            room::write(transaction, entry, (*room, *sender), change)
        }
        Event::Setting {
            room,
            sender,
            setting,
        } => room::write_setting(transaction, (*room, *sender, entry.at), setting),
        Event::User { user, change } => user::write(transaction, entry, *user, change),
        Event::Name { key, claim } => write_name(transaction, key.as_str(), *claim),
        Event::ServerBan {
            target,
            ban: Some(ban),
        } => {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO server_ban (target, ban) VALUES (?1, ?2)")?
                .execute(params![blob::write(target)?, blob::write(ban)?])?;
            Ok(())
        }
        Event::ServerBan { target, ban: None } => {
            transaction
                .prepare_cached("DELETE FROM server_ban WHERE target = ?1")?
                .execute([blob::write(target)?])?;
            Ok(())
        }
        Event::Timer {
            id,
            timer: Some((due, command)),
        } => {
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO timer (timer, due, command) VALUES (?1, ?2, ?3)",
            )?;
            statement.execute(params![integer(*id), integer(due.0), blob::write(command)?])?;
            Ok(())
        }
        Event::Timer { id, timer: None } => {
            transaction
                .prepare_cached("DELETE FROM timer WHERE timer = ?1")?
                .execute([integer(*id)])?;
            Ok(())
        }
    }
}

fn write_name(transaction: &Transaction<'_>, key: &str, claim: Claim) -> Result<(), StoreError> {
    if claim == Claim::Nobody {
        transaction
            .prepare_cached("DELETE FROM name WHERE key = ?1")?
            .execute([key])?;
        return Ok(());
    }
    let mut statement =
        transaction.prepare_cached("INSERT OR REPLACE INTO name (key, claim) VALUES (?1, ?2)")?;
    statement.execute(params![key, blob::write(&claim)?])?;
    Ok(())
}

/// Writes the tail and these places into the index table, room by room, and moves the watermark.
fn write_index(
    transaction: &Transaction<'_>,
    tail: &Tail,
    places: &[Place],
) -> Result<(), StoreError> {
    let mut all = tail.all();
    all.extend_from_slice(places);
    all.sort_unstable();
    let mut statement = transaction.prepare_cached(
        "INSERT OR REPLACE INTO event_index (room, sequence, position, distances) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for of_room in all.chunk_by(|before, after| before.0 == after.0) {
        for run in of_room.chunks(runs::LENGTH) {
            let places: Vec<runs::Place> = run
                .iter()
                .map(|(_, sequence, position)| (*sequence, *position))
                .collect();
            if let (Some((room, ..)), Some((sequence, position))) = (run.first(), places.first()) {
                statement.execute(params![
                    room.0,
                    integer(sequence.0),
                    integer(position.0),
                    runs::encode(&places)
                ])?;
            }
        }
    }
    match all.iter().map(|(_, _, position)| *position).max() {
        Some(watermark) => set_meta(transaction, "indexed", watermark),
        None => Ok(()),
    }
}

/// Reads the places above the watermark from the log; returns how many there are.
fn rebuild_tail(connection: &Connection, tail: &Tail) -> Result<usize, StoreError> {
    let mut statement = connection.prepare(
        "SELECT room, sequence, position FROM event
         WHERE position > coalesce((SELECT value FROM meta WHERE key = 'indexed'), 0) ORDER BY position",
    )?;
    let rows = statement.query_map([], |row| {
        let (room, sequence, position): (u32, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((
            RoomId(room),
            RoomSequence(sequence.unsigned_abs()),
            Position(position.unsigned_abs()),
        ))
    })?;
    let places: Vec<_> = rows.collect::<Result<_, _>>()?;
    tail.committed(&places, Indexed::No);
    Ok(places.len())
}

fn set_meta(transaction: &Transaction<'_>, key: &str, value: Position) -> Result<(), StoreError> {
    let mut statement =
        transaction.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?;
    statement.execute(params![key, integer(value.0)])?;
    Ok(())
}

/// SQLite's integers are signed; none of our numbers reaches 2^63.
pub(crate) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
