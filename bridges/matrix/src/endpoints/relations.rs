//! `GET /rooms/{roomId}/relations/{eventId}[/{relType}[/{eventType}]]` and `GET /rooms/{roomId}/threads`: what refers to an event, and which
//! events have threads.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::{RoomSequence, UserId};
use polylogue_hub::{Direction, RelationKind, VisibleEvent};
use serde::Deserialize;
use serde_json::{Value, json};

use super::messages::direction;
use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Params, Reply, Segments};
use crate::unsigned::Reading;

/// Events of one page at most.
const PAGE: usize = 100;
/// And if the client does not say how many.
const USUAL: usize = 20;

#[derive(Deserialize)]
pub(crate) struct Request {
    dir: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct Threads {
    include: Option<String>,
    from: Option<String>,
    limit: Option<usize>,
}

/// Which events are wanted.
struct Wanted<'a> {
    kinds: Vec<RelationKind>,
    event_type: Option<&'a str>,
}

pub(crate) async fn all(
    matrix: State<Arc<Matrix>>,
    access: Access,
    Segments((room, event)): Segments<(String, String)>,
    Params(request): Params<Request>,
) -> Answer {
    let kinds = [
        RelationKind::Edit,
        RelationKind::Reaction,
        RelationKind::Thread,
    ];
    let wanted = Wanted {
        kinds: kinds.into(),
        event_type: None,
    };
    page(&matrix, &access, ((&room, &event), wanted, request)).await
}

pub(crate) async fn of_kind(
    matrix: State<Arc<Matrix>>,
    access: Access,
    Segments((room, event, kind)): Segments<(String, String, String)>,
    Params(request): Params<Request>,
) -> Answer {
    let wanted = Wanted {
        kinds: kinds(&kind),
        event_type: None,
    };
    page(&matrix, &access, ((&room, &event), wanted, request)).await
}

pub(crate) async fn of_type(
    matrix: State<Arc<Matrix>>,
    access: Access,
    Segments((room, event, kind, event_type)): Segments<(String, String, String, String)>,
    Params(request): Params<Request>,
) -> Answer {
    let wanted = Wanted {
        kinds: kinds(&kind),
        event_type: Some(&event_type),
    };
    page(&matrix, &access, ((&room, &event), wanted, request)).await
}

/// The kinds that a relation type names. Nothing is kept of those that mean nothing here.
fn kinds(relation: &str) -> Vec<RelationKind> {
    match relation {
        "m.replace" => vec![RelationKind::Edit],
        "m.annotation" => vec![RelationKind::Reaction],
        "m.thread" => vec![RelationKind::Thread],
        _ => Vec::new(),
    }
}

async fn page(
    matrix: &Matrix,
    access: &Access,
    ((room_id, event_id), wanted, request): ((&str, &str), Wanted<'_>, Request),
) -> Answer {
    let direction = direction(request.dir.as_deref().or(Some("b")))?;
    let room = matrix.room(room_id)?;
    let target = matrix.event(access.user, room, event_id).await?.sequence;
    let from = match (request.from.as_deref(), direction) {
        (Some(token), direction) => matrix.place_of(room, (token, direction)).await?,
        (None, Direction::Backward) => RoomSequence(u64::MAX),
        (None, Direction::Forward) => RoomSequence(0),
    };
    let stop = match request.to.as_deref() {
        Some(token) => Some(matrix.place_of(room, (token, direction)).await?),
        None => None,
    };
    let limit = request.limit.unwrap_or(USUAL).clamp(1, PAGE);
    let asked = (target, wanted.kinds);
    let mut found = matrix
        .hub
        .relations((access.user, room), asked, (from, direction, limit))
        .await?;
    let is_before = |event: &VisibleEvent| match direction {
        Direction::Backward => stop.is_none_or(|stop| event.sequence >= stop),
        Direction::Forward => stop.is_none_or(|stop| event.sequence <= stop),
    };
    let count = found.events.len();
    found.events.retain(is_before);
    if found.events.len() < count {
        // The asker's end is reached.
        found.next_position = None;
    }
    let reading = Reading {
        matrix,
        world: &matrix.hub.world(),
        access,
        room,
    };
    let mut chunk = reading.events(found.events).await?;
    if let Some(event_type) = wanted.event_type {
        chunk.retain(|event| event.get("type").and_then(Value::as_str) == Some(event_type));
    }
    let mut reply = json!({ "chunk": chunk });
    if let Value::Object(reply) = &mut reply {
        let next = found.next_position;
        let next = next.map(|next| matrix.token_beyond(next, direction).into());
        reply.extend(next.map(|next| ("next_batch".to_owned(), next)));
        reply.extend(
            request
                .from
                .map(|from| ("prev_batch".to_owned(), from.into())),
        );
    }
    Ok(Reply(reply))
}

/// The roots of threads, the one first in which something was said last.
pub(crate) async fn threads(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room_id): Segments<String>,
    Params(request): Params<Threads>,
) -> Answer {
    let by: Option<UserId> = match request.include.as_deref() {
        None | Some("all") => None,
        Some("participated") => Some(access.user),
        Some(_) => return Err(Failure::invalid("include is neither all nor participated")),
    };
    let room = matrix.standpoint(access.user, &room_id).await?.room;
    let room = room.state.id;
    let from = match request.from.as_deref() {
        Some(token) => matrix.place_of(room, (token, Direction::Backward)).await?,
        None => RoomSequence(u64::MAX),
    };
    let limit = request.limit.unwrap_or(USUAL).clamp(1, PAGE);
    let found = matrix
        .hub
        .threads((access.user, room), by, (from, limit))
        .await?;
    let reading = Reading {
        matrix: &matrix,
        world: &matrix.hub.world(),
        access: &access,
        room,
    };
    let mut reply = json!({ "chunk": reading.events(found.events).await? });
    if let Value::Object(reply) = &mut reply {
        let next = found.next_position;
        let next = next.map(|next| matrix.token_beyond(next, Direction::Backward).into());
        reply.extend(next.map(|next| ("next_batch".to_owned(), next)));
    }
    Ok(Reply(reply))
}
