//! Joins, parts, kicks, bans, invitations and knocks.

use bytes::BytesMut;
use polylogue_core::event::MemberChange;
use polylogue_core::live::Presence;
use polylogue_core::permission::{self, Action};
use polylogue_core::room::Membership;
use polylogue_core::state::World;
use polylogue_core::{RoomChange, RoomSequence, RoomState, Timestamp, UserId};
use polylogue_hub::Relation;
use polylogue_irc::{Capability, LineWriter, Middle, Numeric, Parameters, Trailing, Verb};

use super::{Scene, Stamp, metadata, mode};
use crate::names::{self, Name};
use crate::replay::NamesReply;

/// A change of standing, as those who are told see it.
pub(crate) fn member(
    scene: &Scene<'_>,
    (room, sender): (&RoomState, UserId),
    stamp: Stamp,
    change: &MemberChange,
    out: &mut BytesMut,
) {
    // Who is in a conversation of two is no event on IRC: whoever is asked into one sees what is said to him.
    let Some(channel) = names::channel(room) else {
        return;
    };
    let Ok(channel) = Middle::new(channel) else {
        return;
    };
    let was_in = change.previous == Some(Membership::Join);
    match change.membership {
        Membership::Join if was_in => {}
        Membership::Join => join(scene, (room, channel), stamp, change.user, out),
        // Who is not in a channel hears nothing of its modes.
        Membership::Leave | Membership::Ban if !was_in && scene.relation == Relation::Target => {}
        Membership::Leave if change.previous == Some(Membership::Ban) => {
            mode::ban(scene, (channel, sender, stamp), ('-', change.user), out)
        }
        Membership::Leave if !was_in => {}
        Membership::Leave if sender == change.user => part(scene, channel, stamp, change, out),
        Membership::Leave => kick(scene, (channel, sender), stamp, change, out),
        Membership::Ban => {
            mode::ban(scene, (channel, sender, stamp), ('+', change.user), out);
            if was_in {
                kick(scene, (channel, sender), stamp, change, out);
            }
        }
        Membership::Invite => invite(scene, (channel, sender), stamp, change.user, out),
        Membership::Knock if permission::check(room, scene.viewer, Action::Invite).is_ok() => {
            knock(scene, channel, stamp, change, out)
        }
        Membership::Knock => {}
    }
}

/// Whether a change is the leave of a guest who is gone: whoever is told of everything as it happens has seen him quit.
pub(crate) fn is_departure(world: &World, change: &RoomChange) -> bool {
    match change {
        RoomChange::Member(change) => {
            change.membership == Membership::Leave && world.is_gone(change.user)
        }
        RoomChange::Created(_)
        | RoomChange::Message(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redaction { .. }
        | RoomChange::Redacted(_) => false,
    }
}

/// Whether a change is the way of a guest who is gone into a room: whoever was told of nothing in between need not learn that he came.
pub(crate) fn is_passed(world: &World, change: &RoomChange) -> bool {
    match change {
        RoomChange::Member(change) => {
            change.membership == Membership::Join && world.is_gone(change.user)
        }
        RoomChange::Created(_)
        | RoomChange::Message(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redaction { .. }
        | RoomChange::Redacted(_) => false,
    }
}

/// A guest who was seen to quit is back in his channels: those that he shares with the reader.
pub(super) fn returned(scene: &Scene<'_>, (user, at): (UserId, Timestamp), out: &mut BytesMut) {
    let (Some(who), Some(guest)) = (scene.name(user), scene.world.state.user(user)) else {
        return;
    };
    for room in guest.joined().filter_map(|id| scene.world.state.room(id)) {
        let room = &room.state;
        let Some(Ok(channel)) = names::channel(room).map(Middle::new) else {
            continue;
        };
        if !room.is_joined(scene.viewer) {
            continue;
        }
        let line = scene.line(out, (at, None));
        joins(
            scene,
            line.from(who.source(), Verb::Join).middle(channel),
            &who,
        );
        mode::given(scene, (channel, at), (user, room.prefixes(user)), out);
    }
}

/// The rest of a JOIN (IRCv3 extended-join).
fn joins(scene: &Scene<'_>, line: Parameters<'_>, who: &Name<'_>) {
    let _ = if scene.has(Capability::ExtendedJoin) {
        let account = who.account.map_or(Middle::STAR, names::echoed);
        line.middle(account)
            .trailing(&Trailing::lossy(&real_name(scene, who.user)))
    } else {
        line.end()
    };
}

/// IRCv3 extended-join; whoever joined gets topic and names as well.
fn join(
    scene: &Scene<'_>,
    (room, channel): (&RoomState, Middle<'_>),
    stamp: Stamp,
    user: UserId,
    out: &mut BytesMut,
) {
    let Some(who) = scene.name(user) else { return };
    let line = scene
        .line_of(out, (stamp.at, who.account), stamp.position)
        .from(who.source(), Verb::Join)
        .middle(channel);
    joins(scene, line, &who);
    if scene.viewer == user {
        entrance(scene, room, room_sequence(room, user), out);
    } else {
        let prefixes = room.prefixes(user);
        if prefixes.highest().is_some() {
            mode::given(scene, (channel, stamp.at), (user, prefixes), out);
        }
        // IRCv3 away-notify: also who comes in away.
        if let Presence::Away(text) = scene.world.live.presence(user)
            && scene.has(Capability::AwayNotify)
        {
            let line = scene.line(out, (stamp.at, who.account));
            let _ = line
                .from(who.source(), Verb::Away)
                .trailing(&Trailing::lossy(if text.is_empty() {
                    "Away"
                } else {
                    &text
                }));
        }
        metadata::of_newcomer(scene, user, out);
    }
}

/// A channel that a session finds itself in: as if it had joined just now.
pub(crate) fn present(scene: &Scene<'_>, (room, me): (&RoomState, &Name<'_>), out: &mut BytesMut) {
    let Some(Ok(channel)) = names::channel(room).map(Middle::new) else {
        return;
    };
    let line = LineWriter::new(out)
        .from(me.source(), Verb::Join)
        .middle(channel);
    joins(scene, line, me);
    entrance(scene, room, RoomSequence(u64::MAX), out);
}

/// What a session is shown of a channel that it is in now: topic, read mark and names.
pub(crate) fn entrance(
    scene: &Scene<'_>,
    room: &RoomState,
    as_of: RoomSequence,
    out: &mut BytesMut,
) {
    let Some(nick) = scene
        .world
        .name_of(scene.viewer)
        .map(|name| name.nick().clone())
    else {
        return;
    };
    let reply = NamesReply {
        scene,
        room,
        nick: &nick,
    };
    reply.topic(out);
    if scene.has(Capability::ReadMarker) {
        let user = scene.world.state.user(scene.viewer);
        let time = user.map_or_else(Default::default, |user| user.mark(room.id).time);
        let channel = names::echoed(names::channel(room).unwrap_or_default());
        let line = LineWriter::new(out).from(scene.renderer.source(), Verb::Markread);
        let _ = super::read_mark(line, channel, time);
    }
    if !scene.has(Capability::NoImplicitNames) {
        reply.names(as_of, out);
    }
    metadata::at_entrance(scene, room, out);
}

fn room_sequence(room: &RoomState, user: UserId) -> RoomSequence {
    room.members
        .get(&user)
        .map_or(RoomSequence(u64::MAX), |member| member.since)
}

/// What extended-join and WHO show as the real name: the display name, or what the client gave.
pub(crate) fn real_name(scene: &Scene<'_>, user: UserId) -> String {
    if let Some(name) = scene
        .world
        .state
        .user(user)
        .and_then(|user| user.profile.display_name.clone())
    {
        return name.to_string();
    }
    let session = scene
        .world
        .live
        .sessions_of(user)
        .last()
        .and_then(|id| scene.world.live.sessions.get(id));
    session.map_or_else(
        || {
            scene
                .name(user)
                .map_or_else(String::new, |name| name.nick.to_string())
        },
        |s| s.presentation.real_name.to_string(),
    )
}

fn part(
    scene: &Scene<'_>,
    channel: Middle<'_>,
    stamp: Stamp,
    change: &MemberChange,
    out: &mut BytesMut,
) {
    let Some(who) = scene.name(change.user) else {
        return;
    };
    let line = scene
        .line_of(out, (stamp.at, who.account), stamp.position)
        .from(who.source(), Verb::Part)
        .middle(channel);
    let _ = match &change.reason {
        Some(reason) => line.trailing(&Trailing::lossy(reason)),
        None => line.end(),
    };
}

fn kick(
    scene: &Scene<'_>,
    (channel, sender): (Middle<'_>, UserId),
    stamp: Stamp,
    change: &MemberChange,
    out: &mut BytesMut,
) {
    let Some(whom) = scene.name(change.user) else {
        return;
    };
    let by = scene.name(sender);
    let account = by.as_ref().and_then(|by| by.account);
    let line = scene.line_of(out, (stamp.at, account), stamp.position);
    let source = by
        .as_ref()
        .map_or_else(|| scene.renderer.source(), |by| by.source());
    let reason = change
        .reason
        .as_deref()
        .unwrap_or_else(|| by.as_ref().map_or("", |by| by.nick));
    let _ = line
        .from(source, Verb::Kick)
        .middle(channel)
        .middle(whom.nick())
        .trailing(&Trailing::lossy(reason));
}

/// To the invited; to the others only with invite-notify. Who invites has his own answer.
fn invite(
    scene: &Scene<'_>,
    (channel, sender): (Middle<'_>, UserId),
    stamp: Stamp,
    user: UserId,
    out: &mut BytesMut,
) {
    let told = scene.has(Capability::InviteNotify) && scene.relation != Relation::Origin;
    if scene.viewer != user && !told {
        return;
    }
    let (Some(by), Some(whom)) = (scene.name(sender), scene.name(user)) else {
        return;
    };
    let line = scene
        .line(out, (stamp.at, by.account))
        .from(by.source(), Verb::Invite);
    let _ = line.middle(whom.nick()).middle(channel).end();
}

/// To the members who may let somebody in, not to who knocks; addressed to the channel, so that it shows there.
fn knock(
    scene: &Scene<'_>,
    channel: Middle<'_>,
    stamp: Stamp,
    change: &MemberChange,
    out: &mut BytesMut,
) {
    if scene.viewer == change.user && scene.relation != Relation::Other {
        return;
    }
    let (Some(who), Ok(server)) = (scene.name(change.user), Middle::new(&scene.renderer.server))
    else {
        return;
    };
    let mask = format!("{}!{}@{}", who.nick, who.username, who.host);
    let reason = change
        .reason
        .as_deref()
        .unwrap_or("has asked for an invite");
    let line = scene
        .line(out, (stamp.at, None))
        .numeric(server, Numeric::RplKnock, channel)
        .middle(channel);
    let _ = line
        .middle(names::echoed(&mask))
        .trailing(&Trailing::lossy(reason));
}
