//! `POST /_matrix/client/v1/login/get_token`: a token with which another client of the same user logs in, once.

use std::sync::Arc;

use axum::extract::State;
use polylogue_hub::LOGIN_TOKEN_AGE;
use polylogue_matrix::uia::Auth;
use serde::Deserialize;
use serde_json::json;

use crate::Matrix;
use crate::access::{Access, Confidential};
use crate::error::Answer;
use crate::extract::{OptionalBody, Reply};
use crate::proof;

#[derive(Deserialize)]
pub(crate) struct Request {
    auth: Option<Auth>,
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    _: Confidential,
    OptionalBody(request): OptionalBody<Request>,
) -> Answer {
    let actor = proof::password(&matrix, &access, request.auth).await?;
    let token = matrix.hub.login_token(actor)?;
    Ok(Reply(
        json!({ "login_token": token, "expires_in_ms": LOGIN_TOKEN_AGE }),
    ))
}
