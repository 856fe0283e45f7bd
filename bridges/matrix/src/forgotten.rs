//! Rooms that somebody forgot (`POST /rooms/{roomId}/forget`): a document for each, with the event by which he was out then. Whoever comes back
//! and leaves again has not forgotten that.

use polylogue_core::command::PutCondition;
use polylogue_core::room::Room;
use polylogue_core::{Command, Refusal, UserId};
use polylogue_hub::Request;

use crate::Matrix;
use crate::access::Access;

/// The kind of the documents.
const KIND: &str = "matrix.forgotten";

/// Somebody who is out of a room forgets it.
pub(crate) async fn forget(matrix: &Matrix, access: &Access, room: &Room) -> Result<(), Refusal> {
    let member = room.state.members.get(&access.user);
    let out = member.ok_or(Refusal::NotJoined)?.since;
    let key = matrix.hub.room_key(room.state.id);
    let command = Command::PutDocument {
        kind: KIND.into(),
        key: key.into(),
        blob: Some(out.0.to_be_bytes().as_slice().into()),
        condition: PutCondition::Always,
    };
    let request = Request::new(access.actor(), command);
    matrix.hub.submit(request).await.map(drop)
}

/// Whether somebody who is out of a room has forgotten it.
pub(crate) async fn is_forgotten(
    matrix: &Matrix,
    user: UserId,
    room: &Room,
) -> Result<bool, Refusal> {
    let Some(member) = room.state.members.get(&user) else {
        return Ok(false);
    };
    let key = matrix.hub.room_key(room.state.id);
    let forgotten = matrix.hub.document(user, KIND, &key).await?;
    Ok(forgotten.is_some_and(|place| *place == member.since.0.to_be_bytes()))
}
