//! Read marks: they only ever move forward.

use super::{Deciding, Decision, Outcome};
use crate::event::{Event, ReadAudience, UserChange};
use crate::ids::{RoomId, RoomSequence};
use crate::refusal::Refusal;
use crate::room::Membership;

/// The actor has read up to an event of a room that he is in.
pub(super) fn mark(
    at: Deciding<'_>,
    room: RoomId,
    up_to: RoomSequence,
    audience: ReadAudience,
) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    let known = at
        .world
        .state
        .user(user)
        .and_then(|user| user.room(room))
        .filter(|entry| entry.membership == Membership::Join);
    let entry = known.ok_or(Refusal::NotJoined)?;
    if up_to > at.room(room)?.sequence {
        return Err(Refusal::NoSuchEvent);
    }
    let present = match audience {
        ReadAudience::Room => entry.read,
        ReadAudience::Own => entry.marker,
    };
    if up_to <= present {
        return Ok(Decision::nothing(Outcome::Done));
    }
    Ok(Decision::events(vec![Event::User {
        user,
        change: UserChange::Read {
            room,
            up_to,
            audience,
        },
    }]))
}
