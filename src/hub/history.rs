//! Reading timelines through the one gate: only what the viewer may see comes out, and a page never ends early because some of it was hidden.

use std::sync::Arc;

use polylogue_core::room::Room;
use polylogue_core::visibility::Gate;
use polylogue_core::{EventId, Position, Refusal, RoomId, RoomSequence, UserId};
use polylogue_store::{Direction, Reader, StoreError, StoredEvent};

use crate::open::Hub;

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
    pub async fn event(&self, viewer: UserId, room: RoomId, id: &EventId) -> Result<VisibleEvent, Refusal> {
        let position = self.event_position(id).ok_or(Refusal::NoSuchEvent)?;
        let found = self
            .readers
            .run(move |reader| {
                let Some(event) = reader.event_at(room, position)? else { return Ok(None) };
                Ok(reader.gate(room, viewer)?.visible(event.sequence).then_some(event))
            })
            .await?;
        found.ok_or(Refusal::NoSuchEvent)
    }

    /// The event at a place of a room, if `viewer` may see it.
    ///
    /// # Errors
    /// [`Refusal::NoSuchEvent`], or [`Refusal::Unavailable`].
    pub async fn event_in(&self, viewer: UserId, room: RoomId, sequence: RoomSequence) -> Result<VisibleEvent, Refusal> {
        let found = self
            .readers
            .run(move |reader| {
                let Some(event) = reader.event(room, sequence)? else { return Ok(None) };
                Ok(reader.gate(room, viewer)?.visible(event.sequence).then_some(event))
            })
            .await?;
        found.ok_or(Refusal::NoSuchEvent)
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
        self.readers
            .run(move |reader| {
                let mut all = Vec::new();
                for room in rooms {
                    let gate = reader.gate(room, viewer)?;
                    let found = reader.after(room, after, limit + 1)?;
                    let fresh = found.into_iter().filter(|event| event.position <= up_to && gate.visible(event.sequence));
                    all.extend(fresh.map(|event| (room, event)));
                }
                all.sort_unstable_by_key(|(_, event)| event.position);
                // Each room gave its first `limit` + 1: the first `limit` of all of them together are complete.
                let complete = if all.len() > limit {
                    all.truncate(limit);
                    all.last().map_or(up_to, |(_, event)| event.position)
                } else {
                    up_to
                };
                Ok((all, complete))
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
        self.readers.run(move |reader| reader.room(room)).await?.ok_or(Refusal::NoSuchRoom)
    }

    /// The rooms that the directory lists.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn listed_rooms(&self) -> Result<Vec<Room>, Refusal> {
        let world: Arc<_> = self.world();
        self.readers
            .run(move |reader| {
                let mut rooms = Vec::new();
                for id in reader.listed_rooms()? {
                    match world.state.room(id) {
                        Some(room) if !room.state.listed => {}
                        Some(room) => rooms.push(room.clone()),
                        None => rooms.extend(reader.room(id)?),
                    }
                }
                Ok(rooms)
            })
            .await
    }

    /// The last committed event of a room: rows beyond it may be in the store but are not published yet.
    fn end_of(&self, room: RoomId) -> RoomSequence {
        self.world().state.room(room).map_or(RoomSequence(u64::MAX), |room| room.sequence)
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
    while looked < LOOK {
        let rows = reader.page((room, at), (direction, CHUNK))?;
        let exhausted = rows.len() < CHUNK;
        for event in rows {
            looked += 1;
            if direction == Direction::Forward && event.sequence > end {
                return Ok(Page { events, next: None });
            }
            at = event.sequence;
            if gate.visible(event.sequence) {
                events.push(event);
                if events.len() == limit {
                    return Ok(Page { events, next: Some(at) });
                }
            }
        }
        if exhausted {
            return Ok(Page { events, next: None });
        }
    }
    Ok(Page { events, next: Some(at) })
}
