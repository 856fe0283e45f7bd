//! `typing`: somebody types, or stopped.

use polylogue_core::{Command, limits};
use polylogue_native::Error;
use polylogue_native::request::stream::Typing;

use super::{Answered, Asked};
use crate::client::Client;

/// Shows it to the room.
pub(super) fn show(client: &Client, request: &Typing) -> Result<Asked, Error> {
    let room = client.room_id(&request.room)?;
    let milliseconds = if request.active { limits::TYPING } else { 0 };
    client.about(room, Command::Typing { room, milliseconds }, Answered::Done)
}
