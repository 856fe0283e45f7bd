//! `GET /rooms/{roomId}/hierarchy`: the rooms of a space, and of the spaces in it, as far as the asker may know of them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::room::{JoinRule, Membership, Room};
use polylogue_core::visibility::HistoryVisibility;
use polylogue_core::{Listing, Refusal, RoomId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::public_rooms;
use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Params, Reply, Segments};

/// Rooms of one page at most.
const PAGE: usize = 50;
/// Rooms that are looked at for one answer at most.
const LOOK: usize = 500;
/// How deep spaces in spaces are followed at most.
const DEPTH: usize = 16;
/// The state that puts a room into a space, by the room's id.
const CHILD: &str = "m.space.child";

#[derive(Deserialize)]
pub(crate) struct Request {
    suggested_only: Option<bool>,
    limit: Option<usize>,
    max_depth: Option<usize>,
    from: Option<String>,
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room_id): Segments<String>,
    Params(request): Params<Request>,
) -> Answer {
    let start: usize = match request.from.as_deref() {
        Some(token) => token
            .parse()
            .map_err(|_| Failure::invalid("from is not a token of this list"))?,
        None => 0,
    };
    let limit = request.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let all = rooms(&matrix, access.user, (matrix.room(&room_id)?, &request)).await?;
    let page = all.iter().skip(start).take(limit);
    let shown: Vec<_> = page
        .map(|(room, children)| {
            let mut shown = public_rooms::shown(&matrix, &Listing::of(&room.state));
            if let Value::Object(shown) = &mut shown {
                let encryption = room.state.encryption.as_deref();
                shown.extend(encryption.map(|name| ("encryption".to_owned(), name.into())));
                let version = room.state.creation.version.to_string();
                shown.insert("room_version".to_owned(), version.into());
                shown.insert("children_state".to_owned(), children.as_slice().into());
            }
            shown
        })
        .collect();
    let next = start.saturating_add(shown.len());
    let mut reply = json!({ "rooms": shown });
    if let Value::Object(reply) = &mut reply
        && next < all.len()
    {
        reply.insert("next_batch".to_owned(), next.to_string().into());
    }
    Ok(Reply(reply))
}

/// The rooms in the order in which they are met, nearest first, each with the state that names its own.
async fn rooms(
    matrix: &Matrix,
    viewer: UserId,
    (root, request): (RoomId, &Request),
) -> Result<Vec<(Room, Vec<Value>)>, Failure> {
    let depth = request.max_depth.unwrap_or(DEPTH).min(DEPTH);
    let mut met = BTreeSet::from([root]);
    let mut waiting = VecDeque::from([(root, 0)]);
    let mut found = Vec::new();
    while let Some((id, level)) = waiting.pop_front() {
        let room = match matrix.hub.room(id).await {
            Ok(room) if is_known(&room, viewer) => room,
            Ok(_) | Err(_) if id == root => return Err(Refusal::NotJoined.into()),
            Ok(_) | Err(_) => continue,
        };
        let children = children(matrix, &room, request);
        for (child, _) in children.iter().filter(|_| level < depth) {
            if met.len() < LOOK && met.insert(*child) {
                waiting.push_back((*child, level + 1));
            }
        }
        let events = children.into_iter().map(|(_, event)| event).collect();
        found.push((room, events));
    }
    Ok(found)
}

/// Matrix client-server API "Accessibility": whoever may see the room, or go in, may know of it.
fn is_known(room: &Room, viewer: UserId) -> bool {
    let open = match room.state.join_rule {
        JoinRule::Public | JoinRule::Knock => true,
        JoinRule::Invite | JoinRule::Restricted => {
            room.state.visibility() == HistoryVisibility::WorldReadable
        }
    };
    match room.state.membership(viewer) {
        Some(Membership::Join | Membership::Invite) => true,
        Some(Membership::Ban) => false,
        Some(Membership::Knock | Membership::Leave) | None => open,
    }
}

/// The children that a space names, in the order that it wishes.
fn children(matrix: &Matrix, room: &Room, request: &Request) -> Vec<(RoomId, Value)> {
    let suggested_only = request.suggested_only == Some(true);
    let world = matrix.hub.world();
    let mut named = Vec::new();
    for ((kind, key), entry) in &room.state.extra {
        if **kind != *CHILD {
            continue;
        }
        let content = entry.content.value();
        let suggested = content.get("suggested").and_then(Value::as_bool) == Some(true);
        let Ok(child) = matrix.room(key) else {
            continue;
        };
        // Without `via` the child was taken out again.
        if !content.get("via").is_some_and(Value::is_array) || (suggested_only && !suggested) {
            continue;
        }
        let order = content.get("order").and_then(Value::as_str);
        let order = order.map(str::to_owned);
        let event = json!({
            "type": CHILD,
            "state_key": &**key,
            "sender": matrix.user_id(&world, entry.sender),
            "origin_server_ts": entry.at.0,
            "content": content,
        });
        named.push((
            (order.is_none(), order, entry.at, key.clone()),
            child,
            event,
        ));
    }
    named.sort_by(|one, other| one.0.cmp(&other.0));
    let named = named.into_iter();
    named.map(|(_, child, event)| (child, event)).collect()
}
