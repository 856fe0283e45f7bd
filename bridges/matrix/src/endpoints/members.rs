//! `GET /rooms/{roomId}/members` and `GET /rooms/{roomId}/joined_members`

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::room::Membership;
use polylogue_hub::Direction;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Params, Reply, Segments};
use crate::timeline;

#[derive(Deserialize)]
pub(crate) struct Which {
    at: Option<String>,
    membership: Option<String>,
    not_membership: Option<String>,
}

/// The members as they are, or were at the place of a token, or when the asker went out.
pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Params(which): Params<Which>,
) -> Answer {
    let (wanted, unwanted) = (
        membership(which.membership)?,
        membership(which.not_membership)?,
    );
    let mut standpoint = matrix.standpoint(access.user, &room).await?;
    if let Some(token) = which.at.as_deref().filter(|token| !token.is_empty()) {
        let id = standpoint.room.state.id;
        let place = matrix.place_of(id, (token, Direction::Forward)).await?;
        standpoint = standpoint.not_after(place);
    }
    let passes = |_, membership| {
        wanted.is_none_or(|wanted| membership == wanted)
            && unwanted.is_none_or(|unwanted| membership != unwanted)
    };
    let events = standpoint.members(&matrix, passes).await?;
    let chunk = timeline::shown(&matrix, &standpoint, (&events, &access));
    Ok(Reply(json!({ "chunk": chunk })))
}

pub(crate) async fn joined(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
) -> Answer {
    let room = matrix.readable_room(access.user, &room).await?;
    let world = matrix.hub.world();
    let mut joined = Map::new();
    for (user, _) in room.state.joined_members() {
        let profile = world
            .state
            .user(user)
            .map(|user| user.profile.clone())
            .unwrap_or_default();
        let nick = world.name_of(user).map(|name| name.nick().clone());
        let shown =
            json!({ "display_name": profile.display_name.or(nick), "avatar_url": profile.avatar });
        joined.insert(matrix.user_id(&world, user), shown);
    }
    Ok(Reply(json!({ "joined": Value::Object(joined) })))
}

fn membership(text: Option<String>) -> Result<Option<Membership>, Failure> {
    Ok(Some(match text.as_deref() {
        None => return Ok(None),
        Some("join") => Membership::Join,
        Some("invite") => Membership::Invite,
        Some("knock") => Membership::Knock,
        Some("leave") => Membership::Leave,
        Some("ban") => Membership::Ban,
        Some(_) => return Err(Failure::invalid("no such membership")),
    }))
}
