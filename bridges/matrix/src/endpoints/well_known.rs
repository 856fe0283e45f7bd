//! `GET /.well-known/matrix/client`: where the client-server API is, and what the server asks clients to do by default.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;

use crate::Matrix;
use crate::error::{Answer, Failure};
use crate::extract::Reply;

pub(crate) async fn client(State(matrix): State<Arc<Matrix>>) -> Answer {
    let base_url = matrix
        .config
        .public_base_url
        .as_deref()
        .ok_or_else(|| Failure::not_found("no base URL is configured"))?;
    Ok(Reply(json!({
        "m.homeserver": { "base_url": base_url.trim_end_matches('/') },
        "io.element.e2ee": { "default": matrix.config.encrypt_by_default },
    })))
}
