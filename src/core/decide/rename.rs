//! Nicks: a guest may change his, and gives it up to an account of that name; an account's is its name, of which only the case may change.

use super::{Change, Deciding, Decision, Outcome, absent};
use crate::event::{Event, UserChange};
use crate::ids::UserId;
use crate::live::Signal;
use crate::name::NameKey;
use crate::refusal::Refusal;

/// Another nick for the actor.
pub(super) fn rename(at: Deciding<'_>, nick: &str) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    let name = at.world.name_of(user).ok_or(Refusal::NoSuchUser)?;
    if **name.nick() == *nick {
        return Ok(Decision::nothing(Outcome::Done));
    }
    if at.world.is_account(user) {
        let recased = name.recased(nick).ok_or(Refusal::NickLocked)?;
        return Ok(Decision::events(vec![Event::User {
            user,
            change: UserChange::Renamed(recased),
        }]));
    }
    if is_taken(at, user, nick) {
        return Err(Refusal::NameTaken);
    }
    let session = at
        .actor
        .session
        .and_then(|id| at.world.live.sessions.get(&id));
    if let Some(session) = session {
        let seen = at.world.seen_as((nick, false), &session.presentation);
        at.world.may_enter((&seen, None), at.context.now)?;
    }
    let mut changes = absent::driven_out(at, &NameKey::account(nick));
    changes.extend(guest_renamed(at, user, nick)?);
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// Another nick for a guest whose own is an account's from now on.
pub(super) fn pushed_aside(at: Deciding<'_>, guest: UserId) -> Result<Vec<Change>, Refusal> {
    let nick = free_guest_nick(at, guest)?;
    guest_renamed(at, guest, &nick)
}

/// A nick for somebody who chose none: `Guest` and a number. It is within every `NICKLEN`.
pub(super) fn free_guest_nick(at: Deciding<'_>, guest: UserId) -> Result<String, Refusal> {
    const NUMBERS: u128 = 10_000;
    let numbers = (0..NUMBERS).map(|step| (at.context.random.wrapping_add(step)) % NUMBERS);
    numbers
        .map(|number| format!("Guest{number:04}"))
        .find(|nick| !is_taken(at, guest, nick) && !absent::holds(at.world, nick))
        .ok_or(Refusal::NameTaken)
}

fn is_taken(at: Deciding<'_>, user: UserId, nick: &str) -> bool {
    let key = NameKey::account(nick);
    let holder = at.world.live.guest_names.get(&key);
    holder.is_some_and(|holder| *holder != user)
        || at.world.live.aliases.holds(&key)
        || at.world.state.names.contains_key(&key)
}

fn guest_renamed(at: Deciding<'_>, user: UserId, nick: &str) -> Result<Vec<Change>, Refusal> {
    let name = at.world.name_of(user).ok_or(Refusal::NoSuchUser)?;
    let renamed = name.renamed(nick)?;
    let mut changes = Vec::new();
    if at.world.state.user(user).is_some() {
        changes.push(Change::Event(Event::User {
            user,
            change: UserChange::Renamed(renamed.clone()),
        }));
    }
    changes.push(Change::Signal(Signal::GuestRenamed {
        user,
        from: name.clone(),
        to: renamed,
    }));
    Ok(changes)
}
