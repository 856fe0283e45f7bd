//! Account data and documents: what protocols remember for a user. The store holds them; here is only who may write, how much, and under
//! which condition.

use std::sync::Arc;

use super::{Deciding, Decision};
use crate::command::{DocumentStamp, PutCondition};
use crate::event::{Document, Event, UserChange};
use crate::ids::RoomId;
use crate::json::Json;
use crate::limits;
use crate::refusal::Refusal;

/// Stores account data, global or of a room.
pub(super) fn set_account_data(
    at: Deciding<'_>,
    room: Option<RoomId>,
    kind: Arc<str>,
    content: Json,
) -> Result<Decision, Refusal> {
    let user = account(at)?;
    check_sizes(&kind, "", content.as_str().len())?;
    Ok(Decision::events(vec![Event::User {
        user,
        change: UserChange::AccountData {
            room,
            kind,
            content,
        },
    }]))
}

/// A document to be stored.
pub(super) struct Put {
    pub(super) kind: Arc<str>,
    pub(super) key: Arc<str>,
    pub(super) blob: Option<Arc<[u8]>>,
    pub(super) condition: PutCondition,
    pub(super) stored: Option<DocumentStamp>,
}

/// Stores a document if its condition holds.
pub(super) fn put(at: Deciding<'_>, put: Put) -> Result<Decision, Refusal> {
    let user = account(at)?;
    check_sizes(
        &put.kind,
        &put.key,
        put.blob.as_ref().map_or(0, |blob| blob.len()),
    )?;
    let stored = put.stored.unwrap_or(DocumentStamp {
        version: 0,
        rank: i64::MIN,
    });
    let (holds, rank) = match put.condition {
        PutCondition::Always => (true, 0),
        PutCondition::Version(expected) => (stored.version == expected, 0),
        PutCondition::Rank(rank) => (rank > stored.rank, rank),
    };
    if !holds {
        return Err(Refusal::Conflict {
            current: stored.version,
        });
    }
    let document = Document {
        kind: put.kind,
        key: put.key,
        version: stored.version.saturating_add(1),
        rank,
        blob: put.blob,
    };
    Ok(Decision::events(vec![Event::User {
        user,
        change: UserChange::Document(document),
    }]))
}

fn account(at: Deciding<'_>) -> Result<crate::UserId, Refusal> {
    if at.world.is_account(at.actor.user) {
        Ok(at.actor.user)
    } else {
        Err(Refusal::AccountRequired)
    }
}

fn check_sizes(kind: &str, key: &str, size: usize) -> Result<(), Refusal> {
    if kind.is_empty() {
        return Err(Refusal::Invalid { what: "type" });
    }
    if kind.len() > limits::STATE_KEY || key.len() > limits::STATE_KEY {
        return Err(Refusal::TooLarge {
            what: "type",
            limit: limits::STATE_KEY,
        });
    }
    if size > limits::DOCUMENT {
        return Err(Refusal::TooLarge {
            what: "content",
            limit: limits::DOCUMENT,
        });
    }
    Ok(())
}
