//! `POST /rooms/{roomId}/leave`, `/forget`, `/invite`, `/kick`, `/ban`, `/unban`: standings in a room.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{MethodRouter, post};
use polylogue_core::room::Membership;
use polylogue_core::{Command, RoomId, UserId};
use polylogue_hub::Request;
use polylogue_matrix::error::ErrorCode;
use serde::Deserialize;

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, OptionalBody, Reply, Segments};
use crate::forgotten;

#[derive(Deserialize)]
pub(crate) struct Reason {
    pub(crate) reason: Option<Arc<str>>,
}

#[derive(Deserialize)]
pub(crate) struct About {
    user_id: String,
    reason: Option<Arc<str>>,
}

pub(crate) async fn leave(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    OptionalBody(Reason { reason }): OptionalBody<Reason>,
) -> Answer {
    let command = Command::Leave {
        room: matrix.room(&room)?,
        reason,
    };
    done(&matrix, &access, command).await
}

/// From those who are out: what they could still read of the room they cannot any more.
pub(crate) async fn forget(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
) -> Answer {
    let room = matrix.hub.room(matrix.room(&room)?).await?;
    match room.state.membership(access.user) {
        Some(Membership::Leave | Membership::Ban) => {
            forgotten::forget(&matrix, &access, &room).await?;
            Ok(Reply::empty())
        }
        Some(Membership::Join | Membership::Invite | Membership::Knock) => Err(Failure::new(
            400,
            ErrorCode::Unknown,
            "leave the room before you forget it",
        )),
        None => Err(polylogue_core::Refusal::NotJoined.into()),
    }
}

pub(crate) fn invite() -> MethodRouter<Arc<Matrix>> {
    about(|room, user, reason| Command::Invite { room, user, reason })
}

pub(crate) fn kick() -> MethodRouter<Arc<Matrix>> {
    about(|room, user, reason| Command::Kick { room, user, reason })
}

pub(crate) fn ban() -> MethodRouter<Arc<Matrix>> {
    about(|room, user, reason| Command::Ban { room, user, reason })
}

pub(crate) fn unban() -> MethodRouter<Arc<Matrix>> {
    about(|room, user, reason| Command::Unban { room, user, reason })
}

/// The endpoint for something done to another user's standing.
fn about(command: fn(RoomId, UserId, Option<Arc<str>>) -> Command) -> MethodRouter<Arc<Matrix>> {
    post(
        async move |State(matrix): State<Arc<Matrix>>,
                    access: Access,
                    Segments(room): Segments<String>,
                    Body(About { user_id, reason }): Body<About>| {
            let user = matrix.user(&matrix.hub.world(), &user_id)?;
            let command = command(matrix.room(&room)?, user, reason);
            done(&matrix, &access, command).await
        },
    )
}

async fn done(matrix: &Matrix, access: &Access, command: Command) -> Answer {
    matrix
        .hub
        .submit(Request::new(access.actor(), command))
        .await?;
    Ok(Reply::empty())
}
