//! `GET /account/whoami`: whose token it is.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Refusal;
use serde_json::json;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::Reply;

pub(crate) async fn get(State(matrix): State<Arc<Matrix>>, access: Access) -> Answer {
    let world = matrix.hub.world();
    let device = world
        .state
        .user(access.user)
        .and_then(|user| user.device(access.device))
        .ok_or(Refusal::NoSuchDevice)?;
    Ok(Reply(
        json!({ "user_id": matrix.user_id(&world, access.user), "device_id": device.label, "is_guest": false }),
    ))
}
