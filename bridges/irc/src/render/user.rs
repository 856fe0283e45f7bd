//! What concerns a user rather than a room: arriving and leaving, nicks, away, names, typing.

use bytes::BytesMut;
use polylogue_core::command::Direction;
use polylogue_core::event::UserChange;
use polylogue_core::live::Presence;
use polylogue_core::user::ProfileField;
use polylogue_core::{RoomId, Signal, Timestamp, UserId};
use polylogue_hub::{Relation, Viewer};
use polylogue_irc::{Capability, LineWriter, Middle, Tag, TagKey, Trailing, Verb};

use super::{Scene, member, metadata, transient, watched};
use crate::names;
use crate::services::NICKSERV;

/// A signal.
pub(super) fn signal(
    scene: &Scene<'_>,
    (signal, at, viewer): (&Signal, Timestamp, Viewer),
    out: &mut BytesMut,
) {
    match signal {
        // Who has logged in as somebody else is welcome already.
        Signal::Attached { id, session, .. }
            if *id == viewer.session && scene.before.live.sessions.contains_key(id) =>
        {
            scene.renderer.welcome.write_channels(scene, session, out)
        }
        Signal::Attached { id, session, .. } if *id == viewer.session => {
            scene.renderer.welcome.write(scene, session, out)
        }
        Signal::Attached { session, guest, .. } => {
            if guest.is_some() {
                member::returned(scene, (session.user, at), out);
            }
            presence(scene, (session.user, at), out)
        }
        Signal::Detached { user, reason, .. } => detached(scene, (*user, at), reason, out),
        Signal::Left { user, next, .. } => left(scene, (*user, *next, at), out),
        Signal::Presented { user, .. } => presented(scene, (*user, at), out),
        Signal::GuestRenamed { from, to, user } => {
            renamed(scene, (*user, at), (from.nick(), to.nick()), out);
            // By somebody else's doing: nobody but an account of that name takes a nick.
            if scene.relation == Relation::Own {
                pushed_aside(scene, (from.nick(), to.nick()), at, out);
            }
        }
        Signal::Away { user, .. } => presence(scene, (*user, at), out),
        Signal::Operator { id, user, name } if *id == viewer.session => {
            let modes = if name.is_some() { "+o" } else { "-o" };
            own_mode(scene, (*user, at), modes, out)
        }
        Signal::Hearing {
            id,
            user,
            direction,
        } if *id == viewer.session => {
            let modes = match direction {
                Direction::Add => "+w",
                Direction::Remove => "-w",
            };
            own_mode(scene, (*user, at), modes, out)
        }
        // Other sessions of the same user are not concerned.
        Signal::Operator { .. } | Signal::Hearing { .. } => {}
        Signal::Announcement { sender, text } => announcement(scene, (*sender, at), text, out),
        Signal::Typing { room, user, until } => {
            typing(scene, (*room, *user, at), until.is_some(), out)
        }
        Signal::Transient {
            sender,
            message,
            stamp,
        } => transient::signal(scene, (*sender, *stamp), message, out),
    }
}

/// A mode of the reader himself.
fn own_mode(
    scene: &Scene<'_>,
    (user, at): (UserId, Timestamp),
    modes: &'static str,
    out: &mut BytesMut,
) {
    let Some(who) = scene.name(user) else { return };
    let line = scene.line(out, (at, who.account));
    let _ = line
        .from(who.source(), Verb::Mode)
        .middle(who.nick())
        .middle(names::echoed(modes))
        .end();
}

/// To those of the users who hear announcements.
fn announcement(
    scene: &Scene<'_>,
    (sender, at): (UserId, Timestamp),
    text: &str,
    out: &mut BytesMut,
) {
    let by = scene.name(sender);
    let source = by
        .as_ref()
        .map_or_else(|| scene.renderer.source(), |by| by.source());
    let account = by.as_ref().and_then(|by| by.account);
    let _ = scene
        .line(out, (at, account))
        .from(source, Verb::Wallops)
        .trailing(&Trailing::lossy(text));
}

/// What shows of a user now and did not before, for whoever was told nothing in between: QUIT, JOIN and NICK of a guest, AWAY.
pub(crate) fn difference(scene: &Scene<'_>, (user, at): (UserId, Timestamp), out: &mut BytesMut) {
    if !scene.before.is_gone(user) && scene.world.is_gone(user) {
        let reason = scene.world.farewell(user);
        let reason = reason.as_deref().unwrap_or("Connection lost");
        return quit(scene, (user, at), reason, out);
    }
    if scene.before.is_gone(user) && !scene.world.is_gone(user) {
        member::returned(scene, (user, at), out);
    } else if let (Some(from), Some(to)) = (scene.before.name_of(user), scene.world.name_of(user))
        && from.nick() != to.nick()
    {
        renamed(scene, (user, at), (from.nick(), to.nick()), out);
    }
    if scene.world.is_account(user) || scene.world.live.guests.contains_key(&user) {
        presence(scene, (user, at), out);
    }
}

/// A durable change to a user.
pub(super) fn change(
    scene: &Scene<'_>,
    (user, at): (UserId, Timestamp),
    change: &UserChange,
    out: &mut BytesMut,
) {
    match change {
        UserChange::Renamed(name) => {
            // A guest's change of nick was told as it happened.
            let Some(before) = scene
                .before
                .name_of(user)
                .filter(|_| scene.world.is_account(user))
            else {
                return;
            };
            renamed(scene, (user, at), (before.nick(), name.nick()), out);
        }
        UserChange::Profile { field, .. } => {
            if *field == ProfileField::DisplayName {
                setname(scene, (user, at), out);
            }
            metadata::of_a_user(scene, user, out);
        }
        UserChange::Read { room, .. } => read(scene, (user, *room), out),
        UserChange::Created { .. }
        | UserChange::Password(_)
        | UserChange::Disabled(_)
        | UserChange::NickGrouped(_)
        | UserChange::NickUngrouped(_)
        | UserChange::DeviceAdded(_)
        | UserChange::DeviceRenamed { .. }
        | UserChange::DeviceRemoved(_)
        | UserChange::Request { .. }
        | UserChange::AccountData { .. }
        | UserChange::Document(_)
        | UserChange::Keys(_) => {}
    }
}

/// IRCv3 setname.
fn setname(scene: &Scene<'_>, (user, at): (UserId, Timestamp), out: &mut BytesMut) {
    let Some(who) = scene.name(user).filter(|_| scene.has(Capability::Setname)) else {
        return;
    };
    let text = member::real_name(scene, user);
    let line = scene
        .line(out, (at, who.account))
        .from(who.source(), Verb::Setname);
    let _ = line.trailing(&Trailing::lossy(&text));
}

/// A guest's real name is his connection's.
pub(super) fn presented(scene: &Scene<'_>, (user, at): (UserId, Timestamp), out: &mut BytesMut) {
    let before = Scene {
        world: scene.before,
        ..*scene
    };
    if !scene.world.is_account(user)
        && member::real_name(scene, user) != member::real_name(&before, user)
    {
        setname(scene, (user, at), out);
    }
    metadata::of_a_user(scene, user, out);
}

/// A connection goes on as another user: it parts from the channels of the one and takes the other's nick. Others see a guest quit, and as whom he
/// goes on.
fn left(scene: &Scene<'_>, (user, next, at): (UserId, UserId, Timestamp), out: &mut BytesMut) {
    if scene.relation != Relation::Origin {
        if scene.world.is_account(next) && !scene.world.is_account(user) {
            watched::account(scene, (user, next, at), out);
        }
        return detached(scene, (user, at), "Logged in", out);
    }
    let was = names::Name::of((scene.before, scene.before), user);
    let (Some(was), Some(is)) = (was, scene.name(next)) else {
        return;
    };
    let rooms = scene.before.state.user(user).into_iter();
    for room in rooms.flat_map(|user| user.joined()) {
        let channel = scene.before.state.room(room);
        let channel = channel.and_then(|room| names::channel(&room.state));
        if let Some(channel) = channel.and_then(|channel| Middle::new(channel).ok()) {
            let line = scene.line(out, (at, was.account));
            let line = line.from(was.source(), Verb::Part).middle(channel);
            let why = if is.account.is_some() {
                const { Trailing::literal("Logged in") }
            } else {
                const { Trailing::literal("Logged out") }
            };
            let _ = line.trailing(&why);
        }
    }
    if was.nick != is.nick {
        renamed(scene, (user, at), (was.nick, is.nick), out);
    }
    match (was.account, is.account) {
        (None, Some(_)) => own_mode(scene, (next, at), "+r", out),
        (Some(_), None) => own_mode(scene, (next, at), "-r", out),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

/// IRCv3 draft/read-marker: to the reader's other sessions; the one that marked has its answer.
fn read(scene: &Scene<'_>, (user, room): (UserId, RoomId), out: &mut BytesMut) {
    if scene.relation != Relation::Own || !scene.has(Capability::ReadMarker) {
        return;
    }
    let (Some(user), Some(room)) = (scene.world.state.user(user), scene.world.state.room(room))
    else {
        return;
    };
    let Some(target) = names::target(scene.world, &room.state, user.id) else {
        return;
    };
    let line = LineWriter::new(out).from(scene.renderer.source(), Verb::Markread);
    let _ = super::read_mark(line, names::echoed(target), user.mark(room.state.id).time);
}

/// IRCv3 away-notify: only when what shows has changed.
pub(super) fn presence(scene: &Scene<'_>, (user, at): (UserId, Timestamp), out: &mut BytesMut) {
    if !scene.has(Capability::AwayNotify) || scene.relation != Relation::Other {
        return;
    }
    let now = scene.world.live.presence(user);
    let before = scene.before.live.presence(user);
    // What somebody says of himself while he is here has no form in IRC.
    let stays = matches!((&before, &now), (Presence::Online(_), Presence::Online(_)));
    if before == now || stays {
        return;
    }
    let Some(who) = scene.name(user) else { return };
    let line = scene
        .line(out, (at, who.account))
        .from(who.source(), Verb::Away);
    let _ = match now {
        Presence::Online(_) => line.end(),
        Presence::Away(text) if text.is_empty() => {
            line.trailing(&const { Trailing::literal("Away") })
        }
        Presence::Away(text) => line.trailing(&Trailing::lossy(&text)),
        Presence::Offline => line.trailing(&const { Trailing::literal("Offline") }),
    };
}

/// A guest's last session: QUIT. An account is still a member: he is away.
fn detached(scene: &Scene<'_>, (user, at): (UserId, Timestamp), reason: &str, out: &mut BytesMut) {
    if scene.world.is_account(user) {
        return presence(scene, (user, at), out);
    }
    if scene.relation == Relation::Origin || scene.world.live.guests.contains_key(&user) {
        return;
    }
    quit(scene, (user, at), reason, out);
}

fn quit(scene: &Scene<'_>, (user, at): (UserId, Timestamp), reason: &str, out: &mut BytesMut) {
    let Some(who) = scene.name(user) else { return };
    let _ = scene
        .line(out, (at, None))
        .from(who.source(), Verb::Quit)
        .trailing(&Trailing::lossy(reason));
}

fn renamed(
    scene: &Scene<'_>,
    (user, at): (UserId, Timestamp),
    (from, to): (&str, &str),
    out: &mut BytesMut,
) {
    let Some(mut who) = scene.name(user) else {
        return;
    };
    who.nick = from;
    let Ok(to) = Middle::new(to) else { return };
    let _ = scene
        .line(out, (at, who.account))
        .from(who.source(), Verb::Nick)
        .middle(to)
        .end();
}

/// To the guest whose nick an account has now.
fn pushed_aside(scene: &Scene<'_>, (from, to): (&str, &str), at: Timestamp, out: &mut BytesMut) {
    let text = format!(
        "{from} is registered now, so you are {to}. If it is yours: /msg NickServ IDENTIFY {from} <password>"
    );
    let _ = scene
        .line(out, (at, None))
        .from(NICKSERV.source(&scene.renderer.server), Verb::Notice)
        .middle(names::echoed(to))
        .trailing(&Trailing::lossy(&text));
}

/// IRCv3 client tag typing.
fn typing(
    scene: &Scene<'_>,
    (room, user, at): (RoomId, UserId, Timestamp),
    active: bool,
    out: &mut BytesMut,
) {
    if !scene.has(Capability::MessageTags)
        || matches!(scene.relation, Relation::Origin | Relation::Own)
    {
        return;
    }
    let Some(room) = scene.world.state.room(room) else {
        return;
    };
    let (Some(who), Some(to)) = (
        scene.name(user),
        names::target(scene.world, &room.state, user),
    ) else {
        return;
    };
    let Ok(to) = Middle::new(to) else { return };
    let state = if active { "active" } else { "done" };
    let line = scene
        .line(out, (at, who.account))
        .tag(&Tag::new(TagKey::TYPING, state));
    let _ = line.from(who.source(), Verb::Tagmsg).middle(to).end();
}
