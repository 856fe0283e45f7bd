//! The newest part of a room's timeline, as far as sync shows it.

use std::collections::BTreeSet;

use polylogue_core::{Position, RoomChange, RoomId, RoomSequence, UserId};
use polylogue_hub::{Direction, VisibleEvent};
use polylogue_matrix::filter::{admits, admits_room};
use ruma::api::client::filter::RoomEventFilter;
use serde_json::Value;

use super::scene::Scene;
use crate::error::Failure;
use crate::render::client_event;
use crate::wishes;

/// Events of a room in one reply, unless the filter says otherwise.
const USUAL: usize = 20;
/// Events of a room in one reply at most.
const MOST: usize = 100;
/// Pages that are read for it at most, while the filter lets little through.
const READS: usize = 8;

/// A part of a room's timeline.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// The events, oldest first.
    pub(crate) events: Vec<Value>,
    /// Their places.
    pub(crate) places: BTreeSet<RoomSequence>,
    /// Who says something in it.
    pub(crate) senders: BTreeSet<UserId>,
    /// Whether somebody's standing changes in it.
    pub(crate) moves: bool,
    /// Whether there is more between where it was to begin and its first event.
    pub(crate) limited: bool,
    /// Whether the filter left something out.
    pub(crate) filtered: bool,
    /// The position of the first event that was looked at.
    pub(crate) first: Option<Position>,
}

/// Reads the newest events of a room from before `end` down to `stop`.
pub(crate) async fn read(
    scene: &Scene<'_>,
    room: RoomId,
    (stop, end): (RoomSequence, RoomSequence),
) -> Result<Window, Failure> {
    let filter = &scene.filter.room.timeline;
    let mut window = Window::default();
    if !admits_room(filter, &scene.matrix.room_id(room)) {
        window.filtered = true;
        return Ok(window);
    }
    let limit = limit(filter);
    let mut found: Vec<(VisibleEvent, Value)> = Vec::new();
    let mut from = end;
    window.limited = true;
    'reading: for _ in 0..READS {
        let wanted = limit - found.len();
        let page = scene
            .matrix
            .hub
            .history(
                scene.access.user,
                (room, from),
                (Direction::Backward, wanted),
            )
            .await?;
        for event in page.events {
            if event.sequence < stop {
                window.limited = false;
                break 'reading;
            }
            window.first = Some(event.position);
            window.limited = event.sequence > stop;
            let shown = client_event(scene.matrix, &scene.changes.world, (room, &event));
            if wishes::is_hidden(scene.wishes.ignored(), &event, &shown) {
                continue;
            }
            if admits(filter, &shown) {
                found.push((event, shown));
            } else {
                window.filtered = true;
            }
        }
        match page.next {
            Some(next) if found.len() < limit && window.limited => from = next,
            Some(_) => break,
            None => {
                window.limited = false;
                break;
            }
        }
    }
    found.reverse();
    scene.reading(room).complete(&mut found).await?;
    for (event, shown) in found {
        window.places.insert(event.sequence);
        window.senders.insert(event.sender);
        window.moves |= matches!(event.change, RoomChange::Member(_));
        window.events.push(shown);
    }
    Ok(window)
}

fn limit(filter: &RoomEventFilter) -> usize {
    let asked = filter.limit.map(u64::from);
    let asked = asked.map(|limit| usize::try_from(limit).unwrap_or(MOST));
    asked.unwrap_or(USUAL).clamp(1, MOST)
}
