//! One room of a reply: of those who are in, who are asked in, who knock, who are out.

use std::collections::BTreeSet;

use polylogue_core::room::{Member, Membership, Room};
use polylogue_core::{Refusal, RoomChange, RoomSequence, facets};
use polylogue_hub::Direction;
use polylogue_matrix::filter::admits_type;
use serde_json::{Value, json};

use super::scene::Scene;
use super::source::RoomChanges;
use super::state::{self, Beside, Wanted};
use super::window::{self, Window};
use super::{ephemeral, unread};
use crate::error::Failure;
use crate::forgotten;
use crate::render::client_event;
use crate::timeline::is_lazy;

/// State that somebody who is not in may see (Matrix client-server API "Stripped state").
const STRIPPED: [&str; 7] = [
    facets::CREATE,
    facets::NAME,
    facets::TOPIC,
    facets::JOIN_RULES,
    facets::CANONICAL_ALIAS,
    facets::ENCRYPTION,
    "m.room.avatar",
];

/// A room in the section where it belongs.
#[derive(Debug)]
pub(crate) enum Section {
    /// The user is in; whether he came in since the token, and whether anybody did.
    Join(Value, Entered, Moved),
    /// He is asked in.
    Invite(Value),
    /// He asked to be let in.
    Knock(Value),
    /// He is out since the token.
    Leave(Value),
}

/// Whether somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entered {
    /// Since the token.
    Now,
    /// Before.
    Before,
}

/// Whether somebody came in or went out since the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It may be.
    Perhaps,
    /// Nobody did.
    Nobody,
}

/// The places between which a room is told.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// What was told before; nothing if nothing was.
    since: Option<RoomSequence>,
    cut: RoomSequence,
}

impl Span {
    fn is_new(&self, member: &Member) -> bool {
        self.since.is_none_or(|since| member.since > since)
    }
}

/// A room that changed, if there is something to say of it.
pub(crate) async fn section(
    scene: &Scene<'_>,
    room: &Room,
    changes: &RoomChanges,
) -> Result<Option<Section>, Failure> {
    let Some(own) = room.state.members.get(&scene.access.user).copied() else {
        return Ok(None);
    };
    let span = span(scene, room).await?;
    Ok(match own.membership {
        Membership::Join if own.since > span.cut => None,
        Membership::Join => Some(joined(scene, room, (changes, span, own)).await?),
        // Nobody is bothered by those whom he ignores.
        Membership::Invite if scene.wishes.ignored().contains(&own.by) => None,
        Membership::Invite if span.is_new(&own) => {
            let events = stripped(scene, room, own).await?;
            Some(Section::Invite(
                json!({ "invite_state": { "events": events } }),
            ))
        }
        Membership::Knock if span.is_new(&own) => {
            let events = stripped(scene, room, own).await?;
            Some(Section::Knock(
                json!({ "knock_state": { "events": events } }),
            ))
        }
        Membership::Leave | Membership::Ban if is_told_left(scene, room, (span, own)).await? => {
            Some(left(scene, room, (span, own)).await?)
        }
        Membership::Invite | Membership::Knock | Membership::Leave | Membership::Ban => None,
    })
}

/// Whether a room that somebody is out of is told: if he went out since the token, or if all rooms are told and he asks for such.
async fn is_told_left(
    scene: &Scene<'_>,
    room: &Room,
    (span, own): (Span, Member),
) -> Result<bool, Failure> {
    match span.since {
        Some(_) if span.is_new(&own) => Ok(true),
        Some(_) if !scene.full_state => Ok(false),
        Some(_) | None if !scene.filter.room.include_leave => Ok(false),
        Some(_) | None => {
            Ok(!forgotten::is_forgotten(scene.matrix, scene.access.user, room).await?)
        }
    }
}

async fn span(scene: &Scene<'_>, room: &Room) -> Result<Span, Failure> {
    let at = async |position| {
        if room.position <= position {
            return Ok(room.sequence);
        }
        scene.matrix.hub.sequence_at(room.state.id, position).await
    };
    let since = match scene.changes.since {
        Some(since) => Some(at(since).await?),
        None => None,
    };
    let cut = at(scene.changes.up_to).await?;
    Ok(Span { since, cut })
}

async fn joined(
    scene: &Scene<'_>,
    room: &Room,
    (changes, span, own): (&RoomChanges, Span, Member),
) -> Result<Section, Failure> {
    let entered = match span.since {
        Some(since) if !span.is_new(&own) || was_in(scene, room, own).await? => Some(since),
        Some(_) | None => None,
    };
    let window = match entered {
        None => window::read(scene, room.state.id, (RoomSequence(1), span.cut.next())).await?,
        Some(since) if changes.timeline => {
            window::read(scene, room.state.id, (since.next(), span.cut.next())).await?
        }
        Some(_) => Window::default(),
    };
    let wanted = match entered {
        Some(since) if !scene.full_state => Wanted::After(since),
        Some(_) | None => Wanted::All,
    };
    let heroes = state::heroes(room, scene.access.user);
    let mut members = changes.renamed.clone();
    if wanted == Wanted::All && is_lazy(&scene.filter.room.state) {
        members.extend(heroes.iter().copied().chain([scene.access.user]));
    }
    let beside = Beside {
        window: &window,
        cut: span.cut,
        members: &members,
    };
    let state = state::events(scene, room, (wanted, beside)).await?;
    let moved = match wanted == Wanted::All || window.moves || window.limited || window.filtered {
        true => Moved::Perhaps,
        false => Moved::Nobody,
    };
    let summary = match moved {
        Moved::Perhaps => state::summary(scene, room, &heroes),
        Moved::Nobody => json!({}),
    };
    let marker = scene.own_mark(room.state.id).marker;
    let unread = unread::notifications(scene, room, (marker, span.cut)).await?;
    let shown = json!({
        "summary": summary,
        "state": { "events": state },
        "timeline": timeline(scene, window),
        "ephemeral": { "events": ephemeral::events(scene, room, (changes, span.cut)).await? },
        "account_data": { "events": account_data(scene, room, (changes, marker)).await? },
        "unread_notifications": unread,
    });
    let entered = entered.map_or(Entered::Now, |_| Entered::Before);
    Ok(Section::Join(shown, entered, moved))
}

/// Whether the event of a standing only changed what it says of the member: he was in before.
async fn was_in(scene: &Scene<'_>, room: &Room, own: Member) -> Result<bool, Failure> {
    let hub = &scene.matrix.hub;
    let events = hub.state_events(room.state.id, vec![own.since]).await?;
    Ok(events.iter().any(|event| match &event.change {
        RoomChange::Member(change) => change.previous == Some(Membership::Join),
        RoomChange::Created(_)
        | RoomChange::Message(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redaction { .. }
        | RoomChange::Redacted(_) => false,
    }))
}

/// What was said until the user was out, and that he is.
async fn left(
    scene: &Scene<'_>,
    room: &Room,
    (span, own): (Span, Member),
) -> Result<Section, Failure> {
    let since = span.since.unwrap_or_default();
    let places = (since.next(), own.since.next());
    let mut window = window::read(scene, room.state.id, places).await?;
    if !window.places.contains(&own.since) {
        // Whoever was never in sees nothing of the room but his own standing.
        let hub = &scene.matrix.hub;
        for event in hub.state_events(room.state.id, vec![own.since]).await? {
            let id = room.state.id;
            window.first = window.first.or(Some(event.position));
            let shown = client_event(scene.matrix, &scene.changes.world, (id, &event));
            window.events.push(shown);
            window.places.insert(own.since);
        }
    }
    // Of the state he gets what changed, if he could see what came right before he was out.
    let last = RoomSequence(own.since.0.saturating_sub(1));
    let (hub, id) = (&scene.matrix.hub, room.state.id);
    let state = match hub.event_in(scene.access.user, id, last).await {
        Err(Refusal::NoSuchEvent) => Vec::new(),
        Err(refusal) => return Err(refusal.into()),
        Ok(_) => state::before_leaving(scene, room, (since, own.since), &window).await?,
    };
    Ok(Section::Leave(json!({
        "state": { "events": state },
        "timeline": timeline(scene, window),
        "account_data": { "events": [] },
    })))
}

fn timeline(scene: &Scene<'_>, window: Window) -> Value {
    use Direction::Backward;
    let matrix = scene.matrix;
    let before = match window.first {
        Some(first) => matrix.token_beyond(first, Backward),
        None => matrix.token(scene.changes.up_to),
    };
    json!({ "events": window.events, "limited": window.limited, "prev_batch": before })
}

/// Enough of the state to decide whether to come in, and who asks.
async fn stripped(scene: &Scene<'_>, room: &Room, own: Member) -> Result<Vec<Value>, Failure> {
    let state = &room.state;
    let set = STRIPPED.iter().filter_map(|kind| {
        let entry = state.extra.get(&((*kind).into(), "".into()));
        entry.map(|entry| entry.sequence)
    });
    let asker = state.members.get(&own.by).map(|member| member.since);
    let places: BTreeSet<_> = set.chain(asker).chain([own.since]).collect();
    let places = places.into_iter().collect();
    let events = scene.matrix.hub.state_events(state.id, places).await?;
    let shown = events.iter().map(|event| {
        let shown = client_event(scene.matrix, &scene.changes.world, (state.id, event));
        let part = |name: &str| shown.get(name).cloned().unwrap_or_default();
        json!({
            "type": part("type"),
            "state_key": part("state_key"),
            "sender": part("sender"),
            "content": part("content"),
        })
    });
    Ok(shown.collect())
}

/// The room's account data, and the marker of what was read.
async fn account_data(
    scene: &Scene<'_>,
    room: &Room,
    (changes, marker): (&RoomChanges, RoomSequence),
) -> Result<Vec<Value>, Failure> {
    let filter = &scene.filter.room.account_data;
    let kept = changes
        .account_data
        .iter()
        .filter(|(kind, _)| admits_type(filter, kind));
    let mut events: Vec<_> = kept
        .map(|(kind, content)| json!({ "type": kind, "content": content.value() }))
        .collect();
    const FULLY_READ: &str = "m.fully_read";
    if changes.marker && marker.0 > 0 && admits_type(filter, FULLY_READ) {
        let hub = &scene.matrix.hub;
        let event = hub.event_in(scene.access.user, room.state.id, marker).await;
        events.extend(event.ok().map(|event| {
            let content = json!({ "event_id": scene.matrix.event_id(event.position) });
            json!({ "type": FULLY_READ, "content": content })
        }));
    }
    Ok(events)
}
