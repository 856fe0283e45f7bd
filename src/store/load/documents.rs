//! Which values of account data and documents there are, not what they say.

use std::collections::BTreeMap;

use polylogue_core::document::{DocumentKey, DocumentStamp, Documents};
use polylogue_core::{Position, RoomId, UserId};
use rusqlite::{Connection, Row};

use crate::error::StoreError;

pub(super) fn load(connection: &Connection) -> Result<BTreeMap<UserId, Documents>, StoreError> {
    let mut found: BTreeMap<UserId, Documents> = BTreeMap::new();
    let mut statement = connection
        .prepare("SELECT user, position, 0, octet_length(content), room, kind FROM account_data")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let room: u32 = row.get(4)?;
        let room = (room != 0).then_some(RoomId(room));
        let key = DocumentKey::AccountData(room, row.get::<_, String>(5)?.into());
        let (user, stamp) = stamp(row)?;
        found.entry(user).or_default().set(key, Some(stamp));
    }
    let mut statement = connection
        .prepare("SELECT user, position, rank, octet_length(blob), kind, key FROM document")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |column: usize| row.get::<_, String>(column);
        let key = DocumentKey::Document(text(4)?.into(), text(5)?.into());
        let (user, stamp) = stamp(row)?;
        found.entry(user).or_default().set(key, Some(stamp));
    }
    Ok(found)
}

/// User, position, rank and size.
fn stamp(row: &Row<'_>) -> Result<(UserId, DocumentStamp), StoreError> {
    let stamp = DocumentStamp {
        version: Position(row.get::<_, i64>(1)?.unsigned_abs()),
        rank: row.get(2)?,
        size: usize::try_from(row.get::<_, i64>(3)?)
            .map_err(|_| StoreError::Row("size of a document"))?,
    };
    Ok((UserId(row.get(0)?), stamp))
}
