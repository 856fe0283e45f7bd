//! What concerns a user rather than a room: arriving and leaving, nicks, away, names; and what is told to those who are here and not stored.

use bytes::BytesMut;
use polylogue_core::event::UserChange;
use polylogue_core::live::{Presence, Transient, TransientKind, TransientTarget};
use polylogue_core::state::World;
use polylogue_core::user::ProfileField;
use polylogue_core::{Signal, Timestamp, UserId};
use polylogue_hub::{Relation, Viewer};
use polylogue_irc::{Capability, LineWriter, Middle, Tag, TagKey, Trailing, Verb};

use super::{Scene, member};
use crate::names;

/// A signal.
pub(super) fn signal(scene: &Scene<'_>, (signal, viewer): (&Signal, Viewer), out: &mut BytesMut) {
    match signal {
        Signal::Attached { id, session, .. } if *id == viewer.session => scene.renderer.welcome.write(scene, session, out),
        Signal::Attached { session, .. } => presence(scene, session.user, out),
        Signal::Detached { user, reason, .. } => detached(scene, *user, reason, out),
        Signal::GuestRenamed { from, to, user } => renamed(scene, (*user, from.nick(), to.nick()), out),
        Signal::Away { user, .. } => presence(scene, *user, out),
        Signal::Typing { room, user, until } => typing(scene, (*room, *user, until.is_some()), out),
        Signal::Transient { sender, message } => transient(scene, *sender, message, out),
    }
}

/// A durable change to a user.
pub(super) fn change(scene: &Scene<'_>, (user, at): (UserId, Timestamp), change: &UserChange, out: &mut BytesMut) {
    match change {
        UserChange::Renamed(name) => {
            // A guest's change of nick was told as it happened.
            let Some(before) = scene.before.name_of(user).filter(|_| scene.world.is_account(user)) else { return };
            renamed(scene, (user, before.nick(), name.nick()), out);
        }
        UserChange::Profile { field: ProfileField::DisplayName, .. } if scene.has(Capability::Setname) => {
            let Some(who) = scene.name(user) else { return };
            let text = member::real_name(scene, user);
            let line = scene.line(out, (at, who.account.as_deref())).from(who.source(), Verb::Setname);
            let _ = line.trailing(&Trailing::lossy(&text));
        }
        UserChange::Created { .. }
        | UserChange::Password(_)
        | UserChange::Disabled(_)
        | UserChange::Profile { .. }
        | UserChange::DeviceAdded(_)
        | UserChange::DeviceRenamed { .. }
        | UserChange::DeviceRemoved(_)
        | UserChange::Read { .. }
        | UserChange::AccountData { .. }
        | UserChange::Document(_) => {}
    }
}

/// IRCv3 away-notify: only when what shows has changed.
fn presence(scene: &Scene<'_>, user: UserId, out: &mut BytesMut) {
    if !scene.has(Capability::AwayNotify) || scene.relation != Relation::Other {
        return;
    }
    let now = scene.world.live.presence(user);
    if scene.before.live.presence(user) == now {
        return;
    }
    let Some(who) = scene.name(user) else { return };
    let Some(at) = latest(scene.world, user) else { return };
    let line = scene.line(out, (at, who.account.as_deref())).from(who.source(), Verb::Away);
    let _ = match now {
        Presence::Online => line.end(),
        Presence::Away(text) if text.is_empty() => line.trailing(&const { Trailing::literal("Away") }),
        Presence::Away(text) => line.trailing(&Trailing::lossy(&text)),
        Presence::Offline => line.trailing(&const { Trailing::literal("Offline") }),
    };
}

/// When a signal about a user happened, as nearly as the state tells: the server-time of lines that are not in the log.
fn latest(world: &World, user: UserId) -> Option<Timestamp> {
    let session = world.live.sessions_of(user).last().and_then(|id| world.live.sessions.get(id));
    session.map(|session| session.presentation.since).or_else(|| world.state.user(user).map(|user| user.created))
}

/// A guest's last session: QUIT. An account is still a member: he is away.
fn detached(scene: &Scene<'_>, user: UserId, reason: &str, out: &mut BytesMut) {
    if scene.world.is_account(user) {
        return presence(scene, user, out);
    }
    if scene.relation == Relation::Origin || scene.world.live.guests.contains_key(&user) {
        return;
    }
    let Some(who) = scene.name(user) else { return };
    let _ = LineWriter::new(out).from(who.source(), Verb::Quit).trailing(&Trailing::lossy(reason));
}

fn renamed(scene: &Scene<'_>, (user, from, to): (UserId, &str, &str), out: &mut BytesMut) {
    let Some(mut who) = scene.name(user) else { return };
    who.nick = from.into();
    let Ok(to) = Middle::new(to) else { return };
    let mut line = LineWriter::new(out);
    if let Some(label) = scene.label.filter(|_| scene.relation == Relation::Origin && scene.has(Capability::LabeledResponse)) {
        line = line.tag(&Tag::new(TagKey::LABEL, &**label));
    }
    let _ = line.from(who.source(), Verb::Nick).middle(to).end();
}

/// IRCv3 client tag typing.
fn typing(scene: &Scene<'_>, (room, user, active): (polylogue_core::RoomId, UserId, bool), out: &mut BytesMut) {
    if !scene.has(Capability::MessageTags) || matches!(scene.relation, Relation::Origin | Relation::Own) {
        return;
    }
    let Some(room) = scene.world.state.room(room) else { return };
    let (Some(who), Some(to)) = (scene.name(user), names::target(scene.world, &room.state, user)) else { return };
    let Ok(to) = Middle::new(&to) else { return };
    let state = if active { "active" } else { "done" };
    let mut line = LineWriter::new(out).tag(&Tag::new(TagKey::TYPING, state));
    if let Some(account) = who.account.as_deref().filter(|_| scene.has(Capability::AccountTag)) {
        line = line.tag(&Tag::new(TagKey::ACCOUNT, account));
    }
    let _ = line.from(who.source(), Verb::Tagmsg).middle(to).end();
}

/// CTCP, client tags, and what guests say in private.
fn transient(scene: &Scene<'_>, sender: UserId, message: &Transient, out: &mut BytesMut) {
    let echo = scene.has(Capability::EchoMessage);
    let for_viewer = match scene.relation {
        Relation::Other | Relation::Target => true,
        Relation::Origin => echo,
        Relation::Own => false,
    };
    // To oneself: the session that sent it is also the one it is for.
    let to_self = message.to == TransientTarget::User(sender) && scene.relation == Relation::Origin;
    if !for_viewer && !to_self {
        return;
    }
    let to = match message.to {
        TransientTarget::Room(room) => {
            scene.world.state.room(room).and_then(|room| names::target(scene.world, &room.state, sender))
        }
        TransientTarget::User(user) => scene.world.name_of(user).map(|name| name.nick().clone()),
    };
    let (Some(who), Some(to)) = (scene.name(sender), to) else { return };
    let Ok(to) = Middle::new(&to) else { return };
    let tags: Vec<Tag<'_>> = message.tags.iter().filter_map(|(key, value)| Some(Tag::new(TagKey::new(key)?, &**value))).collect();
    let tagged = scene.has(Capability::MessageTags);
    let at = latest(scene.world, sender).unwrap_or_default();
    let mut line = scene.line(out, (at, who.account.as_deref()));
    if tagged {
        line = line.tags(&tags);
    }
    let _ = match &message.kind {
        TransientKind::Tags if !tagged => Ok(()),
        TransientKind::Tags => line.from(who.source(), Verb::Tagmsg).middle(to).end(),
        TransientKind::Text(text) => line.from(who.source(), Verb::Privmsg).middle(to).trailing(&Trailing::lossy(text)),
        TransientKind::Notice(text) => line.from(who.source(), Verb::Notice).middle(to).trailing(&Trailing::lossy(text)),
    };
}
