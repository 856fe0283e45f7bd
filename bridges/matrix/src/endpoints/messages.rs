//! `GET /rooms/{roomId}/messages`: the timeline, page by page.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::RoomSequence;
use polylogue_hub::Direction;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Params, Reply, Segments};
use crate::timeline::{self, End, PAGE, Reading};

#[derive(Deserialize)]
pub(crate) struct Request {
    dir: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<usize>,
    filter: Option<String>,
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Params(request): Params<Request>,
) -> Answer {
    let direction = direction(request.dir.as_deref())?;
    let filter = timeline::filter(request.filter.as_deref())?;
    let standpoint = matrix.standpoint(access.user, &room).await?;
    let room = &standpoint.room;
    let id = room.state.id;
    let (start, from) = match (request.from.as_deref(), direction) {
        (Some(token), direction) => (
            token.to_owned(),
            matrix.place_of(id, (token, direction)).await?,
        ),
        (None, Direction::Backward) => (matrix.token(room.position), room.sequence.next()),
        (None, Direction::Forward) => (matrix.token(polylogue_core::Position(0)), RoomSequence(0)),
    };
    let stop = match request.to.as_deref() {
        Some(token) => Some(matrix.place_of(id, (token, direction)).await?),
        None => None,
    };
    let limit = request.limit.unwrap_or(10).clamp(1, PAGE);
    let reading = Reading {
        access: &access,
        room: id,
        direction,
        limit,
        stop,
        filter: &filter,
    };
    let chunk = timeline::read(&matrix, reading, from).await?;
    let end = match (chunk.end, chunk.reached) {
        (End::Limit, Some(reached)) => Some(matrix.token_beyond(reached, direction)),
        (End::Stop, _) => request.to,
        (End::Limit, None) | (End::Timeline, _) => None,
    };
    let mut reply = json!({ "start": start, "chunk": chunk.events });
    if let Value::Object(reply) = &mut reply {
        reply.extend(end.map(|end| ("end".to_owned(), end.into())));
        if timeline::is_lazy(&filter) {
            reply.insert(
                "state".to_owned(),
                timeline::senders(&matrix, &standpoint, (&chunk, &access))
                    .await?
                    .into(),
            );
        }
    }
    Ok(Reply(reply))
}

pub(super) fn direction(text: Option<&str>) -> Result<Direction, Failure> {
    match text {
        Some("b") => Ok(Direction::Backward),
        Some("f") => Ok(Direction::Forward),
        Some(_) => Err(Failure::invalid("dir is neither b nor f")),
        None => Err(Failure::missing("dir")),
    }
}
