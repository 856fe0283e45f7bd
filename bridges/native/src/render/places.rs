//! Where recent events are: a read mark names a place in a room, and the event's id follows from its position. What is not remembered any
//! more is not known here; nothing depends on it but a signal.

use std::sync::{Mutex, PoisonError};

use polylogue_core::{Position, RoomId, RoomSequence};

/// Places remembered, over all rooms.
const REMEMBERED: usize = 16_384;

/// A table of recent places, each in the one slot that it may have.
#[derive(Debug)]
pub(crate) struct Places(Mutex<Box<[Place]>>);

type Place = (RoomId, RoomSequence, Position);

impl Default for Places {
    fn default() -> Self {
        Self(Mutex::new(vec![Place::default(); REMEMBERED].into()))
    }
}

impl Places {
    /// Remembers where an event is.
    pub(crate) fn note(&self, room: RoomId, sequence: RoomSequence, position: Position) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get_mut(slot(room, sequence)) {
            *place = (room, sequence, position);
        }
    }

    /// Where an event is, if that is remembered.
    pub(crate) fn position(&self, room: RoomId, sequence: RoomSequence) -> Option<Position> {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, at, position) = places.get(slot(room, sequence))?;
        ((*known, *at) == (room, sequence)).then_some(*position)
    }
}

/// Neighbours in a room are neighbours in the table; rooms are spread over it.
fn slot(room: RoomId, sequence: RoomSequence) -> usize {
    let spread = u64::from(room.0).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    usize::try_from(spread.wrapping_add(sequence.0)).unwrap_or(0) % REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_found_until_its_slot_is_needed() {
        let places = Places::default();
        places.note(RoomId(1), RoomSequence(5), Position(50));
        places.note(RoomId(2), RoomSequence(5), Position(60));
        assert_eq!(
            places.position(RoomId(1), RoomSequence(5)),
            Some(Position(50))
        );
        assert_eq!(
            places.position(RoomId(2), RoomSequence(5)),
            Some(Position(60))
        );
        assert_eq!(places.position(RoomId(1), RoomSequence(6)), None);
        let later = RoomSequence(5 + u64::try_from(REMEMBERED).unwrap());
        places.note(RoomId(1), later, Position(70));
        assert_eq!(places.position(RoomId(1), RoomSequence(5)), None);
        assert_eq!(places.position(RoomId(1), later), Some(Position(70)));
    }
}
