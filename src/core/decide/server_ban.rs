//! Shutting somebody out of the server, and letting him in again.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, session, within};
use crate::command::TimedCommand;
use crate::event::Event;
use crate::ids::{RoomId, SessionId, UserId};
use crate::limits;
use crate::live::Signal;
use crate::operator::Lasting;
use crate::refusal::Refusal;
use crate::server_ban::{BanTarget, ServerBan};
use crate::state::World;

/// Sets a ban, in place of one on the same, and ends the sessions that it means. That an operator asks has been checked.
pub(super) fn set(
    at: Deciding<'_>,
    target: BanTarget,
    (reason, lasting): (Arc<str>, Lasting),
) -> Result<Decision, Refusal> {
    within(Some(&reason), "reason", limits::REASON)?;
    target.check()?;
    let world = at.world;
    let doomed = meant(world, &target);
    if at.actor.session.is_some_and(|own| doomed.contains(&own)) {
        return Err(Refusal::Invalid {
            what: "a ban of yourself",
        });
    }
    let bans = &world.state.server_bans;
    if bans.len() >= limits::SERVER_BANS && !bans.contains_key(&target) {
        return Err(Refusal::TooMany {
            what: "bans of the server",
            limit: limits::SERVER_BANS,
        });
    }
    let now = at.context.now;
    let until = match (lasting, &target) {
        (Lasting::For(milliseconds), _) => Some(now.plus(milliseconds)),
        // Addresses change hands.
        (Lasting::Usual, BanTarget::Network(_)) => Some(now.plus(limits::ADDRESS_BAN)),
        (Lasting::Usual, BanTarget::Mask(_)) | (Lasting::ForGood, _) => None,
    };
    let session = at.actor.session.and_then(|id| world.live.sessions.get(&id));
    let by = session.and_then(|session| session.operator.clone());
    let ban = ServerBan {
        by: by.unwrap_or_else(|| "server".into()),
        reason: reason.clone(),
        at: now,
        until,
    };
    let mut changes = Vec::new();
    if let Some(until) = until {
        let command = TimedCommand::ExpireServerBan {
            target: target.clone(),
        };
        changes.push(Change::Event(Event::Timer {
            id: world.state.next_timer,
            timer: Some((until, command)),
        }));
    }
    changes.push(Change::Event(Event::ServerBan {
        target,
        ban: Some(ban),
    }));
    let reason: Arc<str> = format!("Banned from this server: {reason}").into();
    changes.extend(ends(at, &doomed, &reason));
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// Takes a ban away.
pub(super) fn lift(at: Deciding<'_>, target: BanTarget) -> Result<Decision, Refusal> {
    if !at.world.state.server_bans.contains_key(&target) {
        return Err(Refusal::Unchanged);
    }
    Ok(Decision::events(vec![lifted(target)]))
}

/// That a ban is no more.
pub(super) fn lifted(target: BanTarget) -> Event {
    Event::ServerBan { target, ban: None }
}

/// The rooms that guests leave whom a ban means.
pub(super) fn rooms_needed(world: &World, target: &BanTarget) -> Vec<RoomId> {
    let doomed = meant(world, target).into_iter();
    doomed
        .flat_map(|id| session::rooms_needed(world, id))
        .collect()
}

fn meant(world: &World, target: &BanTarget) -> Vec<SessionId> {
    let sessions = world.live.sessions.iter();
    let mut meant: Vec<SessionId> = sessions
        .filter(|(_, session)| world.is_meant(target, session))
        .map(|(id, _)| *id)
        .collect();
    meant.sort_unstable();
    meant
}

/// The ends of sessions, and what guests leave behind who have no other.
fn ends(at: Deciding<'_>, doomed: &[SessionId], reason: &Arc<str>) -> Vec<Change> {
    let live = &at.world.live;
    let mut changes = Vec::new();
    let mut guests: Vec<UserId> = Vec::new();
    for id in doomed {
        let Some(session) = live.sessions.get(id) else {
            continue;
        };
        let user = session.user;
        changes.push(Change::Signal(Signal::Detached {
            id: *id,
            user,
            reason: reason.clone(),
        }));
        let is_last = live.sessions_of(user).iter().all(|id| doomed.contains(id));
        if live.guests.contains_key(&user) && is_last && !guests.contains(&user) {
            guests.push(user);
        }
    }
    for user in guests {
        changes.extend(session::leaves(at, user, reason));
    }
    changes
}
