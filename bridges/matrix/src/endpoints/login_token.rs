//! `POST /_matrix/client/v1/login/get_token`: a token with which another client of the same user logs in, once.

use std::sync::Arc;

use axum::extract::State;
use polylogue_hub::LOGIN_TOKEN_AGE;
use serde::Deserialize;
use serde_json::json;

use crate::Matrix;
use crate::error::Answer;
use crate::extract::Reply;
use crate::proof::Proven;

#[derive(Deserialize)]
pub(crate) struct Request {}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    Proven { actor, .. }: Proven<Request>,
) -> Answer {
    let token = matrix.hub.login_token(actor)?;
    Ok(Reply(
        json!({ "login_token": token, "expires_in_ms": LOGIN_TOKEN_AGE }),
    ))
}
