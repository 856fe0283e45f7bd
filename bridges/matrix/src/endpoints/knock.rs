//! `POST /knock/{roomIdOrAlias}`

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::{Command, Refusal};
use polylogue_hub::Request;
use serde_json::json;

use super::join::by_id_or_alias;
use super::membership::Reason;
use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{OptionalBody, Reply, Segments};

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    OptionalBody(Reason { reason }): OptionalBody<Reason>,
) -> Answer {
    let command = Command::Knock {
        room: by_id_or_alias(&matrix, &room)?,
        reason,
    };
    let receipt = matrix
        .hub
        .submit(Request::new(access.actor(), command))
        .await?;
    Ok(Reply(
        json!({ "room_id": matrix.room_id(receipt.room().ok_or(Refusal::Internal)?) }),
    ))
}
