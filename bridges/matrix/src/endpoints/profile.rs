//! `GET /profile/{userId}`, `GET|PUT /profile/{userId}/displayname` and `/avatar_url`: what users show of themselves.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Command;
use polylogue_core::user::ProfileField;
use polylogue_hub::Request;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply, Segments};

#[derive(Deserialize)]
pub(crate) struct DisplayName {
    displayname: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct AvatarUrl {
    avatar_url: Option<String>,
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    Segments(user_id): Segments<String>,
) -> Answer {
    Ok(Reply(Value::Object(shown(&matrix, &user_id)?)))
}

pub(crate) async fn get_display_name(
    State(matrix): State<Arc<Matrix>>,
    Segments(user_id): Segments<String>,
) -> Answer {
    one(shown(&matrix, &user_id)?, "displayname")
}

pub(crate) async fn get_avatar_url(
    State(matrix): State<Arc<Matrix>>,
    Segments(user_id): Segments<String>,
) -> Answer {
    one(shown(&matrix, &user_id)?, "avatar_url")
}

pub(crate) async fn put_display_name(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(user_id): Segments<String>,
    Body(request): Body<DisplayName>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    set(
        &matrix,
        &access,
        (ProfileField::DisplayName, request.displayname),
    )
    .await
}

pub(crate) async fn put_avatar_url(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(user_id): Segments<String>,
    Body(request): Body<AvatarUrl>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    set(&matrix, &access, (ProfileField::Avatar, request.avatar_url)).await
}

async fn set(
    matrix: &Matrix,
    access: &Access,
    (field, value): (ProfileField, Option<String>),
) -> Answer {
    let command = Command::SetProfile {
        field,
        value: value.map(Arc::from),
    };
    matrix
        .hub
        .submit(Request::new(access.actor(), command))
        .await?;
    Ok(Reply::empty())
}

/// A field that is not set is left out.
fn one(mut profile: Map<String, Value>, field: &str) -> Answer {
    profile.retain(|name, _| name == field);
    Ok(Reply(Value::Object(profile)))
}

/// Who set no display name shows under his nick.
fn shown(matrix: &Matrix, user_id: &str) -> Result<Map<String, Value>, Failure> {
    let world = matrix.hub.world();
    let user = matrix.user(&world, user_id)?;
    let profile = world
        .state
        .user(user)
        .map(|user| user.profile.clone())
        .unwrap_or_default();
    let nick = world.name_of(user).map(|name| name.nick().clone());
    let mut shown = Map::new();
    shown.extend(
        profile
            .display_name
            .or(nick)
            .map(|name| ("displayname".to_owned(), Value::from(&*name))),
    );
    shown.extend(
        profile
            .avatar
            .map(|avatar| ("avatar_url".to_owned(), Value::from(&*avatar))),
    );
    Ok(shown)
}
