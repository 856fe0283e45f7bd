//! `GET|POST /publicRooms`: the rooms that the directory lists, the largest first.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Listing;
use polylogue_core::room::JoinRule;
use polylogue_core::visibility::HistoryVisibility;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{OptionalBody, Params, Reply};

/// Rooms of one page at most.
const PAGE: usize = 500;

#[derive(Deserialize, Default)]
pub(crate) struct Request {
    limit: Option<usize>,
    since: Option<String>,
    #[serde(default)]
    filter: Filter,
}

#[derive(Deserialize, Default)]
struct Filter {
    generic_search_term: Option<String>,
    /// `null` is for rooms without a type.
    room_types: Option<Vec<Option<String>>>,
}

#[derive(Deserialize)]
pub(crate) struct Page {
    server: Option<String>,
    limit: Option<usize>,
    since: Option<String>,
}

pub(crate) async fn get(State(matrix): State<Arc<Matrix>>, Params(page): Params<Page>) -> Answer {
    page.own(&matrix)?;
    list(
        &matrix,
        Request {
            limit: page.limit,
            since: page.since,
            filter: Filter::default(),
        },
    )
    .await
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    _: Access,
    Params(page): Params<Page>,
    OptionalBody(request): OptionalBody<Request>,
) -> Answer {
    page.own(&matrix)?;
    list(&matrix, request).await
}

impl Page {
    /// Directories of other servers are not here.
    fn own(&self, matrix: &Matrix) -> Result<(), Failure> {
        match self.server.as_deref() {
            Some(server) if *server != *matrix.server_name => {
                Err(Failure::not_found("only this server's directory is here"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

async fn list(matrix: &Matrix, request: Request) -> Answer {
    let start = match request.since.as_deref() {
        Some(token) => token
            .parse()
            .map_err(|_| Failure::invalid("since is not a token of this list"))?,
        None => 0,
    };
    let world = matrix.hub.world();
    let listed = world.state.directory.values();
    let mut rooms: Vec<_> = listed
        .filter(|room| passes(&request.filter, room))
        .collect();
    rooms.sort_by_key(|room| (std::cmp::Reverse(room.joined), room.room));
    let limit = request.limit.unwrap_or(PAGE).min(PAGE);
    let chunk: Vec<_> = rooms
        .iter()
        .skip(start)
        .take(limit)
        .map(|room| shown(matrix, room))
        .collect();
    let next = start.saturating_add(chunk.len());
    let mut reply = json!({ "chunk": chunk, "total_room_count_estimate": rooms.len() });
    if let Value::Object(reply) = &mut reply {
        if next < rooms.len() {
            reply.insert("next_batch".to_owned(), next.to_string().into());
        }
        if start > 0 {
            reply.insert(
                "prev_batch".to_owned(),
                start.saturating_sub(limit).to_string().into(),
            );
        }
    }
    Ok(Reply(reply))
}

fn passes(filter: &Filter, room: &Listing) -> bool {
    let wanted = filter.room_types.as_ref().is_none_or(|types| {
        types
            .iter()
            .any(|kind| kind.as_deref() == room.room_type.as_deref())
    });
    let Some(term) = filter
        .generic_search_term
        .as_deref()
        .map(str::to_lowercase)
        .filter(|term| !term.is_empty())
    else {
        return wanted;
    };
    let names = room.names.iter().map(|name| name.as_str());
    let texts = names
        .chain(room.name.as_deref())
        .chain(room.topic.as_ref().map(|topic| &*topic.text));
    wanted
        && texts
            .into_iter()
            .any(|text| text.to_lowercase().contains(&term))
}

pub(super) fn shown(matrix: &Matrix, room: &Listing) -> Value {
    let rule = match room.join_rule {
        JoinRule::Public => "public",
        JoinRule::Invite => "invite",
        JoinRule::Knock => "knock",
        JoinRule::Restricted => "restricted",
    };
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("room_id", matrix.room_id(room.room).into());
    put("num_joined_members", room.joined.into());
    put(
        "world_readable",
        (room.visibility == HistoryVisibility::WorldReadable).into(),
    );
    put("guest_can_join", room.guests_may_join.into());
    put("join_rule", rule.into());
    let optional = [
        ("name", room.name.as_deref().map(Value::from)),
        (
            "topic",
            room.topic.as_ref().map(|topic| Value::from(&*topic.text)),
        ),
        (
            "canonical_alias",
            room.canonical_name()
                .filter(|name| name.is_published())
                .map(|name| matrix.alias(name).into()),
        ),
        ("avatar_url", room.avatar.as_deref().map(Value::from)),
        ("room_type", room.room_type.as_deref().map(Value::from)),
    ];
    for (name, value) in optional {
        value.map(|value| put(name, value));
    }
    Value::Object(shown)
}
