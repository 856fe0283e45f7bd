//! A conversation of two that became a room of many: whoever was in it sees a channel from then on.

use bytes::BytesMut;
use polylogue_core::{RoomState, Timestamp};
use polylogue_irc::{Trailing, Verb};

use super::{Scene, member};
use crate::names;

/// Says where the conversation goes on, and shows the channel as to somebody who joins it.
pub(crate) fn opened(scene: &Scene<'_>, (room, at): (&RoomState, Timestamp), out: &mut BytesMut) {
    let (Some(me), Some(channel)) = (scene.name(scene.viewer), names::channel(room)) else {
        return;
    };
    // Who was asked into the conversation and has not answered is in no channel.
    if !room.is_joined(scene.viewer) {
        return;
    }
    let peer = room
        .creation
        .kind
        .peer_of(scene.viewer)
        .and_then(|peer| scene.name(peer));
    if let Some(peer) = peer {
        let text = format!(
            "Somebody else was asked into your conversation with {}: it is {channel} from now on",
            peer.nick
        );
        let line = scene
            .line(out, (at, None))
            .from(scene.renderer.source(), Verb::Notice)
            .middle(me.nick());
        let _ = line.trailing(&Trailing::lossy(&text));
    }
    member::present(scene, (room, &me), out);
}
