//! Changes of METADATA, to those who subscribed to the key (IRCv3 draft/metadata-2 and draft/metadata-3).

use bytes::BytesMut;
use polylogue_core::event::StateChange;
use polylogue_core::state::World;
use polylogue_core::{RoomState, UserId};
use polylogue_hub::Relation;
use polylogue_irc::metadata::Key;
use polylogue_irc::{Capability, LineWriter, Middle, Numeric, Trailing, Verb};

use super::Scene;
use crate::metadata::{Values, of_room, of_user, shown};
use crate::{dialect, names};

/// Members of whose metadata a newcomer is told at once; of others he may ask.
const MEMBERS: usize = 100;

/// What a user tells of himself is something else now.
pub(super) fn of_a_user(scene: &Scene<'_>, user: UserId, out: &mut BytesMut) {
    if scene.relation == Relation::Origin {
        return;
    }
    let (was, is) = (of_user(scene.before, user), of_user(scene.world, user));
    let Some(name) = scene.name(user) else { return };
    for key in dialect::subscriptions(scene.capabilities.bits()).iter() {
        if was.get(key.name()) != is.get(key.name()) {
            tell(scene, (name.nick, key), &is, out);
        }
    }
}

/// A room tells something else of itself now.
pub(super) fn of_a_room(
    scene: &Scene<'_>,
    room: &RoomState,
    change: &StateChange,
    out: &mut BytesMut,
) {
    let subscribed = dialect::subscriptions(scene.capabilities.bits());
    let key = shown(&change.kind, &change.key).and_then(|(key, _)| Key::from_name(&key));
    let key = key.filter(|key| subscribed.has(*key) && scene.relation != Relation::Origin);
    if let (Some(key), Some(channel)) = (key, names::channel(room)) {
        tell(scene, (channel, key), &of_room(room), out);
    }
}

/// To somebody who came into a room: what the room and those in it tell.
pub(super) fn at_entrance(scene: &Scene<'_>, room: &RoomState, out: &mut BytesMut) {
    let subscribed = dialect::subscriptions(scene.capabilities.bits());
    let Some(channel) = names::channel(room).filter(|_| subscribed.iter().next().is_some()) else {
        return;
    };
    all(scene, (channel, &of_room(room)), out);
    let others = room.joined_members().map(|(user, _)| user);
    for user in others.filter(|user| *user != scene.viewer).take(MEMBERS) {
        of_newcomer(scene, user, out);
    }
}

/// To those in a room: what somebody who came in tells.
pub(super) fn of_newcomer(scene: &Scene<'_>, user: UserId, out: &mut BytesMut) {
    if let Some(name) = scene.name(user) {
        all(scene, (name.nick, &values(scene.world, user)), out);
    }
}

fn values(world: &World, user: UserId) -> Values {
    of_user(world, user)
}

fn all(scene: &Scene<'_>, (target, values): (&str, &Values), out: &mut BytesMut) {
    for key in dialect::subscriptions(scene.capabilities.bits()).iter() {
        if values.contains_key(key.name()) {
            tell(scene, (target, key), values, out);
        }
    }
}

/// RPL_KEYVALUE or RPL_KEYNOTSET; a `METADATA` line for those who know only draft/metadata-2.
fn tell(scene: &Scene<'_>, (target, key): (&str, Key), values: &Values, out: &mut BytesMut) {
    let value = values.get(key.name());
    let server = Middle::new(&scene.renderer.server).unwrap_or(Middle::STAR);
    let (target, name) = (names::echoed(target), names::echoed(key.name()));
    let line = LineWriter::new(out);
    let _ = match (scene.has(Capability::Metadata3), value) {
        // One line for many readers names none of them.
        (true, Some(value)) => line
            .numeric(server, Numeric::RplKeyValue, Middle::STAR)
            .middle(target)
            .middle(name)
            .middle(Middle::STAR)
            .trailing(&Trailing::lossy(value)),
        (true, None) => line
            .numeric(server, Numeric::RplKeyNotSet, Middle::STAR)
            .middle(target)
            .middle(name)
            .trailing(&const { Trailing::literal("Key is not set") }),
        (false, value) => {
            let line = line
                .from(scene.renderer.source(), Verb::Metadata)
                .middle(target)
                .middle(name)
                .middle(Middle::STAR);
            match value {
                Some(value) => line.trailing(&Trailing::lossy(value)),
                None => line.end(),
            }
        }
    };
}
