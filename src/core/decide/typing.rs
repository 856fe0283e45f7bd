//! What is told to those who are here and forgotten: typing, CTCP, client tags. The same rules of speech hold as for messages.

use super::{Change, Deciding, Decision, Outcome, direct, say, within};
use crate::ids::RoomId;
use crate::limits;
use crate::live::{Passing, Signal, Transient, TransientTarget};
use crate::permission::Action;
use crate::refusal::Refusal;
use crate::room::Membership;

/// The actor types in a room, or stopped.
pub(super) fn typing(
    at: Deciding<'_>,
    room: RoomId,
    milliseconds: u64,
) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    let state = &at.room(room)?.state;
    // Between two nobody sees the other type before both have spoken.
    match state.membership(user) {
        Some(Membership::Join | Membership::Invite) if !state.is_answered(user) => {
            return Ok(Decision::nothing(Outcome::Done));
        }
        Some(_) | None => {}
    }
    say::may_speak(at, state, Action::Send("m.room.message"))?;
    let now = at.context.now;
    let until = (milliseconds > 0).then(|| now.plus(milliseconds.min(limits::TYPING)));
    let present = at
        .world
        .live
        .typing
        .get(&(room, user))
        .filter(|until| **until > now);
    if until.is_none() && present.is_none() {
        return Ok(Decision::nothing(Outcome::Done));
    }
    Ok(Decision {
        changes: vec![Change::Signal(Signal::Typing { room, user, until })],
        outcome: Outcome::Done,
    })
}

/// CTCP and client tags, to the members of a room or the sessions of a user.
pub(super) fn transient(at: Deciding<'_>, message: Transient) -> Result<Decision, Refusal> {
    let text = message.kind.text();
    within(text.map(|text| &**text), "message", limits::CONTENT)?;
    let mut changes = Vec::new();
    match message.to {
        TransientTarget::Room(id) => {
            let room = at.room(id)?;
            say::may_speak(at, &room.state, Action::Speak)?;
            if text.is_some() && room.state.modes.no_ctcp {
                return Err(Refusal::NoCtcp);
            }
            if text.is_some() && room.state.encryption.is_some() {
                return Err(Refusal::Encrypted);
            }
        }
        TransientTarget::Ranked(id, _) => {
            let room = &at.room(id)?.state;
            say::may_speak(at, room, Action::Speak)?;
            if text.is_some_and(|text| text.starts_with('\u{1}')) && room.modes.no_ctcp {
                return Err(Refusal::NoCtcp);
            }
            if text.is_some() && room.encryption.is_some() {
                return Err(Refusal::Encrypted);
            }
        }
        TransientTarget::User(user) => changes = direct::may_reach(at, user)?,
    }
    changes.push(pass(at, message));
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// Something transient that may be said.
pub(super) fn pass(at: Deciding<'_>, message: Transient) -> Change {
    Change::Signal(Signal::Transient {
        sender: at.actor.user,
        message,
        stamp: Passing {
            at: at.context.now,
            number: at.world.live.passed.saturating_add(1),
        },
    })
}
