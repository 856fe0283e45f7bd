//! What a user shows of himself.

use std::sync::Arc;

use super::{Deciding, Decision, Outcome, within};
use crate::event::{Event, MemberChange, RoomChange, UserChange};
use crate::ids::RoomId;
use crate::json::Json;
use crate::limits;
use crate::refusal::Refusal;
use crate::room::Membership;
use crate::user::ProfileField;

/// Sets or clears a profile field of the actor's account.
pub(super) fn set(
    at: Deciding<'_>,
    field: ProfileField,
    value: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    let value = value.filter(|value| !value.is_empty());
    let (what, limit) = match field {
        ProfileField::DisplayName => ("display name", limits::DISPLAY_NAME),
        ProfileField::Avatar => ("avatar", limits::AVATAR),
    };
    within(value.as_deref(), what, limit)?;
    let user = at.actor.user;
    let known = at
        .world
        .state
        .user(user)
        .filter(|_| at.world.is_account(user))
        .ok_or(Refusal::AccountRequired)?;
    let present = match field {
        ProfileField::DisplayName => &known.profile.display_name,
        ProfileField::Avatar => &known.profile.avatar,
    };
    if *present == value {
        return Ok(Decision::nothing(Outcome::Done));
    }
    Ok(Decision::events(vec![Event::User {
        user,
        change: UserChange::Profile { field, value },
    }]))
}

/// Sets what the actor shows of himself in one room that he is in.
pub(super) fn set_in_room(
    at: Deciding<'_>,
    room: RoomId,
    content: Json,
) -> Result<Decision, Refusal> {
    within(Some(content.as_str()), "membership", limits::CONTENT)?;
    let user = at.actor.user;
    if !at.room(room)?.state.is_joined(user) {
        return Err(Refusal::NotJoined);
    }
    let change = MemberChange {
        content: Some(content),
        ..at.member_change(room, (user, Membership::Join), None)
    };
    Ok(at.one(room, RoomChange::Member(change)))
}
