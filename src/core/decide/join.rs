//! The door: who may come in, and who may ask.

use std::sync::Arc;

use super::create_room::{self, reason};
use super::{Deciding, Decision, Outcome, direct};
use crate::command::{MissingRoom, RoomRef};
use crate::event::RoomChange;
use crate::ids::RoomId;
use crate::limits;
use crate::mask::Identity;
use crate::refusal::Refusal;
use crate::room::{JoinRule, MaskList, Membership, RoomState};

/// What somebody brings to the door.
pub(super) struct Door {
    pub(super) key: Option<Arc<str>>,
    pub(super) missing: MissingRoom,
    pub(super) reason: Option<Arc<str>>,
}

/// Goes into a room. Being in already is no error.
pub(super) fn join(at: Deciding<'_>, room: RoomRef, door: Door) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    if at
        .world
        .state
        .user(user)
        .is_some_and(|user| user.joined().count() >= limits::ROOMS_PER_USER)
    {
        return Err(Refusal::TooMany {
            what: "rooms",
            limit: limits::ROOMS_PER_USER,
        });
    }
    let id = match (&room, door.missing) {
        (RoomRef::Id(id), _) => *id,
        (RoomRef::Name(name), missing) => match (at.world.state.room_named(&name.claim()), missing)
        {
            (Some(id), _) => id,
            (None, MissingRoom::Refuse) => return Err(Refusal::NoSuchRoom),
            (None, MissingRoom::Create) if at.world.state.names.contains_key(&name.claim()) => {
                return Err(Refusal::NameTaken);
            }
            (None, MissingRoom::Create) => return create_room::by_joining(at, name),
        },
    };
    let state = behind_the_door(at, id)?;
    match state.membership(user) {
        Some(Membership::Join) => return Ok(Decision::nothing(Outcome::Room(id))),
        Some(Membership::Ban) => return Err(Refusal::Banned),
        Some(Membership::Invite | Membership::Knock | Membership::Leave) | None => {}
    }
    check_door(at, (&room, state), door.key.as_deref())?;
    let change = at.member_change(id, (user, Membership::Join), reason(door.reason)?);
    let mut changes = at.rows_for(user);
    changes.extend(direct::opened(at, state, user));
    changes.push(at.event(id, RoomChange::Member(change)));
    Ok(Decision {
        changes,
        outcome: Outcome::Room(id),
    })
}

/// Asks to be let in.
pub(super) fn knock(
    at: Deciding<'_>,
    room: RoomRef,
    why: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let user = at.actor.user;
    let id = match &room {
        RoomRef::Id(id) => *id,
        RoomRef::Name(name) => at
            .world
            .state
            .room_named(&name.claim())
            .ok_or(Refusal::NoSuchRoom)?,
    };
    let state = behind_the_door(at, id)?;
    match state.membership(user) {
        Some(Membership::Join | Membership::Invite) => return Err(Refusal::AlreadyJoined(user)),
        Some(Membership::Ban) => return Err(Refusal::Banned),
        Some(Membership::Knock) => return Ok(Decision::nothing(Outcome::Room(id))),
        Some(Membership::Leave) | None => {}
    }
    if matches!(room, RoomRef::Name(_)) && !state.is_known_to(user) {
        return Err(Refusal::NoSuchRoom);
    }
    if masked_out(at, state) {
        return Err(Refusal::Banned);
    }
    if !state.guests_may_join && !at.world.is_account(user) {
        return Err(Refusal::AccountRequired);
    }
    match state.join_rule {
        JoinRule::Knock => {}
        // Whoever may come in need not ask.
        JoinRule::Public => return Err(Refusal::Forbidden),
        JoinRule::Invite | JoinRule::Restricted => {
            // Nobody guesses an id: who has it knows of the room.
            return Err(Refusal::Forbidden);
        }
    }
    // Where a key is set, what was written could be the key: it is discarded.
    let why = if state.key.is_some() {
        None
    } else {
        reason(why)?
    };
    let change = at.member_change(id, (user, Membership::Knock), why);
    let mut decision = at.one(id, RoomChange::Member(change));
    decision.outcome = Outcome::Room(id);
    Ok(decision)
}

/// Ban, then limit, then key, then invitation. An invitation opens all but a membership ban.
fn check_door(
    at: Deciding<'_>,
    (named, room): (&RoomRef, &RoomState),
    key: Option<&str>,
) -> Result<(), Refusal> {
    let user = at.actor.user;
    if room.membership(user) == Some(Membership::Invite) {
        return Ok(());
    }
    let identity = Identity::of(at.world, user);
    let listed = room
        .masks_of(MaskList::Invitation, at.context.now)
        .any(|mask| identity.matches(&mask.mask));
    // Nobody guesses an id: who has it knows of the room.
    let by_name = matches!(named, RoomRef::Name(_));
    if !listed && by_name && !room.is_known_to(user) {
        return Err(Refusal::NoSuchRoom);
    }
    if masked_out(at, room) {
        return Err(Refusal::Banned);
    }
    if !room.guests_may_join && !at.world.is_account(user) {
        return Err(Refusal::AccountRequired);
    }
    if !listed {
        match room.join_rule {
            JoinRule::Public => {}
            JoinRule::Invite | JoinRule::Knock | JoinRule::Restricted => {
                return Err(Refusal::InviteOnly);
            }
        }
    }
    if room
        .modes
        .limit
        .is_some_and(|limit| room.joined >= usize::try_from(limit).unwrap_or(usize::MAX))
    {
        return Err(Refusal::RoomFull);
    }
    match &room.key {
        Some(wanted) if key != Some(&**wanted) => Err(Refusal::WrongKey),
        Some(_) | None => Ok(()),
    }
}

/// A room that somebody stands before: whether he may know of it is decided at the door.
fn behind_the_door(at: Deciding<'_>, id: RoomId) -> Result<&RoomState, Refusal> {
    let room = at.world.state.room(id).ok_or(Refusal::NoSuchRoom)?;
    Ok(&room.state)
}

fn masked_out(at: Deciding<'_>, room: &RoomState) -> bool {
    if room.masks.is_empty() {
        return false;
    }
    is_kept_out(at, room, &Identity::of(at.world, at.actor.user))
}

/// Whether a ban means somebody, and no exception.
pub(super) fn is_kept_out(at: Deciding<'_>, room: &RoomState, identity: &Identity) -> bool {
    let hit = |list| {
        room.masks_of(list, at.context.now)
            .any(|mask| identity.matches(&mask.mask))
    };
    hit(MaskList::Ban) && !hit(MaskList::Exception)
}
