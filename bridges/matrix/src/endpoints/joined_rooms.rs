//! `GET /joined_rooms`

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
    let user = world.state.user(access.user).ok_or(Refusal::NoSuchUser)?;
    let rooms: Vec<_> = user.joined().map(|room| matrix.room_id(room)).collect();
    Ok(Reply(json!({ "joined_rooms": rooms })))
}
