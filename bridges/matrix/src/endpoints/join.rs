//! `POST /join/{roomIdOrAlias}` and `POST /rooms/{roomId}/join`

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::command::{MissingRoom, RoomRef};
use polylogue_core::{Command, Refusal};
use polylogue_hub::Request;
use serde_json::json;

use super::membership::Reason;
use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{OptionalBody, Reply, Segments};

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    OptionalBody(Reason { reason }): OptionalBody<Reason>,
) -> Answer {
    let room = by_id_or_alias(&matrix, &room)?;
    let command = Command::Join {
        room,
        key: None,
        missing: MissingRoom::Refuse,
        reason,
    };
    at_the_door(&matrix, &access, command).await
}

/// Asks to be let in, and tells which room it is.
pub(super) async fn at_the_door(matrix: &Matrix, access: &Access, command: Command) -> Answer {
    let ask = Request::new(access.actor(), command);
    let room = matrix.hub.submit(ask).await?.room();
    let room_id = matrix.room_id(room.ok_or(Refusal::Internal)?);
    Ok(Reply(json!({ "room_id": room_id })))
}

/// A room as clients name it where both ways are allowed.
pub(crate) fn by_id_or_alias(matrix: &Matrix, text: &str) -> Result<RoomRef, Failure> {
    if text.starts_with('#') {
        let name = matrix.channel(text)?;
        let known = matrix.hub.world().state.room_named(&name.claim());
        known.ok_or_else(|| Failure::not_found("no room has this alias"))?;
        Ok(RoomRef::Name(name))
    } else {
        let room = matrix.room(text);
        room.map(RoomRef::Id)
            .map_err(|_| Failure::not_found("no such room"))
    }
}
