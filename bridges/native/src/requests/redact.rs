//! `redact`: an event's content is taken away.

use polylogue_core::Command;
use polylogue_native::Error;
use polylogue_native::request::speech::Redact;

use super::target::reference;
use super::{Answered, Asked};
use crate::client::Client;

/// Takes it away.
pub(super) async fn redact(client: &Client, request: Redact) -> Result<Asked, Error> {
    let room = client.room_id(&request.room)?;
    let target = client.event(room, &request.target, "target").await?;
    let command = Command::Redact {
        room,
        target: reference(&target),
        reason: request.reason.map(Into::into),
    };
    let asked = client.about(room, command, Answered::Sent)?;
    client.once(asked, "redact", (room.0, request.key))
}
