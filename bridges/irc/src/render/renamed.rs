//! A channel has another name: `RENAME` for those who know it (IRCv3 draft/channel-rename), for others they part from the one and join the other.

use bytes::BytesMut;
use polylogue_core::name::ChannelName;
use polylogue_core::{RoomState, Timestamp, UserId};
use polylogue_irc::{Capability, Middle, Trailing, Verb};

use super::{Scene, member};
use crate::names;

/// The room goes by these names now.
pub(super) fn renamed(
    scene: &Scene<'_>,
    (room, sender, at): (&RoomState, UserId, Timestamp),
    (now, reason): (&[ChannelName], Option<&str>),
    out: &mut BytesMut,
) {
    let before = scene.before.state.room(room.id);
    let old = before.and_then(|before| names::channel(&before.state));
    let (Some(old), Some(new)) = (old, names::channel(room)) else {
        return;
    };
    // Of several changes in one batch the last is told.
    let is_last = now.first().is_some_and(|first| first.as_str() == new);
    if old == new || !is_last {
        return;
    }
    let (Ok(from), Ok(to)) = (Middle::new(old), Middle::new(new)) else {
        return;
    };
    let by = scene.name(sender);
    if scene.has(Capability::ChannelRename) {
        let source = by.map_or_else(|| scene.renderer.source(), |by| by.source());
        let line = scene.line(out, (at, by.and_then(|by| by.account)));
        let line = line.from(source, Verb::Rename).middle(from).middle(to);
        let _ = line.trailing(&Trailing::lossy(reason.unwrap_or_default()));
        return;
    }
    let Some(me) = scene.name(scene.viewer) else {
        return;
    };
    let why = reason
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    let line = scene
        .line(out, (at, me.account))
        .from(me.source(), Verb::Part);
    let text = format!("It is {new} now{why}");
    let _ = line.middle(from).trailing(&Trailing::lossy(&text));
    member::present(scene, (room, &me), out);
}
