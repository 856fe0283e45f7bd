//! What timers do when they are due. Each checks again: the world may have moved on.

use super::{Change, Deciding, Decision, Outcome, server_ban, session};
use crate::command::{Scope, TimedCommand};
use crate::event::{Event, RoomSetting};
use crate::ids::{RoomId, UserId};
use crate::refusal::Refusal;
use crate::state::World;

/// Runs a timer's command and marks the timer done.
pub(super) fn run(at: Deciding<'_>, id: u64, command: TimedCommand) -> Result<Decision, Refusal> {
    if at.actor.scope != Scope::Server {
        return Err(Refusal::Forbidden);
    }
    let mut changes = match command {
        TimedCommand::ExpireMask { room, list, mask } => {
            let over = at.world.state.room(room).is_some_and(|known| {
                let found = known
                    .state
                    .masks
                    .iter()
                    .find(|entry| entry.list == list && entry.mask == mask);
                found.is_some_and(|entry| entry.until.is_some_and(|until| until <= at.context.now))
            });
            let setting = RoomSetting::MaskRemoved { list, mask };
            over.then_some(Change::Event(Event::Setting {
                room,
                sender: UserId::SERVER,
                setting,
            }))
            .into_iter()
            .collect()
        }
        TimedCommand::ExpireServerBan { target } => {
            let ban = at.world.state.server_bans.get(&target);
            let over = ban.is_some_and(|ban| !ban.holds(at.context.now));
            let lifted = Change::Event(server_ban::lifted(target));
            over.then_some(lifted).into_iter().collect()
        }
        // It counted for as long as its timer was there.
        TimedCommand::StrangerCounts { .. } => Vec::new(),
        // He may have come back, and be gone once more, while this waited for a room that was being read.
        TimedCommand::GuestGone { user, reason } => {
            let mut absent = at.world.state.absent.values();
            let is_due = absent.any(|(known, (_, timer))| (*known, *timer) == (user, id));
            if at.world.is_gone(user) && is_due {
                session::leaves(at, user, &reason)
            } else {
                Vec::new()
            }
        }
    };
    changes.push(Change::Event(Event::Timer { id, timer: None }));
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// The rooms that a timer's command will write to.
pub(super) fn rooms_needed(world: &World, command: &TimedCommand) -> Vec<RoomId> {
    match command {
        TimedCommand::ExpireMask { room, .. } => vec![*room],
        TimedCommand::StrangerCounts { .. } | TimedCommand::ExpireServerBan { .. } => Vec::new(),
        TimedCommand::GuestGone { user, .. } => {
            world.state.user(*user).map_or_else(Vec::new, |user| {
                user.rooms.iter().map(|entry| entry.room).collect()
            })
        }
    }
}
