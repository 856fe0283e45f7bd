//! What a session that monitors a nick is told: that it came or went (IRCv3 monitor), and, if the two share no channel, what those who do are
//! told of away, real name (IRCv3 extended-monitor).

use bytes::BytesMut;
use polylogue_core::live::Presence;
use polylogue_core::state::World;
use polylogue_core::{Event, SessionId, Signal, Timestamp, UserId};
use polylogue_hub::{Delivered, Watched};
use polylogue_irc::{Capability, LineWriter, Middle, Numeric, Trailing, Verb};

use super::{Scene, user};
use crate::names::{self, Name};

pub(super) fn watched(
    scene: &Scene<'_>,
    (what, watched): (Delivered<'_>, Watched<'_>),
    out: &mut BytesMut,
) {
    let (name, stranger) = match watched {
        Watched::Neighbour(name) => (name, false),
        Watched::Stranger(name) => (name, true),
    };
    let extended = stranger && scene.has(Capability::ExtendedMonitor);
    match what {
        Delivered::Signal(signal, at) => {
            let about = match signal {
                Signal::GuestRenamed { from, to, user } => {
                    if from.nick().eq_ignore_ascii_case(to.nick()) {
                        return;
                    }
                    return if to.nick().eq_ignore_ascii_case(name) {
                        online(scene, *user, out)
                    } else {
                        offline(scene, name, out)
                    };
                }
                // A nick that was brought along leads to nobody any more.
                Signal::Detached { id, .. } | Signal::Left { id, .. }
                    if is_alias(scene.before, *id, name) =>
                {
                    return offline(scene, name, out);
                }
                // Others will still find him by this nick.
                Signal::Left { id, user, next } if is_alias(scene.world, *id, name) => {
                    if extended {
                        account(scene, (*user, *next, at), out);
                    }
                    return;
                }
                Signal::Attached { session, .. } => session.user,
                Signal::Detached { user, .. }
                | Signal::Left { user, .. }
                | Signal::Away { user, .. } => *user,
                Signal::Presented { user: about, .. } if extended => {
                    return user::presented(scene, (*about, at), out);
                }
                Signal::Presented { .. }
                | Signal::Operator { .. }
                | Signal::Hearing { .. }
                | Signal::Announcement { .. }
                | Signal::Typing { .. }
                | Signal::Transient { .. } => return,
            };
            let was = scene.before.live.presence(about) != Presence::Offline;
            let is = scene.world.live.presence(about) != Presence::Offline;
            match (was, is) {
                (false, true) => online(scene, about, out),
                (true, false) => offline(scene, name, out),
                (true, true) if extended => user::presence(scene, (about, at), out),
                (true, true) | (false, false) => {}
            }
        }
        Delivered::Event(record) => {
            if let Event::User { user, change } = &record.entry.event
                && extended
            {
                user::change(scene, (*user, record.entry.at), change, out);
            }
        }
    }
}

fn is_alias(world: &World, session: SessionId, nick: &str) -> bool {
    let alias = world.live.aliases.of(session);
    alias.is_some_and(|alias| alias.name.nick().eq_ignore_ascii_case(nick))
}

/// IRCv3 account-notify: a guest has logged in.
pub(super) fn account(
    scene: &Scene<'_>,
    (guest, user, at): (UserId, UserId, Timestamp),
    out: &mut BytesMut,
) {
    if !scene.has(Capability::AccountNotify) {
        return;
    }
    let who = Name::of((scene.before, scene.before), guest);
    if let (Some(who), Some(account)) = (who, scene.name(user)) {
        let line = scene.line(out, (at, account.account));
        let line = line.from(who.source(), Verb::Account);
        let _ = line.middle(account.nick()).end();
    }
}

fn online(scene: &Scene<'_>, user: UserId, out: &mut BytesMut) {
    if let Some(name) = scene.name(user) {
        tell(scene, (Numeric::RplMonOnline, &name.mask()), out);
    }
}

fn offline(scene: &Scene<'_>, name: &str, out: &mut BytesMut) {
    tell(scene, (Numeric::RplMonOffline, name), out);
}

fn tell(scene: &Scene<'_>, (numeric, target): (Numeric, &str), out: &mut BytesMut) {
    let server = Middle::new(&scene.renderer.server).unwrap_or(Middle::STAR);
    let viewer = scene.name(scene.viewer);
    let nick = viewer
        .as_ref()
        .map_or(Middle::STAR, |name| names::echoed(name.nick));
    let _ = LineWriter::new(out)
        .numeric(server, numeric, nick)
        .trailing(&Trailing::lossy(target));
}
