//! `join`: into a room that is there; unlike on IRC, a name that nobody has makes none.

use std::sync::Arc;

use polylogue_core::Command;
use polylogue_core::command::{MissingRoom, RoomRef};
use polylogue_hub::Request;
use polylogue_native::request::room::Join;
use polylogue_native::{Answer, Error};

use crate::client::Client;

/// Goes in; who is in already is shown the room again.
pub(super) async fn join(client: &Client, request: Join) -> Result<Answer, Error> {
    let actor = client.session()?.actor();
    let room = client.room_id(&request.room)?;
    let command = Command::Join {
        room: RoomRef::Id(room),
        key: request.room_key.map(|key| Arc::from(key.expose())),
        missing: MissingRoom::Refuse,
        reason: request.reason.map(Into::into),
    };
    match client.hub().submit(Request::new(actor, command)).await {
        Ok(_) => Ok(Answer::Room(client.shown_now(room).await?)),
        Err(refusal) => Err(client.refused(Some(room), &refusal).await),
    }
}
