//! `GET /rooms/{roomId}/context/{eventId}`: an event and what is around it. The state with it is the state now.

use std::sync::Arc;

use axum::extract::State;
use polylogue_hub::Direction;
use serde::Deserialize;
use serde_json::json;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Params, Reply, Segments};
use crate::render::client_event;
use crate::timeline::{self, PAGE, Reading};

#[derive(Deserialize)]
pub(crate) struct Request {
    limit: Option<usize>,
    filter: Option<String>,
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room, event_id)): Segments<(String, String)>,
    Params(request): Params<Request>,
) -> Answer {
    let filter = timeline::filter(request.filter.as_deref())?;
    let room = matrix.hub.room(matrix.room(&room)?).await?;
    let id = room.state.id;
    let event = matrix.event(access.user, id, &event_id).await?;
    let limit = request.limit.unwrap_or(10).min(PAGE);
    let reading = |direction, limit| Reading {
        viewer: access.user,
        room: id,
        direction,
        limit,
        stop: None,
        filter: &filter,
    };
    let (backward, forward) = (
        reading(Direction::Backward, limit / 2),
        reading(Direction::Forward, limit - limit / 2),
    );
    let before = timeline::read(&matrix, backward, event.sequence).await?;
    let mut after = timeline::read(&matrix, forward, event.sequence).await?;
    let start = before.reached.unwrap_or(event.position);
    let end = after.reached.unwrap_or(event.position);
    let shown = client_event(&matrix, &matrix.hub.world(), (id, &event));
    after
        .senders
        .extend(before.senders.iter().copied().chain([event.sender]));
    let state = if room.state.is_joined(access.user) {
        timeline::state_for(&matrix, &room, (&after, forward)).await?
    } else {
        timeline::senders(&matrix, &room, &after).await?
    };
    Ok(Reply(json!({
        "event": shown,
        "events_before": before.events,
        "events_after": after.events,
        "state": state,
        "start": matrix.token_beyond(start, Direction::Backward),
        "end": matrix.token_beyond(end, Direction::Forward),
    })))
}
