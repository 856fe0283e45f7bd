//! Whose devices a user has to ask for anew, whose concern him no more (`device_lists`), and what waits for his own device.

use std::collections::BTreeSet;

use polylogue_core::keys::KeysCommand;
use polylogue_core::room::{Membership, Room};
use polylogue_core::state::World;
use polylogue_core::{Command, Position, Refusal, RoomSequence, UserId, limits};
use polylogue_hub::Request;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::Failure;

/// Messages to a device in one reply.
const MESSAGES: usize = 100;

/// Users by what became of their devices.
#[derive(Debug, Default)]
pub(crate) struct DeviceLists {
    changed: BTreeSet<UserId>,
    left: BTreeSet<UserId>,
}

impl DeviceLists {
    /// Whose keys changed after a position. Who came and went is to be added room by room.
    pub(crate) fn of_keys(world: &World, viewer: UserId, since: Position) -> Self {
        let changed = world.devices_changed(viewer, since);
        Self {
            changed: changed.into_iter().collect(),
            left: BTreeSet::new(),
        }
    }

    /// Everything after a position. Rooms that the user left since are not looked at.
    pub(crate) async fn since(
        matrix: &Matrix,
        viewer: UserId,
        since: Position,
    ) -> Result<Self, Failure> {
        let world = matrix.hub.world();
        let mut lists = Self::of_keys(&world, viewer, since);
        let user = world.state.user(viewer).ok_or(Refusal::NoSuchUser)?;
        for id in user.joined() {
            let room = match world.state.room(id) {
                Some(room) => room.clone(),
                None => match matrix.hub.room(id).await {
                    Ok(room) => room,
                    // A damaged room must not cost the user the others.
                    Err(Refusal::NoSuchRoom | Refusal::Quarantined(_)) => continue,
                    Err(refusal) => return Err(refusal.into()),
                },
            };
            if room.position > since {
                let since = matrix.hub.sequence_at(id, since).await?;
                lists.moved(&world, &room, (viewer, since));
            }
        }
        lists.settle(&world, viewer);
        Ok(lists)
    }

    /// Adds those who came into a room or went out of it after a place; all of its members if the user himself did.
    pub(crate) fn moved(
        &mut self,
        world: &World,
        room: &Room,
        (viewer, since): (UserId, RoomSequence),
    ) {
        let Some(own) = room.state.members.get(&viewer) else {
            return;
        };
        let all = own.since > since;
        let is_in = own.membership == Membership::Join;
        let others = room
            .state
            .members
            .iter()
            .filter(|(user, _)| **user != viewer);
        for (user, member) in others {
            match member.membership {
                Membership::Join if !is_in => {
                    self.left.insert(*user);
                }
                Membership::Join if all || member.since > since => {
                    // Whoever has no keys is told of when he gets some.
                    let user = world.state.user(*user);
                    let keys = user.filter(|user| user.keys.changed > Position(0));
                    self.changed.extend(keys.map(|user| user.id));
                }
                Membership::Leave | Membership::Ban if member.since > since => {
                    self.left.insert(*user);
                }
                Membership::Join
                | Membership::Leave
                | Membership::Ban
                | Membership::Invite
                | Membership::Knock => {}
            }
        }
    }

    /// Leaves out those with whom the user shares no room now, and from those who left the ones with whom he does.
    pub(crate) fn settle(&mut self, world: &World, viewer: UserId) {
        self.left.retain(|user| !world.share_a_room(viewer, *user));
        self.changed.retain(|user| !self.left.contains(user));
    }

    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.left.is_empty()
    }

    /// `{"changed": [..], "left": [..]}`
    pub(crate) fn shown(&self, matrix: &Matrix) -> Value {
        let world = matrix.hub.world();
        let ids = |users: &BTreeSet<UserId>| -> Vec<String> {
            let ids = users.iter().map(|user| matrix.user_id(&world, *user));
            ids.collect()
        };
        json!({ "changed": ids(&self.changed), "left": ids(&self.left) })
    }
}

/// What waits for a device between two positions, and up to which position that is all: a reply that does not hold everything ends there.
/// To a device that begins anew everything is told at once.
pub(crate) async fn messages(
    matrix: &Matrix,
    access: &Access,
    (since, up_to): (Option<Position>, Position),
) -> Result<(Vec<Value>, Position), Failure> {
    let (after, limit) = match since {
        Some(since) => (since, MESSAGES),
        None => (Position(0), limits::TO_DEVICE_MESSAGES),
    };
    let world = matrix.hub.world();
    let user = world.state.user(access.user);
    let keys = user.and_then(|user| user.keys.devices.get(&access.device));
    if keys.is_none_or(|keys| {
        keys.waiting
            .get_max()
            .is_none_or(|(last, _)| *last <= after)
    }) {
        return Ok((Vec::new(), up_to));
    }
    let mut found = matrix.hub.to_device(access.device, after, limit).await?;
    found.retain(|(position, _)| *position <= up_to);
    let end = match found.last() {
        Some((last, _)) if found.len() >= limit => *last,
        Some(_) | None => up_to,
    };
    let shown = found.iter().map(|(_, message)| {
        json!({
            "type": message.kind,
            "sender": matrix.user_id(&world, message.sender),
            "content": message.content.value(),
        })
    });
    Ok((shown.collect(), end))
}

/// The device came with the token of a position: it has its messages up to there.
pub(crate) async fn acknowledge(
    matrix: &Matrix,
    access: &Access,
    up_to: Position,
) -> Result<(), Failure> {
    let world = matrix.hub.world();
    let user = world.state.user(access.user);
    let keys = user.and_then(|user| user.keys.devices.get(&access.device));
    let first = keys.and_then(|keys| keys.waiting.get_min());
    if first.is_none_or(|(first, _)| *first > up_to) {
        return Ok(());
    }
    let command = Command::Keys(KeysCommand::Acknowledge { up_to });
    let request = Request::new(access.actor(), command);
    Ok(matrix.hub.submit(request).await.map(drop)?)
}
