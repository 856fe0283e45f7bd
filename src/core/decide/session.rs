//! Connections that begin to be somebody, and that end. Sessions are not durable; what a guest's end leaves to do is.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, absent, own, rename, within};
use crate::command::{Attach, Presentation, Scope, Who};
use crate::event::{Event, MemberChange, RoomChange};
use crate::ids::{DeviceId, RoomId, SessionId, UserId};
use crate::limits;
use crate::live::{LiveSession, Signal};
use crate::name::{AccountName, NameKey};
use crate::refusal::Refusal;
use crate::room::Membership;
use crate::state::World;
use crate::user::{User, UserKind};

/// What IRC shows when a credential's end closes a session.
const LOGGED_OUT: &str = "Logged out";
/// What others see as the reason for a guest's end who goes on as an account.
const LOGGED_IN: &str = "Logged in";

/// Begins a session, as an account or as a guest under a free nick.
pub(super) fn attach(at: Deciding<'_>, attach: Attach) -> Result<Decision, Refusal> {
    let world = at.world;
    within(
        attach.presentation.status.as_deref(),
        "status",
        limits::STATUS,
    )?;
    within(attach.away.as_deref(), "away text", limits::STATUS)?;
    let mut changes = Vec::new();
    let (user, guest) = match attach.who {
        Who::Account(user) => {
            let known = admit(world, (user, attach.session))?;
            if let Some(device) = attach.device {
                known.device(device).ok_or(Refusal::NoSuchDevice)?;
            }
            let seen = world.seen_as((known.name.nick(), true), &attach.presentation);
            world.may_enter((&seen, attach.address), at.context.now)?;
            (user, None)
        }
        Who::Guest(name) => {
            let key = NameKey::account(name.nick());
            let live = &world.live;
            if world.state.names.contains_key(&key)
                || live.guest_names.contains_key(&key)
                || live.aliases.holds(&key)
            {
                return Err(Refusal::NameTaken);
            }
            let seen = world.seen_as((name.nick(), false), &attach.presentation);
            world.may_enter((&seen, attach.address), at.context.now)?;
            match absent::returning(world, &name, &attach.presentation.host) {
                Some((user, name, back)) => {
                    changes.extend(back);
                    (user, Some(name))
                }
                None => {
                    changes.extend(absent::driven_out(at, &key));
                    (live.next_user, Some(name))
                }
            }
        }
    };
    let session = LiveSession {
        user,
        device: attach.device,
        // One that attaches again comes from where it came.
        address: attach.address.or_else(|| {
            let known = world.live.sessions.get(&attach.session);
            known.and_then(|known| known.address)
        }),
        presentation: attach.presentation,
        away: attach.away,
        operator: None,
        hears: false,
    };
    changes.push(Change::Signal(Signal::Attached {
        id: attach.session,
        session,
        guest,
    }));
    Ok(Decision {
        changes,
        outcome: Outcome::User(user),
    })
}

/// Makes a session somebody else's. With his last one a guest leaves his rooms.
pub(super) fn log_in(
    at: Deciding<'_>,
    id: SessionId,
    (user, device): (UserId, Option<DeviceId>),
    presentation: Presentation,
) -> Result<Decision, Refusal> {
    let world = at.world;
    let before = at.own_session(id)?;
    if before.user == user {
        return Ok(Decision::nothing(Outcome::User(user)));
    }
    let known = admit(world, (user, id))?;
    if let Some(device) = device {
        known.device(device).ok_or(Refusal::NoSuchDevice)?;
    }
    let seen = world.seen_as((known.name.nick(), true), &presentation);
    world.may_enter((&seen, before.address), at.context.now)?;
    let is_last =
        world.live.guests.contains_key(&before.user) && world.live.sessions_of(before.user) == [id];
    let mut changes = Vec::new();
    if is_last {
        changes.extend(own::handed_over(world, before.user, user));
    }
    changes.extend([
        Change::Signal(Signal::Left {
            id,
            user: before.user,
            next: user,
        }),
        Change::Signal(Signal::Attached {
            id,
            session: LiveSession {
                user,
                device,
                address: before.address,
                presentation,
                away: before.away.clone(),
                operator: None,
                hears: before.hears,
            },
            guest: None,
        }),
    ]);
    if is_last {
        changes.extend(leaves(at, before.user, &LOGGED_IN.into()));
        // Behind the guest: the account may have his very nick.
        changes.extend(own::moved(at, before.user, (user, &seen)));
    }
    Ok(Decision {
        changes,
        outcome: Outcome::User(user),
    })
}

/// Makes a session of an account a guest's. The account stays where it is.
pub(super) fn log_out(
    at: Deciding<'_>,
    id: SessionId,
    presentation: Presentation,
) -> Result<Decision, Refusal> {
    let before = at.own_session(id)?;
    let user = at.account()?.id;
    let guest = at.world.live.next_user;
    let nick = rename::free_guest_nick(at, guest)?;
    let name = AccountName::guest(&nick, at.context.random)?;
    let signals = [
        Signal::Left {
            id,
            user,
            next: guest,
        },
        Signal::Attached {
            id,
            session: LiveSession {
                user: guest,
                device: None,
                address: before.address,
                presentation,
                away: before.away.clone(),
                operator: None,
                hears: before.hears,
            },
            guest: Some(name),
        },
    ];
    Ok(Decision {
        changes: signals.into_iter().map(Change::Signal).collect(),
        outcome: Outcome::User(guest),
    })
}

/// Ends sessions of the actor, as their owner.
pub(super) fn end(at: Deciding<'_>, ids: &[SessionId]) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    let mut changes = Vec::new();
    for id in ids {
        at.own_session(*id)?;
        changes.push(Change::Signal(closed(user, *id)));
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// Whether an account may have a session, besides those that it has.
fn admit(world: &World, (user, session): (UserId, SessionId)) -> Result<&User, Refusal> {
    let known = world
        .state
        .user(user)
        .filter(|user| user.kind == UserKind::Account)
        .ok_or(Refusal::NoSuchUser)?;
    if known.disabled {
        return Err(Refusal::Disabled);
    }
    let sessions = world.live.sessions_of(user).iter();
    let others = sessions.filter(|id| **id != session).count();
    if others >= limits::SESSIONS_PER_USER {
        return Err(Refusal::TooMany {
            what: "sessions",
            limit: limits::SESSIONS_PER_USER,
        });
    }
    Ok(known)
}

/// Ends a session, which nobody but itself does for a user. A guest without one leaves his rooms after `absence` milliseconds.
pub(super) fn detach(
    at: Deciding<'_>,
    id: SessionId,
    (reason, absence): (Arc<str>, u64),
) -> Result<Decision, Refusal> {
    match at.actor.scope {
        Scope::User if at.actor.session != Some(id) => return Err(Refusal::Forbidden),
        Scope::User | Scope::Administrator | Scope::Server => {}
    }
    let Some(session) = at.world.live.sessions.get(&id) else {
        return Ok(Decision::nothing(Outcome::Done));
    };
    let user = session.user;
    let mut changes = vec![Change::Signal(Signal::Detached {
        id,
        user,
        reason: reason.clone(),
    })];
    if at.world.live.guests.contains_key(&user) && at.world.live.sessions_of(user) == [id] {
        changes.extend(absent::gone(at, user, (reason, absence)));
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// The rooms that a guest's login will write to.
pub(super) fn rooms_needed(world: &World, id: SessionId) -> Vec<RoomId> {
    let Some(session) = world.live.sessions.get(&id) else {
        return Vec::new();
    };
    if !world.live.guests.contains_key(&session.user) {
        return Vec::new();
    }
    world
        .state
        .user(session.user)
        .map_or_else(Vec::new, |user| {
            user.rooms.iter().map(|entry| entry.room).collect()
        })
}

/// The rooms that an account is in, or asked into: what is said in a conversation reaches him before he answers.
pub(super) fn rooms_of(world: &World, account: UserId) -> Vec<RoomId> {
    let user = world.state.user(account);
    user.map_or_else(Vec::new, |user| user.joined_or_invited().collect())
}

/// The leaves of a guest who is gone.
pub(super) fn leaves(at: Deciding<'_>, user: UserId, reason: &std::sync::Arc<str>) -> Vec<Change> {
    let world = at.world;
    let mut changes = Vec::new();
    let rooms = world.state.user(user).map_or_else(Vec::new, |user| {
        user.rooms.iter().map(|entry| entry.room).collect()
    });
    let rooms = rooms
        .into_iter()
        .filter(|room| world.state.room(*room).is_some())
        .map(|room| {
            let previous = world
                .state
                .room(room)
                .and_then(|room| room.state.membership(user));
            let change = MemberChange {
                user,
                membership: Membership::Leave,
                previous,
                reason: Some(reason.clone()),
                content: None,
            };
            Change::Event(Event::Room {
                room,
                sender: user,
                change: RoomChange::Member(change),
            })
        });
    changes.extend(rooms);
    changes
}

/// The end of every session that came with a credential.
pub(super) fn close_device(at: Deciding<'_>, user: UserId, device: DeviceId) -> Vec<Signal> {
    close(at, user, |session| session.device == Some(device))
}

/// The end of every session that a password alone began, but the actor's own.
pub(super) fn close_others_by_password(at: Deciding<'_>, user: UserId) -> Vec<Signal> {
    let live = &at.world.live;
    let ids = live.sessions_of(user).iter();
    let doomed = ids.filter(|id| {
        let session = live.sessions.get(*id);
        Some(**id) != at.actor.session && session.is_some_and(|session| session.device.is_none())
    });
    doomed.map(|id| closed(user, *id)).collect()
}

/// The end of every session of an account.
pub(super) fn close_all(at: Deciding<'_>, user: UserId) -> Vec<Signal> {
    close(at, user, |_| true)
}

fn close(at: Deciding<'_>, user: UserId, which: impl Fn(&LiveSession) -> bool) -> Vec<Signal> {
    let live = &at.world.live;
    let doomed = live
        .sessions_of(user)
        .iter()
        .filter(|id| live.sessions.get(*id).is_some_and(&which));
    doomed.map(|id| closed(user, *id)).collect()
}

fn closed(user: UserId, id: SessionId) -> Signal {
    Signal::Detached {
        id,
        user,
        reason: LOGGED_OUT.into(),
    }
}
