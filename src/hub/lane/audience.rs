//! Which of a lane's sessions are in which room. This is not membership: it holds attached sessions only.

use std::collections::HashMap;

use polylogue_core::event::RoomSetting;
use polylogue_core::room::{Membership, RoomKind};
use polylogue_core::user::User;
use polylogue_core::{Event, Position, RoomId};

use super::{Change, Delivery};

/// Sessions by room, as indices into the lane's slots.
#[derive(Debug, Default)]
pub(super) struct Audiences {
    rooms: HashMap<RoomId, Vec<usize>>,
    mark: u64,
}

impl Audiences {
    /// The sessions in a room.
    pub(super) fn of(&self, room: RoomId) -> &[usize] {
        self.rooms.get(&room).map_or(&[], Vec::as_slice)
    }

    /// Adds a session that is not in it yet.
    pub(super) fn add(&mut self, room: RoomId, session: usize) {
        self.rooms.entry(room).or_default().push(session);
    }

    pub(super) fn remove(&mut self, room: RoomId, session: usize) {
        if let Some(all) = self.rooms.get_mut(&room) {
            all.retain(|known| *known != session);
            if all.is_empty() {
                self.rooms.remove(&room);
            }
        }
    }

    /// A number not used before, to mark sessions that were collected already.
    pub(super) fn next_mark(&mut self) -> u64 {
        self.mark += 1;
        self.mark
    }
}

/// What a room was for when an event of a batch happened: a conversation of two may have been opened in the same batch.
pub(super) fn kind_at(delivery: &Delivery, room: RoomId, position: Position) -> Option<RoomKind> {
    let state = &delivery.world.state.room(room)?.state;
    let opens_later = |change: &Change| match change {
        Change::Event(record, _) => {
            let opens = matches!(
                &record.entry.event,
                Event::Setting { room: opened, setting: RoomSetting::Opened, .. } if *opened == room
            );
            opens && record.entry.position > position
        }
        Change::Signal(..) => false,
    };
    let before = state.kind != state.creation.kind && delivery.changes.iter().any(opens_later);
    Some(if before {
        state.creation.kind
    } else {
        state.kind
    })
}

/// The rooms of which what is said reached a user before a batch, by his standings then.
pub(super) fn rooms_before(delivery: &Delivery, user: &User) -> Vec<RoomId> {
    let reached = user.rooms.iter().filter(|entry| {
        kind_at(delivery, entry.room, Position(0))
            .map_or(entry.membership == Membership::Join, |kind| {
                kind.reaches(user.id, entry.membership)
            })
    });
    reached.map(|entry| entry.room).collect()
}
