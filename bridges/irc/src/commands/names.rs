//! `NAMES`: RFC 2812 section 3.2.5. However many channels are asked for, one line ends the answer.

use bytes::BytesMut;
use polylogue_core::{Room, RoomSequence};
use polylogue_irc::{Message, Numeric};

use crate::client::Client;
use crate::names;
use crate::replay::NamesReply;

/// A channel whose members a client may see: it is read if it is not in memory.
pub(super) async fn shown(client: &Client, name: &str) -> Option<Room> {
    let room = names::room_named(&client.world(), name)?;
    let room = client.irc.hub.room(room).await.ok()?;
    room.state.is_shown_to(client.user_id()).then_some(room)
}

/// Shows who is in each channel.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(list) = message.given(0) else {
        return client
            .replies
            .text(Numeric::RplEndOfNames, &["*"], "End of /NAMES list");
    };
    let world = client.world();
    let nick = client.replies.target();
    for name in list.split(',').filter(|name| !name.is_empty()) {
        // Outsiders get the same for channels that are hidden and that are not there.
        if let Some(room) = shown(client, name).await {
            let mut out = BytesMut::new();
            NamesReply {
                scene: &client.scene(&world),
                room: &room.state,
                nick: &nick,
            }
            .members(RoomSequence(u64::MAX), &mut out);
            client.replies.append_lines(&out);
        }
    }
    client
        .replies
        .text(Numeric::RplEndOfNames, &[list], "End of /NAMES list");
}
