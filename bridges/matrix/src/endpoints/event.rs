//! `GET /rooms/{roomId}/event/{eventId}`: one event, as the gate lets it through.

use std::sync::Arc;

use axum::extract::State;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Reply, Segments};
use crate::render::client_event;

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room, event_id)): Segments<(String, String)>,
) -> Answer {
    let room = matrix.room(&room)?;
    let event = matrix.event(access.user, room, &event_id).await?;
    Ok(Reply(client_event(
        &matrix,
        &matrix.hub.world(),
        (room, &event),
    )))
}
