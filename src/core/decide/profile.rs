//! What a user shows of himself.

use std::sync::Arc;

use super::{Deciding, Decision, Outcome, within};
use crate::event::{Event, UserChange};
use crate::limits;
use crate::refusal::Refusal;
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
