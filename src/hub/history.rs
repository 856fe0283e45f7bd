//! Reading timelines through the one gate: only what the viewer may see comes out, and a page never ends early because some of it was hidden.

use polylogue_core::room::Room;
use polylogue_core::visibility::Gate;
use polylogue_core::{EventId, Position, Refusal, RoomId, RoomSequence, Timestamp, UserId};
use polylogue_store::{Direction, Reader, StoreError, StoredEvent};

use crate::open::Hub;
use crate::stream::{Bounds, merged};

/// Rows read at once while a page is filled.
const CHUNK: usize = 128;
/// Rows looked at for one page before it is handed out as it is, with a place to go on from.
const LOOK: usize = 4096;

/// An event that the viewer may see.
pub type VisibleEvent = StoredEvent;

/// A page of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The events, in the order of the direction asked for.
    pub events: Vec<VisibleEvent>,
    /// Where to go on; nothing at the end of what there is.
    pub next: Option<RoomSequence>,
    /// The position of the event at that place.
    pub next_position: Option<Position>,
}

impl Hub {
    /// A page of what `viewer` may see of a room, beyond `from` (exclusive), at most `limit` events.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn history(
        &self,
        viewer: UserId,
        (room, from): (RoomId, RoomSequence),
        (direction, limit): (Direction, usize),
    ) -> Result<Page, Refusal> {
        let end = self.end_of(room);
        self.readers
            .run(move |reader| {
                let gate = reader.gate(room, viewer)?;
                page(reader, &gate, (room, from, end), (direction, limit))
            })
            .await
    }

    /// The event that an id names, if it is of that room and `viewer` may see it. One answer for "no such event", "another room's" and
    /// "hidden".
    ///
    /// # Errors
    /// [`Refusal::NoSuchEvent`], or [`Refusal::Unavailable`].
    pub async fn event(
        &self,
        viewer: UserId,
        room: RoomId,
        id: &EventId,
    ) -> Result<VisibleEvent, Refusal> {
        let position = self.event_position(id).ok_or(Refusal::NoSuchEvent)?;
        let found = self
            .readers
            .run(move |reader| {
                let Some(event) = reader.event_at(room, position)? else {
                    return Ok(None);
                };
                Ok(reader
                    .gate(room, viewer)?
                    .visible(event.sequence)
                    .then_some(event))
            })
            .await?;
        found.ok_or(Refusal::NoSuchEvent)
    }

    /// The event at a place of a room, if `viewer` may see it.
    ///
    /// # Errors
    /// [`Refusal::NoSuchEvent`], or [`Refusal::Unavailable`].
    pub async fn event_in(
        &self,
        viewer: UserId,
        room: RoomId,
        sequence: RoomSequence,
    ) -> Result<VisibleEvent, Refusal> {
        let found = self
            .readers
            .run(move |reader| {
                let Some(event) = reader.event(room, sequence)? else {
                    return Ok(None);
                };
                Ok(reader
                    .gate(room, viewer)?
                    .visible(event.sequence)
                    .then_some(event))
            })
            .await?;
        found.ok_or(Refusal::NoSuchEvent)
    }

    /// Events of a room by their places, for showing the state in force. They do not pass the gate: the asker must be one who may read the
    /// room's state.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn state_events(
        &self,
        room: RoomId,
        places: Vec<RoomSequence>,
    ) -> Result<Vec<StoredEvent>, Refusal> {
        self.readers
            .run(move |reader| reader.events(room, &places))
            .await
    }

    /// The last place of a room at or before a position: where a cursor stands in that room. 0 is before its first event.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn sequence_at(
        &self,
        room: RoomId,
        position: Position,
    ) -> Result<RoomSequence, Refusal> {
        self.readers
            .run(move |reader| reader.sequence_at(room, position))
            .await
    }

    /// What `viewer` may see of several rooms after a position, up to and including another, in order of position; at most `limit` events,
    /// and then the position up to which they are complete.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn since(
        &self,
        viewer: UserId,
        rooms: Vec<RoomId>,
        (after, up_to): (Position, Position),
        limit: usize,
    ) -> Result<(Vec<(RoomId, VisibleEvent)>, Position), Refusal> {
        let bounds = Bounds {
            viewer,
            after,
            up_to,
            limit,
        };
        self.readers
            .run(move |reader| {
                merged(reader, &rooms, bounds, |gate, event| {
                    gate.visible(event.sequence)
                })
            })
            .await
    }

    /// A room, hot or cold, as it is in the committed view or in the store.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRoom`], or [`Refusal::Unavailable`].
    pub async fn room(&self, room: RoomId) -> Result<Room, Refusal> {
        if let Some(room) = self.world().state.room(room) {
            return Ok(room.clone());
        }
        self.readers
            .run(move |reader| reader.room(room))
            .await?
            .ok_or(Refusal::NoSuchRoom)
    }

    /// The last place of a room at or before a time; times never go back within a room.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn sequence_at_time(
        &self,
        room: RoomId,
        at: Timestamp,
    ) -> Result<RoomSequence, Refusal> {
        self.readers
            .run(move |reader| reader.sequence_at_time(room, at))
            .await
    }

    /// The last committed event of a room: rows beyond it may be in the store but are not published yet.
    fn end_of(&self, room: RoomId) -> RoomSequence {
        self.world()
            .state
            .room(room)
            .map_or(RoomSequence(u64::MAX), |room| room.sequence)
    }
}

fn page(
    reader: &Reader,
    gate: &Gate,
    (room, from, end): (RoomId, RoomSequence, RoomSequence),
    (direction, limit): (Direction, usize),
) -> Result<Page, StoreError> {
    let mut events = Vec::new();
    let mut at = match direction {
        Direction::Backward => from.min(end.next()),
        Direction::Forward => from,
    };
    let mut looked = 0;
    let mut position = None;
    while looked < LOOK {
        let rows = reader.page((room, at), (direction, CHUNK))?;
        let exhausted = rows.len() < CHUNK;
        for event in rows {
            looked += 1;
            if direction == Direction::Forward && event.sequence > end {
                return Ok(Page {
                    events,
                    next: None,
                    next_position: None,
                });
            }
            (at, position) = (event.sequence, Some(event.position));
            if gate.visible(event.sequence) {
                events.push(event);
                if events.len() == limit {
                    return Ok(Page {
                        events,
                        next: Some(at),
                        next_position: position,
                    });
                }
            }
        }
        if exhausted {
            return Ok(Page {
                events,
                next: None,
                next_position: None,
            });
        }
    }
    Ok(Page {
        events,
        next: Some(at),
        next_position: position,
    })
}
