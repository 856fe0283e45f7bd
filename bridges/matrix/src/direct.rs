//! Direct conversations: `m.direct` as its user gets it. The server never writes it; what it knows itself goes with what the client stored.

use polylogue_core::UserId;
use polylogue_core::room::Room;
use polylogue_core::state::World;
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::error::Failure;

/// The type of the account data.
pub(crate) const KIND: &str = "m.direct";

/// What a client stored.
pub(crate) async fn stored(matrix: &Matrix, user: UserId) -> Result<Option<Value>, Failure> {
    let stored = matrix.hub.account_datum(user, None, KIND).await?;
    Ok(stored.map(|content| content.value()))
}

/// The same, and the direct rooms that the user is in; nothing if there is neither.
pub(crate) fn merged(
    matrix: &Matrix,
    (world, user): (&World, UserId),
    stored: Option<Value>,
) -> Option<Value> {
    let is_stored = stored.is_some();
    let mut direct = match stored {
        Some(Value::Object(stored)) => stored,
        Some(_) | None => Map::new(),
    };
    let own = world.state.user(user);
    for room in own.into_iter().flat_map(|user| user.joined()) {
        let Some(room) = world.state.room(room) else {
            continue;
        };
        let Some(peer) = peer(room, user) else {
            continue;
        };
        let peer = matrix.user_id(world, peer);
        let rooms = direct.entry(peer).or_insert_with(|| json!([]));
        let id = Value::from(matrix.room_id(room.state.id));
        if let Value::Array(rooms) = rooms
            && !rooms.contains(&id)
        {
            rooms.push(id);
        }
    }
    (is_stored || !direct.is_empty()).then_some(Value::Object(direct))
}

/// The other one of a direct conversation that the user is in.
pub(crate) fn peer(room: &Room, user: UserId) -> Option<UserId> {
    let peer = room.state.peer_of(user)?;
    room.state.is_joined(user).then_some(peer)
}
