//! State in force as the events that set it: what clients read as state is the same event that they saw in the timeline.

use std::sync::Arc;

use polylogue_core::room::{Membership, Room};
use polylogue_core::state::World;
use polylogue_core::{Refusal, RoomSequence, facets};
use polylogue_hub::VisibleEvent;

use crate::Matrix;
use crate::error::Failure;

/// The place of the event that set a piece of state, if there is one.
pub(crate) fn place(
    matrix: &Matrix,
    world: &World,
    room: &Room,
    (kind, key): (&str, &str),
) -> Option<RoomSequence> {
    if kind == facets::MEMBER {
        let user = matrix.find_user(world, key)?;
        return room.state.members.get(&user).map(|member| member.since);
    }
    room.state
        .extra
        .get(&(Arc::from(kind), Arc::from(key)))
        .map(|entry| entry.sequence)
}

/// The places of all state in force, memberships and all.
pub(crate) fn places(room: &Room) -> Vec<RoomSequence> {
    let members = room.state.members.values().map(|member| member.since);
    let mut places: Vec<_> = room
        .state
        .extra
        .values()
        .map(|entry| entry.sequence)
        .chain(members)
        .collect();
    places.sort_unstable();
    places
}

/// The places of the memberships of one kind, or of all but one.
pub(crate) fn member_places(room: &Room, wanted: impl Fn(Membership) -> bool) -> Vec<RoomSequence> {
    let members = room
        .state
        .members
        .values()
        .filter(|member| wanted(member.membership));
    let mut places: Vec<_> = members.map(|member| member.since).collect();
    places.sort_unstable();
    places
}

/// The event that set a piece of state. The asker must be one who may read the room's state.
pub(crate) async fn event(
    matrix: &Matrix,
    room: &Room,
    (kind, key): (&str, &str),
) -> Result<Option<VisibleEvent>, Failure> {
    let Some(place) = place(matrix, &matrix.hub.world(), room, (kind, key)) else {
        return Ok(None);
    };
    let found = matrix.hub.state_events(room.state.id, vec![place]).await?;
    Ok(Some(found.into_iter().next().ok_or(Refusal::Internal)?))
}
