//! Pages of a room's timeline as client events, with the tokens to go on from. A token is a cursor: it stands right after a position of the
//! log, and those of sync stand in the same places.

use std::collections::BTreeSet;

use polylogue_core::{Position, RoomId, RoomSequence, UserId};
use polylogue_hub::{Direction, VisibleEvent};
use polylogue_matrix::filter::{admits, admits_room};
use ruma::api::client::filter::{LazyLoadOptions, RoomEventFilter};
use serde_json::Value;

use crate::Matrix;
use crate::access::Access;
use crate::error::Failure;
use crate::render::client_event;
use crate::state::{self, Standpoint};
use crate::{unsigned, wishes};

/// Events of one page at most.
pub(crate) const PAGE: usize = 1000;
/// Pages that are read for one reply while a filter lets little through; then the reply is short and says where to go on.
const READS: usize = 16;

/// A page as a client gets it.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// In the order of the direction asked for.
    pub(crate) events: Vec<Value>,
    /// Who says something in it.
    pub(crate) senders: BTreeSet<UserId>,
    /// The last event that was looked at; nothing if there was none.
    pub(crate) reached: Option<Position>,
    /// What keeps the page from going on.
    pub(crate) end: End,
}

/// Where a page ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum End {
    /// At its limit: there may be more.
    #[default]
    Limit,
    /// At the place where it was to stop.
    Stop,
    /// At the end of what there is.
    Timeline,
}

/// What is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) access: &'a Access,
    pub(crate) room: RoomId,
    pub(crate) direction: Direction,
    pub(crate) limit: usize,
    /// The last place to be read.
    pub(crate) stop: Option<RoomSequence>,
    pub(crate) filter: &'a RoomEventFilter,
}

impl Reading<'_> {
    fn is_beyond(&self, place: RoomSequence) -> bool {
        match self.direction {
            Direction::Forward => self.stop.is_some_and(|stop| place > stop),
            Direction::Backward => self.stop.is_some_and(|stop| place < stop),
        }
    }
}

/// Reads a page beyond a place of the room (exclusive).
pub(crate) async fn read(
    matrix: &Matrix,
    reading: Reading<'_>,
    from: RoomSequence,
) -> Result<Chunk, Failure> {
    let mut chunk = Chunk::default();
    let mut found = Vec::new();
    let mut from = from;
    if !admits_room(reading.filter, &matrix.room_id(reading.room)) {
        chunk.end = End::Timeline;
        return Ok(chunk);
    }
    let world = matrix.hub.world();
    let ignored = wishes::ignored(matrix, reading.access.user).await?;
    'reading: for _ in 0..READS {
        let wanted = reading.limit.saturating_sub(found.len());
        if wanted == 0 {
            break;
        }
        let page = matrix
            .hub
            .history(
                reading.access.user,
                (reading.room, from),
                (reading.direction, wanted),
            )
            .await?;
        for event in page.events {
            if reading.is_beyond(event.sequence) {
                chunk.end = End::Stop;
                break 'reading;
            }
            chunk.reached = Some(event.position);
            let shown = client_event(matrix, &world, (reading.room, &event));
            if admits(reading.filter, &shown) && !wishes::is_hidden(&ignored, &event, &shown) {
                chunk.senders.insert(event.sender);
                found.push((event, shown));
            }
        }
        let Some(next) = page.next else {
            chunk.end = End::Timeline;
            break;
        };
        (chunk.reached, from) = (page.next_position, next);
    }
    let whole = unsigned::Reading {
        matrix,
        world: &world,
        access: reading.access,
        room: reading.room,
    };
    whole.complete(&mut found).await?;
    chunk.events = found.into_iter().map(|(_, shown)| shown).collect();
    Ok(chunk)
}

impl Matrix {
    /// The token that stands right after a position.
    pub(crate) fn token(&self, after: Position) -> String {
        self.hub.cursor(after)
    }

    /// The token from which the same page goes on, beyond the event at `position`.
    pub(crate) fn token_beyond(&self, position: Position, direction: Direction) -> String {
        match direction {
            Direction::Forward => self.token(position),
            Direction::Backward => self.token(Position(position.0.saturating_sub(1))),
        }
    }

    /// The place of a room beyond which a page begins that goes on from a token.
    pub(crate) async fn place_of(
        &self,
        room: RoomId,
        (token, direction): (&str, Direction),
    ) -> Result<RoomSequence, Failure> {
        let position = self
            .hub
            .open_cursor(token)
            .ok_or_else(|| Failure::invalid("not a token of this server"))?;
        let last = self.hub.sequence_at(room, position).await?;
        Ok(match direction {
            Direction::Forward => last,
            Direction::Backward => last.next(),
        })
    }
}

/// The memberships of those who say something, for clients that load members lazily.
pub(crate) async fn senders(
    matrix: &Matrix,
    standpoint: &Standpoint,
    (chunk, access): (&Chunk, &Access),
) -> Result<Vec<Value>, Failure> {
    let events = standpoint
        .members(matrix, |user, _| chunk.senders.contains(&user))
        .await?;
    Ok(shown(matrix, standpoint, (&events, access)))
}

/// The state of a room that passes a filter; with lazy loading only the memberships of those who say something.
pub(crate) async fn state_for(
    matrix: &Matrix,
    standpoint: &Standpoint,
    (chunk, reading): (&Chunk, Reading<'_>),
) -> Result<Vec<Value>, Failure> {
    let mut events = standpoint.events(matrix).await?;
    if is_lazy(reading.filter) {
        let speaks = |(user, _)| chunk.senders.contains(&user);
        events.retain(|event| state::membership(event).is_none_or(speaks));
    }
    let mut events = shown(matrix, standpoint, (&events, reading.access));
    events.retain(|event| admits(reading.filter, event));
    Ok(events)
}

/// State events as a reader gets them.
pub(crate) fn shown(
    matrix: &Matrix,
    standpoint: &Standpoint,
    (events, access): (&[VisibleEvent], &Access),
) -> Vec<Value> {
    let reading = unsigned::Reading {
        matrix,
        world: &matrix.hub.world(),
        access,
        room: standpoint.room.state.id,
    };
    events.iter().map(|event| reading.event(event)).collect()
}

/// Whether a filter asks for members to be loaded lazily.
pub(crate) fn is_lazy(filter: &RoomEventFilter) -> bool {
    match filter.lazy_load_options {
        LazyLoadOptions::Enabled { .. } => true,
        LazyLoadOptions::Disabled => false,
    }
}

/// The filter that a query parameter holds as JSON.
pub(crate) fn filter(text: Option<&str>) -> Result<RoomEventFilter, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(RoomEventFilter::default());
    };
    serde_json::from_str(text).map_err(|error| Failure::bad_json(format!("filter: {error}")))
}
