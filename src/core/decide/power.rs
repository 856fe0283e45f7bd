//! Power: set as a whole, as Matrix does, or by prefixes, as IRC does. One rule for both: nobody touches or grants more than he has.

use std::sync::Arc;

use super::{Deciding, Decision, Outcome};
use crate::command::{Direction, PrefixChange};
use crate::event::{PowerChange, RoomChange};
use crate::facets;
use crate::ids::{RoomId, UserId};
use crate::json::Json;
use crate::permission::{self, Action};
use crate::power::{PowerLevels, Prefix, Prefixes};
use crate::refusal::Refusal;
use crate::room::{Creation, RoomState};

/// Sets all levels, or those that differ from the ones known.
pub(super) fn set(
    at: Deciding<'_>,
    id: RoomId,
    (levels, known): (PowerLevels, Option<Arc<PowerLevels>>),
    content: Option<Json>,
) -> Result<Decision, Refusal> {
    let room = &at.room(id)?.state;
    let levels = match known {
        Some(known) => levels.onto(&room.power, &known),
        None => levels,
    };
    Ok(match change(at, room, levels, content)? {
        Some(change) => at.one(id, change),
        None => Decision::nothing(Outcome::Done),
    })
}

/// All levels as a change, unless they are in force already.
pub(super) fn change(
    at: Deciding<'_>,
    room: &RoomState,
    levels: PowerLevels,
    content: Option<Json>,
) -> Result<Option<RoomChange>, Refusal> {
    permission::check(room, at.actor.user, Action::SetState(facets::POWER_LEVELS))?;
    check_change(room, at.actor.user, &levels)?;
    if *room.power == levels && content.is_none() {
        return Ok(None);
    }
    Ok(Some(RoomChange::Power(PowerChange {
        shown: shown(room, &levels, &[]),
        levels,
        prefixes: Vec::new(),
        content,
    })))
}

/// Levels as a change, whoever asks.
pub(super) fn unchecked(room: &RoomState, levels: PowerLevels) -> PowerChange {
    PowerChange {
        shown: shown(room, &levels, &[]),
        levels,
        prefixes: Vec::new(),
        content: None,
    }
}

/// Gives and takes prefixes: all of it in one event, or none.
pub(super) fn set_prefixes(
    at: Deciding<'_>,
    id: RoomId,
    changes: &[PrefixChange],
) -> Result<Decision, Refusal> {
    let room = &at.room(id)?.state;
    let actor = at.actor.user;
    let mut levels = (*room.power).clone();
    let mut bits: Vec<(UserId, Prefixes)> = Vec::new();
    for change in changes {
        if !room.is_joined(change.user) {
            return Err(Refusal::TargetNotJoined(change.user));
        }
        let known = bits
            .iter()
            .find(|(user, _)| *user == change.user)
            .map(|(_, bits)| *bits);
        let before = known.unwrap_or_else(|| {
            room.members
                .get(&change.user)
                .map_or(Prefixes::default(), |member| member.prefixes)
        });
        let after = change_one(&mut levels, before, *change);
        bits.retain(|(user, _)| *user != change.user);
        bits.push((change.user, after));
    }
    let changed_bits: Vec<_> = bits
        .into_iter()
        .filter(|(user, bits)| {
            room.members
                .get(user)
                .is_none_or(|member| member.prefixes != *bits)
        })
        .collect();
    if levels == *room.power && changed_bits.is_empty() {
        return Ok(Decision::nothing(Outcome::Done));
    }
    check_prefix_change(room, actor, changes)?;
    check_change(room, actor, &levels)?;
    Ok(at.one(
        id,
        RoomChange::Power(PowerChange {
            shown: shown(room, &levels, &changed_bits),
            levels,
            prefixes: changed_bits,
            content: None,
        }),
    ))
}

/// The members whose prefixes will look different on IRC.
fn shown(
    room: &RoomState,
    levels: &PowerLevels,
    bits: &[(UserId, Prefixes)],
) -> Vec<(UserId, Prefixes, Prefixes)> {
    let mut users: Vec<UserId> = room
        .power
        .users
        .keys()
        .chain(levels.users.keys())
        .copied()
        .collect();
    users.extend(bits.iter().map(|(user, _)| *user));
    if room.power.users_default != levels.users_default {
        users.extend(room.joined_members().map(|(user, _)| user));
    }
    users.sort_unstable();
    users.dedup();
    let after = |user| {
        let given = bits
            .iter()
            .find(|(known, _)| *known == user)
            .map(|(_, bits)| *bits);
        let given = given
            .or_else(|| room.members.get(&user).map(|member| member.prefixes))
            .unwrap_or_default();
        let creator = room.creation.version >= 12 && user == room.creation.creator;
        given.shown(if creator { i64::MAX } else { levels.of(user) })
    };
    users
        .into_iter()
        .filter(|user| room.is_joined(*user))
        .map(|user| (user, room.prefixes(user), after(user)))
        .filter(|(_, before, after)| before != after)
        .collect()
}

/// One prefix given or taken: the level follows the highest bit that is left. An exact level that shows the same prefix stays as it is.
fn change_one(levels: &mut PowerLevels, bits: Prefixes, change: PrefixChange) -> Prefixes {
    let level = levels.of(change.user);
    match change.direction {
        // An exact level that shows as this prefix is not rounded, and needs no bit.
        Direction::Add if Prefix::of_level(level) == Some(change.prefix) => bits,
        Direction::Add => {
            if change.prefix.level() > level {
                levels.set(change.user, change.prefix.level());
            }
            bits.with(change.prefix)
        }
        Direction::Remove => {
            let left = bits.without(change.prefix);
            if Prefix::of_level(level) == Some(change.prefix) {
                match left.highest().filter(|prefix| *prefix > change.prefix) {
                    Some(prefix) => levels.set(change.user, prefix.level()),
                    None => levels.set(change.user, below(change.prefix, levels.users_default)),
                }
            }
            left
        }
    }
}

/// The level of one who has lost `prefix` and has no lower one: everybody's, unless that shows as much.
fn below(prefix: Prefix, users_default: i64) -> i64 {
    if Prefix::of_level(users_default).is_some_and(|shown| shown <= prefix) {
        0
    } else {
        users_default
    }
}

/// Who may hand out prefixes at all: operators; a half-operator gives and takes voice; anybody may lay down his own.
fn check_prefix_change(
    room: &RoomState,
    actor: UserId,
    changes: &[PrefixChange],
) -> Result<(), Refusal> {
    if actor == UserId::SERVER {
        return Ok(());
    }
    if !room.is_joined(actor) {
        return Err(Refusal::NotJoined);
    }
    let have = room.level(actor);
    let own = changes
        .iter()
        .all(|change| change.user == actor && change.direction == Direction::Remove);
    let voices = changes.iter().all(|change| change.prefix == Prefix::Voice);
    let needed = if own {
        0
    } else if voices {
        Prefix::HalfOperator.level()
    } else {
        room.power.to_set(facets::POWER_LEVELS)
    };
    if have < needed {
        return Err(Refusal::LevelTooLow { needed, have });
    }
    // Bits that change no level are still somebody's standing: nobody touches those of one above him.
    if changes.iter().any(|change| room.level(change.user) > have) {
        return Err(Refusal::TargetLevel);
    }
    Ok(())
}

/// Matrix room version 12 "Authorization rules": creators stand above all levels, and none may be written down for them.
pub(super) fn check_creator(creation: &Creation, levels: &PowerLevels) -> Result<(), Refusal> {
    if creation.version >= 12 && levels.users.contains_key(&creation.creator) {
        return Err(Refusal::Invalid {
            what: "power level of the creator",
        });
    }
    Ok(())
}

/// Matrix room version 10 "Authorization rules", rule 9: of every level that changes, neither the old nor the new value may be above the
/// actor's own, and of another user's level the old one must be below it.
fn check_change(room: &RoomState, actor: UserId, new: &PowerLevels) -> Result<(), Refusal> {
    let have = room.level(actor);
    let old = &*room.power;
    check_creator(&room.creation, new)?;
    if new.events.len() > crate::limits::STATE_EVENTS
        || new.users.len()
            > room
                .members
                .len()
                .saturating_add(crate::limits::STATE_EVENTS)
    {
        return Err(Refusal::TooMany {
            what: "power levels",
            limit: crate::limits::STATE_EVENTS,
        });
    }
    let numbers = |levels: &PowerLevels| {
        [
            levels.users_default,
            levels.events_default,
            levels.state_default,
            levels.ban,
            levels.kick,
            levels.redact,
            levels.invite,
            levels.notify_room,
        ]
    };
    let plain = numbers(old)
        .into_iter()
        .zip(numbers(new))
        .all(|(old, new)| old == new || old.max(new) <= have);
    let kinds = old.events.keys().chain(new.events.keys());
    let events = kinds
        .into_iter()
        .all(|kind| match (old.events.get(kind), new.events.get(kind)) {
            (old, new) if old == new => true,
            (old, new) => old.into_iter().chain(new).all(|level| *level <= have),
        });
    if !plain || !events {
        return Err(Refusal::TargetLevel);
    }
    let users = old.users.keys().chain(new.users.keys());
    let users_fine = users.into_iter().all(|user| {
        let (before, after) = (old.of(*user), new.of(*user));
        before == after || (after <= have && (before < have || *user == actor))
    });
    if users_fine {
        Ok(())
    } else {
        Err(Refusal::TargetLevel)
    }
}
