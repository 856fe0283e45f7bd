//! `search`: messages by their words.

use polylogue_core::search::{Order, Search};
use polylogue_core::{Position, Refusal};
use polylogue_native::request::stream::FindEvents;
use polylogue_native::{Answer, Error, Found};

use super::page::Filling;
use crate::client::Client;
use crate::{names, refusal};

/// A page, newest first.
pub(super) async fn find(client: &Client, request: &FindEvents) -> Result<Answer, Error> {
    let viewer = client.session()?.user();
    let rooms = match &request.room {
        Some(room) => vec![client.room(room).await?.state.id],
        None => Vec::new(),
    };
    let senders = match &request.sender {
        Some(user) => vec![client.user(user, "sender")?],
        None => Vec::new(),
    };
    let before = match &request.before {
        Some(cursor) => names::open_cursor(client.hub(), cursor)
            .ok_or_else(|| refusal::in_field(&Refusal::NoSuchEvent, "before"))?
            .next(),
        None => Position(u64::MAX),
    };
    let limit = usize::try_from(request.limit.get()).unwrap_or(usize::MAX);
    let search = Search {
        text: request.text.as_str().to_owned(),
        rooms,
        senders,
        since: None,
        until: None,
        order: Order::NewestFirst(before),
        limit: limit.min(client.native.config.history_events),
    };
    let found = client.hub().search(viewer, search).await;
    let found = found.map_err(|refusal| refusal::error(&refusal))?;
    let (world, renderer) = (client.world(), &client.native.renderer);
    let mut filling = Filling::new(u64::MAX);
    let mut next = match found.next {
        Some(Order::NewestFirst(place) | Order::OldestFirst(place)) => Some(place),
        None => None,
    };
    let mut last = None;
    for (room, event) in &found.events {
        if filling.add(renderer.event(&world, *room, event)).is_err() {
            next = last;
            break;
        }
        last = Some(event.position);
    }
    Ok(Answer::Found(Found {
        events: filling.items(),
        // A cursor stands behind its position.
        before: next
            .map(|place| names::cursor(renderer.sealer(), Position(place.0.saturating_sub(1)))),
        incomplete: !found.complete,
    }))
}
