//! What events and settings leave behind in a room's tables.

use std::sync::Arc;

use polylogue_core::event::{MemberChange, PowerChange, Redacted, RoomSetting, StateChange};
use polylogue_core::room::{Creation, Membership, RoomKind};
use polylogue_core::visibility::{HistoryVisibility, SpanKind};
use polylogue_core::{
    Entry, EventRef, Json, Position, RoomChange, RoomId, RoomSequence, Timestamp, UserId,
};
use polylogue_core::{facets, redaction};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{integer, relation};
use crate::blob;
use crate::error::StoreError;
use crate::history::{self, Direction, EventBlob};
use crate::tail::Tail;

/// Writes what follows from an event of the timeline besides its row there.
pub(super) fn write(
    transaction: &Transaction<'_>,
    entry: &Entry,
    (room, sender): (RoomId, UserId),
    change: &RoomChange,
) -> Result<(), StoreError> {
    match change {
        RoomChange::Message(message) => relation::write(
            transaction,
            (room, entry.sequence, sender),
            message.relation,
        ),
        RoomChange::Redaction { target, .. } => {
            relation::write_redaction(transaction, (room, entry.sequence, sender), *target)
        }
        RoomChange::Redacted(_) => Ok(()),
        RoomChange::Created(creation) => {
            transaction
                .prepare_cached("INSERT INTO room (room, creation) VALUES (?1, ?2)")?
                .execute(params![room.0, blob::write(creation)?])?;
            let content = creation.content.clone().unwrap_or_else(Json::empty);
            write_state(
                transaction,
                entry,
                (room, sender),
                &unnamed(facets::CREATE, content),
            )
        }
        RoomChange::Member(change) => write_member(transaction, entry, (room, sender), change),
        RoomChange::Power(change) => write_power(transaction, entry, (room, sender), change),
        RoomChange::State(change) => write_state(transaction, entry, (room, sender), change),
    }
}

/// Writes a setting.
pub(super) fn write_setting(
    transaction: &Transaction<'_>,
    (room, sender, at): (RoomId, UserId, Timestamp),
    setting: &RoomSetting,
) -> Result<(), StoreError> {
    match setting {
        RoomSetting::MaskAdded { list, mask, until } => {
            let until = until.map(|until| integer(until.0));
            transaction
                .prepare_cached("INSERT OR REPLACE INTO mask (room, list, mask, by, at, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute(params![room.0, blob::write(list)?, &**mask, sender.0, integer(at.0), until])?;
        }
        RoomSetting::MaskRemoved { list, mask } => {
            transaction
                .prepare_cached("DELETE FROM mask WHERE room = ?1 AND list = ?2 AND mask = ?3")?
                .execute(params![room.0, blob::write(list)?, &**mask])?;
        }
        RoomSetting::Key(key) => {
            transaction
                .prepare_cached("UPDATE room SET join_key = ?2 WHERE room = ?1")?
                .execute(params![room.0, key.as_deref()])?;
        }
        RoomSetting::Listed(listed) => {
            transaction
                .prepare_cached("UPDATE room SET listed = ?2 WHERE room = ?1")?
                .execute(params![room.0, listed])?;
        }
        RoomSetting::Names { names, .. } => {
            transaction
                .prepare_cached("UPDATE room SET names = ?2 WHERE room = ?1")?
                .execute(params![room.0, blob::write(names)?])?;
        }
        RoomSetting::Opened => {
            transaction
                .prepare_cached("UPDATE room SET opened = 1 WHERE room = ?1")?
                .execute([room.0])?;
            transaction
                .prepare_cached("UPDATE visibility SET visibility = ?2 WHERE room = ?1")?
                .execute(params![room.0, blob::write(&HistoryVisibility::Joined)?])?;
        }
    }
    Ok(())
}

/// Takes the content out of an event's row. `position` is known if the event is of the same batch.
pub(super) fn redact(
    transaction: &Transaction<'_>,
    tail: &Tail,
    (room, target, position): (RoomId, RoomSequence, Option<Position>),
    (by, at, reason): (EventRef, Timestamp, &Option<Arc<str>>),
) -> Result<(), StoreError> {
    let position = match position {
        Some(position) => Some(position),
        None => {
            let found = history::places(
                transaction,
                tail,
                (room, RoomSequence(target.0.saturating_sub(1))),
                (Direction::Forward, 1),
            )?;
            found
                .first()
                .filter(|(sequence, _)| *sequence == target)
                .map(|(_, position)| *position)
        }
    };
    let Some(position) = position else {
        return Err(StoreError::Row("redacted event is missing"));
    };
    let column = integer(position.0);
    let old: Vec<u8> = transaction
        .prepare_cached("SELECT blob FROM event WHERE position = ?1")?
        .query_row([column], |row| row.get(0))?;
    let (notifying, change): EventBlob = blob::read(&old)?;
    if let RoomChange::Message(message) = change {
        let redacted = RoomChange::Redacted(Redacted {
            kind: message.body.event_type().into(),
            by,
            at,
            reason: reason.clone(),
        });
        let new = blob::write(&(notifying, redacted))?;
        transaction
            .prepare_cached("UPDATE event SET blob = ?2 WHERE position = ?1")?
            .execute(params![column, new])?;
        relation::forget(transaction, (room, target), message.relation)?;
        return Ok(());
    }
    let creation: Vec<u8> = transaction
        .prepare_cached("SELECT creation FROM room WHERE room = ?1")?
        .query_row([room.0], |row| row.get(0))?;
    let creation: Creation = blob::read(&creation)?;
    let version = creation.version;
    let Some(left) = redaction::stripped(&change, version) else {
        return Ok(());
    };
    transaction
        .prepare_cached("UPDATE event SET blob = ?2 WHERE position = ?1")?
        .execute(params![column, blob::write(&(notifying, &left))?])?;
    if let RoomChange::Created(creation) = &left {
        transaction
            .prepare_cached("UPDATE room SET creation = ?2 WHERE room = ?1")?
            .execute(params![room.0, blob::write(creation)?])?;
    }
    strip_state(transaction, (room, target), version)
}

/// What is in force of redacted state.
fn strip_state(
    transaction: &Transaction<'_>,
    (room, target): (RoomId, RoomSequence),
    version: u8,
) -> Result<(), StoreError> {
    let found: Option<(String, String, String)> = transaction
        .prepare_cached("SELECT kind, key, content FROM state WHERE room = ?1 AND sequence = ?2")?
        .query_row(params![room.0, integer(target.0)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((kind, key, content)) = found else {
        return Ok(());
    };
    let content = Json::parse(&content).map_err(|_| StoreError::Row("state"))?;
    let left = redaction::stripped_content((&kind, version), &content);
    transaction
        .prepare_cached("UPDATE state SET content = ?4 WHERE room = ?1 AND kind = ?2 AND key = ?3")?
        .execute(params![room.0, kind, key, left.as_str()])?;
    Ok(())
}

fn write_member(
    transaction: &Transaction<'_>,
    entry: &Entry,
    (room, sender): (RoomId, UserId),
    change: &MemberChange,
) -> Result<(), StoreError> {
    let sequence = integer(entry.sequence.0);
    let user = change.user.0;
    write_history(
        transaction,
        (room, facets::MEMBER, &user.to_string()),
        entry.sequence,
    )?;
    let is_guest: bool = transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM user WHERE user = ?1 AND kind = ?2)")?
        .query_row(
            params![user, blob::write(&polylogue_core::user::UserKind::Guest)?],
            |row| row.get(0),
        )?;
    if is_guest && change.membership == Membership::Leave {
        transaction
            .prepare_cached("DELETE FROM member WHERE room = ?1 AND user = ?2")?
            .execute([room.0, user])?;
    } else {
        // Prefix bits end with the membership, as in the core's own apply.
        transaction
            .prepare_cached(
                "INSERT INTO member (room, user, membership, prefixes, since, by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (room, user) DO UPDATE SET membership = ?3, since = ?5, by = ?6,
                 prefixes = CASE WHEN ?3 = 1 THEN prefixes ELSE ?4 END",
            )?
            .execute(params![
                room.0,
                user,
                membership_column(change.membership),
                blob::write(&polylogue_core::power::Prefixes::default())?,
                sequence,
                sender.0
            ])?;
    }
    transaction
        .prepare_cached("UPDATE span SET last = ?3 WHERE room = ?1 AND user = ?2 AND last IS NULL")?
        .execute(params![room.0, user, sequence])?;
    let kind = match change.membership {
        Membership::Join => SpanKind::Joined,
        Membership::Invite => invited_into(transaction, room, change.user)?,
        Membership::Knock | Membership::Leave | Membership::Ban => return Ok(()),
    };
    transaction
        .prepare_cached(
            "INSERT INTO span (room, user, first, last, kind) VALUES (?1, ?2, ?3, NULL, ?4)",
        )?
        .execute(params![room.0, user, sequence, span_column(kind)])?;
    Ok(())
}

/// What an invitation shows its receiver: what is said in a conversation of two is said to him.
fn invited_into(
    transaction: &Transaction<'_>,
    room: RoomId,
    user: UserId,
) -> Result<SpanKind, StoreError> {
    let (creation, opened): (Vec<u8>, bool) = transaction
        .prepare_cached("SELECT creation, opened FROM room WHERE room = ?1")?
        .query_row([room.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let creation: Creation = blob::read(&creation)?;
    let kind = if opened {
        RoomKind::Group
    } else {
        creation.kind
    };
    Ok(SpanKind::of_invited(kind, user))
}

fn write_power(
    transaction: &Transaction<'_>,
    entry: &Entry,
    (room, sender): (RoomId, UserId),
    change: &PowerChange,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE room SET power = ?2 WHERE room = ?1")?
        .execute(params![room.0, blob::write(&change.levels)?])?;
    for (user, prefixes) in &change.prefixes {
        transaction
            .prepare_cached("UPDATE member SET prefixes = ?3 WHERE room = ?1 AND user = ?2")?
            .execute(params![room.0, user.0, blob::write(prefixes)?])?;
    }
    let content = change.content.clone().unwrap_or_else(Json::empty);
    write_state(
        transaction,
        entry,
        (room, sender),
        &unnamed(facets::POWER_LEVELS, content),
    )
}

fn unnamed(kind: &str, content: Json) -> StateChange {
    StateChange {
        kind: kind.into(),
        key: "".into(),
        content,
    }
}

fn write_state(
    transaction: &Transaction<'_>,
    entry: &Entry,
    (room, sender): (RoomId, UserId),
    change: &StateChange,
) -> Result<(), StoreError> {
    let sequence = integer(entry.sequence.0);
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO state (room, kind, key, position, sequence, at, sender, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            room.0,
            &*change.kind,
            &*change.key,
            integer(entry.position.0),
            sequence,
            integer(entry.at.0),
            sender.0,
            change.content.as_str()
        ])?;
    write_history(
        transaction,
        (room, &change.kind, &change.key),
        entry.sequence,
    )?;
    if let Some(visibility) = facets::visibility_of(change) {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO visibility (room, sequence, visibility) VALUES (?1, ?2, ?3)")?
            .execute(params![room.0, sequence, blob::write(&visibility)?])?;
    }
    Ok(())
}

/// Notes where a piece of state was set. Memberships have the user's number as their key.
fn write_history(
    transaction: &Transaction<'_>,
    (room, kind, key): (RoomId, &str, &str),
    sequence: RoomSequence,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO state_history (room, kind, key, sequence) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![room.0, kind, key, integer(sequence.0)])?;
    Ok(())
}

/// How a membership is stored.
pub(crate) fn membership_column(membership: Membership) -> i64 {
    match membership {
        Membership::Join => 1,
        Membership::Invite => 2,
        Membership::Knock => 3,
        Membership::Leave => 4,
        Membership::Ban => 5,
    }
}

/// How a span is stored.
pub(crate) fn span_column(kind: SpanKind) -> i64 {
    match kind {
        SpanKind::Joined => 0,
        SpanKind::Invited => 1,
        SpanKind::Addressed => 2,
    }
}

/// How a span is read back.
pub(crate) fn span_of(column: i64) -> Result<SpanKind, StoreError> {
    match column {
        0 => Ok(SpanKind::Joined),
        1 => Ok(SpanKind::Invited),
        2 => Ok(SpanKind::Addressed),
        _ => Err(StoreError::Row("span")),
    }
}

/// How a membership is read back.
pub(crate) fn membership_of(column: i64) -> Result<Membership, StoreError> {
    match column {
        1 => Ok(Membership::Join),
        2 => Ok(Membership::Invite),
        3 => Ok(Membership::Knock),
        4 => Ok(Membership::Leave),
        5 => Ok(Membership::Ban),
        _ => Err(StoreError::Row("membership")),
    }
}
