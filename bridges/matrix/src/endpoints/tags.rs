//! `GET /user/{userId}/rooms/{roomId}/tags`, `PUT|DELETE .../tags/{tag}`: tags of a room, kept as its account data `m.tag`.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::{Command, RoomId};
use polylogue_hub::Request;
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::access::Access;
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
    let mut tags = read(&matrix, &access, room).await?;
    tags.insert(tag, content.value());
    write(&matrix, &access, (room, tags)).await
}

pub(crate) async fn delete(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, room, tag)): Segments<(String, String, String)>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    let room = matrix.room(&room)?;
    let mut tags = read(&matrix, &access, room).await?;
    if tags.remove(&tag).is_some() {
        write(&matrix, &access, (room, tags)).await?;
    }
    Ok(Reply::empty())
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
    let tags = stored.and_then(|content| {
        content
            .value()
            .get("tags")
            .and_then(Value::as_object)
            .cloned()
    });
    Ok(tags.unwrap_or_default())
}

async fn write(
    matrix: &Matrix,
    access: &Access,
    (room, tags): (RoomId, Map<String, Value>),
) -> Answer {
    let content = account_data(&json!({ "tags": tags }))?;
    let command = Command::SetAccountData {
        room: Some(room),
        kind: KIND.into(),
        content,
    };
    matrix
        .hub
        .submit(Request::new(access.actor(), command))
        .await?;
    Ok(Reply::empty())
}
