//! Going out: leaving, declining an invitation, taking back a knock.

use std::sync::Arc;

use super::create_room::reason;
use super::{Deciding, Decision, Outcome};
use crate::event::RoomChange;
use crate::ids::RoomId;
use crate::refusal::Refusal;
use crate::room::Membership;

/// Ends the actor's own standing in a room.
pub(super) fn leave(
    at: Deciding<'_>,
    room: RoomId,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    match at.room(room)?.state.membership(user) {
        Some(Membership::Join | Membership::Invite | Membership::Knock) => {
            let change = at.member_change(room, (user, Membership::Leave), reason(why)?);
            Ok(at.one(room, RoomChange::Member(change)))
        }
        // Matrix clients may ask twice; nothing changes then.
        Some(Membership::Leave) => Ok(Decision::nothing(Outcome::Done)),
        Some(Membership::Ban) | None => Err(Refusal::NotJoined),
    }
}
