//! `GET /_matrix/client/v1/rooms/{roomId}/timestamp_to_event`: the event next to a time, of those that the asker may see.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Timestamp;
use polylogue_hub::Direction;
use ruma::api::client::filter::RoomEventFilter;
use serde::Deserialize;
use serde_json::json;

use super::messages::direction;
use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Params, Reply, Segments};
use crate::timeline::{self, Reading};

#[derive(Deserialize)]
pub(crate) struct Request {
    /// Milliseconds since 1970.
    ts: u64,
    dir: Option<String>,
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Params(request): Params<Request>,
) -> Answer {
    let direction = direction(request.dir.as_deref())?;
    let standpoint = matrix.standpoint(access.user, &room).await?;
    let room = standpoint.room.state.id;
    let place = |at| matrix.hub.sequence_at_time(room, Timestamp(at));
    // An event of that very moment is next to it from either side.
    let from = match (direction, request.ts.checked_sub(1)) {
        (Direction::Backward, _) => place(request.ts).await?.next(),
        (Direction::Forward, Some(before)) => place(before).await?,
        (Direction::Forward, None) => polylogue_core::RoomSequence(0),
    };
    let reading = Reading {
        access: &access,
        room,
        direction,
        limit: 1,
        stop: None,
        filter: &RoomEventFilter::default(),
    };
    let chunk = timeline::read(&matrix, reading, from).await?;
    let event = chunk.events.first();
    let event = event.ok_or_else(|| Failure::not_found("no event is there in that direction"))?;
    Ok(Reply(json!({
        "event_id": event["event_id"],
        "origin_server_ts": event["origin_server_ts"],
    })))
}
