//! `NAMES`: RFC 2812 section 3.2.5. However many channels are asked for, one line ends the answer.

use bytes::BytesMut;
use polylogue_core::RoomSequence;
use polylogue_irc::{Message, Numeric};

use crate::client::Client;
use crate::names;
use crate::replay::NamesReply;

/// Shows who is in each channel.
pub(crate) fn run(client: &mut Client, message: &Message) {
    let Some(list) = message.given(0) else {
        return client
            .replies
            .text(Numeric::RplEndOfNames, &["*"], "End of /NAMES list");
    };
    let world = client.world();
    let nick = client.replies.target();
    for name in list.split(',').filter(|name| !name.is_empty()) {
        let room = names::room_named(&world, name).and_then(|room| world.state.room(room));
        // Outsiders get the same for channels that are hidden and that are not there.
        let shown = room.filter(|room| room.state.listed || room.state.is_joined(client.user_id()));
        if let Some(room) = shown {
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
