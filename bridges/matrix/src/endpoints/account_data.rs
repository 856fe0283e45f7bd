//! `GET|PUT /user/{userId}/account_data/{type}` and the same of a room: what clients keep here for themselves.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::command::PutCondition;
use polylogue_core::{Command, Json, RoomId};
use polylogue_hub::Request;
use polylogue_matrix::error::ErrorCode;

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{AccountData, Reply, Segments};
use crate::{direct, push};

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, kind)): Segments<(String, String)>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    read(&matrix, &access, (None, &kind)).await
}

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, kind)): Segments<(String, String)>,
    AccountData(content): AccountData,
) -> Answer {
    access.own(&matrix, &user_id)?;
    write(&matrix, &access, (None, &kind, content)).await
}

pub(crate) async fn get_of_room(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, room, kind)): Segments<(String, String, String)>,
) -> Answer {
    access.own(&matrix, &user_id)?;
    read(&matrix, &access, (Some(matrix.room(&room)?), &kind)).await
}

pub(crate) async fn put_of_room(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((user_id, room, kind)): Segments<(String, String, String)>,
    AccountData(content): AccountData,
) -> Answer {
    access.own(&matrix, &user_id)?;
    write(
        &matrix,
        &access,
        (Some(matrix.room(&room)?), &kind, content),
    )
    .await
}

async fn read(matrix: &Matrix, access: &Access, (room, kind): (Option<RoomId>, &str)) -> Answer {
    let found = match (room, kind) {
        (None, push::KIND) => {
            let rules = push::ruleset(matrix, access.user).await?;
            Some(push::content(&rules)?.value())
        }
        (None, direct::KIND) => {
            let stored = direct::stored(matrix, access.user).await?;
            direct::merged(matrix, (&matrix.hub.world(), access.user), stored)
        }
        (_, kind) => {
            let stored = matrix.hub.account_datum(access.user, room, kind).await?;
            stored.map(|content| content.value())
        }
    };
    found
        .map(Reply)
        .ok_or_else(|| Failure::not_found("no such account data"))
}

/// Matrix client-server API "Account data": two types have endpoints of their own.
async fn write(
    matrix: &Matrix,
    access: &Access,
    (room, kind, content): (Option<RoomId>, &str, Json),
) -> Answer {
    match kind {
        "m.fully_read" | push::KIND => Err(Failure::new(
            405,
            ErrorCode::BadJson,
            "this type is set by an endpoint of its own",
        )),
        _ => {
            let command = Command::SetAccountData {
                room,
                kind: kind.into(),
                content,
                condition: PutCondition::Always,
            };
            matrix
                .hub
                .submit(Request::new(access.actor(), command))
                .await?;
            Ok(Reply::empty())
        }
    }
}
