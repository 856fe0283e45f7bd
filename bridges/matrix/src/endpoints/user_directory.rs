//! `POST /user_directory/search`: accounts by name, among those who share a room with the asker or are in a public room.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::RoomId;
use polylogue_core::room::JoinRule;
use polylogue_core::user::{User, UserKind};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Body, Reply};

/// Users in one reply at most.
const PAGE: usize = 50;

#[derive(Deserialize)]
pub(crate) struct Request {
    search_term: String,
    limit: Option<usize>,
}

pub(crate) async fn search(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Body(request): Body<Request>,
) -> Answer {
    let world = matrix.hub.world();
    let listed = world.state.directory.values();
    let public = listed
        .filter(|room| room.join_rule == JoinRule::Public)
        .map(|room| room.room);
    let own = world.state.user(access.user);
    let common: BTreeSet<RoomId> = public
        .chain(own.into_iter().flat_map(|user| user.joined()))
        .collect();
    let term = request.search_term.trim_start_matches('@').to_lowercase();
    let limit = request.limit.unwrap_or(10).min(PAGE);
    let found = world.state.users.values().filter(|user| {
        user.kind == UserKind::Account
            && !user.disabled
            && is_called(user, &term)
            && user.joined().any(|room| common.contains(&room))
    });
    let mut results: Vec<_> = found.collect();
    results.sort_unstable_by_key(|user| user.id);
    let limited = results.len() > limit;
    results.truncate(limit);
    let results: Vec<Value> = results.iter().map(|user| {
        let mut shown = json!({ "user_id": matrix.user_id(&world, user.id), "display_name": user.shown_name() });
        if let (Value::Object(shown), Some(avatar)) = (&mut shown, &user.profile.avatar) {
            shown.insert("avatar_url".to_owned(), Value::from(&**avatar));
        }
        shown
    }).collect();
    Ok(Reply(json!({ "results": results, "limited": limited })))
}

/// Whether a part of a name of his is what was typed. A whole user id names its localpart.
fn is_called(user: &User, term: &str) -> bool {
    let localpart = term.split(':').next().unwrap_or_default();
    let names = [user.name.localpart(), user.name.nick(), user.shown_name()];
    !localpart.is_empty()
        && names
            .iter()
            .any(|name| name.to_lowercase().contains(term) || ***name == *localpart)
}
