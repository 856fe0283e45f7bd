//! Putting somebody out, or taking his invitation back.

use std::sync::Arc;

use super::create_room::reason;
use super::{Deciding, Decision};
use crate::event::RoomChange;
use crate::ids::{RoomId, UserId};
use crate::permission::{self, Action};
use crate::refusal::Refusal;
use crate::room::Membership;

/// Ends somebody else's standing in a room.
pub(super) fn kick(
    at: Deciding<'_>,
    room: RoomId,
    user: UserId,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let state = &at.room(room)?.state;
    match state.membership(user) {
        Some(Membership::Join | Membership::Invite | Membership::Knock) => {}
        Some(Membership::Leave | Membership::Ban) | None => {
            // Whether the asker may kick at all comes first: outsiders learn nothing of the members.
            permission::check(state, at.actor.user, Action::Kick(UserId::SERVER))
                .or_else(level_of_server)?;
            return Err(Refusal::TargetNotJoined(user));
        }
    }
    permission::check(state, at.actor.user, Action::Kick(user))?;
    let change = at.member_change(room, (user, Membership::Leave), reason(why)?);
    Ok(at.one(room, RoomChange::Member(change)))
}

/// The server stands above everyone: that alone is no refusal when it is only a stand-in for "somebody".
fn level_of_server(refusal: Refusal) -> Result<(), Refusal> {
    if refusal == Refusal::TargetLevel {
        Ok(())
    } else {
        Err(refusal)
    }
}
