//! `dm`: something to a user, in the room of the two.

use polylogue_core::command::Destination;
use polylogue_core::name::NameKey;
use polylogue_core::{Refusal, UserId};
use polylogue_hub::Request;
use polylogue_native::request::speech::Dm;
use polylogue_native::{Error, ErrorCode};

use super::say::{Words, relation, said};
use super::{About, Answered, Asked};
use crate::client::Client;
use crate::refusal;

/// Says it. The room is made by the first message.
pub(super) async fn say(client: &Client, request: Dm) -> Result<Asked, Error> {
    let (actor, own) = (client.session()?.actor(), client.session()?.user());
    let peer = client.user(&request.user, "user")?;
    if peer == own {
        let message = "that is yourself";
        return Err(Error::in_field(ErrorCode::BadValue, "user", message));
    }
    let relation = match (&request.reply_to, &request.thread) {
        (None, None) => None,
        (reply_to, thread) => {
            let room = room_of(client, own, peer);
            let field = if reply_to.is_some() {
                "reply_to"
            } else {
                "thread"
            };
            // Without a room there is no event in it.
            let room = room.ok_or_else(|| refusal::in_field(&Refusal::NoSuchEvent, field))?;
            relation(client, room, (reply_to.as_ref(), thread.as_ref())).await?
        }
    };
    let words = Words {
        kind: request.kind,
        text: request.text,
        html: request.html,
        mentions: request.mentions,
    };
    let command = said(Destination::User(peer), words.message(client, relation)?);
    let about = About {
        room: None,
        answer: Answered::SentIfKept,
    };
    let asked = Asked {
        request: Request::new(actor, command),
        about,
    };
    client.once(asked, "dm", (peer.0, request.key))
}

fn room_of(client: &Client, own: UserId, peer: UserId) -> Option<polylogue_core::RoomId> {
    let key = NameKey::direct(own, peer);
    client.world().state.room_named(&key)
}
