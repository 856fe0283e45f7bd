//! A bare SQLite loop: the least that a journal of equal batches can cost. One table with an integer key, the store's pragmas, blobs of the size
//! that the store writes; no index, no rooms, no state.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::Outcome;
use super::process::thread_cpu;

/// How long writing took: on the clock, and on the CPU of the writing thread.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// On the clock.
    pub elapsed: Duration,
    /// On the CPU.
    pub cpu: Duration,
}

impl Cost {
    /// Of doing something.
    pub fn of(work: impl FnOnce() -> Outcome<()>) -> Outcome<Self> {
        let (start, cpu) = (Instant::now(), thread_cpu()?);
        work()?;
        Ok(Self {
            elapsed: start.elapsed(),
            cpu: thread_cpu()?.saturating_sub(cpu),
        })
    }
}

/// How many rows, how many of them in one transaction, and how large they are.
#[derive(Clone, Copy)]
pub struct Load {
    /// Rows in all.
    pub events: usize,
    /// Rows in one transaction.
    pub batch: usize,
    /// Bytes of a blob.
    pub blob: usize,
}

/// Writes to a new database in this directory.
pub fn bare_loop(directory: &Path, load: Load) -> Outcome<Cost> {
    let path = directory.join("bare.sqlite");
    let mut connection = Connection::open(&path)?;
    for (pragma, value) in [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("secure_delete", "ON"),
        ("cache_size", "-32768"),
    ] {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.execute_batch(
        "CREATE TABLE event (position INTEGER PRIMARY KEY, blob BLOB NOT NULL) STRICT",
    )?;
    let blob = vec![b'x'; load.blob];
    let mut position = 0_i64;
    let cost = Cost::of(|| {
        for _ in 0..load.events / load.batch {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut statement = transaction
                    .prepare_cached("INSERT INTO event (position, blob) VALUES (?1, ?2)")?;
                for _ in 0..load.batch {
                    position += 1;
                    statement.execute(params![position, blob])?;
                }
            }
            transaction.commit()?;
        }
        Ok(())
    })?;
    drop(connection);
    std::fs::remove_file(path)?;
    Ok(cost)
}

/// The mean size of a timeline event's blob in a store, in bytes.
pub fn blob_size(database: &Path) -> Outcome<usize> {
    let size: f64 =
        reading(database)?
            .query_row("SELECT avg(length(blob)) FROM event", [], |row| row.get(0))?;
    Ok(size.round() as usize)
}

/// Bytes of the pages of each table and index of a store, largest first.
pub fn page_bytes(database: &Path) -> Outcome<Vec<(String, f64)>> {
    let connection = reading(database)?;
    let mut statement = connection
        .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY sum(pgsize) DESC")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Events of a store that its index table does not have yet.
pub fn unindexed(database: &Path) -> Outcome<u32> {
    let sql = "SELECT count(*) FROM event WHERE position > (SELECT value FROM meta WHERE key = 'indexed')";
    Ok(reading(database)?.query_row(sql, [], |row| row.get(0))?)
}

fn reading(database: &Path) -> Outcome<Connection> {
    Ok(Connection::open_with_flags(
        database,
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    )?)
}
