//! `react`: an emoji, or a short text, to an event.

use polylogue_core::command::Destination;
use polylogue_core::{Body, Message, Relation};
use polylogue_native::Error;
use polylogue_native::request::speech::React;

use super::say::said;
use super::target::reference;
use super::{Answered, Asked};
use crate::client::Client;

/// Reacts.
pub(super) async fn react(client: &Client, request: React) -> Result<Asked, Error> {
    let room = client.room_id(&request.room)?;
    let target = client.event(room, &request.target, "target").await?;
    let message = Message {
        body: Body::Reaction(request.reaction.into()),
        relation: Some(Relation::Reaction(reference(&target))),
        mentions: [].into(),
    };
    let asked = client.about(room, said(Destination::Room(room), message), Answered::Sent)?;
    client.once(asked, "react", (room.0, request.key))
}
