//! `edit`: a new text for a message of one's own.

use polylogue_core::command::Destination;
use polylogue_core::{Body, EventRef, Relation, RoomId};
use polylogue_hub::VisibleEvent;
use polylogue_native::request::speech::Edit;
use polylogue_native::{Error, ErrorCode};

use super::say::{Words, said};
use super::target::{message_in, reference};
use super::{Answered, Asked};
use crate::client::Client;

/// Says it anew.
pub(super) async fn edit(client: &Client, request: Edit) -> Result<Asked, Error> {
    let room = client.room_id(&request.room)?;
    let named = client.event(room, &request.target, "target").await?;
    let target = message_of(client, room, &named).await?;
    let words = Words {
        kind: request.kind,
        text: request.text,
        html: request.html,
        mentions: request.mentions,
    };
    let message = words.message(client, Some(Relation::Edit(target)))?;
    let asked = client.about(room, said(Destination::Room(room), message), Answered::Sent)?;
    client.once(asked, "edit", (room.0, request.key))
}

/// The message that is meant: the one named, or the one that it is an edit of.
async fn message_of(
    client: &Client,
    room: RoomId,
    named: &VisibleEvent,
) -> Result<EventRef, Error> {
    let own = client.session()?.user();
    let relation = message_in(named).and_then(|message| message.relation);
    let message = if let Some(Relation::Edit(target)) = relation {
        let found = client.hub().event_in(own, room, target.sequence).await;
        found
            .is_ok_and(|message| is_text(&message))
            .then_some(target)
    } else {
        is_text(named).then(|| reference(named))
    };
    match message {
        Some(target) if target.author == own => Ok(target),
        Some(_) | None => {
            let why = "only a message of your own can get a new text";
            Err(Error::in_field(ErrorCode::Forbidden, "target", why))
        }
    }
}

fn is_text(event: &VisibleEvent) -> bool {
    message_in(event).is_some_and(|message| matches!(message.body, Body::Text(_)))
}
