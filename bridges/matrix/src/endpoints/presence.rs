//! `GET /presence/{userId}/status`: whether somebody is there. It shows to those who share a room with him. `PUT`: how one shows oneself.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::UserId;
use polylogue_core::live::Presence;
use polylogue_core::state::World;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply, Segments};
use crate::sync::watch::{SetPresence, UNAVAILABLE};

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(user_id): Segments<String>,
) -> Answer {
    let world = matrix.hub.world();
    let user = matrix.user(&world, &user_id)?;
    if user != access.user && !share_a_room(&world, access.user, user) {
        return Err(Failure::forbidden("you share no room with that user"));
    }
    Ok(Reply(content(&world, user)))
}

#[derive(Deserialize)]
pub(crate) struct Request {
    presence: Shown,
    status_msg: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shown {
    Online,
    Unavailable,
    Offline,
}

/// It holds until the next word of the device, here or by another `set_presence` of its syncs.
pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(user_id): Segments<String>,
    Body(request): Body<Request>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    let status = request.status_msg.filter(|text| !text.is_empty());
    let (visible, away) = match (request.presence, status) {
        (Shown::Unavailable, None) => (SetPresence::Online, Some(UNAVAILABLE.into())),
        (Shown::Unavailable, Some(text)) => (SetPresence::Online, Some(text.into())),
        (Shown::Online, None) => (SetPresence::Online, None),
        (Shown::Offline, None) => (SetPresence::Offline, None),
        (Shown::Online | Shown::Offline, Some(_)) => {
            return Err(Failure::invalid("status_msg goes with unavailable only"));
        }
    };
    let watch = matrix.sync.of(&matrix.hub, &access, visible).await?;
    watch.set_away(away).await?;
    Ok(Reply::empty())
}

/// `m.presence` content.
pub(crate) fn content(world: &World, user: UserId) -> Value {
    match world.live.presence(user) {
        Presence::Online => json!({ "presence": "online", "currently_active": true }),
        Presence::Away(text) => json!({ "presence": "unavailable", "status_msg": text }),
        Presence::Offline => json!({ "presence": "offline" }),
    }
}

/// Whether two users are in a room together.
pub(crate) fn share_a_room(world: &World, one: UserId, other: UserId) -> bool {
    let (Some(one), Some(other)) = (world.state.user(one), world.state.user(other)) else {
        return false;
    };
    one.joined()
        .any(|room| other.joined().any(|with| with == room))
}
