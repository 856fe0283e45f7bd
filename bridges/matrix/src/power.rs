//! Power levels of the core and `m.room.power_levels`: the same levels, users by number here and by id there.

use std::collections::BTreeMap;

use polylogue_core::UserId;
use polylogue_core::power::PowerLevels;
use polylogue_core::state::World;
use polylogue_matrix::power::{Notifications, PowerContent};

use crate::Matrix;
use crate::error::Failure;

/// Levels with those that a content names in place of their own. A user whom nobody knows can have no level.
pub(crate) fn with_content(
    matrix: &Matrix,
    world: &World,
    (base, content): (PowerLevels, &PowerContent),
) -> Result<PowerLevels, Failure> {
    let users = match &content.users {
        Some(users) => users
            .iter()
            .map(|(user_id, level)| Ok((known(matrix, world, user_id)?, *level)))
            .collect::<Result<_, Failure>>()?,
        None => base.users,
    };
    Ok(PowerLevels {
        users,
        users_default: content.users_default.unwrap_or(base.users_default),
        events: content.events.clone().unwrap_or(base.events),
        events_default: content.events_default.unwrap_or(base.events_default),
        state_default: content.state_default.unwrap_or(base.state_default),
        ban: content.ban.unwrap_or(base.ban),
        kick: content.kick.unwrap_or(base.kick),
        redact: content.redact.unwrap_or(base.redact),
        invite: content.invite.unwrap_or(base.invite),
        notify_room: content
            .notifications
            .as_ref()
            .and_then(|levels| levels.room)
            .unwrap_or(base.notify_room),
    })
}

/// Levels as content, every one of them spelled out.
pub(crate) fn content(matrix: &Matrix, world: &World, levels: &PowerLevels) -> PowerContent {
    let users: BTreeMap<_, _> = levels
        .users
        .iter()
        .map(|(user, level)| (matrix.user_id(world, *user), *level))
        .collect();
    PowerContent {
        users: Some(users),
        users_default: Some(levels.users_default),
        events: Some(levels.events.clone()),
        events_default: Some(levels.events_default),
        state_default: Some(levels.state_default),
        ban: Some(levels.ban),
        kick: Some(levels.kick),
        redact: Some(levels.redact),
        invite: Some(levels.invite),
        notifications: Some(Notifications {
            room: Some(levels.notify_room),
        }),
    }
}

fn known(matrix: &Matrix, world: &World, user_id: &str) -> Result<UserId, Failure> {
    matrix
        .find_user(world, user_id)
        .ok_or_else(|| Failure::invalid(format!("no such user: {user_id}")))
}
