//! Guests who are gone. Each stays a member of his rooms for a while: whoever comes back under the same nick from the same place within it was
//! never away, and whoever takes the nick from elsewhere drives him out.

use std::sync::Arc;

use super::{Change, Deciding, session};
use crate::command::TimedCommand;
use crate::event::{Event, UserChange};
use crate::ids::{RoomId, UserId};
use crate::name::{AccountName, NameKey};
use crate::state::World;

/// What a guest's end leaves to do, if he is in a room.
pub(super) fn gone(
    at: Deciding<'_>,
    user: UserId,
    (reason, absence): (Arc<str>, u64),
) -> Option<Change> {
    at.world
        .state
        .user(user)
        .filter(|user| !user.rooms.is_empty())?;
    let due = at.context.now.plus(absence);
    Some(Change::Event(Event::Timer {
        id: at.world.state.next_timer,
        timer: Some((due, TimedCommand::GuestGone { user, reason })),
    }))
}

/// The guest who comes back: who he is, how he is called now, and what that changes.
pub(super) fn returning(
    world: &World,
    name: &AccountName,
    host: &str,
) -> Option<(UserId, AccountName, Vec<Change>)> {
    let (id, (_, timer)) = *world.state.absent.get(&NameKey::account(name.nick()))?;
    let guest = world.state.user(id)?;
    let same_nick = guest.name.nick().eq_ignore_ascii_case(name.nick());
    if !same_nick || guest.host.as_deref() != Some(host) {
        return None;
    }
    let mut changes = vec![done(timer)];
    let renamed = guest.name.renamed(name.nick()).ok()?;
    if renamed != guest.name {
        changes.push(Change::Event(Event::User {
            user: id,
            change: UserChange::Renamed(renamed.clone()),
        }));
    }
    Some((id, renamed, changes))
}

/// The leaves of a guest who is gone and whose nick, or one that looks like it, is somebody else's from now on.
pub(super) fn driven_out(at: Deciding<'_>, nick: &NameKey) -> Vec<Change> {
    let Some((guest, (_, timer))) = at.world.state.absent.get(nick) else {
        return Vec::new();
    };
    let mut changes = session::leaves(at, *guest, &"Connection lost".into());
    changes.push(done(*timer));
    changes
}

/// Whether a nick is that of a guest who may come back.
pub(super) fn holds(world: &World, nick: &str) -> bool {
    world.state.absent.contains_key(&NameKey::account(nick))
}

/// The rooms of guests who may come back, and whose nicks a name would take.
pub(super) fn rooms_needed(world: &World, nick: &str) -> Vec<RoomId> {
    if world.state.absent.is_empty() {
        return Vec::new();
    }
    let keys = NameKey::of_account(nick).into_iter();
    let guests = keys.filter_map(|key| world.state.absent.get(&key));
    let guests = guests.filter_map(|(guest, _)| world.state.user(*guest));
    guests
        .flat_map(|guest| guest.rooms.iter().map(|entry| entry.room))
        .collect()
}

fn done(timer: u64) -> Change {
    Change::Event(Event::Timer {
        id: timer,
        timer: None,
    })
}
