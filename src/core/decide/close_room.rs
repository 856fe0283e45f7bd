//! Putting everybody out of a room at once, and closing it for good.

use std::sync::Arc;

use super::create_room::reason;
use super::{Change, Deciding, Decision, Outcome, power, state};
use crate::event::{Event, RoomChange, RoomSetting};
use crate::facets;
use crate::ids::{RoomId, UserId};
use crate::permission::{self, Action};
use crate::power::Prefix;
use crate::refusal::Refusal;
use crate::room::{ChannelModes, JoinRule, MaskList, Membership, RoomKind, RoomState};

/// Puts everybody out whom the actor may put out.
pub(super) fn clear(
    at: Deciding<'_>,
    id: RoomId,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let room = &at.room(id)?.state;
    let actor = at.actor.user;
    // The server stands for nobody in particular.
    if let Err(refusal) = permission::check(room, actor, Action::Kick(UserId::SERVER))
        && refusal != Refusal::TargetLevel
    {
        return Err(refusal);
    }
    let (why, level) = (reason(why)?, room.level(actor));
    let doomed = room.joined_members().map(|(user, _)| user);
    let doomed = doomed.filter(|user| *user != actor && room.level(*user) < level);
    Ok(Decision {
        changes: out(at, id, (doomed, why)),
        outcome: Outcome::Done,
    })
}

/// Closes a room: everybody is put out whatever his level, nobody is invited any more, and nobody has a level by which he could come back.
pub(super) fn close(
    at: Deciding<'_>,
    id: RoomId,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let room = &at.room(id)?.state;
    let actor = at.actor.user;
    if room.creation.kind != RoomKind::Group {
        return Err(Refusal::Forbidden);
    }
    if !room.is_joined(actor) {
        return Err(Refusal::NotJoined);
    }
    let (needed, have) = (Prefix::Founder.level(), room.level(actor));
    if have < needed {
        return Err(Refusal::LevelTooLow { needed, have });
    }
    let why = reason(why)?;
    let mut changes = shut(at, room)?;
    let others = room
        .members
        .iter()
        .filter(|(user, member)| {
            **user != actor
                && match member.membership {
                    Membership::Join | Membership::Invite | Membership::Knock => true,
                    Membership::Leave | Membership::Ban => false,
                }
        })
        .map(|(user, _)| *user);
    changes.extend(out(at, id, (others, why)));
    let mut levels = (*room.power).clone();
    levels.users.clear();
    levels.users_default = levels.users_default.min(0);
    let mut change = power::unchecked(room, levels);
    // The others are gone.
    change.shown.retain(|(user, ..)| *user == actor);
    changes.push(at.event(id, RoomChange::Power(change)));
    changes.extend(out(at, id, ([actor].into_iter(), None)));
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// The door is closed, to those on a list too, and the directory has no entry.
fn shut(at: Deciding<'_>, room: &RoomState) -> Result<Vec<Change>, Refusal> {
    let modes = ChannelModes {
        no_knock: true,
        ..room.modes
    };
    let states = [
        facets::join_rules(JoinRule::Invite),
        facets::channel_modes(modes),
    ];
    let mut changes = Vec::new();
    for change in states {
        let change = state::change(at, room, change)?;
        changes.extend(change.map(|change| at.event(room.id, change)));
    }
    let lifted = room
        .masks
        .iter()
        .filter(|mask| mask.list == MaskList::Invitation)
        .map(|mask| RoomSetting::MaskRemoved {
            list: mask.list,
            mask: mask.mask.clone(),
        });
    let hidden = room.listed.then_some(RoomSetting::Listed(false));
    changes.extend(lifted.chain(hidden).map(|setting| {
        Change::Event(Event::Setting {
            room: room.id,
            sender: at.actor.user,
            setting,
        })
    }));
    Ok(changes)
}

fn out(
    at: Deciding<'_>,
    id: RoomId,
    (users, why): (impl Iterator<Item = UserId>, Option<Arc<str>>),
) -> Vec<Change> {
    let change = |user| at.member_change(id, (user, Membership::Leave), why.clone());
    users
        .map(|user| at.event(id, RoomChange::Member(change(user))))
        .collect()
}
