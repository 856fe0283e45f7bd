//! `history`: a page of a room's events.

use polylogue_core::{Position, Refusal, RoomId, RoomSequence};
use polylogue_hub::{Direction, VisibleEvent};
use polylogue_native::request::stream::GetHistory;
use polylogue_native::{Anchor, Answer, Cursor, Error, History, HistoryRange};

use super::page::Filling;
use crate::client::Client;
use crate::{names, refusal};

/// Chunks of hidden events that are passed over in search of one that may be seen, before there is said to be none.
const PASSES: usize = 64;

/// A page, oldest first.
pub(super) async fn page(client: &Client, request: GetHistory) -> Result<Answer, Error> {
    let room = client.room(&request.room).await?.state.id;
    let limit = usize::try_from(request.limit.get()).unwrap_or(usize::MAX);
    let limit = limit.min(client.native.config.history_events);
    let reading = Reading { client, room };
    let history = match &request.range {
        HistoryRange::Latest => {
            let before = reading.before(RoomSequence(u64::MAX), limit).await?;
            reading.history(before, Vec::new()).await?
        }
        HistoryRange::Before(anchor) => {
            let place = reading.place(anchor, "before").await?;
            let before = reading.before(place.from, limit).await?;
            reading.history(before, Vec::new()).await?
        }
        HistoryRange::After(anchor) => {
            let place = reading.place(anchor, "after").await?;
            let after = reading.after(place.up_to, limit).await?;
            reading.history(Vec::new(), after).await?
        }
        HistoryRange::Around(anchor) => {
            let place = reading.place(anchor, "around").await?;
            let most = limit.saturating_sub(usize::from(place.event.is_some()));
            let before = reading.before(place.from, most / 2).await?;
            let mut after: Vec<_> = place.event.into_iter().collect();
            let room_left = limit.saturating_sub(before.len() + after.len());
            after.extend(reading.after(place.up_to, room_left).await?);
            reading.history(before, after).await?
        }
    };
    Ok(Answer::History(history))
}

/// Where a page begins.
struct Place {
    /// What is before it comes before this.
    from: RoomSequence,
    /// What is after it comes after this.
    up_to: RoomSequence,
    /// The event itself, if one was named.
    event: Option<VisibleEvent>,
}

/// One room, read for one client.
struct Reading<'a> {
    client: &'a Client,
    room: RoomId,
}

impl Reading<'_> {
    async fn place(&self, anchor: &Anchor, field: &str) -> Result<Place, Error> {
        match anchor {
            Anchor::Event(id) => {
                let event = self.client.event(self.room, id, field).await?;
                Ok(Place {
                    from: event.sequence,
                    up_to: event.sequence,
                    event: Some(event),
                })
            }
            Anchor::Cursor(cursor) => {
                let hub = self.client.hub();
                let position = names::open_cursor(hub, cursor)
                    .ok_or_else(|| refusal::in_field(&Refusal::NoSuchEvent, field))?;
                let last = hub.sequence_at(self.room, position).await;
                let last = last.map_err(|refusal| refusal::error(&refusal))?;
                Ok(Place {
                    from: last.next(),
                    up_to: last,
                    event: None,
                })
            }
        }
    }

    /// The latest events before a place, the latest first.
    async fn before(&self, from: RoomSequence, limit: usize) -> Result<Vec<VisibleEvent>, Error> {
        self.read(from, (Direction::Backward, limit)).await
    }

    /// The first events after a place.
    async fn after(&self, from: RoomSequence, limit: usize) -> Result<Vec<VisibleEvent>, Error> {
        self.read(from, (Direction::Forward, limit)).await
    }

    async fn read(
        &self,
        mut from: RoomSequence,
        (direction, limit): (Direction, usize),
    ) -> Result<Vec<VisibleEvent>, Error> {
        let viewer = self.client.session()?.user();
        let world = self.client.world();
        let mut events = Vec::new();
        for _ in 0..PASSES {
            let wanted = limit - events.len();
            if wanted == 0 {
                break;
            }
            let page = self
                .client
                .hub()
                .history(viewer, (self.room, from), (direction, wanted))
                .await
                .map_err(|refusal| refusal::error(&refusal))?;
            let heard =
                |event: &VisibleEvent| !world.is_kept_from(viewer, (event.sender, &event.change));
            events.extend(page.events.into_iter().filter(heard));
            match page.next {
                Some(next) => from = next,
                None => break,
            }
        }
        Ok(events)
    }

    /// The page: as much of both sides as a frame holds, and where to go on. `before` has the latest first, `after` the first.
    async fn history(
        &self,
        before: Vec<VisibleEvent>,
        after: Vec<VisibleEvent>,
    ) -> Result<History, Error> {
        let world = self.client.world();
        let renderer = &self.client.native.renderer;
        let mut filling = Filling::new(u64::MAX);
        let mut kept: Vec<(RoomSequence, Position)> = Vec::new();
        let around = after.len();
        // From the anchor outwards, so that what has no room is what is farthest from it.
        let mut forward = 0;
        for event in after.iter().chain(&before) {
            let written = renderer.event(&world, self.room, event);
            if filling.add(written).is_err() {
                break;
            }
            kept.push((event.sequence, event.position));
            forward = kept.len().min(around);
        }
        let mut events = filling.items();
        let mut earlier = events.split_off(forward);
        earlier.reverse();
        earlier.append(&mut events);
        let first = kept.iter().min().copied();
        let last = kept.iter().max().copied();
        Ok(History {
            events: earlier,
            before: self.more(first, Direction::Backward).await?,
            after: self.more(last, Direction::Forward).await?,
        })
    }

    /// Where to go on beyond the first or the last event of a page, if there is more.
    async fn more(
        &self,
        end: Option<(RoomSequence, Position)>,
        direction: Direction,
    ) -> Result<Option<Cursor>, Error> {
        let Some((sequence, position)) = end else {
            return Ok(None);
        };
        let next = self.read(sequence, (direction, 1)).await?;
        // A cursor stands behind its position.
        let place = match direction {
            Direction::Backward => Position(position.0.saturating_sub(1)),
            Direction::Forward => position,
        };
        let sealer = self.client.native.renderer.sealer();
        Ok((!next.is_empty()).then(|| names::cursor(sealer, place)))
    }
}
