//! What belongs to a room but not to its timeline: mask lists, the key, its names, its entry in the directory.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, ban, within};
use crate::command::{Direction, TimedCommand};
use crate::event::{Claim, Event, RoomSetting};
use crate::ids::{RoomId, Timestamp};
use crate::limits;
use crate::mask;
use crate::permission::{self, Action};
use crate::refusal::Refusal;
use crate::room::{Mask, MaskList};

/// A mask to be put on a list or taken off.
pub(super) struct MaskRequest {
    pub(super) list: MaskList,
    pub(super) mask: Arc<str>,
    pub(super) direction: Direction,
    pub(super) until: Option<Timestamp>,
}

/// Changes a mask list. A ban mask that names exactly one account is that account's membership ban, the same on every front-end.
pub(super) fn set_mask(
    at: Deciding<'_>,
    room: RoomId,
    request: MaskRequest,
) -> Result<Decision, Refusal> {
    let state = &at.room(room)?.state;
    permission::check(state, at.actor.user, Action::Configure)?;
    if request.mask.is_empty() || request.mask.len() > limits::STATE_KEY {
        return Err(Refusal::Invalid { what: "mask" });
    }
    if request.list == MaskList::Ban
        && request.until.is_none()
        && let Some(user) = mask::named_account(at.world, &request.mask)
    {
        return match request.direction {
            Direction::Add => ban::ban(at, room, user, None),
            Direction::Remove => ban::unban(at, room, user, None),
        };
    }
    let found = state
        .masks
        .iter()
        .find(|known| known.list == request.list && known.mask.eq_ignore_ascii_case(&request.mask));
    let sender = at.actor.user;
    let mut changes = Vec::new();
    match (request.direction, found) {
        (Direction::Add, Some(known)) if !outlasts(request.until, known.until) => {
            return Ok(Decision::nothing(Outcome::Done));
        }
        (Direction::Remove, None) => return Ok(Decision::nothing(Outcome::Done)),
        (Direction::Remove, Some(known)) => {
            let setting = RoomSetting::MaskRemoved {
                list: request.list,
                mask: known.mask.clone(),
            };
            changes.push(Change::Event(Event::Setting {
                room,
                sender,
                setting,
            }));
            changes.extend(cleared_timer(
                at,
                (room, request.list, &known.mask),
                Some(known),
            ));
        }
        (Direction::Add, found) => {
            if found.is_none()
                && state
                    .masks
                    .iter()
                    .filter(|known| known.list == request.list)
                    .count()
                    >= limits::MASKS
            {
                return Err(Refusal::TooMany {
                    what: "masks",
                    limit: limits::MASKS,
                });
            }
            // One that is there is put on again for longer, as it was first written.
            let mask = found.map_or(request.mask, |known| known.mask.clone());
            let (list, until) = (request.list, request.until);
            // The timer of the shorter time has nothing to do any more.
            changes.extend(cleared_timer(at, (room, list, &mask), found));
            if let Some(until) = until {
                let command = TimedCommand::ExpireMask {
                    room,
                    list,
                    mask: mask.clone(),
                };
                changes.push(Change::Event(Event::Timer {
                    id: at.world.state.next_timer,
                    timer: Some((until, command)),
                }));
            }
            changes.push(Change::Event(Event::Setting {
                room,
                sender,
                setting: RoomSetting::MaskAdded { list, mask, until },
            }));
        }
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// The end of the timer that takes a mask off its list, if it has one.
fn cleared_timer(
    at: Deciding<'_>,
    (room, list, mask): (RoomId, MaskList, &Arc<str>),
    found: Option<&Mask>,
) -> Option<Change> {
    let due = found?.until?;
    let command = TimedCommand::ExpireMask {
        room,
        list,
        mask: mask.clone(),
    };
    let timers = &at.world.state.timers;
    let mut then = timers.range((due, 0)..=(due, u64::MAX));
    let ((_, id), _) = then.find(|(_, known)| **known == command)?;
    let (id, timer) = (*id, None);
    Some(Change::Event(Event::Timer { id, timer }))
}

/// Whether an end comes after another; none is never.
fn outlasts(end: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    match (end, other) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(end), Some(other)) => end > other,
    }
}

/// Changes another setting.
pub(super) fn set(
    at: Deciding<'_>,
    room: RoomId,
    setting: RoomSetting,
) -> Result<Decision, Refusal> {
    let state = &at.room(room)?.state;
    let actor = at.actor.user;
    let unchanged = match &setting {
        RoomSetting::Key(key) => {
            permission::check(state, actor, Action::Configure)?;
            if key.as_ref().is_some_and(|key| {
                key.is_empty() || key.len() > limits::NICK || key.contains([' ', ','])
            }) {
                return Err(Refusal::Invalid { what: "key" });
            }
            state.key == *key
        }
        RoomSetting::Listed(listed) => {
            permission::check(state, actor, Action::Configure)?;
            state.listed == *listed
        }
        RoomSetting::Names { names, reason } => {
            within(reason.as_deref(), "reason", limits::REASON)?;
            permission::check(
                state,
                actor,
                Action::SetState(crate::facets::CANONICAL_ALIAS),
            )?;
            return set_names(at, room, (names.clone(), reason.clone()));
        }
        // Masks have a command of their own, with its timer and its link to memberships; a third person opens a conversation of two.
        RoomSetting::MaskAdded { .. } | RoomSetting::MaskRemoved { .. } | RoomSetting::Opened => {
            return Err(Refusal::Invalid { what: "setting" });
        }
    };
    if unchanged {
        return Ok(Decision::nothing(Outcome::Done));
    }
    Ok(Decision::events(vec![Event::Setting {
        room,
        sender: actor,
        setting,
    }]))
}

/// New names are claimed first; names given up stay claimed by the room, so that they lead to it and to nobody else.
fn set_names(
    at: Deciding<'_>,
    room: RoomId,
    (names, reason): (Vec<crate::name::ChannelName>, Option<Arc<str>>),
) -> Result<Decision, Refusal> {
    if names.len() > limits::ROOM_NAMES {
        return Err(Refusal::TooMany {
            what: "names of a room",
            limit: limits::ROOM_NAMES,
        });
    }
    let mut events = Vec::new();
    for name in &names {
        let key = name.claim();
        match at.world.state.names.get(&key) {
            Some(Claim::Room(holder)) if *holder == room => {}
            Some(Claim::Room(_) | Claim::User(_) | Claim::Tombstone | Claim::Nobody) => {
                return Err(Refusal::NameTaken);
            }
            None => events.push(Event::Name {
                key,
                claim: Claim::Room(room),
            }),
        }
    }
    let claimed = at.world.state.claimed_by(Claim::Room(room));
    if !events.is_empty() && claimed + events.len() > limits::NAMES_PER_ROOM {
        return Err(Refusal::TooMany {
            what: "names of a room, those that were given up included",
            limit: limits::NAMES_PER_ROOM,
        });
    }
    events.push(Event::Setting {
        room,
        sender: at.actor.user,
        setting: RoomSetting::Names { names, reason },
    });
    Ok(Decision::events(events))
}
