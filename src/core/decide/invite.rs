//! Asking somebody in.

use std::sync::Arc;

use super::create_room::reason;
use super::{Change, Deciding, Decision, Outcome, direct};
use crate::ids::{RoomId, UserId};
use crate::permission::{self, Action};
use crate::refusal::Refusal;
use crate::room::Membership;

/// Asks a user into a room. Asking again is no error and tells him again nothing.
pub(super) fn invite(
    at: Deciding<'_>,
    room: RoomId,
    user: UserId,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let state = &at.room(room)?.state;
    permission::check(state, at.actor.user, Action::Invite)?;
    at.known(user)?;
    match state.membership(user) {
        Some(Membership::Join) => return Err(Refusal::AlreadyJoined(user)),
        Some(Membership::Ban) => return Err(Refusal::Banned),
        Some(Membership::Invite) => return Ok(Decision::nothing(Outcome::Done)),
        Some(Membership::Leave) | None
            if state.peer_of(at.actor.user) == Some(user)
                && !direct::request(at, user).may_ask(at.context.now) =>
        {
            return Err(Refusal::DirectRefused);
        }
        Some(Membership::Knock | Membership::Leave) | None => {}
    }
    let mut changes = at.rows_for(at.actor.user);
    changes.extend(at.rows_for(user));
    match state.membership(user) {
        // He asked for it.
        Some(Membership::Knock) => {}
        Some(Membership::Invite | Membership::Join | Membership::Leave | Membership::Ban)
        | None => changes.extend(direct::count_invited(at, &[user])?),
    }
    changes.extend(direct::opened(at, state, user));
    changes.push(invited(at, room, user, reason(why)?));
    Ok(Decision {
        outcome: Outcome::Event(changes.len() - 1),
        changes,
    })
}

/// The event itself.
pub(super) fn invited(
    at: Deciding<'_>,
    room: RoomId,
    user: UserId,
    reason: Option<Arc<str>>,
) -> Change {
    at.member(room, (user, Membership::Invite), reason)
}
