//! The index of words: a SQLite file of its own, derived from the log and behind it. It knows what can be found and where, and nothing of who
//! may see it. Writing it never touches the file that commits wait for.

use std::path::{Path, PathBuf};

use polylogue_core::search::{Order, Search, words};
use polylogue_core::{Position, RoomId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Transaction, params, params_from_iter, types};

use crate::error::StoreError;
use crate::write::integer;

/// Of the schema. A file of another version is made anew.
const VERSION: i64 = 1;
/// Letters from which on a word also finds longer ones: each one less would make a search read many times as much.
const PREFIX: usize = 3;

/// What the index notes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The event.
    pub position: Position,
    /// Its room.
    pub room: RoomId,
    /// Who said it.
    pub sender: UserId,
    /// When.
    pub at: Timestamp,
    /// The message that it is a version of; the event itself, if it is no edit.
    pub root: Position,
    /// Its words.
    pub text: String,
}

/// The index.
#[derive(Debug)]
pub struct SearchIndex {
    connection: Connection,
    path: PathBuf,
    identity: [u8; 32],
}

/// Several changes of the index and how far they go, written as one.
#[derive(Debug)]
pub struct Indexing<'a>(Transaction<'a>);

impl SearchIndex {
    /// Opens the index of the log with this identity, in this file. What is there of another log or another version, or is damaged, is thrown
    /// away.
    ///
    /// # Errors
    /// [`StoreError`]; the index is not to be had then, and nothing else is lost.
    pub fn open(path: &Path, identity: [u8; 32]) -> Result<Self, StoreError> {
        match Self::open_file(path, identity) {
            Ok(index) if index.belongs()? => Ok(index),
            Ok(index) => index.anew(),
            Err(error) if error.is_damage() => {
                throw_away(path)?;
                Self::open_file(path, identity)?.anew()
            }
            Err(error) => Err(error),
        }
    }

    fn open_file(path: &Path, identity: [u8; 32]) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What a power failure takes is made again from the log: the watermark is in the same transactions.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.pragma_update(None, "cache_size", -8_192)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            identity,
        })
    }

    /// The same with nothing in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn anew(self) -> Result<Self, StoreError> {
        let (path, identity) = (self.path, self.identity);
        drop(self.connection);
        throw_away(&path)?;
        let mut index = Self::open_file(&path, identity)?;
        let transaction = index.connection.transaction()?;
        transaction.execute_batch(include_str!("schema/search.sql"))?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute(
            "INSERT INTO meta (key, value) VALUES ('identity', ?1), ('indexed', 0)",
            params![identity],
        )?;
        transaction.commit()?;
        Ok(index)
    }

    /// Up to where the log is in the index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn watermark(&self) -> Result<Position, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT value FROM meta WHERE key = 'indexed'")?;
        let value: i64 = statement.query_row([], |row| row.get(0))?;
        Ok(Position(value.unsigned_abs()))
    }

    /// Begins several changes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin(&mut self) -> Result<Indexing<'_>, StoreError> {
        Ok(Indexing(self.connection.transaction()?))
    }

    /// Takes what was deleted out of the write-ahead log too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn scrub(&self) -> Result<(), StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Hands over what matches, in the order asked for, until `wanted` says that it is enough. Rooms have to be named.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find(
        &self,
        search: &Search,
        mut wanted: impl FnMut(Position, RoomId) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let Some(expression) = expression(search) else {
            return Ok(());
        };
        let (low, high, sql) = match search.order {
            Order::NewestFirst(before) => (
                Position(0),
                before,
                "SELECT m.position, m.room FROM word JOIN message m ON m.position = word.rowid
                 WHERE word MATCH ?1 AND word.rowid > ?2 AND word.rowid < ?3 AND m.at BETWEEN ?4 AND ?5
                 ORDER BY word.rowid DESC",
            ),
            Order::OldestFirst(after) => (
                after,
                Position(u64::MAX),
                "SELECT m.position, m.room FROM word JOIN message m ON m.position = word.rowid
                 WHERE word MATCH ?1 AND word.rowid > ?2 AND word.rowid < ?3 AND m.at BETWEEN ?4 AND ?5
                 ORDER BY word.rowid",
            ),
        };
        let times = (
            search.since.unwrap_or_default(),
            search.until.unwrap_or(Timestamp(u64::MAX)),
        );
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns: [types::Value; 5] = [
            expression.into(),
            integer(low.0).into(),
            integer(high.0).into(),
            integer(times.0.0).into(),
            integer(times.1.0).into(),
        ];
        let mut rows = statement.query(params_from_iter(columns))?;
        while let Some(row) = rows.next()? {
            let position = Position(row.get::<_, i64>(0)?.unsigned_abs());
            if !wanted(position, RoomId(row.get(1)?))? {
                break;
            }
        }
        Ok(())
    }

    fn belongs(&self) -> Result<bool, StoreError> {
        let version: i64 = self
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != VERSION {
            return Ok(false);
        }
        let identity: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT value FROM meta WHERE key = 'identity'", [], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(identity.is_some_and(|found| found == self.identity))
    }
}

impl Indexing<'_> {
    /// Notes an event. Earlier versions of the same message are found no more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add(&self, found: &Found) -> Result<(), StoreError> {
        if found.root != found.position {
            self.take(found.root)?;
        }
        let mut statement = self.0.prepare_cached(
            "INSERT OR IGNORE INTO message (position, room, sender, at, root, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        statement.execute(params![
            integer(found.position.0),
            found.room.0,
            found.sender.0,
            integer(found.at.0),
            integer(found.root.0),
            spaced(&found.text)
        ])?;
        Ok(())
    }

    /// Forgets an event, and all versions of it. Returns the message that it was a version of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take(&self, position: Position) -> Result<Option<Position>, StoreError> {
        let column = integer(position.0);
        let root: Option<i64> = self
            .0
            .prepare_cached("SELECT root FROM message WHERE position = ?1")?
            .query_row([column], |row| row.get(0))
            .optional()?;
        self.0
            .prepare_cached("DELETE FROM message WHERE position = ?1 OR root = ?1")?
            .execute([column])?;
        Ok(root
            .map(|root| Position(root.unsigned_abs()))
            .filter(|root| *root != position))
    }

    /// Puts the changes on disk: the index now goes up to `watermark`.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is changed then.
    pub fn commit(self, watermark: Position) -> Result<(), StoreError> {
        self.0
            .prepare_cached("UPDATE meta SET value = ?1 WHERE key = 'indexed'")?
            .execute([integer(watermark.0)])?;
        Ok(self.0.commit()?)
    }
}

/// Removes a database with what belongs to it.
fn throw_away(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => return Err(StoreError::Row("the index of words can't be removed")),
        }
    }
    Ok(())
}

/// The search in FTS5's language ("Full-text Query Syntax"); nothing if nothing can match.
fn expression(search: &Search) -> Option<String> {
    let any = |column: &str, numbers: Vec<u32>| {
        let quoted: Vec<_> = numbers
            .iter()
            .map(|number| format!("\"{number}\""))
            .collect();
        format!("{column} : ({})", quoted.join(" OR "))
    };
    let mut parts: Vec<String> = words(&search.text).map(word).collect();
    if parts.is_empty() && !search.text.trim().is_empty() || search.rooms.is_empty() {
        return None;
    }
    parts.push(any(
        "room",
        search.rooms.iter().map(|room| room.0).collect(),
    ));
    if !search.senders.is_empty() {
        let senders = search.senders.iter().map(|sender| sender.0).collect();
        parts.push(any("sender", senders));
    }
    Some(parts.join(" AND "))
}

fn word(word: &str) -> String {
    let quoted = spaced(word).replace('"', "\"\"");
    let star = if word.chars().count() >= PREFIX {
        "*"
    } else {
        ""
    };
    format!("text : \"{quoted}\"{star}")
}

/// With a space around every letter of the scripts that write none between words: each is a word then, and words of them are found wherever
/// they stand.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unspaced(letter) {
            spaced.extend([' ', letter, ' ']);
        } else {
            spaced.push(letter);
        }
    }
    spaced
}

/// Thai to Khmer, kana, and ideographs (Unicode 16 "Blocks").
fn is_unspaced(letter: char) -> bool {
    matches!(u32::from(letter),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

#[cfg(test)]
mod tests;
