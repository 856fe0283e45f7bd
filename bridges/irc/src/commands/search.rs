//! `SEARCH`: the vendor extension soju.im/search. Searches the one index, through the one gate.

use polylogue_core::search::{Order, Search};
use polylogue_core::{Position, RoomId, Timestamp};
use polylogue_hub::Matches;
use polylogue_irc::search::{Request, RequestError};
use polylogue_irc::{Message, Middle, Verb};

use super::chathistory::room_of;
use crate::client::Client;
use crate::past;

/// Answers one search.
pub(super) async fn run(client: &mut Client, message: &Message) {
    let request = match Request::parse(message) {
        Ok(request) => request,
        Err(error) => return invalid(client, &error),
    };
    let Some(search) = search(client, &request) else {
        // Whoever is not here has said nothing here.
        return send(client, &[]);
    };
    let Some(search) = search else {
        let code = const { Middle::literal("INVALID_PARAMS") };
        let text = "You have no such channel or conversation";
        return client.replies.fail((Verb::Search, code), &["in"], text);
    };
    match client.irc.hub.search(client.user_id(), search).await {
        Ok(found) => show(client, found).await,
        Err(_) => {
            let code = const { Middle::literal("INTERNAL_ERROR") };
            let text = "The search could not be run";
            client.replies.fail((Verb::Search, code), &[], text);
        }
    }
}

fn invalid(client: &mut Client, error: &RequestError) {
    let code = const { Middle::literal("INVALID_PARAMS") };
    let context: Vec<&str> = error.context().into_iter().map(Middle::as_str).collect();
    client
        .replies
        .fail((Verb::Search, code), &context, &error.to_string());
}

/// The search meant: nothing if its author is nobody, and nothing in that if it is in no room of the client's.
fn search(client: &Client, request: &Request<'_>) -> Option<Option<Search>> {
    let world = client.world();
    let senders = match &request.sender {
        Some(nick) => vec![world.reached_by(nick)?],
        None => Vec::new(),
    };
    let rooms = match &request.target {
        Some(target) => match room_of(client, target) {
            Some(room) => vec![room],
            None => return Some(None),
        },
        None => Vec::new(),
    };
    let most = client.irc.config.history_messages;
    let limit = request.limit.map_or(most, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX).min(most)
    });
    // "If `after` is specified, messages SHOULD be searched from that time."
    let order = match request.after {
        Some(_) => Order::OldestFirst(Position(0)),
        None => Order::NewestFirst(Position(u64::MAX)),
    };
    Some(Some(Search {
        text: request.text.as_deref().unwrap_or_default().to_owned(),
        rooms,
        senders,
        since: request.after.map(Timestamp),
        until: request.before.map(Timestamp),
        order,
        limit,
    }))
}

/// The messages found, the oldest first.
async fn show(client: &mut Client, mut found: Matches) {
    found.events.sort_by_key(|(_, event)| event.position);
    let mut lines = Vec::with_capacity(found.events.len());
    let mut room = None;
    for (id, event) in &found.events {
        let known: Option<&(RoomId, _)> = room.as_ref();
        if known.is_none_or(|(known, _)| known != id) {
            let read = client.irc.hub.room(*id).await;
            room = read.ok().map(|read| (*id, read));
        }
        if let Some((_, room)) = &room {
            lines.push(past::lines(client, &client.world(), (&room.state, event)));
        }
    }
    if !found.complete {
        let text = "What was said last may be missing: it is still being indexed";
        client.replies.note(
            (Verb::Search, const { Middle::literal("INCOMPLETE") }),
            text,
        );
    }
    send(client, &lines);
}

fn send(client: &mut Client, lines: &[bytes::BytesMut]) {
    let kind = const { Middle::literal("soju.im/search") };
    past::send(client, (kind, None), lines);
}
