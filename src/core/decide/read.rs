//! Read marks: they only ever move forward.

use super::{Deciding, Decision, Outcome};
use crate::event::{Event, ReadAudience, UserChange};
use crate::ids::{RoomId, RoomSequence, Timestamp};
use crate::refusal::Refusal;

/// The actor has read up to an event of a room that reaches him.
pub(super) fn mark(
    at: Deciding<'_>,
    room: RoomId,
    (up_to, time): (RoomSequence, Timestamp),
    audience: ReadAudience,
) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    let known = at.world.state.user(user);
    let mark = known.ok_or(Refusal::NotJoined)?.mark(room);
    let room_now = at.room(room)?;
    let standing = room_now.state.membership(user);
    if !standing.is_some_and(|standing| room_now.state.kind.reaches(user, standing)) {
        return Err(Refusal::NotJoined);
    }
    if up_to > room_now.sequence {
        return Err(Refusal::NoSuchEvent);
    }
    // Between two nobody is told what the other has read before he answers.
    let audience = if room_now.state.is_answered(user) {
        audience
    } else {
        ReadAudience::Own
    };
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
