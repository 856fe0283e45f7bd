//! What was said before, as lines: what the commands and services that read the log send.

use bytes::BytesMut;
use polylogue_core::UserId;
use polylogue_core::room::RoomState;
use polylogue_core::state::World;
use polylogue_hub::{Relation, VisibleEvent};
use polylogue_irc::batch::Reference;
use polylogue_irc::line::add_tag;
use polylogue_irc::{Capability, LineWriter, Middle, Tag, TagKey};

use crate::client::Client;
use crate::render::{Stamp, room_event};
use crate::reply::part;

/// The lines of one event, as this client has them.
pub(crate) fn lines(
    client: &Client,
    world: &World,
    (room, event): (&RoomState, &VisibleEvent),
) -> BytesMut {
    let mut scene = client.scene(world);
    scene.relation = if event.sender == scene.viewer {
        Relation::Origin
    } else {
        Relation::Other
    };
    // Who came in then is not shown the channel now.
    scene.viewer = UserId::SERVER;
    // One's own messages are part of history, whatever echoes are asked for.
    scene.capabilities = scene.capabilities.with(Capability::EchoMessage);
    let mut out = BytesMut::new();
    let stamp = Stamp {
        position: event.position,
        at: event.at,
    };
    let about = (room, event.sender);
    room_event(&scene, about, stamp, &event.change, &mut out);
    out
}

/// Sends the lines of each message, in a batch of this type if the client knows batches.
pub(crate) fn send(
    client: &mut Client,
    (kind, target): (Middle<'static>, Option<&str>),
    messages: &[BytesMut],
) {
    let mut lines = BytesMut::new();
    let Some(reference) = Reference::new("h1") else {
        return;
    };
    let server = client.replies.server();
    let batched = client.capabilities.has(Capability::Batch);
    if batched {
        let _ = LineWriter::new(&mut lines)
            .open_batch(part(&server), reference, kind)
            .middles(target.map(part))
            .end();
    }
    for message in messages {
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            if batched {
                let tag = Tag::new(TagKey::BATCH, reference.as_str());
                add_tag(line, &tag, &mut lines);
            } else {
                lines.extend_from_slice(line);
            }
        }
    }
    if batched {
        let _ = LineWriter::new(&mut lines)
            .close_batch(part(&server), reference)
            .end();
    }
    client.replies.append_lines(&lines);
}
