//! What is told to those who are here and not stored: CTCP, client tags, and what guests say in private.

use std::sync::Arc;

use bytes::BytesMut;
use polylogue_core::UserId;
use polylogue_core::live::{Passing, Transient, TransientKind, TransientTarget};
use polylogue_hub::Relation;
use polylogue_irc::codec::MESSAGE_LIMIT;
use polylogue_irc::wrap::wrap;
use polylogue_irc::{Capability, LineWriter, Middle, Tag, TagKey, Trailing, Verb, ctcp};

use super::Scene;
use super::message::FRAME;
use super::mode::symbol;
use crate::names::{self, Name};

/// Something transient, for one of those whom it reaches.
pub(super) fn signal(
    scene: &Scene<'_>,
    (sender, stamp): (UserId, Passing),
    message: &Transient,
    out: &mut BytesMut,
) {
    let room = |room| {
        let room = scene.world.state.room(room);
        room.and_then(|room| names::target(scene.world, &room.state, sender))
    };
    let ranked;
    let (to, is_private) = match message.to {
        TransientTarget::Room(id) => (room(id), false),
        TransientTarget::Ranked(id, prefix) => {
            ranked = room(id).map(|channel| format!("{}{channel}", symbol(prefix)));
            (ranked.as_deref(), false)
        }
        TransientTarget::User(user) => {
            let name = scene.world.name_of(user);
            (name.map(|name| &**name.nick()), true)
        }
    };
    if let (true, Some(by), Some(to)) = (wants(scene, is_private), scene.name(sender), to) {
        say(scene, (&by, to), (&message.kind, stamp), out);
    }
}

/// What comes back of one's own words: to the session that said them with echo-message, and in private to the others only where the client can
/// tell whom they were for.
fn wants(scene: &Scene<'_>, is_private: bool) -> bool {
    match scene.relation {
        Relation::Other | Relation::Target => true,
        Relation::Origin => scene.has(Capability::EchoMessage),
        Relation::Own => {
            is_private && (scene.has(Capability::EchoMessage) || scene.has(Capability::SelfMessage))
        }
    }
}

/// The lines of something transient. Only the first has the id and the tags.
pub(crate) fn say(
    scene: &Scene<'_>,
    (by, to): (&Name<'_>, &str),
    (kind, stamp): (&TransientKind, Passing),
    out: &mut BytesMut,
) {
    let Ok(target) = Middle::new(to) else { return };
    let verb = match kind {
        TransientKind::Tags if !scene.has(Capability::MessageTags) => return,
        TransientKind::Tags => {
            let line = first(scene, by, stamp, out);
            let _ = line.from(by.source(), Verb::Tagmsg).middle(target).end();
            return;
        }
        TransientKind::Text(_) => Verb::Privmsg,
        TransientKind::Notice(_) => Verb::Notice,
    };
    let room =
        MESSAGE_LIMIT.saturating_sub(by.source().length() + verb.word().len() + to.len() + FRAME);
    for (at, text) in pieces(kind.text(), room).iter().enumerate() {
        let line = match at {
            0 => first(scene, by, stamp, out),
            _ => scene.marked(scene.line(out, (stamp.at, by.account)), by),
        };
        let line = line.from(by.source(), verb).middle(target);
        if let Err(error) = line.trailing(&Trailing::lossy(text)) {
            tracing::warn!(%error, "a message did not fit its line");
        }
    }
}

fn first<'b>(
    scene: &Scene<'_>,
    by: &Name<'_>,
    stamp: Passing,
    out: &'b mut BytesMut,
) -> LineWriter<'b> {
    let mut line = scene.line(out, (stamp.at, by.account));
    if scene.has(Capability::MessageTags) {
        let id = scene.renderer.sealer.passing_id(stamp);
        line = line.tag(&Tag::new(TagKey::MSGID, id.as_str()));
    }
    scene.marked(scene.beside(line, &[]), by)
}

/// A text as parts that fit a line.
fn pieces(text: Option<&Arc<str>>, room: usize) -> Vec<String> {
    let lines = text.map_or("", |text| text).split(['\n', '\r']);
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .flat_map(|line| match ctcp::parse(line) {
            _ if line.len() <= room => vec![line.to_owned()],
            ctcp::Content::Action(text) => wrap(text, room.saturating_sub(ctcp::ACTION_OVERHEAD))
                .into_iter()
                .map(|piece| ctcp::action(&piece.to_string()))
                .collect(),
            ctcp::Content::Text(text) => wrap(text, room)
                .into_iter()
                .map(|piece| piece.to_string())
                .collect(),
            // Half of it would mean nothing; what is too long was refused.
            ctcp::Content::Ctcp { .. } => vec![line.to_owned()],
        })
        .collect()
}
