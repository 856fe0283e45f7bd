//! Grouped nicks: further names that lead to an account. They are claimed like its own, and are nobody else's ever after; it is still shown under
//! its one name.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, absent, rename};
use crate::event::{Claim, Event, UserChange};
use crate::limits;
use crate::name::{AccountName, NameKey};
use crate::refusal::Refusal;

/// Claims one more.
pub(super) fn group(at: Deciding<'_>, nick: Arc<str>) -> Result<Decision, Refusal> {
    let user = at.account()?;
    // The same grammar as for an account of its own.
    AccountName::from_nick(&nick)?;
    if at.world.user_named(&nick) == Some(user.id) {
        return Ok(Decision::nothing(Outcome::Done));
    }
    if user.nicks.len() >= limits::GROUPED_NICKS {
        return Err(Refusal::TooMany {
            what: "grouped nicks",
            limit: limits::GROUPED_NICKS,
        });
    }
    let mut changes = Vec::new();
    for key in NameKey::of_account(&nick) {
        match at.world.state.names.get(&key) {
            // One that he had before, or that looks like his own: it is his already.
            Some(Claim::User(owner)) if *owner == user.id => {}
            Some(Claim::User(_) | Claim::Room(_) | Claim::Tombstone) => {
                return Err(Refusal::NameTaken);
            }
            None | Some(Claim::Nobody) => {
                if at.world.state.claimed_by(Claim::User(user.id)) >= limits::NAMES_PER_USER {
                    return Err(Refusal::TooMany {
                        what: "nicks, those that were given up included",
                        limit: limits::NAMES_PER_USER,
                    });
                }
                changes.extend(absent::driven_out(at, &key));
                if let Some(guest) = at.world.live.guest_names.get(&key) {
                    changes.extend(rename::pushed_aside(at, *guest)?);
                }
                changes.push(Change::Event(Event::Name {
                    key,
                    claim: Claim::User(user.id),
                }));
            }
        }
    }
    changes.push(Change::Event(Event::User {
        user: user.id,
        change: UserChange::NickGrouped(nick),
    }));
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// Gives one up. Its claim stays.
pub(super) fn ungroup(at: Deciding<'_>, nick: &str) -> Result<Decision, Refusal> {
    let user = at.account()?;
    let known = user.nicks.iter().find(|one| one.eq_ignore_ascii_case(nick));
    let nick = known.cloned().ok_or(Refusal::NoSuchUser)?;
    Ok(Decision::events(vec![Event::User {
        user: user.id,
        change: UserChange::NickUngrouped(nick),
    }]))
}
