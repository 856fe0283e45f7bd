//! `knock`: asking to be let in.

use polylogue_core::Command;
use polylogue_core::command::RoomRef;
use polylogue_native::request::room::Knock;
use polylogue_native::{Answer, Error};

use super::Answered;
use crate::client::Client;

/// Asks; asking again changes nothing.
pub(super) async fn knock(client: &Client, request: Knock) -> Result<Option<Answer>, Error> {
    let room = client.room_id(&request.room)?;
    let command = Command::Knock {
        room: RoomRef::Id(room),
        reason: request.reason.map(Into::into),
    };
    client
        .ask_now(client.about(room, command, Answered::Done)?)
        .await
}
