//! `GET /presence/{userId}/status`: whether somebody is there. It shows to those who share a room with him.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::UserId;
use polylogue_core::live::Presence;
use polylogue_core::state::World;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Reply, Segments};

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
