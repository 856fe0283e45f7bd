//! `POST /knock/{roomIdOrAlias}`

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Command;

use super::join::{at_the_door, by_id_or_alias};
use super::membership::Reason;
use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{OptionalBody, Segments};

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
    at_the_door(&matrix, &access, command).await
}
