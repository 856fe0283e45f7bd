//! Nicks: a guest may change his; an account's is its name, of which only the case may change.

use super::{Change, Deciding, Decision, Outcome};
use crate::event::{Event, UserChange};
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
    let renamed = name.renamed(nick)?;
    let key = NameKey::account(nick);
    let taken = at
        .world
        .live
        .guest_names
        .get(&key)
        .is_some_and(|holder| *holder != user);
    if taken || at.world.state.names.contains_key(&key) {
        return Err(Refusal::NameTaken);
    }
    let mut changes = vec![Change::Signal(Signal::GuestRenamed {
        user,
        from: name.clone(),
        to: renamed.clone(),
    })];
    if at.world.state.user(user).is_some() {
        changes.push(Change::Event(Event::User {
            user,
            change: UserChange::Renamed(renamed),
        }));
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}
