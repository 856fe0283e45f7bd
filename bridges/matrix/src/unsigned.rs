//! What an event says to one reader at one moment: its age, the transaction by which his device sent it, and why it has no content any more
//! (`unsigned`, Matrix client-server API "Room event format").

use polylogue_core::event::Redacted;
use polylogue_core::state::World;
use polylogue_core::{EventRef, RoomChange, RoomId};
use polylogue_hub::VisibleEvent;
use serde_json::{Map, Value};

use crate::Matrix;
use crate::access::{Access, now};
use crate::render::client_event;

/// Completes the events of one page of a room's timeline.
pub(crate) fn complete(
    matrix: &Matrix,
    (world, access): (&World, &Access),
    (room, page): (RoomId, &mut [(VisibleEvent, Value)]),
) {
    let now = now();
    for (event, shown) in page {
        let mut unsigned = Map::new();
        unsigned.insert("age".to_owned(), now.0.saturating_sub(event.at.0).into());
        if event.sender == access.user {
            let transaction = matrix.transactions.of(access.device, event.position);
            unsigned.extend(transaction.map(|id| ("transaction_id".to_owned(), Value::from(&*id))));
        }
        if let RoomChange::Redacted(redacted) = &event.change {
            let because = because(matrix, world, (room, event), redacted);
            unsigned.insert("redacted_because".to_owned(), because);
        }
        if let Value::Object(shown) = shown {
            shown.insert("unsigned".to_owned(), Value::Object(unsigned));
        }
    }
}

/// The redaction of an event: clients know a redacted event by it.
fn because(
    matrix: &Matrix,
    world: &World,
    (room, event): (RoomId, &VisibleEvent),
    redacted: &Redacted,
) -> Value {
    let target = EventRef {
        sequence: event.sequence,
        position: event.position,
        author: event.sender,
    };
    let redaction = VisibleEvent {
        position: redacted.by.position,
        sequence: redacted.by.sequence,
        at: redacted.at,
        sender: redacted.by.author,
        notifying: 0,
        change: RoomChange::Redaction {
            target,
            reason: redacted.reason.clone(),
        },
    };
    client_event(matrix, world, (room, &redaction))
}
