//! `react`: an emoji, or a short text, to an event.

use std::sync::Arc;

use polylogue_core::command::Destination;
use polylogue_core::{Body, Message, Refusal, Relation};
use polylogue_native::Error;
use polylogue_native::request::speech::React;

use super::say::said;
use super::target::reference;
use super::{Answered, Asked};
use crate::client::Client;
use crate::refusal;

/// Reacts, once: what is given is given, and only the request that gave it gets its answer again.
pub(super) async fn react(client: &Client, request: React) -> Result<Asked, Error> {
    let room = client.room_id(&request.room)?;
    let target = client.event(room, &request.target, "target").await?;
    let reaction: Arc<str> = request.reaction.into();
    let whose = (client.session()?.user(), room);
    let given = (client.hub())
        .own_reaction(whose, (target.sequence, &reaction))
        .await
        .map_err(|refusal| refusal::error(&refusal))?;
    let message = Message {
        body: Body::Reaction(reaction),
        relation: Some(Relation::Reaction(reference(&target))),
        mentions: [].into(),
    };
    let asked = client.about(room, said(Destination::Room(room), message), Answered::Sent)?;
    let asked = client.once(asked, "react", (room.0, request.key))?;
    if given.is_none() {
        return Ok(asked);
    }
    let done = match asked.request.key {
        Some(key) => client.hub().was_done(key).await,
        None => Ok(false),
    };
    match done {
        Ok(true) => Ok(asked),
        Ok(false) => Err(refusal::error(&Refusal::Unchanged)),
        Err(refusal) => Err(refusal::error(&refusal)),
    }
}
