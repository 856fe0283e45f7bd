//! `POST /user/{userId}/filter` and `GET /user/{userId}/filter/{filterId}`: filters kept for sync.

use std::sync::Arc;

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use polylogue_core::command::PutCondition;
use polylogue_core::{Command, UserId};
use polylogue_hub::Request;
use ruma::api::client::filter::FilterDefinition;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Content, Reply, Segments, shape};

/// The kind of the documents that hold filters.
const KIND: &str = "matrix.filter";
/// Bytes of a filter.
const LIMIT: usize = 16 * 1024;

/// The id follows from the content, so that the same filter is stored once however often a client sends it.
pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(user_id): Segments<String>,
    Content(filter): Content,
) -> Answer {
    access.own(&matrix, &user_id)?;
    shape::<FilterDefinition>(filter.value())?;
    let text = filter.as_str();
    if text.len() > LIMIT {
        return Err(polylogue_core::Refusal::TooLarge {
            what: "filter",
            limit: LIMIT,
        }
        .into());
    }
    let mut key = URL_SAFE_NO_PAD.encode(Sha256::digest(text));
    key.truncate(16);
    let stored = matrix.hub.document(access.user, KIND, &key).await?;
    if stored.is_none() {
        let command = Command::PutDocument {
            kind: KIND.into(),
            key: key.as_str().into(),
            blob: Some(text.as_bytes().into()),
            condition: PutCondition::Always,
        };
        matrix
            .hub
            .submit(Request::new(access.actor(), command))
            .await?;
    }
    Ok(Reply(json!({ "filter_id": key })))
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, filter_id)): Segments<(String, String)>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    Ok(Reply(stored(&matrix, access.user, &filter_id).await?))
}

/// A stored filter, for sync as well.
pub(crate) async fn stored(
    matrix: &Matrix,
    user: UserId,
    filter_id: &str,
) -> Result<Value, Failure> {
    let found = matrix.hub.document(user, KIND, filter_id).await?;
    let value = found.and_then(|blob| serde_json::from_slice(&blob).ok());
    value.ok_or_else(|| Failure::not_found("no such filter"))
}
