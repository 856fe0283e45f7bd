//! `read`: everything up to an event has been read.

use polylogue_core::Command;
use polylogue_core::event::ReadAudience;
use polylogue_native::Error;
use polylogue_native::request::stream::MarkRead;

use super::{Answered, Asked};
use crate::client::Client;

/// Marks it, and tells the room.
pub(super) async fn mark(client: &Client, request: &MarkRead) -> Result<Asked, Error> {
    let room = client.room_id(&request.room)?;
    let event = client.event(room, &request.event, "event").await?;
    let places = client.native.renderer.places();
    places.note(room, event.sequence, event.position);
    let command = Command::MarkRead {
        room,
        up_to: event.sequence,
        time: event.at,
        audience: ReadAudience::Room,
    };
    client.about(room, command, Answered::Done)
}
