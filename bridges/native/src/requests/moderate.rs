//! `invite`, `kick`, `ban`, `unban`: something done to another user's standing.

use std::sync::Arc;

use polylogue_core::{Command, RoomId, UserId};
use polylogue_native::request::room::Moderate;
use polylogue_native::{Answer, Error, RoomReference, UserName};

use super::Answered;
use crate::client::Client;

/// Asks somebody in.
pub(super) async fn invite(client: &Client, request: Moderate) -> Result<Option<Answer>, Error> {
    moderate(client, request, |room, user, reason| Command::Invite {
        room,
        user,
        reason,
    })
    .await
}

/// Puts somebody out, or takes his invitation back.
pub(super) async fn kick(client: &Client, request: Moderate) -> Result<Option<Answer>, Error> {
    moderate(client, request, |room, user, reason| Command::Kick {
        room,
        user,
        reason,
    })
    .await
}

/// Shuts somebody out.
pub(super) async fn ban(client: &Client, request: Moderate) -> Result<Option<Answer>, Error> {
    moderate(client, request, |room, user, reason| Command::Ban {
        room,
        user,
        reason,
    })
    .await
}

/// Lets somebody come again.
pub(super) async fn unban(client: &Client, request: Moderate) -> Result<Option<Answer>, Error> {
    moderate(client, request, |room, user, reason| Command::Unban {
        room,
        user,
        reason,
    })
    .await
}

async fn moderate(
    client: &Client,
    request: Moderate,
    command: impl FnOnce(RoomId, UserId, Option<Arc<str>>) -> Command,
) -> Result<Option<Answer>, Error> {
    let (room, user) = whom(client, &request.room, &request.user).await?;
    let command = command(room, user, request.reason.map(Into::into));
    client
        .ask_now(client.about(room, command, Answered::Done)?)
        .await
}

/// Where and whom. Outsiders learn nothing of users by asking about rooms that they may not know of.
async fn whom(
    client: &Client,
    room: &RoomReference,
    user: &UserName,
) -> Result<(RoomId, UserId), Error> {
    let room = client.room(room).await?.state.id;
    Ok((room, client.user(user, "user")?))
}
