//! `GET /user/{userId}/rooms/{roomId}/tags`, `PUT|DELETE .../tags/{tag}`: tags of a room, kept as its account data `m.tag`.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::{Json, RoomId};
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::datum;
use crate::error::{Answer, Failure};
use crate::extract::{AccountData, Reply, Segments, account_data};

const KIND: &str = "m.tag";

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, room)): Segments<(String, String)>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    let tags = read(&matrix, &access, matrix.room(&room)?).await?;
    Ok(Reply(json!({ "tags": tags })))
}

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, room, tag)): Segments<(String, String, String)>,
    AccountData(content): AccountData,
) -> Answer {
    access.own(&matrix, &user_id)?;
    let room = matrix.room(&room)?;
    let change = |tags: &mut Map<String, Value>| drop(tags.insert(tag.clone(), content.value()));
    changed(&matrix, &access, room, change).await
}

pub(crate) async fn delete(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, room, tag)): Segments<(String, String, String)>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    let room = matrix.room(&room)?;
    let change = |tags: &mut Map<String, Value>| drop(tags.remove(&tag));
    changed(&matrix, &access, room, change).await
}

async fn read(
    matrix: &Matrix,
    access: &Access,
    room: RoomId,
) -> Result<Map<String, Value>, Failure> {
    let stored = matrix
        .hub
        .account_datum(access.user, Some(room), KIND)
        .await?;
    Ok(tags(stored))
}

/// Changes the tags of a room; those that another client sets meanwhile stay.
async fn changed(
    matrix: &Matrix,
    access: &Access,
    room: RoomId,
    change: impl Fn(&mut Map<String, Value>),
) -> Answer {
    let edit = |stored| {
        let before = tags(stored);
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(None);
        }
        account_data(&json!({ "tags": after })).map(Some)
    };
    datum::change(matrix, access, (Some(room), KIND), edit).await?;
    Ok(Reply::empty())
}

fn tags(stored: Option<Json>) -> Map<String, Value> {
    let tags = stored.and_then(|content| {
        content
            .value()
            .get("tags")
            .and_then(Value::as_object)
            .cloned()
    });
    tags.unwrap_or_default()
}
