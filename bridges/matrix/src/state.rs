//! State as the events that set it: what clients read as state is the same event that they saw in the timeline. Whoever went out reads it as
//! it was then.

use std::sync::Arc;

use polylogue_core::room::{Membership, Room};
use polylogue_core::{Refusal, RoomChange, RoomSequence, UserId, facets};
use polylogue_hub::{StateKey, VisibleEvent};

use crate::Matrix;
use crate::error::Failure;
use crate::forgotten;

/// A room as somebody may read its state.
#[derive(Debug)]
pub(crate) struct Standpoint {
    pub(crate) room: Room,
    pub(crate) moment: Moment,
}

/// As of when state is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// What is in force.
    Now,
    /// What was in force right after this event.
    At(RoomSequence),
}

impl Matrix {
    /// The state of a room for somebody who is in it, was in it, or to whom it is open.
    pub(crate) async fn standpoint(
        &self,
        viewer: UserId,
        room_id: &str,
    ) -> Result<Standpoint, Failure> {
        let room = self.hub.room(self.room(room_id)?).await?;
        let moment = match room.state.is_readable_by(viewer) {
            true => Moment::Now,
            false => {
                let left = self.hub.left_at(viewer, room.state.id).await?;
                let left = left.ok_or(Refusal::NotJoined)?;
                if forgotten::is_forgotten(self, viewer, &room).await? {
                    return Err(Refusal::NotJoined.into());
                }
                Moment::At(left)
            }
        };
        Ok(Standpoint { room, moment })
    }
}

impl Standpoint {
    /// The same, but not later than an event.
    pub(crate) fn not_after(self, place: RoomSequence) -> Self {
        let moment = match self.moment {
            Moment::Now if place >= self.room.sequence => Moment::Now,
            Moment::Now => Moment::At(place),
            Moment::At(left) => Moment::At(left.min(place)),
        };
        Self { moment, ..self }
    }

    /// All state events, memberships and all, in order.
    pub(crate) async fn events(&self, matrix: &Matrix) -> Result<Vec<VisibleEvent>, Failure> {
        let id = self.room.state.id;
        let places = match self.moment {
            Moment::Now => places(&self.room),
            Moment::At(place) => matrix.hub.state_at(id, place).await?,
        };
        Ok(matrix.hub.state_events(id, places).await?)
    }

    /// The memberships that are wanted, in order.
    pub(crate) async fn members(
        &self,
        matrix: &Matrix,
        wanted: impl Fn(UserId, Membership) -> bool,
    ) -> Result<Vec<VisibleEvent>, Failure> {
        match self.moment {
            Moment::Now => {
                let members = self.room.state.members.iter();
                let wanted = members.filter(|(user, member)| wanted(**user, member.membership));
                let mut places: Vec<_> = wanted.map(|(_, member)| member.since).collect();
                places.sort_unstable();
                let id = self.room.state.id;
                Ok(matrix.hub.state_events(id, places).await?)
            }
            Moment::At(_) => {
                let mut events = self.events(matrix).await?;
                events.retain(|event| {
                    membership(event).is_some_and(|(user, membership)| wanted(user, membership))
                });
                Ok(events)
            }
        }
    }

    /// The event that set a piece of state.
    pub(crate) async fn event(
        &self,
        matrix: &Matrix,
        (kind, key): (&str, &str),
    ) -> Result<Option<VisibleEvent>, Failure> {
        let id = self.room.state.id;
        let place = match self.moment {
            Moment::Now => place(matrix, &self.room, (kind, key)),
            Moment::At(at) => match state_key(matrix, (kind, key)) {
                Some(key) => matrix.hub.state_place(id, (key, at)).await?,
                None => None,
            },
        };
        let Some(place) = place else {
            return Ok(None);
        };
        let found = matrix.hub.state_events(id, vec![place]).await?;
        Ok(Some(found.into_iter().next().ok_or(Refusal::Internal)?))
    }
}

/// Whose standing an event sets, and to what.
pub(crate) fn membership(event: &VisibleEvent) -> Option<(UserId, Membership)> {
    match &event.change {
        RoomChange::Member(change) => Some((change.user, change.membership)),
        RoomChange::Created(_)
        | RoomChange::Message(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redaction { .. }
        | RoomChange::Redacted(_) => None,
    }
}

fn state_key(matrix: &Matrix, (kind, key): (&str, &str)) -> Option<StateKey> {
    if kind == facets::MEMBER {
        let user = matrix.find_user(&matrix.hub.world(), key)?;
        return Some(StateKey::Member(user));
    }
    Some(StateKey::Other(kind.to_owned(), key.to_owned()))
}

/// The place of the event that set a piece of state in force, if there is one.
fn place(matrix: &Matrix, room: &Room, (kind, key): (&str, &str)) -> Option<RoomSequence> {
    if kind == facets::MEMBER {
        let user = matrix.find_user(&matrix.hub.world(), key)?;
        return room.state.members.get(&user).map(|member| member.since);
    }
    let entry = room.state.extra.get(&(Arc::from(kind), Arc::from(key)));
    entry.map(|entry| entry.sequence)
}

/// The places of all state in force, memberships and all.
fn places(room: &Room) -> Vec<RoomSequence> {
    let members = room.state.members.values().map(|member| member.since);
    let set = room.state.extra.values().map(|entry| entry.sequence);
    let mut places: Vec<_> = set.chain(members).collect();
    places.sort_unstable();
    places
}
