//! `REDACT`: IRCv3 draft/message-redaction.

use polylogue_core::body::EventRef;
use polylogue_core::{Command, EventId, Refusal, RoomId};
use polylogue_irc::{Message, Middle, Verb, names::is_channel};

use crate::client::Client;

/// Takes a message away.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(target) = client.required(message, 0) else {
        return;
    };
    let Some(id) = client.required(message, 1) else {
        return;
    };
    let Some(room) = room_of(client, target).await else {
        let code = const { Middle::literal("INVALID_TARGET") };
        return client.replies.fail(
            (Verb::Redact, code),
            &[target],
            "You cannot delete messages from there",
        );
    };
    let found = match EventId::parse(id) {
        Some(id) => client.irc.hub.event(client.user_id(), room, &id).await,
        None => Err(Refusal::NoSuchEvent),
    };
    let Ok(event) = found else {
        let code = const { Middle::literal("UNKNOWN_MSGID") };
        return client.replies.fail(
            (Verb::Redact, code),
            &[target, id],
            "This message does not exist or is too old",
        );
    };
    let event = EventRef {
        sequence: event.sequence,
        position: event.position,
        author: event.sender,
    };
    let reason = message.given(2).map(std::sync::Arc::from);
    if let Err(refusal) = client
        .submit(Command::Redact {
            room,
            target: event,
            reason,
        })
        .await
    {
        let code = const { Middle::literal("REDACT_FORBIDDEN") };
        client
            .replies
            .fail((Verb::Redact, code), &[target, id], &refusal.to_string());
    }
}

async fn room_of(client: &Client, target: &str) -> Option<RoomId> {
    if is_channel(target) {
        return Some(client.known_channel(target).await?.state.id);
    }
    let world = client.world();
    let peer = world.user_named(target)?;
    world
        .state
        .room_named(&polylogue_core::name::NameKey::direct(
            client.user_id(),
            peer,
        ))
}
