//! What an event says to one reader at one moment: its age, the transaction by which his device sent it, and why it has no content any more
//! (`unsigned`, Matrix client-server API "Room event format").

use std::collections::BTreeMap;

use polylogue_core::state::World;
use polylogue_core::{Position, RoomChange, RoomId, UserId};
use polylogue_hub::VisibleEvent;
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::access::{Access, now};
use crate::render::client_event;

/// Completes the events of one page of a room's timeline.
pub(crate) fn complete(
    matrix: &Matrix,
    (world, access): (&World, &Access),
    (room, page): (RoomId, &mut [(VisibleEvent, Value)]),
) {
    let redactions = redactions(matrix, world, (room, page));
    let now = now();
    for (event, shown) in page {
        let mut unsigned = Map::new();
        unsigned.insert("age".to_owned(), now.0.saturating_sub(event.at.0).into());
        if event.sender == access.user {
            let transaction = matrix.transactions.of(access.device, event.position);
            unsigned.extend(transaction.map(|id| ("transaction_id".to_owned(), Value::from(&*id))));
        }
        if event.change == RoomChange::Redacted {
            let because = redactions
                .get(&event.position)
                .cloned()
                .unwrap_or_else(|| unknown(matrix, world, event));
            unsigned.insert("redacted_because".to_owned(), because);
        }
        if let Value::Object(shown) = shown {
            shown.insert("unsigned".to_owned(), Value::Object(unsigned));
        }
    }
}

/// The redactions in a page, by what they redacted.
fn redactions(
    matrix: &Matrix,
    world: &World,
    (room, page): (RoomId, &[(VisibleEvent, Value)]),
) -> BTreeMap<Position, Value> {
    let redactions = page.iter().filter_map(|(event, _)| match &event.change {
        RoomChange::Redaction { target, .. } => Some((target.position, event)),
        RoomChange::Created(_)
        | RoomChange::Message(_)
        | RoomChange::Member(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redacted => None,
    });
    redactions
        .map(|(target, event)| (target, client_event(matrix, world, (room, event))))
        .collect()
}

/// Clients know a redacted event by its `redacted_because` alone. Where the redaction is not at hand, this one says no more than that there
/// was one: by the server, under the id of the event itself.
fn unknown(matrix: &Matrix, world: &World, event: &VisibleEvent) -> Value {
    let id = matrix.event_id(event.position);
    json!({
        "type": polylogue_matrix::content::REDACTION,
        "event_id": id,
        "sender": matrix.user_id(world, UserId::SERVER),
        "origin_server_ts": event.at.0,
        "content": { "redacts": id },
        "redacts": id,
        "unsigned": {},
    })
}
