//! `GET|PUT /presence/{userId}/status`: whether somebody is there. It shows to those who share a room with him. What a device says of its user
//! holds for that device alone: who is here on another one is here.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::UserId;
use polylogue_core::live::Presence;
use polylogue_core::state::World;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply, Segments};
use crate::sync::{SetPresence, Shown};

#[derive(Deserialize)]
pub(crate) struct Request {
    presence: String,
    status_msg: Option<String>,
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(user_id): Segments<String>,
) -> Answer {
    let world = matrix.hub.world();
    let user = matrix.user(&world, &user_id)?;
    if !world.is_acquainted(access.user, user) {
        return Err(Failure::forbidden("you share no room with that user"));
    }
    Ok(Reply(content(&world, user)))
}

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(user_id): Segments<String>,
    Body(status): Body<Request>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    let presence = named(&status.presence)?;
    let text = status.status_msg.filter(|text| !text.is_empty());
    let status = text.map(Arc::from);
    let shown = Shown { presence, status };
    matrix.sync.of(&matrix.hub, &access, Some(shown)).await?;
    Ok(Reply::empty())
}

/// `m.presence` content.
pub(crate) fn content(world: &World, user: UserId) -> Value {
    let (presence, status) = match world.live.presence(user) {
        Presence::Online(status) => ("online", status),
        Presence::Away(text) => ("unavailable", Some(text).filter(|text| !text.is_empty())),
        Presence::Offline => ("offline", None),
    };
    let mut content = Map::from_iter([("presence".to_owned(), presence.into())]);
    if presence == "online" {
        content.insert("currently_active".to_owned(), true.into());
    }
    content.extend(status.map(|status| ("status_msg".to_owned(), Value::from(&*status))));
    Value::Object(content)
}

/// How a device is to show its user.
pub(crate) fn named(presence: &str) -> Result<SetPresence, Failure> {
    match presence {
        "online" => Ok(SetPresence::Online),
        "unavailable" => Ok(SetPresence::Unavailable),
        "offline" => Ok(SetPresence::Offline),
        _ => Err(Failure::invalid(
            "presence is neither online, unavailable nor offline",
        )),
    }
}
