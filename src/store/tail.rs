//! The part of the event index that is not in its table yet: kept in memory by the writer, asked by readers, rebuilt from the log at start.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use polylogue_core::{Position, RoomId, RoomSequence};

/// How many events the index table may be behind. A start reads at most about this many rows again.
pub(crate) const BOUND: usize = 8192;

/// The newest places of every room, in order. Readers lock it for the moment it takes to copy a page of numbers.
#[derive(Debug, Default)]
pub struct Tail {
    rooms: Mutex<BTreeMap<RoomId, Vec<(RoomSequence, Position)>>>,
}

impl Tail {
    /// Adds places that are committed, and drops those that the table has now.
    pub(crate) fn committed(&self, places: &[(RoomId, RoomSequence, Position)], indexed: Indexed) {
        let mut rooms = self.lock();
        match indexed {
            Indexed::All => rooms.clear(),
            Indexed::No => {
                for (room, sequence, position) in places {
                    rooms.entry(*room).or_default().push((*sequence, *position));
                }
            }
        }
    }

    /// The places of a room that are not in the table.
    pub(crate) fn of(&self, room: RoomId) -> Vec<(RoomSequence, Position)> {
        self.lock().get(&room).cloned().unwrap_or_default()
    }

    /// All of it, for the table.
    pub(crate) fn all(&self) -> Vec<(RoomId, RoomSequence, Position)> {
        let rooms = self.lock();
        rooms
            .iter()
            .flat_map(|(room, places)| {
                places
                    .iter()
                    .map(|(sequence, position)| (*room, *sequence, *position))
            })
            .collect()
    }

    // A panic while it was held can only leave a place too few, which the next start puts right.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RoomId, Vec<(RoomSequence, Position)>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a commit wrote the tail into the index table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Indexed {
    /// It did, with its own events.
    All,
    /// It did not.
    No,
}
