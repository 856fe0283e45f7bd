//! The state of a room that a reply holds before the timeline: all of it for those who come in, what the timeline leaves out for the others.

use std::collections::BTreeSet;

use polylogue_core::name::ChannelName;
use polylogue_core::room::{Membership, Room};
use polylogue_core::{RoomSequence, UserId};
use polylogue_matrix::filter::{admits, admits_room};
use ruma::api::client::filter::LazyLoadOptions;
use serde_json::{Map, Value, json};

use super::scene::Scene;
use super::window::Window;
use crate::error::Failure;
use crate::state::membership;
use crate::timeline::is_lazy;

/// Events that are read and rendered before others get a turn.
const AT_ONCE: usize = 500;
/// Members that a nameless room is called after (Matrix client-server API "m.heroes").
const HEROES: usize = 5;

/// Which state is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All that is in force.
    All,
    /// What was set after this place.
    After(RoomSequence),
}

/// What a part of the timeline goes with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside<'a> {
    pub(crate) window: &'a Window,
    /// The last place that is told.
    pub(crate) cut: RoomSequence,
    /// Members who are told in any case.
    pub(crate) members: &'a BTreeSet<UserId>,
}

/// The state events.
pub(crate) async fn events(
    scene: &Scene<'_>,
    room: &Room,
    (wanted, beside): (Wanted, Beside<'_>),
) -> Result<Vec<Value>, Failure> {
    let filter = &scene.filter.room.state;
    if !admits_room(filter, &scene.matrix.room_id(room.state.id)) {
        return Ok(Vec::new());
    }
    let places: Vec<_> = places(scene, room, (wanted, beside)).into_iter().collect();
    let mut shown = Vec::with_capacity(places.len());
    for places in places.chunks(AT_ONCE) {
        let id = room.state.id;
        let events = scene.matrix.hub.state_events(id, places.to_vec()).await?;
        let rendered = events.iter().map(|event| scene.reading(id).event(event));
        shown.extend(rendered.filter(|event| admits(filter, event)));
        tokio::task::yield_now().await;
    }
    Ok(shown)
}

/// The state that changed between a place and the one where its reader was out, as it was then.
pub(crate) async fn before_leaving(
    scene: &Scene<'_>,
    room: &Room,
    (since, out): (RoomSequence, RoomSequence),
    window: &Window,
) -> Result<Vec<Value>, Failure> {
    let (id, filter) = (room.state.id, &scene.filter.room.state);
    if !admits_room(filter, &scene.matrix.room_id(id)) {
        return Ok(Vec::new());
    }
    let mut places = scene.matrix.hub.state_at(id, out).await?;
    places.retain(|place| *place > since && !window.places.contains(place));
    let mut shown = Vec::with_capacity(places.len());
    let lazy = is_lazy(filter);
    for places in places.chunks(AT_ONCE) {
        let mut events = scene.matrix.hub.state_events(id, places.to_vec()).await?;
        events.retain(|event| match membership(event) {
            Some((user, _)) => !lazy || window.senders.contains(&user),
            None => true,
        });
        let events = events.iter().map(|event| scene.reading(id).event(event));
        shown.extend(events.filter(|event| admits(filter, event)));
        tokio::task::yield_now().await;
    }
    Ok(shown)
}

fn places(
    scene: &Scene<'_>,
    room: &Room,
    (wanted, beside): (Wanted, Beside<'_>),
) -> BTreeSet<RoomSequence> {
    let state = &room.state;
    let untold =
        |place: RoomSequence| place <= beside.cut && !beside.window.places.contains(&place);
    let lazy = is_lazy(&scene.filter.room.state);
    let mut places: BTreeSet<_> = match (wanted, lazy) {
        // Without lazy loading clients know those who speak.
        (Wanted::After(_), false) | (Wanted::All, false) => {
            members(room, beside.members.iter()).collect()
        }
        (Wanted::All, true) | (Wanted::After(_), true) => {
            let speakers = speakers(scene, room, (wanted, beside));
            members(room, beside.members.iter().chain(&speakers)).collect()
        }
    };
    let (after, everyone) = match wanted {
        Wanted::All => (RoomSequence(0), !lazy),
        // What the timeline shows whole leaves nothing out.
        Wanted::After(_) if !beside.window.limited && !beside.window.filtered => {
            return places.into_iter().filter(|place| untold(*place)).collect();
        }
        Wanted::After(after) => (after, true),
    };
    let set = state.extra.values().map(|entry| entry.sequence);
    places.extend(set.filter(|place| *place > after));
    if everyone {
        let stood = state.members.values().map(|member| member.since);
        places.extend(stood.filter(|place| *place > after));
    }
    places.into_iter().filter(|place| untold(*place)).collect()
}

/// Those who say something and of whom the device has not been told yet, as far as it remembers what it was told.
fn speakers(
    scene: &Scene<'_>,
    room: &Room,
    (wanted, beside): (Wanted, Beside<'_>),
) -> BTreeSet<UserId> {
    let since = match (&scene.filter.room.state.lazy_load_options, wanted) {
        (
            LazyLoadOptions::Enabled {
                include_redundant_members: false,
            },
            Wanted::After(_),
        ) => scene.changes.since,
        (LazyLoadOptions::Enabled { .. } | LazyLoadOptions::Disabled, _) => None,
    };
    let mut new = BTreeSet::new();
    for user in beside.members.iter().chain(&beside.window.senders) {
        let Some(member) = room.state.members.get(user) else {
            continue;
        };
        let (of, place) = ((room.state.id, *user), member.since);
        if !since.is_some_and(|since| scene.watch.knows_member(of, (place, since))) {
            new.insert(*user);
            scene.watch.tells_member(of, (place, scene.changes.up_to));
        }
    }
    new
}

fn members<'a>(
    room: &'a Room,
    users: impl Iterator<Item = &'a UserId>,
) -> impl Iterator<Item = RoomSequence> {
    users
        .filter_map(|user| room.state.members.get(user))
        .map(|member| member.since)
}

/// Those after whom a nameless room is called.
pub(crate) fn heroes(room: &Room, viewer: UserId) -> Vec<UserId> {
    let state = &room.state;
    let alias = state.canonical_name();
    if state.name.is_some() || alias.is_some_and(ChannelName::is_published) {
        return Vec::new();
    }
    let others = |wanted: fn(Membership) -> bool| -> Vec<UserId> {
        let others = state
            .members
            .iter()
            .filter(|(user, member)| **user != viewer && wanted(member.membership));
        others.map(|(user, _)| *user).take(HEROES).collect()
    };
    let present =
        others(|membership| membership == Membership::Join || membership == Membership::Invite);
    if present.is_empty() {
        others(|membership| membership == Membership::Leave || membership == Membership::Ban)
    } else {
        present
    }
}

/// `summary` of a room (Matrix client-server API "RoomSummary").
pub(crate) fn summary(scene: &Scene<'_>, room: &Room, heroes: &[UserId]) -> Value {
    let invited = room.state.members.values();
    let invited = invited.filter(|member| member.membership == Membership::Invite);
    let mut summary = Map::new();
    summary.insert("m.joined_member_count".to_owned(), room.state.joined.into());
    summary.insert("m.invited_member_count".to_owned(), invited.count().into());
    if !heroes.is_empty() {
        let ids: Vec<_> = heroes
            .iter()
            .map(|user| scene.matrix.user_id(&scene.changes.world, *user))
            .collect();
        summary.insert("m.heroes".to_owned(), json!(ids));
    }
    Value::Object(summary)
}
