//! `leave`: out of a room, or of an invitation or a knock.

use polylogue_core::Command;
use polylogue_native::request::room::Leave;
use polylogue_native::{Answer, Error};

use super::Answered;
use crate::client::Client;

/// Ends the asker's own standing.
pub(super) async fn leave(client: &Client, request: Leave) -> Result<Option<Answer>, Error> {
    let room = client.room_id(&request.room)?;
    let reason = request.reason.map(Into::into);
    let command = Command::Leave { room, reason };
    client
        .ask_now(client.about(room, command, Answered::Done)?)
        .await
}
