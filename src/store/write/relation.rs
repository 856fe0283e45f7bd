//! Which events refer to which: edits, reactions, parts of threads, redactions. An answer refers to its event in its own words alone.

use polylogue_core::body::{EventRef, Relation};
use polylogue_core::{RoomId, RoomSequence, UserId};
use rusqlite::{Transaction, params};

use super::integer;
use crate::error::StoreError;
use crate::related::RelationKind;

/// Notes what a message refers to.
pub(super) fn write(
    transaction: &Transaction<'_>,
    (room, sequence, sender): (RoomId, RoomSequence, UserId),
    relation: Option<Relation>,
) -> Result<(), StoreError> {
    match relation.and_then(row) {
        Some(row) => insert(transaction, (room, sequence, sender), row),
        None => Ok(()),
    }
}

/// Notes what a redaction redacts.
pub(super) fn write_redaction(
    transaction: &Transaction<'_>,
    (room, sequence, sender): (RoomId, RoomSequence, UserId),
    target: EventRef,
) -> Result<(), StoreError> {
    insert(
        transaction,
        (room, sequence, sender),
        (RelationKind::Redaction, target.sequence),
    )
}

/// A message that was redacted refers to nothing any more.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    (room, sequence): (RoomId, RoomSequence),
    relation: Option<Relation>,
) -> Result<(), StoreError> {
    if let Some((kind, target)) = relation.and_then(row) {
        transaction
            .prepare_cached(
                "DELETE FROM relation WHERE room = ?1 AND target = ?2 AND kind = ?3 AND sequence = ?4",
            )?
            .execute(params![
                room.0,
                integer(target.0),
                kind.column(),
                integer(sequence.0)
            ])?;
    }
    Ok(())
}

fn insert(
    transaction: &Transaction<'_>,
    (room, sequence, sender): (RoomId, RoomSequence, UserId),
    (kind, target): (RelationKind, RoomSequence),
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO relation (room, target, kind, sequence, sender) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            room.0,
            integer(target.0),
            kind.column(),
            integer(sequence.0),
            sender.0
        ])?;
    Ok(())
}

fn row(relation: Relation) -> Option<(RelationKind, RoomSequence)> {
    match relation {
        Relation::Edit(target) => Some((RelationKind::Edit, target.sequence)),
        Relation::Reaction(target) => Some((RelationKind::Reaction, target.sequence)),
        Relation::Thread { root, .. } => Some((RelationKind::Thread, root.sequence)),
        Relation::Reply(_) => None,
    }
}
