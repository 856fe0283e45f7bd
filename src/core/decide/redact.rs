//! Taking an event's content away.

use std::sync::Arc;

use super::create_room::reason;
use super::{Deciding, Decision};
use crate::body::EventRef;
use crate::event::RoomChange;
use crate::ids::RoomId;
use crate::permission::{self, Action};
use crate::refusal::Refusal;

/// Redacts one's own event, or anybody's with the level for it.
pub(super) fn redact(
    at: Deciding<'_>,
    room: RoomId,
    target: EventRef,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let known = at.room(room)?;
    permission::check(&known.state, at.actor.user, Action::Redact(target.author))?;
    if !known.holds(target) {
        return Err(Refusal::NoSuchEvent);
    }
    Ok(at.one(
        room,
        RoomChange::Redaction {
            target,
            reason: reason(why)?,
        },
    ))
}
