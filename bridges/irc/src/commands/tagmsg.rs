//! `TAGMSG`: IRCv3 message-tags. Typing, reactions and taking them back are what they are on every protocol; other tags go to those who are here, and what asks to
//! be kept is.

use std::sync::Arc;

use polylogue_core::body::{Content, Message as Said, Relation};
use polylogue_core::command::{Destination, Say};
use polylogue_core::live::{Transient, TransientKind};
use polylogue_core::{Body, Command, Json, Refusal};
use polylogue_irc::Message;

use super::message::{answered, reference, relayed, room_of, to};
use crate::client::Client;
use crate::render::message::KEPT_TAGS;

/// The tag with which a client asks that a line without text is kept with its tags.
const KEEP: &str = "+draft/persist";

/// `TAGMSG`: typing, reactions; anything else is passed on to those who are here.
pub(super) async fn command(
    client: &Client,
    message: &Message,
    destination: &Destination,
) -> Result<Option<Command>, Refusal> {
    let room = room_of(client, destination);
    if let Some(state) = message.tags().get("+typing") {
        // IRCv3 client tag typing: active holds for 6 seconds, paused and done end it here.
        let milliseconds = if state == "active" { 6_000 } else { 0 };
        match (room, destination) {
            (Some(room), _) => return Ok(Some(Command::Typing { room, milliseconds })),
            // Nobody sees who is about to write to him for the first time.
            (None, Destination::User(peer)) if client.world().is_account(*peer) => return Ok(None),
            (None, _) => {}
        }
    }
    if let Some(reaction) = message
        .tags()
        .get("+draft/react")
        .filter(|reaction| !reaction.is_empty())
        && let Some(event) = answered(client, message, destination).await
    {
        // Once given it is given, on every protocol.
        if let Some(room) = room
            && let whose = (client.user_id(), room)
            && let given = (event.sequence, &*reaction)
            && (client.irc.hub.own_reaction(whose, given).await?).is_some()
        {
            return Ok(None);
        }
        let said = Said {
            body: Body::Reaction(reaction.as_ref().into()),
            relation: Some(Relation::Reaction(reference(&event))),
            mentions: Arc::default(),
        };
        return Ok(Some(Command::Say(Say {
            to: destination.clone(),
            message: said,
        })));
    }
    if let Some(reaction) = message.tags().get("+draft/unreact")
        && let Some(room) = room
        && let Some(event) = answered(client, message, destination).await
    {
        let given = (client.irc.hub)
            .own_reaction((client.user_id(), room), (event.sequence, &reaction))
            .await?;
        // Who takes back what he has not given has nothing to take back.
        return Ok(given.map(|target| Command::Redact {
            room,
            target,
            reason: None,
        }));
    }
    let Some(tags) = relayed(message) else {
        return Ok(None);
    };
    let is_kept = match destination {
        Destination::Room(_) => true,
        Destination::User(peer) => {
            let world = client.world();
            world.is_account(*peer) && world.is_account(client.user_id())
        }
    };
    if is_kept && message.tags().get(KEEP).is_some() {
        let tags: serde_json::Map<_, _> = (tags.iter())
            .map(|(key, value)| (key.to_string(), value.to_string().into()))
            .collect();
        let content = Json::from_value(&serde_json::json!({ "tags": tags }));
        let content = content.map_err(|_| Refusal::Invalid { what: "tags" })?;
        let body = Body::Unknown(Content {
            kind: KEPT_TAGS.into(),
            content,
        });
        return Ok(Some(Command::Say(Say {
            to: destination.clone(),
            message: Said::plain(body),
        })));
    }
    Ok(Some(Command::Transient(Transient {
        to: to(destination),
        kind: TransientKind::Tags,
    })))
}
