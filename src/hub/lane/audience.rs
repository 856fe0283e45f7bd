//! Which of a lane's sessions are in which room. This is not membership: it holds attached sessions only.

use std::collections::HashMap;

use polylogue_core::RoomId;

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
