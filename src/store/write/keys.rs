//! What changes to keys, and messages to devices, leave behind in the tables.

use polylogue_core::keys::{HandedKey, KeyUse, KeysChange, SigningRole};
use polylogue_core::{DeviceId, Entry, Position, UserId, limits};
use rusqlite::{Transaction, params};

use super::integer;
use crate::blob;
use crate::error::StoreError;

/// Writes a change to a user's keys.
pub(super) fn write(
    transaction: &Transaction<'_>,
    entry: &Entry,
    user: UserId,
    change: &KeysChange,
) -> Result<(), StoreError> {
    match change {
        KeysChange::Device { device, key } => {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO device_key (device, key) VALUES (?1, ?2)")?
                .execute(params![device.0, blob::write(key)?])?;
            changed(transaction, user, entry.position)
        }
        KeysChange::OneTime { device, keys } => one_time(transaction, entry, (*device, keys)),
        KeysChange::Fallback { device, keys } => {
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO fallback_key (device, algorithm, id, key, used) VALUES (?1, ?2, ?3, ?4, 0)",
            )?;
            for key in keys {
                statement.execute(params![device.0, &*key.algorithm, &*key.id, &*key.blob])?;
            }
            Ok(())
        }
        KeysChange::Claimed { device, key, kind } => match kind {
            KeyUse::OneTime => claimed(transaction, entry, (*device, key)),
            KeyUse::Fallback => {
                transaction
                    .prepare_cached(
                        "UPDATE fallback_key SET used = 1 WHERE device = ?1 AND algorithm = ?2",
                    )?
                    .execute(params![device.0, &*key.algorithm])?;
                Ok(())
            }
        },
        KeysChange::Signing { role, key } => {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO signing_key (user, role, key) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![user.0, role_number(*role), blob::write(key)?])?;
            changed(transaction, user, entry.position)
        }
        KeysChange::Vouched {
            user: other,
            signed,
        } => {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO vouched (user, other, position, key) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![user.0, other.0, integer(entry.position.0), blob::write(signed)?])?;
            Ok(())
        }
        KeysChange::ToDevice { device, message } => {
            transaction
                .prepare_cached(
                    "INSERT INTO to_device (device, position, sender, kind, content) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    device.0,
                    integer(entry.position.0),
                    message.sender.0,
                    &*message.kind,
                    message.content.as_str()
                ])?;
            Ok(())
        }
        KeysChange::GaveWay { device, position } => {
            transaction
                .prepare_cached("DELETE FROM to_device WHERE device = ?1 AND position = ?2")?
                .execute(params![device.0, integer(position.0)])?;
            Ok(())
        }
        KeysChange::Forgotten { device, up_to } => {
            transaction
                .prepare_cached("DELETE FROM to_device WHERE device = ?1 AND position <= ?2")?
                .execute(params![device.0, integer(up_to.0)])?;
            Ok(())
        }
    }
}

/// A device that others know of has another name, or is about to go.
pub(super) fn device_changed(
    transaction: &Transaction<'_>,
    entry: &Entry,
    (user, device): (UserId, DeviceId),
) -> Result<(), StoreError> {
    let known = transaction
        .prepare_cached("SELECT 1 FROM device_key WHERE device = ?1")?
        .exists([device.0])?;
    if known {
        changed(transaction, user, entry.position)
    } else {
        Ok(())
    }
}

/// A device is gone, with everything that it had here.
pub(super) fn device_removed(
    transaction: &Transaction<'_>,
    entry: &Entry,
    (user, device): (UserId, DeviceId),
) -> Result<(), StoreError> {
    device_changed(transaction, entry, (user, device))?;
    for statement in [
        "DELETE FROM device_key WHERE device = ?1",
        "DELETE FROM one_time_key WHERE device = ?1",
        "DELETE FROM fallback_key WHERE device = ?1",
        "DELETE FROM to_device WHERE device = ?1",
    ] {
        transaction.prepare_cached(statement)?.execute([device.0])?;
    }
    Ok(())
}

/// The number of a role in its table.
fn role_number(role: SigningRole) -> i64 {
    match role {
        SigningRole::Master => 1,
        SigningRole::SelfSigning => 2,
        SigningRole::UserSigning => 3,
    }
}

/// The role of a number.
pub(crate) fn role_of(number: i64) -> Result<SigningRole, StoreError> {
    let roles = [
        SigningRole::Master,
        SigningRole::SelfSigning,
        SigningRole::UserSigning,
    ];
    let found = roles.into_iter().find(|role| role_number(*role) == number);
    found.ok_or(StoreError::Row("role of a signing key"))
}

fn one_time(
    transaction: &Transaction<'_>,
    entry: &Entry,
    (device, keys): (DeviceId, &[HandedKey]),
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(
        "INSERT OR REPLACE INTO one_time_key (device, algorithm, id, position, place, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (place, key) in (0_i64..).zip(keys) {
        let position = integer(entry.position.0);
        statement.execute(params![
            device.0,
            &*key.algorithm,
            &*key.id,
            position,
            place,
            &*key.blob
        ])?;
    }
    Ok(())
}

fn claimed(
    transaction: &Transaction<'_>,
    entry: &Entry,
    (device, key): (DeviceId, &HandedKey),
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE one_time_key SET key = NULL, claimed = ?4 WHERE device = ?1 AND algorithm = ?2 AND id = ?3",
        )?
        .execute(params![device.0, &*key.algorithm, &*key.id, integer(entry.position.0)])?;
    let kept = i64::try_from(limits::ONE_TIME_KEYS).unwrap_or(i64::MAX);
    transaction
        .prepare_cached(
            "DELETE FROM one_time_key WHERE device = ?1 AND claimed <= (
                 SELECT claimed FROM one_time_key WHERE device = ?1 AND claimed IS NOT NULL
                 ORDER BY claimed DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![device.0, kept])?;
    Ok(())
}

fn changed(
    transaction: &Transaction<'_>,
    user: UserId,
    position: Position,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE user SET keys_changed = ?2 WHERE user = ?1")?
        .execute(params![user.0, integer(position.0)])?;
    Ok(())
}
