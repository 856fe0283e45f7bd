//! `PUT /rooms/{roomId}/typing/{userId}`

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::{Command, limits};
use polylogue_hub::Request as Ask;
use serde::Deserialize;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Body, Reply, Segments};

#[derive(Deserialize)]
pub(crate) struct Request {
    typing: bool,
    timeout: Option<u64>,
}

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room, user_id)): Segments<(String, String)>,
    Body(request): Body<Request>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    let milliseconds = if request.typing {
        request.timeout.unwrap_or(limits::TYPING)
    } else {
        0
    };
    let command = Command::Typing {
        room: matrix.room(&room)?,
        milliseconds,
    };
    matrix.hub.submit(Ask::new(access.actor(), command)).await?;
    Ok(Reply::empty())
}
