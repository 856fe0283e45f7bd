//! `GET /rooms/{roomId}/event/{eventId}`: one event, as the gate lets it through.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Refusal;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Reply, Segments};
use crate::unsigned::Reading;

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room, event_id)): Segments<(String, String)>,
) -> Answer {
    let room = matrix.room(&room)?;
    let event = matrix.event(access.user, room, &event_id).await?;
    let reading = Reading {
        matrix: &matrix,
        world: &matrix.hub.world(),
        access: &access,
        room,
    };
    let shown = reading.events(vec![event]).await?;
    Ok(Reply(shown.into_iter().next().ok_or(Refusal::Internal)?))
}
