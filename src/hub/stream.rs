//! Reading the log over several rooms, in order of position: what delivery tells those who are here, for those who were not. Every event
//! passes the gate.

use polylogue_core::visibility::{Gate, SpanKind};
use polylogue_core::{Position, Refusal, RoomChange, RoomId, UserId};
use polylogue_store::{Reader, StoreError, StoredEvent};

use crate::history::VisibleEvent;
use crate::open::Hub;

/// Rows of one room that are read at once, at least.
const FEWEST: usize = 32;

/// Events in order of position, each with its room, and the position up to which they are complete.
pub(crate) type Stretch = (Vec<(RoomId, VisibleEvent)>, Position);

/// Which part of the log, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) viewer: UserId,
    pub(crate) after: Position,
    pub(crate) up_to: Position,
    pub(crate) limit: usize,
}

impl Hub {
    /// What a session of `viewer` would have been told of timelines after a position, up to and including another, in order of position: what
    /// he may see of the rooms that he was in, or the conversations that he was asked into, then or later, and every change of his own standing. At most `limit` events, and the position
    /// up to which they are complete.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn told(
        &self,
        viewer: UserId,
        (after, up_to): (Position, Position),
        limit: usize,
    ) -> Result<(Vec<(RoomId, VisibleEvent)>, Position), Refusal> {
        let world = self.world();
        let bounds = Bounds {
            viewer,
            after,
            up_to,
            limit,
        };
        self.readers
            .run(move |reader| {
                let mut rooms = reader.rooms_of(viewer)?;
                rooms.retain(|room| {
                    world
                        .state
                        .room(*room)
                        .is_none_or(|room| room.position > after)
                });
                merged(reader, &rooms, bounds, |gate, event| {
                    was_told(gate, viewer, event)
                })
            })
            .await
    }
}

/// Events of rooms, as far as `keep` lets them through.
pub(crate) fn merged(
    reader: &Reader,
    rooms: &[RoomId],
    bounds: Bounds,
    keep: impl Fn(&Gate, &StoredEvent) -> bool,
) -> Result<Stretch, StoreError> {
    let Bounds {
        viewer,
        after,
        up_to,
        limit,
    } = bounds;
    let chunk = (limit / rooms.len().max(1)).max(FEWEST);
    let mut complete = up_to;
    let mut all = Vec::new();
    for room in rooms {
        let found = reader.after(*room, after, chunk)?;
        let Some(last) = found.last() else { continue };
        // A room that gave as many rows as were asked for may have more.
        if found.len() == chunk {
            complete = complete.min(last.position);
        }
        let gate = reader.gate(*room, viewer)?;
        all.extend(
            found
                .into_iter()
                .filter(|event| keep(&gate, event))
                .map(|event| (*room, event)),
        );
    }
    all.retain(|(_, event)| event.position <= complete);
    all.sort_unstable_by_key(|(_, event)| event.position);
    if all.len() > limit {
        all.truncate(limit);
        complete = all.last().map_or(complete, |(_, event)| event.position);
    }
    Ok((all, complete))
}

/// Whether delivery tells a user of an event, or would have told him later: nothing of a room that he has left for good, even if anyone may
/// read it.
fn was_told(gate: &Gate, viewer: UserId, event: &StoredEvent) -> bool {
    let own = match &event.change {
        RoomChange::Member(change) => change.user == viewer,
        RoomChange::Created(_)
        | RoomChange::Message(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redaction { .. }
        | RoomChange::Redacted(_) => false,
    };
    let mut told = gate.spans.iter().filter(|span| match span.kind {
        SpanKind::Joined | SpanKind::Addressed => true,
        SpanKind::Invited => false,
    });
    own || (told.any(|span| span.to.is_none_or(|to| event.sequence <= to))
        && gate.visible(event.sequence))
}
