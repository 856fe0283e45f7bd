//! Account data and documents: what protocols remember for a user. The store holds them; here is who may write, how much, and under which
//! condition.

use std::sync::Arc;

use super::{Deciding, Decision};
use crate::command::PutCondition;
use crate::document::{DocumentKey, Documents};
use crate::event::{Document, Event, UserChange};
use crate::ids::{Position, RoomId};
use crate::json::Json;
use crate::limits;
use crate::refusal::Refusal;

/// Stores account data, global or of a room, if the condition holds.
pub(super) fn set_account_data(
    at: Deciding<'_>,
    (room, kind): (Option<RoomId>, Arc<str>),
    content: Json,
    condition: PutCondition,
) -> Result<Decision, Refusal> {
    let user = at.account()?;
    check_name(&kind, "")?;
    let key = DocumentKey::AccountData(room, kind.clone());
    check_condition(&user.documents, &key, condition)?;
    check_size(&user.documents, &key, content.as_str().len())?;
    Ok(Decision::events(vec![Event::User {
        user: user.id,
        change: UserChange::AccountData {
            room,
            kind,
            content,
        },
    }]))
}

/// Stores a document, or deletes it, if the condition holds.
pub(super) fn put(
    at: Deciding<'_>,
    (kind, name): (Arc<str>, Arc<str>),
    blob: Option<Arc<[u8]>>,
    condition: PutCondition,
) -> Result<Decision, Refusal> {
    let user = at.account()?;
    check_name(&kind, &name)?;
    let key = DocumentKey::Document(kind.clone(), name.clone());
    check_condition(&user.documents, &key, condition)?;
    if let Some(blob) = &blob {
        check_size(&user.documents, &key, blob.len())?;
    }
    let rank = match condition {
        PutCondition::Always | PutCondition::Version(_) => 0,
        PutCondition::Rank(rank) => rank,
    };
    let document = Document {
        kind,
        key: name,
        rank,
        blob,
    };
    Ok(Decision::events(vec![Event::User {
        user: user.id,
        change: UserChange::Document(document),
    }]))
}

fn check_condition(
    documents: &Documents,
    key: &DocumentKey,
    condition: PutCondition,
) -> Result<(), Refusal> {
    let stored = documents.get(key);
    let version = stored.map_or(Position(0), |stored| stored.version);
    let holds = match condition {
        PutCondition::Always => true,
        PutCondition::Version(expected) => version == expected,
        PutCondition::Rank(rank) => stored.is_none_or(|stored| rank > stored.rank),
    };
    if holds {
        Ok(())
    } else {
        Err(Refusal::Conflict { current: version })
    }
}

fn check_name(kind: &str, key: &str) -> Result<(), Refusal> {
    if kind.is_empty() {
        return Err(Refusal::Invalid { what: "type" });
    }
    if kind.len() > limits::STATE_KEY || key.len() > limits::STATE_KEY {
        return Err(Refusal::TooLarge {
            what: "type",
            limit: limits::STATE_KEY,
        });
    }
    Ok(())
}

/// One value, and all of the account with it in place of what is there.
fn check_size(documents: &Documents, key: &DocumentKey, size: usize) -> Result<(), Refusal> {
    if size > limits::DOCUMENT {
        return Err(Refusal::TooLarge {
            what: "content",
            limit: limits::DOCUMENT,
        });
    }
    let replaced = documents.get(key);
    if replaced.is_none() && documents.count() >= limits::DOCUMENTS {
        return Err(Refusal::TooMany {
            what: "values of account data",
            limit: limits::DOCUMENTS,
        });
    }
    let others = documents
        .size()
        .saturating_sub(replaced.map_or(0, |stamp| stamp.size));
    if others.saturating_add(size) > limits::DOCUMENTS_SIZE {
        return Err(Refusal::TooLarge {
            what: "account data",
            limit: limits::DOCUMENTS_SIZE,
        });
    }
    Ok(())
}
