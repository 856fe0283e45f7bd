//! Taking an event's content away.

use std::sync::Arc;

use super::create_room::reason;
use super::{Deciding, Decision};
use crate::event::RoomChange;
use crate::ids::{RoomId, RoomSequence, UserId};
use crate::permission::{self, Action};
use crate::refusal::Refusal;

/// What is to be redacted. The hub read the author from the event itself, together with the room.
pub(super) struct Target {
    pub(super) target: RoomSequence,
    pub(super) author: UserId,
    pub(super) reason: Option<Arc<str>>,
}

/// Redacts one's own event, or anybody's with the level for it.
pub(super) fn redact(at: Deciding<'_>, room: RoomId, what: Target) -> Result<Decision, Refusal> {
    let known = at.room(room)?;
    permission::check(&known.state, at.actor.user, Action::Redact(what.author))?;
    if what.target.0 == 0 || what.target > known.sequence {
        return Err(Refusal::NoSuchEvent);
    }
    Ok(at.one(room, RoomChange::Redaction { target: what.target, reason: reason(what.reason)? }))
}
