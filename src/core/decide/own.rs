//! Owning a room: its owners are the accounts of the highest level. One that has lost them gets another, and whoever may let others in is never
//! shut out himself.

use super::{Change, Deciding, Decision, Outcome, join, power};
use crate::event::{Event, RoomChange};
use crate::facets;
use crate::ids::{RoomId, UserId};
use crate::limits;
use crate::mask::Identity;
use crate::power::Prefix;
use crate::refusal::Refusal;
use crate::room::{Membership, RoomKind, RoomState};
use crate::state::World;

/// Makes the actor the owner of a room that nobody owns: its successor, or without one whoever is in it with an operator's level and nobody above
/// him, or who is in it alone.
pub(super) fn take(at: Deciding<'_>, id: RoomId) -> Result<Decision, Refusal> {
    let user = at.account()?.id;
    let room = &at.room(id)?.state;
    if room.creation.kind != RoomKind::Group {
        return Err(Refusal::Forbidden);
    }
    if !room.is_joined(user) {
        return Err(Refusal::NotJoined);
    }
    let owner = Prefix::Founder.level();
    if room.level(user) >= owner {
        return Ok(Decision::nothing(Outcome::Done));
    }
    if owners(at.world, room).next().is_some() {
        return Err(Refusal::Owned);
    }
    match facets::successor(room).and_then(|id| account_of(at.world, &id)) {
        Some(successor) if successor == user => {}
        Some(_) => return Err(Refusal::Forbidden),
        None => highest(at.world, room, user)?,
    }
    let mut levels = (*room.power).clone();
    levels.set(user, owner);
    let change = power::unchecked(room, levels);
    Ok(Decision {
        changes: vec![by_server(id, RoomChange::Power(change))],
        outcome: Outcome::Done,
    })
}

fn highest(world: &World, room: &RoomState, user: UserId) -> Result<(), Refusal> {
    let have = room.level(user);
    let is_out = |user| world.state.user(user).is_some_and(|user| user.disabled);
    let others = || {
        let members = room.joined_members().map(|(user, _)| user);
        members.filter(|other| *other != user && !is_out(*other))
    };
    if others().next().is_none() {
        return Ok(());
    }
    let needed = others().map(|other| room.level(other)).max().unwrap_or(0);
    let needed = needed.max(Prefix::Operator.level());
    if have < needed {
        return Err(Refusal::LevelTooLow { needed, have });
    }
    Ok(())
}

/// The accounts that own a room and can be used.
pub fn owners<'a>(world: &'a World, room: &'a RoomState) -> impl Iterator<Item = UserId> + 'a {
    let creator = (room.creation.version >= 12).then_some(room.creation.creator);
    let by_level = room.power.users.iter();
    let by_level = by_level.filter(|(_, level)| **level >= Prefix::Founder.level());
    by_level
        .map(|(user, _)| *user)
        .chain(creator)
        .filter(|user| world.is_account(*user))
        .filter(|user| world.state.user(*user).is_some_and(|user| !user.disabled))
}

/// The account of a Matrix user id of this server.
fn account_of(world: &World, id: &str) -> Option<UserId> {
    let (localpart, server) = id.strip_prefix('@')?.split_once(':')?;
    world
        .user_named(localpart)
        .filter(|user| *server == *world.state.server_name && world.is_account(*user))
}

/// Lifts the actor's own ban and invites him, if he has the level to do both for others.
pub(super) fn let_in(at: Deciding<'_>, id: RoomId) -> Result<Decision, Refusal> {
    let user = at.account()?.id;
    let room = &at.room(id)?.state;
    if room.is_joined(user) {
        return Err(Refusal::AlreadyJoined(user));
    }
    let (have, banned) = (
        room.level(user),
        room.membership(user) == Some(Membership::Ban),
    );
    let needed = Prefix::Operator.level().max(room.power.invite);
    let needed = if banned {
        needed.max(room.power.ban)
    } else {
        needed
    };
    if have < needed {
        return Err(Refusal::LevelTooLow { needed, have });
    }
    let mut changes = Vec::new();
    let by = |membership| {
        let change = at.member_change(id, (user, membership), None);
        by_server(id, RoomChange::Member(change))
    };
    if banned {
        changes.push(by(Membership::Leave));
    }
    if room.membership(user) != Some(Membership::Invite) {
        changes.push(by(Membership::Invite));
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Room(id),
    })
}

/// What a guest was in a room, the account that he logs in to is from now on. He himself is gone.
pub(super) fn handed_over(world: &World, guest: UserId, account: UserId) -> Vec<Change> {
    let rooms = world.state.user(guest).into_iter();
    let rooms = rooms.flat_map(|guest| guest.joined());
    rooms
        .filter_map(|id| {
            let room = &world.state.room(id)?.state;
            let level = room.power.of(guest);
            let mut levels = (*room.power).clone();
            if level <= levels.of(account) {
                return None;
            }
            levels.set(account, level);
            levels.set(guest, levels.users_default);
            let mut change = power::unchecked(room, levels);
            // An account that comes in with it shows it there.
            let is_there = room.is_joined(account);
            change
                .shown
                .retain(|(user, ..)| *user == account && is_there);
            Some(by_server(id, RoomChange::Power(change)))
        })
        .collect()
}

/// Where a guest was, the account that he logs in to is from now on, unless it is shut out there as it is seen then. The door is behind him already: whether it
/// is closed, locked or full has no part in it.
pub(super) fn moved(
    at: Deciding<'_>,
    guest: UserId,
    (account, seen): (UserId, &Identity),
) -> Vec<Change> {
    let world = at.world;
    let own = world.state.user(account);
    let own = own.map_or(0, |account| account.joined().count());
    let rooms = world.state.user(guest).into_iter();
    rooms
        .flat_map(|guest| guest.joined())
        .filter(|id| {
            world.state.room(*id).is_some_and(|room| {
                let is_group = room.state.kind == RoomKind::Group;
                let is_new = !matches!(
                    room.state.membership(account),
                    Some(Membership::Join | Membership::Ban)
                );
                is_group && is_new && !join::is_kept_out(at, &room.state, seen)
            })
        })
        .take(limits::ROOMS_PER_USER.saturating_sub(own))
        .map(|id| {
            Change::Event(Event::Room {
                room: id,
                sender: account,
                change: RoomChange::Member(at.member_change(id, (account, Membership::Join), None)),
            })
        })
        .collect()
}

fn by_server(room: RoomId, change: RoomChange) -> Change {
    Change::Event(Event::Room {
        room,
        sender: UserId::SERVER,
        change,
    })
}
