//! How often people are told the same: at most once per room and dialect in ten minutes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use polylogue_core::{RoomId, Timestamp};

/// Milliseconds between two notices of the same room.
const EVERY: u64 = 10 * 60 * 1000;
/// Rooms remembered before old ones are forgotten.
const ROOMS: usize = 1024;

/// When which room was last told.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<HashMap<(RoomId, u64), Timestamp>>);

impl Notices {
    /// Whether it is time again, for a room in a dialect; if so, it is told now.
    pub(crate) fn may_tell(&self, place: (RoomId, u64), now: Timestamp) -> bool {
        // A lost entry means one notice too many.
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told
            .get(&place)
            .is_some_and(|last| now.0 < last.0.saturating_add(EVERY))
        {
            return false;
        }
        if told.len() >= ROOMS {
            told.retain(|_, last| now.0 < last.0.saturating_add(EVERY));
        }
        told.insert(place, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_in_ten_minutes() {
        let notices = Notices::default();
        let (garden, shed) = ((RoomId(1), 0), (RoomId(2), 0));
        assert!(notices.may_tell(garden, Timestamp(1_000)));
        assert!(!notices.may_tell(garden, Timestamp(1_000 + EVERY - 1)));
        assert!(notices.may_tell(shed, Timestamp(2_000)), "another room");
        assert!(notices.may_tell(garden, Timestamp(1_000 + EVERY)));
    }
}
