//! Direct messages: the one plain room of two accounts, made by the first message, and the rules that keep strangers from pressing.

use super::{Change, Deciding, Decision, Outcome, create_room, say, typing};
use crate::body::{Body, Message};
use crate::command::TimedCommand;
use crate::event::{Claim, Event, MemberChange, PowerChange, RoomChange, RoomSetting};
use crate::facets;
use crate::ids::{RoomId, UserId};
use crate::limits;
use crate::live::{Transient, TransientKind, TransientTarget};
use crate::name::{AccountName, NameKey};
use crate::power::PowerLevels;
use crate::refusal::Refusal;
use crate::room::{Creation, JoinRule, Membership, Room, RoomKind, RoomState};
use crate::visibility::HistoryVisibility;

/// What may be said to one who was asked and has not answered.
const PENDING: u64 = limits::PENDING_DIRECT_MESSAGES as u64;

/// Says something to a user: in the direct room of the two, which is made if there is none. Guests have no direct rooms: what they say in
/// private, and what is said to them, reaches those who are here and is not stored.
pub(super) fn say(at: Deciding<'_>, peer: UserId, message: Message) -> Result<Decision, Refusal> {
    at.known(peer)?;
    let actor = at.actor.user;
    if !at.world.is_account(peer) || !at.world.is_account(actor) {
        return to_or_from_guest(at, peer, &message);
    }
    let key = NameKey::direct(actor, peer);
    if let Some(room) = at.world.state.room_named(&key) {
        return in_room(at, room, message);
    }
    let room = at.world.state.next_room;
    let mut changes = vec![Change::Event(Event::Name {
        key,
        claim: Claim::Room(room),
    })];
    changes.extend(new_room(at, room, peer)?);
    changes.push(say::message(at, room, message));
    Ok(Decision {
        outcome: Outcome::Event(changes.len() - 1),
        changes,
    })
}

/// Says something in the direct room that is there: who was invited accepts by answering.
pub(super) fn in_room(at: Deciding<'_>, id: RoomId, message: Message) -> Result<Decision, Refusal> {
    let room = at.room(id)?;
    let actor = at.actor.user;
    let mut changes = Vec::new();
    match room.state.membership(actor) {
        Some(Membership::Join) => return say::to_room(at, id, message),
        Some(Membership::Ban) => return Err(Refusal::DirectRefused),
        Some(Membership::Invite | Membership::Leave | Membership::Knock) | None => {
            changes.push(at.member(id, (actor, Membership::Join), None));
        }
    }
    say::may_send(&room.state, (actor, &message))?;
    say::fits(at, room, &message)?;
    changes.extend(wake_peer(at, room)?);
    changes.push(say::message(at, id, message));
    Ok(Decision {
        outcome: Outcome::Event(changes.len() - 1),
        changes,
    })
}

/// What must happen to the other one of a direct room before the actor's next message: one who left is asked again; one who has not
/// answered yet is not pressed. Nothing in rooms that are not direct.
pub(super) fn wake_peer(at: Deciding<'_>, room: &Room) -> Result<Vec<Change>, Refusal> {
    let Some(peer) = room.state.peer_of(at.actor.user) else {
        return Ok(Vec::new());
    };
    match room.state.membership(peer) {
        Some(Membership::Join) => Ok(Vec::new()),
        Some(Membership::Ban) => Err(Refusal::DirectRefused),
        Some(Membership::Invite) if since_asked(room, peer) >= PENDING => {
            Err(Refusal::DirectRefused)
        }
        Some(Membership::Invite) => Ok(Vec::new()),
        // A guest who is gone can't be asked.
        Some(Membership::Leave | Membership::Knock) | None if at.known(peer).is_err() => {
            Ok(Vec::new())
        }
        // Whoever left has said so: he is asked again, but not over and over.
        Some(Membership::Leave | Membership::Knock) | None
            if !room.state.may_ask(peer, at.context.now) =>
        {
            Err(Refusal::DirectRefused)
        }
        Some(Membership::Leave | Membership::Knock) | None => Ok(vec![at.member(
            room.state.id,
            (peer, Membership::Invite),
            None,
        )]),
    }
}

/// What was said since somebody was asked in: notices, reactions and all.
fn since_asked(room: &Room, peer: UserId) -> u64 {
    let asked = room.state.members.get(&peer).map(|member| member.since);
    asked.map_or(0, |asked| room.sequence.0.saturating_sub(asked.0))
}

/// Whether something that is not stored may go to a user: from guests to those who share a room with them or have written to them, and not
/// from one whom he has shut out.
pub(super) fn may_reach(at: Deciding<'_>, peer: UserId) -> Result<(), Refusal> {
    at.known(peer)?;
    let actor = at.actor.user;
    if !at.world.is_account(actor)
        && at.world.is_account(peer)
        && !at.world.share_a_room(actor, peer)
        && !at.world.live.asides.has_said(peer, actor)
    {
        return Err(Refusal::DirectRefused);
    }
    let conversation = at.world.state.room_named(&NameKey::direct(actor, peer));
    let standing = conversation
        .zip(at.world.state.user(actor))
        .and_then(|(room, user)| user.room(room).map(|entry| entry.membership));
    if standing == Some(Membership::Ban) {
        return Err(Refusal::DirectRefused);
    }
    Ok(())
}

/// The events of a new direct room: both are equals in it (`trusted_private_chat`). The peer is in at once if the two know each other from a
/// room; else he is asked.
fn new_room(at: Deciding<'_>, room: RoomId, peer: UserId) -> Result<Vec<Change>, Refusal> {
    let actor = at.actor.user;
    let creation = Creation {
        creator: actor,
        at: at.context.now,
        version: 11,
        kind: RoomKind::Direct(actor, peer),
        content: None,
    };
    let mut levels = PowerLevels::default();
    levels.set(actor, 100);
    levels.set(peer, 100);
    let mut changes = vec![
        at.event(room, RoomChange::Created(creation)),
        member(at, room, (actor, Membership::Join)),
        at.event(
            room,
            RoomChange::Power(PowerChange {
                levels,
                prefixes: Vec::new(),
                shown: Vec::new(),
                content: None,
            }),
        ),
        at.event(
            room,
            RoomChange::State(facets::join_rules(JoinRule::Invite)),
        ),
        at.event(
            room,
            RoomChange::State(facets::history_visibility(HistoryVisibility::Shared)),
        ),
    ];
    // Notes to oneself: there is nobody else to let in.
    if peer != actor {
        changes.extend(peer_comes(at, room, peer)?);
    }
    Ok(changes)
}

/// How the other one comes into a new conversation: at once if the two know each other from a room and he has not gone out of their first one;
/// else he is asked, and is a stranger, of whom an account may ask so many in a time.
pub(super) fn peer_comes(
    at: Deciding<'_>,
    room: RoomId,
    peer: UserId,
) -> Result<Vec<Change>, Refusal> {
    let actor = at.actor.user;
    let first = at.world.state.room_named(&NameKey::direct(actor, peer));
    let first = first.and_then(|first| at.world.state.room(first));
    if first.is_none_or(|first| first.state.is_joined(peer)) && at.world.share_a_room(actor, peer) {
        return Ok(vec![by(room, peer, (peer, Membership::Join))]);
    }
    if first.is_some_and(|first| !first.state.may_ask(peer, at.context.now)) {
        return Err(Refusal::DirectRefused);
    }
    Ok(vec![
        count_stranger(at)?,
        member(at, room, (peer, Membership::Invite)),
    ])
}

/// What makes a conversation of two a room of many before a third person comes into it or is asked to: the pair's name is free for a new
/// conversation, and IRC has a channel for this one. Nothing in rooms that are not direct, or for one of the two.
pub(super) fn opened(at: Deciding<'_>, room: &RoomState, third: UserId) -> Vec<Change> {
    let RoomKind::Direct(one, other) = room.kind else {
        return Vec::new();
    };
    if third == one || third == other {
        return Vec::new();
    }
    let key = NameKey::direct(one, other);
    let released =
        (at.world.state.room_named(&key) == Some(room.id)).then_some(Change::Event(Event::Name {
            key,
            claim: Claim::Nobody,
        }));
    let nicks = [one, other, third].map(|user| at.world.name_of(user).map(AccountName::nick));
    let nicks: Vec<&str> = nicks.iter().flatten().map(|nick| &***nick).collect();
    let called = room
        .name
        .as_deref()
        .map_or_else(|| nicks.join(" "), str::to_owned);
    let name = room
        .names
        .is_empty()
        .then(|| create_room::private_name(at, &called))
        .flatten();
    let claimed = name.as_ref().map(|name| create_room::claim(room.id, name));
    let named = create_room::named(at, room.id, name.as_ref());
    let opened = Change::Event(Event::Setting {
        room: room.id,
        sender: at.actor.user,
        setting: RoomSetting::Opened,
    });
    // Whoever was asked into the conversation, and heard what was said there, is asked into the room as anybody is.
    let asked = [one, other]
        .into_iter()
        .filter(|user| room.membership(*user) == Some(Membership::Invite))
        .map(|user| at.member(room.id, (user, Membership::Invite), None));
    released
        .into_iter()
        .chain(claimed)
        .chain(named)
        .chain([opened])
        .chain(asked)
        .collect()
}

/// Counts a stranger whom the actor writes to.
fn count_stranger(at: Deciding<'_>) -> Result<Change, Refusal> {
    let (state, now) = (&at.world.state, at.context.now);
    let counted = TimedCommand::StrangerCounts {
        user: at.actor.user,
    };
    let mut ends = state
        .timers
        .iter()
        .filter(|((due, _), command)| *due > now && **command == counted)
        .map(|((due, _), _)| *due);
    if let Some(until) = ends.next()
        && ends.count() + 1 >= limits::STRANGERS
    {
        return Err(Refusal::Throttled { until });
    }
    let is_young = at.account()?.created.plus(limits::YOUNG) > now;
    let time = if is_young {
        limits::YOUNG
    } else {
        limits::STRANGER_COUNTS
    };
    Ok(Change::Event(Event::Timer {
        id: state.next_timer,
        timer: Some((now.plus(time), counted)),
    }))
}

fn member(at: Deciding<'_>, room: RoomId, standing: (UserId, Membership)) -> Change {
    by(room, at.actor.user, standing)
}

fn by(room: RoomId, sender: UserId, (user, membership): (UserId, Membership)) -> Change {
    let change = MemberChange {
        user,
        membership,
        previous: None,
        reason: None,
        content: None,
    };
    Change::Event(Event::Room {
        room,
        sender,
        change: RoomChange::Member(change),
    })
}

/// A guest writes to an account only if the two are in a room together, or in answer.
fn to_or_from_guest(
    at: Deciding<'_>,
    peer: UserId,
    message: &Message,
) -> Result<Decision, Refusal> {
    if at.world.live.sessions_of(peer).is_empty() {
        return Err(Refusal::NoSuchUser);
    }
    may_reach(at, peer)?;
    let kind = match &message.body {
        Body::Text(text) => text.transient(),
        Body::Reaction(_) | Body::Media(_) | Body::Sealed(_) | Body::Unknown(_) => {
            return Err(Refusal::AccountRequired);
        }
    };
    let to = TransientTarget::User(peer);
    Ok(typing::pass(at, Transient { to, kind }))
}

impl crate::body::Text {
    /// The same as something that is not stored.
    fn transient(&self) -> TransientKind {
        use crate::body::{Form, TextKind};
        let text = match &self.form {
            Form::Irc(text) | Form::Native { text, .. } => text.clone(),
            Form::Matrix(content) => content
                .value()
                .get("body")
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default()
                .into(),
        };
        match self.kind {
            TextKind::Text => TransientKind::Text(text),
            TextKind::Action => TransientKind::Text(format!("\u{1}ACTION {text}\u{1}").into()),
            TextKind::Notice => TransientKind::Notice(text),
        }
    }
}
