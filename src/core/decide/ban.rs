//! Shutting somebody out by name, and letting him come again. Masks are `setting`'s business.

use std::sync::Arc;

use super::create_room::reason;
use super::{Deciding, Decision, Outcome};
use crate::event::RoomChange;
use crate::ids::{RoomId, UserId};
use crate::permission::{self, Action};
use crate::refusal::Refusal;
use crate::room::Membership;

/// Shuts a user out of a room, whether he is in it or not.
pub(super) fn ban(
    at: Deciding<'_>,
    room: RoomId,
    user: UserId,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let state = &at.room(room)?.state;
    permission::check(state, at.actor.user, Action::Ban(user))?;
    at.known(user)?;
    if state.membership(user) == Some(Membership::Ban) {
        return Ok(Decision::nothing(Outcome::Done));
    }
    let change = at.member_change(room, (user, Membership::Ban), reason(why)?);
    let mut changes = at.rows_for(at.actor.user);
    changes.extend(at.rows_for(user));
    changes.push(at.event(room, RoomChange::Member(change)));
    Ok(Decision {
        outcome: Outcome::Event(changes.len() - 1),
        changes,
    })
}

/// Lifts a ban; the user is then outside.
pub(super) fn unban(
    at: Deciding<'_>,
    room: RoomId,
    user: UserId,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let state = &at.room(room)?.state;
    permission::check(state, at.actor.user, Action::Unban)?;
    if state.membership(user) != Some(Membership::Ban) {
        return Err(Refusal::TargetNotJoined(user));
    }
    let change = at.member_change(room, (user, Membership::Leave), reason(why)?);
    Ok(at.one(room, RoomChange::Member(change)))
}
