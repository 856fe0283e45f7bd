//! `POST /rooms/{roomId}/leave`, `/forget`, `/invite`, `/kick`, `/ban`, `/unban`: standings in a room.

use std::sync::Arc;

use axum::extract::State;
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
    user_id: Option<String>,
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

pub(crate) async fn invite(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Body(about): Body<About>,
) -> Answer {
    let (room, user, reason) = about.read(&matrix, &room)?;
    let command = Command::Invite { room, user, reason };
    done(&matrix, &access, command).await
}

pub(crate) async fn kick(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Body(about): Body<About>,
) -> Answer {
    let (room, user, reason) = about.read(&matrix, &room)?;
    let command = Command::Kick { room, user, reason };
    done(&matrix, &access, command).await
}

pub(crate) async fn ban(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Body(about): Body<About>,
) -> Answer {
    let (room, user, reason) = about.read(&matrix, &room)?;
    let command = Command::Ban { room, user, reason };
    done(&matrix, &access, command).await
}

pub(crate) async fn unban(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Body(about): Body<About>,
) -> Answer {
    let (room, user, reason) = about.read(&matrix, &room)?;
    let command = Command::Unban { room, user, reason };
    done(&matrix, &access, command).await
}

impl About {
    /// Where, whom and why.
    fn read(
        self,
        matrix: &Matrix,
        room: &str,
    ) -> Result<(RoomId, UserId, Option<Arc<str>>), Failure> {
        let missing = || Failure::new(400, ErrorCode::MissingParam, "user_id is missing");
        let user_id = self.user_id.ok_or_else(missing)?;
        let user = matrix.user(&matrix.hub.world(), &user_id)?;
        Ok((matrix.room(room)?, user, self.reason))
    }
}

async fn done(matrix: &Matrix, access: &Access, command: Command) -> Answer {
    matrix
        .hub
        .submit(Request::new(access.actor(), command))
        .await?;
    Ok(Reply::empty())
}
