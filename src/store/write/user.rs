//! What changes to a user leave behind in the tables.

use polylogue_core::event::{ReadAudience, UserChange};
use polylogue_core::request::Request;
use polylogue_core::user::ProfileField;
use polylogue_core::{Entry, RoomId, Timestamp, UserId};
use rusqlite::{Transaction, params};

use super::{integer, keys};
use crate::blob;
use crate::error::StoreError;

/// Writes a change to a user.
pub(super) fn write(
    transaction: &Transaction<'_>,
    entry: &Entry,
    user: UserId,
    change: &UserChange,
) -> Result<(), StoreError> {
    match change {
        UserChange::Created {
            name,
            kind,
            password,
            host,
        } => {
            let password = password.as_ref().map(|hash| &*hash.0);
            transaction
                .prepare_cached("INSERT INTO user (user, name, kind, created, password, password_changed, host) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                .execute(params![user.0, blob::write(name)?, blob::write(kind)?, integer(entry.at.0), password, integer(entry.position.0), host.as_deref()])?;
        }
        UserChange::Renamed(name) => {
            transaction
                .prepare_cached("UPDATE user SET name = ?2 WHERE user = ?1")?
                .execute(params![user.0, blob::write(name)?])?;
        }
        UserChange::NickGrouped(nick) => {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO user_nick (user, nick) VALUES (?1, ?2)")?
                .execute(params![user.0, &**nick])?;
        }
        UserChange::NickUngrouped(nick) => {
            transaction
                .prepare_cached("DELETE FROM user_nick WHERE user = ?1 AND nick = ?2")?
                .execute(params![user.0, &**nick])?;
        }
        UserChange::Password(hash) => {
            transaction
                .prepare_cached(
                    "UPDATE user SET password = ?2, password_changed = ?3 WHERE user = ?1",
                )?
                .execute(params![user.0, &*hash.0, integer(entry.position.0)])?;
        }
        UserChange::Disabled(disabled) => {
            transaction
                .prepare_cached("UPDATE user SET disabled = ?2 WHERE user = ?1")?
                .execute(params![user.0, disabled])?;
        }
        UserChange::Profile { field, value } => {
            let sql = match field {
                ProfileField::DisplayName => {
                    "UPDATE user SET display_name = ?2, profile_changed = ?3 WHERE user = ?1"
                }
                ProfileField::Avatar => {
                    "UPDATE user SET avatar = ?2, profile_changed = ?3 WHERE user = ?1"
                }
            };
            transaction.prepare_cached(sql)?.execute(params![
                user.0,
                value.as_deref(),
                integer(entry.position.0)
            ])?;
        }
        UserChange::DeviceAdded(device) => {
            transaction
                .prepare_cached("INSERT INTO device (device, user, blob) VALUES (?1, ?2, ?3)")?
                .execute(params![device.id.0, user.0, blob::write(device)?])?;
        }
        UserChange::DeviceRenamed { device, name } => {
            let old: Vec<u8> = transaction
                .prepare_cached("SELECT blob FROM device WHERE device = ?1")?
                .query_row([device.0], |row| row.get(0))?;
            let mut row: polylogue_core::user::Device = blob::read(&old)?;
            row.name = Some(name.clone());
            transaction
                .prepare_cached("UPDATE device SET blob = ?2 WHERE device = ?1")?
                .execute(params![device.0, blob::write(&row)?])?;
            keys::device_changed(transaction, entry, (user, *device))?;
        }
        UserChange::DeviceRemoved(device) => {
            keys::device_removed(transaction, entry, (user, *device))?;
            transaction
                .prepare_cached("DELETE FROM device WHERE device = ?1")?
                .execute([device.0])?;
            transaction
                .prepare_cached("DELETE FROM once WHERE device = ?1")?
                .execute([device.0])?;
        }
        UserChange::Keys(change) => keys::write(transaction, entry, user, change)?,
        UserChange::Read {
            room,
            up_to,
            time,
            audience,
        } => {
            let up_to = integer(up_to.0);
            let read = match audience {
                ReadAudience::Room => up_to,
                ReadAudience::Own => 0,
            };
            transaction
                .prepare_cached(
                    "INSERT INTO read_mark (user, room, read, marker, time) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (user, room) DO UPDATE
                     SET read = max(read, ?3), marker = max(marker, ?4), time = max(time, ?5)",
                )?
                .execute(params![user.0, room.0, read, up_to, integer(time.0)])?;
        }
        UserChange::Request { by, request } => write_request(transaction, (user, *by), request)?,
        UserChange::AccountData {
            room,
            kind,
            content,
        } => {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO account_data (user, room, kind, position, content) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    user.0,
                    room.unwrap_or(RoomId(0)).0,
                    &**kind,
                    integer(entry.position.0),
                    content.as_str()
                ])?;
        }
        UserChange::Document(document) => {
            let Some(blob) = document.blob.as_deref() else {
                transaction
                    .prepare_cached(
                        "DELETE FROM document WHERE user = ?1 AND kind = ?2 AND key = ?3",
                    )?
                    .execute(params![user.0, &*document.kind, &*document.key])?;
                return Ok(());
            };
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO document (user, kind, key, rank, position, blob)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    user.0,
                    &*document.kind,
                    &*document.key,
                    document.rank,
                    integer(entry.position.0),
                    blob
                ])?;
        }
    }
    Ok(())
}

fn write_request(
    transaction: &Transaction<'_>,
    (user, by): (UserId, UserId),
    request: &Request,
) -> Result<(), StoreError> {
    if *request == Request::default() {
        transaction
            .prepare_cached("DELETE FROM request WHERE user = ?1 AND by = ?2")?
            .execute([user.0, by.0])?;
        return Ok(());
    }
    let time = |at: Option<Timestamp>| at.map(|at| integer(at.0));
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO request (user, by, asked, declined, refusals, said)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            user.0,
            by.0,
            time(request.asked),
            time(request.declined),
            request.refusals,
            request.said
        ])?;
    Ok(())
}
