//! Direct messages: the one plain room of two accounts, made by the first message, and the rules that keep strangers from pressing.

use super::{Change, Deciding, Decision, Outcome, create_room, say, typing};
use crate::body::{Body, Message};
use crate::command::{Scope, TimedCommand};
use crate::event::{Claim, Event, MemberChange, PowerChange, RoomChange, RoomSetting, UserChange};
use crate::facets;
use crate::ids::{RoomId, UserId};
use crate::limits;
use crate::live::{Transient, TransientKind, TransientTarget};
use crate::name::{AccountName, NameKey};
use crate::power::PowerLevels;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::room::{Creation, JoinRule, Membership, Room, RoomKind, RoomState};
use crate::user::UserKind;
use crate::visibility::HistoryVisibility;

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
    if asks(&changes, peer) {
        let request = request(at, peer).again(at.context.now).said();
        changes.push(noted(at, peer, request));
    }
    changes.push(say::message(at, room, message));
    Ok(Decision {
        outcome: Outcome::Event(changes.len() - 1),
        changes,
    })
}

/// Whether somebody is asked into a room by these changes.
fn asks(changes: &[Change], peer: UserId) -> bool {
    changes.iter().any(|change| {
        matches!(
            change,
            Change::Event(Event::Room {
                change: RoomChange::Member(member),
                ..
            }) if member.user == peer && member.membership == Membership::Invite
        )
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
    let request = request(at, peer);
    match room.state.membership(peer) {
        Some(Membership::Join) => Ok(Vec::new()),
        Some(Membership::Ban) => Err(Refusal::DirectRefused),
        // Where else he declined, he has declined here.
        Some(Membership::Invite) if !request.is_declined() => {
            if !request.may_say() {
                return Err(Refusal::DirectRefused);
            }
            Ok(vec![noted(at, peer, request.said())])
        }
        // A guest who is gone can't be asked.
        Some(Membership::Leave | Membership::Knock) | None if at.known(peer).is_err() => {
            Ok(Vec::new())
        }
        // Whoever left has said so: he is asked again, but not over and over.
        Some(Membership::Invite | Membership::Leave | Membership::Knock) | None => {
            if !request.may_ask(at.context.now) {
                return Err(Refusal::DirectRefused);
            }
            Ok(vec![
                at.member(room.state.id, (peer, Membership::Invite), None),
                noted(at, peer, request.again(at.context.now).said()),
            ])
        }
    }
}

/// What became of the actor's asking somebody.
pub(super) fn request(at: Deciding<'_>, peer: UserId) -> Request {
    let peer = at.world.state.user(peer);
    peer.map(|peer| peer.request(at.actor.user))
        .unwrap_or_default()
}

/// What becomes of it now.
fn noted(at: Deciding<'_>, peer: UserId, request: Request) -> Change {
    Change::Event(Event::User {
        user: peer,
        change: UserChange::Request {
            by: at.actor.user,
            request,
        },
    })
}

/// What follows for the requests of the two from changes of standing in their conversations, as far as nobody noted it yet.
pub(super) fn follow(at: Deciding<'_>, decision: &mut Decision) {
    let mut made = None;
    let mut found: Vec<(UserId, UserId, Request)> = Vec::new();
    for change in &decision.changes {
        let Change::Event(Event::Room {
            room,
            sender,
            change,
        }) = change
        else {
            continue;
        };
        match change {
            RoomChange::Created(creation) => made = Some((*room, creation.kind)),
            RoomChange::Member(change) => {
                let kind = match (at.world.state.room(*room), made) {
                    (Some(room), _) => room.state.kind,
                    (None, Some((id, kind))) if id == *room => kind,
                    (None, _) => RoomKind::Group,
                };
                let Some(by) = kind.peer_of(change.user).filter(|by| *by != change.user) else {
                    continue;
                };
                let user = at.world.state.user(change.user);
                let request = user.map(|user| user.request(by)).unwrap_or_default();
                let after = request.after((at.context.now, *sender), change);
                if after != request {
                    found.push((change.user, by, after));
                }
            }
            RoomChange::Message(_)
            | RoomChange::Power(_)
            | RoomChange::State(_)
            | RoomChange::Redaction { .. }
            | RoomChange::Redacted(_) => {}
        }
    }
    for (user, by, request) in found {
        let known = decision.changes.iter().any(|change| {
            matches!(
                change,
                Change::Event(Event::User {
                    user: noted,
                    change: UserChange::Request { by: asker, .. },
                }) if (*noted, *asker) == (user, by)
            )
        });
        if !known {
            let change = UserChange::Request { by, request };
            let event = Event::User { user, change };
            decision.changes.push(Change::Event(event));
        }
    }
}

/// What must happen before something that is not stored goes to a user. From guests it goes to those who share a room with them or have written
/// to them; to a stranger as much as text does; and not from one whom he has shut out.
pub(super) fn may_reach(at: Deciding<'_>, peer: UserId) -> Result<Vec<Change>, Refusal> {
    at.known(peer)?;
    let actor = at.actor.user;
    let acquainted = actor == peer || at.world.share_a_room(actor, peer);
    let is_guest = |user| !at.world.is_account(user);
    let has_written = at.world.live.asides.has_said(peer, actor);
    if is_guest(actor) && !is_guest(peer) && !acquainted && !has_written {
        return Err(Refusal::DirectRefused);
    }
    let conversation = at.world.state.room_named(&NameKey::direct(actor, peer));
    let standing = conversation
        .zip(at.world.state.user(actor))
        .and_then(|(room, user)| user.room(room).map(|entry| entry.membership));
    if standing == Some(Membership::Ban) {
        return Err(Refusal::DirectRefused);
    }
    if is_guest(actor) || is_guest(peer) {
        return Ok(Vec::new());
    }
    let request = request(at, peer);
    if request.is_declined() {
        return Err(Refusal::DirectRefused);
    }
    let is_first = request == Request::default();
    if acquainted && is_first {
        return Ok(Vec::new());
    }
    if !request.may_say() {
        return Err(Refusal::DirectRefused);
    }
    let counted = is_first.then(|| count_stranger(at)).transpose()?;
    Ok(counted
        .into_iter()
        .chain([noted(at, peer, request.said())])
        .collect())
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

/// How the other one comes into a new conversation: at once if the two know each other from a room and he has not gone out of another one;
/// else he is asked, and is a stranger, of whom an account may ask so many in a time.
pub(super) fn peer_comes(
    at: Deciding<'_>,
    room: RoomId,
    peer: UserId,
) -> Result<Vec<Change>, Refusal> {
    let actor = at.actor.user;
    let request = request(at, peer);
    if request.declined.is_none() && at.world.share_a_room(actor, peer) {
        return Ok(vec![by(room, peer, (peer, Membership::Join))]);
    }
    if !request.may_ask(at.context.now) {
        return Err(Refusal::DirectRefused);
    }
    // He is a new one once, by whatever reached him first.
    let counted = (request == Request::default())
        .then(|| count_stranger(at))
        .transpose()?;
    let asked = member(at, room, (peer, Membership::Invite));
    Ok(counted.into_iter().chain([asked]).collect())
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
    let visibility = facets::history_visibility(HistoryVisibility::Joined);
    let visibility = at.event(room.id, RoomChange::State(visibility));
    // Whoever was asked into the conversation, and heard what was said there, is asked into the room as anybody is.
    let asked = [one, other]
        .into_iter()
        .filter(|user| room.membership(*user) == Some(Membership::Invite))
        .map(|user| at.member(room.id, (user, Membership::Invite), None));
    released
        .into_iter()
        .chain(claimed)
        .chain(named)
        .chain([opened, visibility])
        .chain(asked)
        .collect()
}

/// Counts a stranger whom the actor writes to.
fn count_stranger(at: Deciding<'_>) -> Result<Change, Refusal> {
    counted(at, (0, limits::STRANGERS))
}

/// Counts those whom the actor asks into a room of many and who do not know him: like strangers whom he writes to, but more of them.
pub(super) fn count_invited(at: Deciding<'_>, invited: &[UserId]) -> Result<Vec<Change>, Refusal> {
    let actor = at.actor.user;
    let is_stranger = |user: &&UserId| {
        **user != actor
            && request(at, **user) == Request::default()
            && !at.world.share_a_room(actor, **user)
    };
    match at.actor.scope {
        Scope::Server | Scope::Administrator => return Ok(Vec::new()),
        Scope::User => {}
    }
    let strangers = invited.iter().filter(is_stranger).count();
    (0..strangers)
        .map(|number| counted(at, (number, limits::STRANGERS_INVITED)))
        .collect()
}

/// Counts one more stranger, after others of the same decision.
fn counted(at: Deciding<'_>, (others, limit): (usize, usize)) -> Result<Change, Refusal> {
    let (state, now, user) = (&at.world.state, at.context.now, at.actor.user);
    let known = at.world.state.user(user);
    let is_young = known
        .is_none_or(|user| user.kind == UserKind::Guest || user.created.plus(limits::YOUNG) > now);
    let time = if is_young {
        limits::YOUNG
    } else {
        limits::STRANGER_COUNTS
    };
    let mut ends = state.strangers_of(user, now);
    let first = ends.next();
    let count = usize::from(first.is_some()) + ends.count() + others;
    if count >= limit {
        let until = first.unwrap_or(now.plus(time));
        return Err(Refusal::Throttled { until });
    }
    let id = state
        .next_timer
        .saturating_add(u64::try_from(others).unwrap_or(0));
    Ok(Change::Event(Event::Timer {
        id,
        timer: Some((now.plus(time), TimedCommand::StrangerCounts { user })),
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
    let mut changes = may_reach(at, peer)?;
    let kind = match &message.body {
        Body::Text(text) => text.transient(),
        Body::Reaction(_) | Body::Media(_) | Body::Sealed(_) | Body::Unknown(_) => {
            return Err(Refusal::AccountRequired);
        }
    };
    let to = TransientTarget::User(peer);
    changes.push(typing::pass(at, Transient { to, kind }));
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
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
