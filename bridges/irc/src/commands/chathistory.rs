//! `CHATHISTORY`: IRCv3 draft/chathistory. Reads the one log, through the one gate.

pub(crate) mod aside;

use bytes::BytesMut;
use polylogue_core::body::Body;
use polylogue_core::room::{Membership, RoomKind};
use polylogue_core::{EventId, RoomChange, RoomId, RoomSequence, Timestamp};
use polylogue_hub::{Direction, VisibleEvent};
use polylogue_irc::batch::Reference;
use polylogue_irc::chathistory::{Query, Reference as Place, Request};
use polylogue_irc::{
    Capability, CapabilitySet, LineWriter, Message, Middle, ServerTime, Tag, TagKey, Verb,
    names::is_channel,
};

use crate::client::Client;
use crate::names;
use crate::past;
use crate::render::message::KEPT_TAGS;
use crate::reply::part;

/// Answers one request.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let request = match Request::parse(message) {
        Ok(request) => request,
        Err(error) => {
            let context: Vec<&str> = error.context().into_iter().map(Middle::as_str).collect();
            return client.replies.fail(
                (Verb::Chathistory, error.code()),
                &context,
                &error.to_string(),
            );
        }
    };
    let limit = usize::try_from(request.limit)
        .unwrap_or(usize::MAX)
        .min(client.irc.config.history_messages);
    if let Some((peer, target)) = aside::peer(client, &request.query) {
        return match aside::lines(client, (peer, &request.query), limit) {
            Some(lines) => batch(client, target.as_str(), &lines),
            None => missing(client, message, target.as_str()),
        };
    }
    let (target, events) = match &request.query {
        Query::Targets { from, to } => return targets(client, (*from, *to), limit).await,
        Query::Latest { target, after } => {
            (target, latest(client, target, after.as_ref(), limit).await)
        }
        Query::Before { target, reference } => (
            target,
            one_way(client, (target, reference), (Direction::Backward, limit)).await,
        ),
        Query::After { target, reference } => (
            target,
            one_way(client, (target, reference), (Direction::Forward, limit)).await,
        ),
        Query::Around { target, reference } => {
            (target, around(client, (target, reference), limit).await)
        }
        Query::Between { target, from, to } => {
            (target, between(client, target, (from, to), limit).await)
        }
    };
    let target = target.as_str();
    match events {
        Some((room, events)) => send(client, (target, room), &events),
        None => missing(client, message, target),
    }
}

fn missing(client: &mut Client, message: &Message, target: &str) {
    let code = const { Middle::literal("INVALID_TARGET") };
    client.replies.fail(
        (Verb::Chathistory, code),
        &[message.param(0).unwrap_or("*"), target],
        "Messages could not be retrieved",
    );
}

type Found = Option<(RoomId, Vec<VisibleEvent>)>;

/// The room that a channel or a nick means to this client, if he knows it.
pub(super) fn room_of(client: &Client, target: &str) -> Option<RoomId> {
    let world = client.world();
    if is_channel(target) {
        let room = names::room_named(&world, target)?;
        // Whoever was never in a channel gets the same answer as for one that is not there.
        let known = world.state.user(client.user_id())?.room(room).is_some();
        return known.then_some(room);
    }
    let peer = world.reached_by(target)?;
    world
        .state
        .room_named(&polylogue_core::name::NameKey::direct(
            client.user_id(),
            peer,
        ))
}

/// The place in a room that a reference means: events before it have a lower sequence.
async fn place(client: &Client, room: RoomId, reference: &Place<'_>) -> Option<RoomSequence> {
    match reference {
        Place::MessageId(id) => {
            let id = EventId::parse(id)?;
            client
                .irc
                .hub
                .event(client.user_id(), room, &id)
                .await
                .ok()
                .map(|event| event.sequence)
        }
        Place::Timestamp(milliseconds) => client
            .irc
            .hub
            .sequence_at_time(room, Timestamp(*milliseconds))
            .await
            .ok(),
    }
}

/// What a client sees of a room beyond a place, the oldest first.
pub(crate) async fn page(
    client: &Client,
    room: RoomId,
    from: RoomSequence,
    way: (Direction, usize),
) -> Option<Vec<VisibleEvent>> {
    let mut found: Vec<VisibleEvent> = Vec::new();
    let (direction, limit) = way;
    let (world, user) = (client.world(), client.user_id());
    let mut at = from;
    // Events that have no line of their own here are no messages: go on until the page is full.
    loop {
        let page = client
            .irc
            .hub
            .history(client.user_id(), (room, at), (direction, limit))
            .await
            .ok()?;
        found.extend(
            page.events
                .into_iter()
                .filter(|event| is_shown(client.capabilities, &event.change))
                .filter(|event| !world.is_kept_from(user, (event.sender, &event.change))),
        );
        match page.next {
            Some(next) if found.len() < limit => at = next,
            Some(_) | None => break,
        }
    }
    found.truncate(limit);
    if direction == Direction::Backward {
        found.reverse();
    }
    Some(found)
}

/// Whether an event has a line here: messages, and the rest for those who asked for it (IRCv3 draft/event-playback).
fn is_shown(capabilities: CapabilitySet, change: &RoomChange) -> bool {
    let playback = capabilities.has(Capability::EventPlayback);
    match change {
        // A reaction is a TAGMSG.
        RoomChange::Message(said) => match said.body {
            Body::Reaction(_) => playback && capabilities.has(Capability::MessageTags),
            Body::Unknown(ref content) if *content.kind == *KEPT_TAGS => {
                playback && capabilities.has(Capability::MessageTags)
            }
            Body::Text(_) | Body::Media(_) | Body::Sealed(_) | Body::Unknown(_) => true,
        },
        RoomChange::Member(change) => {
            playback
                && match change.membership {
                    Membership::Join => change.previous != Some(Membership::Join),
                    Membership::Leave | Membership::Ban => true,
                    Membership::Invite | Membership::Knock => false,
                }
        }
        RoomChange::State(change) => playback && change.kind.as_ref() == "m.room.topic",
        RoomChange::Power(change) => playback && !change.prefixes.is_empty(),
        RoomChange::Redaction { .. } => playback && capabilities.has(Capability::MessageRedaction),
        RoomChange::Created(_) | RoomChange::Redacted(_) => false,
    }
}

async fn latest(
    client: &Client,
    target: &Middle<'_>,
    since: Option<&Place<'_>>,
    limit: usize,
) -> Found {
    let room = room_of(client, target.as_str())?;
    let mut events = page(
        client,
        room,
        RoomSequence(u64::MAX),
        (Direction::Backward, limit),
    )
    .await?;
    if let Some(since) = since {
        let since = place(client, room, since).await?;
        events.retain(|event| event.sequence > since);
    }
    Some((room, events))
}

async fn one_way(
    client: &Client,
    (target, from): (&Middle<'_>, &Place<'_>),
    way: (Direction, usize),
) -> Found {
    let room = room_of(client, target.as_str())?;
    let from = place(client, room, from).await?;
    Some((room, page(client, room, from, way).await?))
}

async fn around(
    client: &Client,
    (target, center): (&Middle<'_>, &Place<'_>),
    limit: usize,
) -> Found {
    let room = room_of(client, target.as_str())?;
    let center = place(client, room, center).await?;
    let before = limit / 2;
    let mut events = page(client, room, center, (Direction::Backward, before)).await?;
    let from = RoomSequence(center.0.saturating_sub(1));
    events.extend(
        page(
            client,
            room,
            from,
            (Direction::Forward, limit.saturating_sub(events.len())),
        )
        .await?,
    );
    Some((room, events))
}

async fn between(
    client: &Client,
    target: &Middle<'_>,
    (from, to): (&Place<'_>, &Place<'_>),
    limit: usize,
) -> Found {
    let room = room_of(client, target.as_str())?;
    let (from, to) = (
        place(client, room, from).await?,
        place(client, room, to).await?,
    );
    let mut events = if from <= to {
        page(client, room, from, (Direction::Forward, limit)).await?
    } else {
        page(client, room, from, (Direction::Backward, limit)).await?
    };
    let (low, high) = (from.min(to), from.max(to));
    events.retain(|event| event.sequence > low && event.sequence < high);
    Some((room, events))
}

fn send(client: &mut Client, (target, room): (&str, RoomId), events: &[VisibleEvent]) {
    let world = client.world();
    let Some(room) = world.state.room(room) else {
        return;
    };
    let show = |event| past::lines(client, &world, (&room.state, event));
    let lines: Vec<_> = events.iter().map(show).collect();
    batch(client, target, &lines);
}

fn batch(client: &mut Client, target: &str, lines: &[BytesMut]) {
    let kind = const { Middle::literal("chathistory") };
    past::send(client, (kind, Some(target)), lines);
}

/// The channels and conversations of a client, as he names them.
pub(crate) fn conversations(client: &Client) -> Vec<(RoomId, String)> {
    let (world, me) = (client.world(), client.user_id());
    let own = world.state.user(me).into_iter();
    let rooms = own.flat_map(|user| world.state.rooms_that_reach(user));
    let named = rooms.filter_map(|id| {
        let state = &world.state.room(id)?.state;
        let name = match state.kind {
            RoomKind::Group => names::channel(state)?.to_owned(),
            RoomKind::Direct(..) => world.name_of(state.peer_of(me)?)?.nick().to_string(),
        };
        Some((id, name))
    });
    named.collect()
}

/// The conversations with messages between two times, with the time of each one's latest.
async fn targets(client: &mut Client, (from, to): (u64, u64), limit: usize) {
    let (low, high) = (from.min(to), from.max(to));
    let mut rows = aside::targets(client);
    rows.retain(|(at, _)| *at > low && *at < high);
    for (id, name) in conversations(client) {
        let Some(latest) = page(client, id, RoomSequence(u64::MAX), (Direction::Backward, 1)).await
        else {
            continue;
        };
        if let Some(event) = latest.first()
            && event.at.0 > low
            && event.at.0 < high
        {
            rows.push((event.at.0, name));
        }
    }
    rows.sort_unstable();
    rows.truncate(limit);
    let server = client.replies.server();
    let Some(reference) = Reference::new("t1") else {
        return;
    };
    let mut lines = BytesMut::new();
    let kind = const { Middle::literal("draft/chathistory-targets") };
    let _ = LineWriter::new(&mut lines)
        .open_batch(part(&server), reference, kind)
        .end();
    for (at, name) in &rows {
        let time = ServerTime::from_unix_milliseconds(*at);
        let line = LineWriter::new(&mut lines)
            .tag(&Tag::new(TagKey::BATCH, reference.as_str()))
            .verb(Verb::Chathistory);
        let _ = line
            .middle(const { Middle::literal("TARGETS") })
            .middle(part(name))
            .middle(part(time.as_str()))
            .end();
    }
    let _ = LineWriter::new(&mut lines)
        .close_batch(part(&server), reference)
        .end();
    client.replies.append_lines(&lines);
}
