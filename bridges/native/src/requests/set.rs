//! `set_topic` and `set_name`: texts that describe a room.

use polylogue_core::{Command, Refusal, facets};
use polylogue_native::request::room::{SetName, SetTopic};
use polylogue_native::{Answer, Error};

use super::{Answered, Asked};
use crate::client::Client;
use crate::refusal;

/// A new topic; empty takes it away.
pub(super) async fn topic(client: &Client, request: SetTopic) -> Result<Answer, Error> {
    let room = client.room_id(&request.room)?;
    let command = Command::SetTopic {
        room,
        topic: request.topic.into(),
    };
    sent(client, client.about(room, command, Answered::Sent)?).await
}

/// A new name; empty takes it away.
pub(super) async fn name(client: &Client, request: SetName) -> Result<Answer, Error> {
    let room = client.room_id(&request.room)?;
    let command = Command::SetState {
        room,
        change: facets::name(request.name.as_str()),
    };
    sent(client, client.about(room, command, Answered::Sent)?).await
}

/// The event that was made.
pub(super) async fn sent(client: &Client, asked: Asked) -> Result<Answer, Error> {
    let answer = client.ask_now(asked).await?;
    answer.ok_or_else(|| refusal::error(&Refusal::Internal))
}
