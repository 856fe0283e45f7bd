//! `GET /keys/changes`: whose devices changed between two tokens of sync.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Position;
use serde::Deserialize;

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Params, Reply};
use crate::sync::DeviceLists;

#[derive(Deserialize)]
pub(crate) struct Request {
    from: String,
    to: String,
}

/// What changed after `to` is told as well: it costs a client no more than a question.
pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Params(request): Params<Request>,
) -> Answer {
    let position = |token: &str| -> Result<Position, Failure> {
        let position = matrix.hub.open_cursor(token);
        position.ok_or_else(|| Failure::invalid("from or to is not a token of this server"))
    };
    position(&request.to)?;
    let lists = DeviceLists::since(&matrix, access.user, position(&request.from)?).await?;
    Ok(Reply(lists.shown(&matrix)))
}
