//! `POST /search`: messages by their words, the newest first, with what is around them.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::search::{Order, Search, words};
use polylogue_core::{Position, RoomId};
use polylogue_hub::{Direction, VisibleEvent};
use ruma::api::client::filter::RoomEventFilter;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Params, Reply};
use crate::timeline::{self, PAGE};
use crate::unsigned::Reading;

/// Results of one page if the request does not say.
const RESULTS: usize = 10;
/// Events around a result on each side at most.
const AROUND: usize = 10;

#[derive(Deserialize)]
pub(crate) struct Page {
    next_batch: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Request {
    search_categories: Categories,
}

#[derive(Deserialize)]
struct Categories {
    room_events: Option<RoomEvents>,
}

#[derive(Deserialize)]
struct RoomEvents {
    search_term: String,
    #[serde(default)]
    filter: RoomEventFilter,
    event_context: Option<Context>,
}

#[derive(Deserialize, Clone, Copy)]
struct Context {
    before_limit: Option<usize>,
    after_limit: Option<usize>,
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Params(page): Params<Page>,
    Body(request): Body<Request>,
) -> Answer {
    let Some(wanted) = request.search_categories.room_events else {
        return Ok(Reply(json!({ "search_categories": {} })));
    };
    let before = match page.next_batch.as_deref() {
        Some(token) => matrix
            .hub
            .open_cursor(token)
            .ok_or_else(|| Failure::invalid("next_batch is not a token of a search"))?
            .next(),
        None => Position(u64::MAX),
    };
    let rooms = rooms(&matrix, &access, &wanted.filter).await?;
    let mut found = match search(&matrix, &wanted, (rooms, before)) {
        Some(search) => matrix.hub.search(access.user, search).await?,
        None => polylogue_hub::Matches::default(),
    };
    let unwanted: Vec<_> = {
        let world = matrix.hub.world();
        let unwanted = wanted.filter.not_senders.iter();
        unwanted
            .filter_map(|id| matrix.user(&world, id.as_str()).ok())
            .collect()
    };
    found
        .events
        .retain(|(_, event)| !unwanted.contains(&event.sender));
    let mut results = Vec::with_capacity(found.events.len());
    for (room, event) in found.events {
        results.push(result(&matrix, &access, (room, event), wanted.event_context).await?);
    }
    let mut shown = json!({
        "count": results.len(),
        "results": results,
        "highlights": words(&wanted.search_term).collect::<Vec<_>>(),
    });
    if let (Value::Object(shown), Some(Order::NewestFirst(place))) = (&mut shown, found.next) {
        let token = matrix.token_beyond(place, Direction::Backward);
        shown.insert("next_batch".to_owned(), token.into());
    }
    Ok(Reply(
        json!({ "search_categories": { "room_events": shown } }),
    ))
}

/// In which rooms: those that the filter names, or all of the asker's without those that it leaves out.
async fn rooms(
    matrix: &Matrix,
    access: &Access,
    filter: &RoomEventFilter,
) -> Result<Vec<RoomId>, Failure> {
    let known = |id: &ruma::OwnedRoomId| matrix.room(id.as_str()).ok();
    let mut rooms = match &filter.rooms {
        Some(named) => named.iter().filter_map(known).collect(),
        None => matrix.hub.rooms_of(access.user).await?,
    };
    let without: Vec<RoomId> = filter.not_rooms.iter().filter_map(known).collect();
    rooms.retain(|room| !without.contains(room));
    Ok(rooms)
}

/// The search meant; nothing if nothing can be found.
fn search(
    matrix: &Matrix,
    wanted: &RoomEvents,
    (rooms, before): (Vec<RoomId>, Position),
) -> Option<Search> {
    let world = matrix.hub.world();
    let named = |id: &ruma::OwnedUserId| matrix.user(&world, id.as_str()).ok();
    let senders: Option<Vec<_>> = wanted
        .filter
        .senders
        .as_ref()
        .map(|senders| senders.iter().filter_map(named).collect());
    let nobody = senders.as_ref().is_some_and(Vec::is_empty);
    let limit = wanted.filter.limit.map_or(RESULTS, |limit| {
        usize::try_from(u64::from(limit)).unwrap_or(PAGE).min(PAGE)
    });
    (!rooms.is_empty() && !nobody).then(|| Search {
        text: wanted.search_term.clone(),
        rooms,
        senders: senders.unwrap_or_default(),
        since: None,
        until: None,
        order: Order::NewestFirst(before),
        limit,
    })
}

async fn result(
    matrix: &Matrix,
    access: &Access,
    (room, event): (RoomId, VisibleEvent),
    context: Option<Context>,
) -> Result<Value, Failure> {
    let (place, position) = (event.sequence, event.position);
    let reading = Reading {
        matrix,
        world: &matrix.hub.world(),
        access,
        room,
    };
    let shown = reading.events(vec![event]).await?.into_iter().next();
    let mut result = json!({ "rank": 1, "result": shown });
    if let (Value::Object(result), Some(context)) = (&mut result, context) {
        let everything = RoomEventFilter::default();
        let around = |direction, limit: Option<usize>| timeline::Reading {
            access,
            room,
            direction,
            limit: limit.unwrap_or(5).min(AROUND),
            stop: None,
            filter: &everything,
        };
        let before = around(Direction::Backward, context.before_limit);
        let before = timeline::read(matrix, before, place).await?;
        let after = around(Direction::Forward, context.after_limit);
        let after = timeline::read(matrix, after, place).await?;
        let start = before.reached.unwrap_or(position);
        let end = after.reached.unwrap_or(position);
        result.insert(
            "context".to_owned(),
            json!({
                "events_before": before.events,
                "events_after": after.events,
                "start": matrix.token_beyond(start, Direction::Backward),
                "end": matrix.token_beyond(end, Direction::Forward),
            }),
        );
    }
    Ok(result)
}
