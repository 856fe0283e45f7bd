//! Read marks: they only ever move forward.

use super::{Deciding, Decision, Outcome};
use crate::event::{Event, ReadAudience, UserChange};
use crate::ids::{RoomId, RoomSequence, Timestamp};
use crate::refusal::Refusal;
use crate::room::Membership;

/// The actor has read up to an event of a room that he is in.
pub(super) fn mark(
    at: Deciding<'_>,
    room: RoomId,
    (up_to, time): (RoomSequence, Timestamp),
    audience: ReadAudience,
) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    let known = at.world.state.user(user);
    let known = known.filter(|user| {
        user.room(room)
            .is_some_and(|entry| entry.membership == Membership::Join)
    });
    let mark = known.ok_or(Refusal::NotJoined)?.mark(room);
    if up_to > at.room(room)?.sequence {
        return Err(Refusal::NoSuchEvent);
    }
    // What is yet to come can't have been read.
    let time = time.min(at.context.now);
    let further = match audience {
        ReadAudience::Room => up_to > mark.read,
        ReadAudience::Own => up_to > mark.marker || time > mark.time,
    };
    if !further {
        return Ok(Decision::nothing(Outcome::Done));
    }
    Ok(Decision::events(vec![Event::User {
        user,
        change: UserChange::Read {
            room,
            up_to,
            time,
            audience,
        },
    }]))
}
