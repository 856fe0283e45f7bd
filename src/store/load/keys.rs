//! Reading what accounts have here for end-to-end encryption. Messages that wait for devices stay in the store: only their positions are
//! always in memory.

use std::collections::BTreeMap;

use polylogue_core::keys::{DeviceKeys, FallbackKey, FallbackState, HandedKey, UserKeys};
use polylogue_core::{DeviceId, Position, UserId};
use rusqlite::{Connection, Row};

use crate::blob;
use crate::error::StoreError;
use crate::write::role_of;

/// The keys of every account that has some. When they changed last is not among it.
pub(super) fn load(connection: &Connection) -> Result<BTreeMap<UserId, UserKeys>, StoreError> {
    let mut found = load_signing(connection)?;
    let mut devices = BTreeMap::new();
    load_identities(connection, &mut devices)?;
    load_one_time(connection, &mut devices)?;
    load_fallback(connection, &mut devices)?;
    load_waiting(connection, &mut devices)?;
    for ((user, device), keys) in devices {
        found.entry(user).or_default().devices.insert(device, keys);
    }
    Ok(found)
}

type ByDevice = BTreeMap<(UserId, DeviceId), DeviceKeys>;

fn load_signing(connection: &Connection) -> Result<BTreeMap<UserId, UserKeys>, StoreError> {
    let mut found: BTreeMap<UserId, UserKeys> = BTreeMap::new();
    let mut statement = connection.prepare("SELECT user, role, key FROM signing_key")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key = blob::read(&row.get::<_, Vec<u8>>(2)?)?;
        let keys = found.entry(UserId(row.get(0)?)).or_default();
        keys.signing.insert(role_of(row.get(1)?)?, key);
    }
    let mut statement = connection.prepare("SELECT user, other, key, position FROM vouched")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key = blob::read(&row.get::<_, Vec<u8>>(2)?)?;
        let keys = found.entry(UserId(row.get(0)?)).or_default();
        keys.vouched
            .insert(UserId(row.get(1)?), (position(row, 3)?, key));
    }
    Ok(found)
}

fn load_identities(connection: &Connection, devices: &mut ByDevice) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT d.user, d.device, k.key FROM device_key k JOIN device d ON d.device = k.device",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        entry(devices, row)?.identity = Some(blob::read(&row.get::<_, Vec<u8>>(2)?)?);
    }
    Ok(())
}

fn load_one_time(connection: &Connection, devices: &mut ByDevice) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT d.user, d.device, k.algorithm, k.id, k.key FROM one_time_key k JOIN device d ON d.device = k.device
         ORDER BY k.device, k.claimed, k.position, k.place",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let keys = entry(devices, row)?;
        let (algorithm, id) = (text(row, 2)?.into(), text(row, 3)?.into());
        match row.get::<_, Option<String>>(4)? {
            Some(key) => keys.one_time.push_back(HandedKey {
                algorithm,
                id,
                blob: key.into(),
            }),
            None => keys.claimed.push_back((algorithm, id)),
        }
    }
    Ok(())
}

fn load_fallback(connection: &Connection, devices: &mut ByDevice) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT d.user, d.device, k.algorithm, k.id, k.key, k.used FROM fallback_key k JOIN device d ON d.device = k.device",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key = HandedKey {
            algorithm: text(row, 2)?.into(),
            id: text(row, 3)?.into(),
            blob: text(row, 4)?.into(),
        };
        let state = match row.get(5)? {
            true => FallbackState::Used,
            false => FallbackState::Unused,
        };
        let fallback = &mut entry(devices, row)?.fallback;
        fallback.insert(key.algorithm.clone(), FallbackKey { key, state });
    }
    Ok(())
}

fn load_waiting(connection: &Connection, devices: &mut ByDevice) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT d.user, d.device, t.position, t.sender FROM to_device t JOIN device d ON d.device = t.device",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let waiting = &mut entry(devices, row)?.waiting;
        waiting.insert(position(row, 2)?, UserId(row.get(3)?));
    }
    Ok(())
}

/// The device that a row's first two columns name.
fn entry<'a>(devices: &'a mut ByDevice, row: &Row<'_>) -> Result<&'a mut DeviceKeys, StoreError> {
    Ok(devices
        .entry((UserId(row.get(0)?), DeviceId(row.get(1)?)))
        .or_default())
}

fn text(row: &Row<'_>, column: usize) -> Result<String, StoreError> {
    Ok(row.get(column)?)
}

fn position(row: &Row<'_>, column: usize) -> Result<Position, StoreError> {
    Ok(Position(row.get::<_, i64>(column)?.unsigned_abs()))
}
