//! What a session that monitors a nick is told: that it came or went (IRCv3 monitor), and, if the two share no channel, what those who do are
//! told of away, real name (IRCv3 extended-monitor).

use bytes::BytesMut;
use polylogue_core::live::Presence;
use polylogue_core::{Event, Signal, UserId};
use polylogue_hub::{Delivered, Watched};
use polylogue_irc::{Capability, LineWriter, Middle, Numeric, Trailing};

use super::{Scene, user};
use crate::names;

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
