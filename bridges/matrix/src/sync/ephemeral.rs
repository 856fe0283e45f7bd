//! Who types in a room, and how far its members have read.

use std::collections::{BTreeMap, BTreeSet};

use polylogue_core::room::Room;
use polylogue_core::{Position, RoomSequence, Timestamp, UserId};
use polylogue_hub::Direction;
use polylogue_matrix::filter::admits_type;
use serde_json::{Map, Value, json};

use super::scene::Scene;
use super::source::{Receipts, RoomChanges, Typing};
use crate::access::now;
use crate::error::Failure;

/// Receipts of a room that are told at once.
const RECEIPTS: usize = 200;
/// How far before the end of a timeline receipts are told to those who were not here.
const LOOK: usize = 50;

/// The room's `ephemeral` events.
pub(crate) async fn events(
    scene: &Scene<'_>,
    room: &Room,
    (changes, cut): (&RoomChanges, RoomSequence),
) -> Result<Vec<Value>, Failure> {
    let filter = &scene.filter.room.ephemeral;
    let mut events = Vec::new();
    if admits_type(filter, "m.typing") {
        events.extend(typing(scene, room, changes.typing));
    }
    if admits_type(filter, "m.receipt") {
        let read = match &changes.receipts {
            Receipts::Of(users) => by_event(scene, room, users).await?,
            Receipts::All => at_the_end(scene, room, cut).await?,
        };
        events.extend(receipts(scene, room, &read));
    }
    Ok(events)
}

fn typing(scene: &Scene<'_>, room: &Room, changed: Typing) -> Option<Value> {
    if changed == Typing::Same {
        return None;
    }
    let (id, now) = (room.state.id, now());
    let all = &scene.changes.world.live.typing;
    let typing: Vec<_> = all
        .range((id, UserId(0))..=(id, UserId(u32::MAX)))
        .filter(|((_, user), until)| **until > now && !scene.wishes.ignored().contains(user))
        .collect();
    let until = typing.iter().map(|(_, until)| **until).min();
    scene.watch.types_until(id, until);
    if typing.is_empty() && changed == Typing::Untold {
        return None;
    }
    let user_ids: Vec<_> = typing
        .iter()
        .map(|((_, user), _)| scene.matrix.user_id(&scene.changes.world, *user))
        .collect();
    Some(json!({ "type": "m.typing", "content": { "user_ids": user_ids } }))
}

/// Events that somebody has read up to, as far as the viewer may see them.
type Read = BTreeMap<RoomSequence, (Position, Timestamp)>;

async fn by_event(
    scene: &Scene<'_>,
    room: &Room,
    users: &BTreeSet<UserId>,
) -> Result<(BTreeSet<UserId>, Read), Failure> {
    let users: BTreeSet<_> = users.iter().copied().take(RECEIPTS).collect();
    let mut read = Read::new();
    // A live receipt is of this moment.
    let at = now();
    for place in users.iter().flat_map(|user| marks(scene, room, *user)) {
        if place.0 > 0 && !read.contains_key(&place) {
            let hub = &scene.matrix.hub;
            let found = hub.event_in(scene.access.user, room.state.id, place).await;
            read.extend(found.ok().map(|event| (place, (event.position, at))));
        }
    }
    Ok((users, read))
}

/// When a receipt of earlier was given is not known: not before its event.
async fn at_the_end(
    scene: &Scene<'_>,
    room: &Room,
    cut: RoomSequence,
) -> Result<(BTreeSet<UserId>, Read), Failure> {
    let look = u64::try_from(LOOK).unwrap_or(u64::MAX);
    let oldest = RoomSequence(cut.0.saturating_sub(look));
    let members = room.state.joined_members().map(|(user, _)| user);
    let recent = |user: &UserId| {
        let marks = marks(scene, room, *user);
        marks.iter().any(|place| place.0 > 0 && *place > oldest)
    };
    let users: BTreeSet<_> = members.filter(recent).take(RECEIPTS).collect();
    if users.is_empty() {
        return Ok((users, Read::new()));
    }
    let page = scene
        .matrix
        .hub
        .history(
            scene.access.user,
            (room.state.id, cut.next()),
            (Direction::Backward, LOOK),
        )
        .await?;
    let read = page
        .events
        .iter()
        .map(|event| (event.sequence, (event.position, event.at)));
    Ok((users, read.collect()))
}

/// What a user has read up to: as others see it, and for himself, which only he is told.
fn marks(scene: &Scene<'_>, room: &Room, user: UserId) -> [RoomSequence; 2] {
    let world = &scene.changes.world;
    let mark = world.state.user(user).map(|user| user.mark(room.state.id));
    let mark = mark.unwrap_or_default();
    let own = user == scene.access.user;
    [mark.read, if own { mark.marker } else { RoomSequence(0) }]
}

/// `m.receipt` (Matrix client-server API "Receipts").
fn receipts(
    scene: &Scene<'_>,
    room: &Room,
    (users, read): &(BTreeSet<UserId>, Read),
) -> Option<Value> {
    let mut content: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for user in users {
        let user_id = scene.matrix.user_id(&scene.changes.world, *user);
        let kinds = ["m.read", "m.read.private"];
        for (kind, place) in kinds.into_iter().zip(marks(scene, room, *user)) {
            let Some((position, at)) = read.get(&place) else {
                continue;
            };
            let of_event = content.entry(scene.matrix.event_id(*position)).or_default();
            let of_kind = of_event.entry(kind).or_insert_with(|| json!({}));
            if let Value::Object(of_kind) = of_kind {
                of_kind.insert(user_id.clone(), json!({ "ts": at.0 }));
            }
        }
    }
    (!content.is_empty()).then(|| json!({ "type": "m.receipt", "content": content }))
}
