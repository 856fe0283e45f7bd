//! `GET /rooms/{roomId}/context/{eventId}`: an event and what is around it, with the state as it was after the last of it.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Refusal;
use polylogue_hub::Direction;
use serde::Deserialize;
use serde_json::json;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Params, Reply, Segments};
use crate::timeline::{self, PAGE, Reading};
use crate::unsigned;

#[derive(Deserialize)]
pub(crate) struct Request {
    limit: Option<usize>,
    filter: Option<String>,
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room_id, event_id)): Segments<(String, String)>,
    Params(request): Params<Request>,
) -> Answer {
    let filter = timeline::filter(request.filter.as_deref())?;
    let id = matrix.room(&room_id)?;
    let event = matrix.event(access.user, id, &event_id).await?;
    let (place, position, sender) = (event.sequence, event.position, event.sender);
    let limit = request.limit.unwrap_or(10).min(PAGE);
    let reading = |direction, limit| Reading {
        access: &access,
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
    let before = timeline::read(&matrix, backward, place).await?;
    let mut after = timeline::read(&matrix, forward, place).await?;
    let start = before.reached.unwrap_or(position);
    let end = after.reached.unwrap_or(position);
    let shown = unsigned::Reading {
        matrix: &matrix,
        world: &matrix.hub.world(),
        access: &access,
        room: id,
    };
    let shown = shown.events(vec![event]).await?;
    after
        .senders
        .extend(before.senders.iter().copied().chain([sender]));
    let last = matrix.hub.sequence_at(id, end).await?;
    let state = match matrix.standpoint(access.user, &room_id).await {
        Ok(standpoint) => {
            let standpoint = standpoint.not_after(last);
            timeline::state_for(&matrix, &standpoint, (&after, forward)).await?
        }
        // An event that shows to those who are not in yet says nothing of the room's state.
        Err(_) => Vec::new(),
    };
    Ok(Reply(json!({
        "event": shown.into_iter().next().ok_or(Refusal::Internal)?,
        "events_before": before.events,
        "events_after": after.events,
        "state": state,
        "start": matrix.token_beyond(start, Direction::Backward),
        "end": matrix.token_beyond(end, Direction::Forward),
    })))
}
