//! Away, per session; how a user shows follows from all his sessions.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, within};
use crate::ids::SessionId;
use crate::limits;
use crate::live::Signal;
use crate::refusal::Refusal;

/// A session of the actor is away, or back.
pub(super) fn set_away(
    at: Deciding<'_>,
    id: SessionId,
    text: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    within(text.as_deref(), "away text", limits::STATUS)?;
    let user = at.actor.user;
    let session = at
        .world
        .live
        .sessions
        .get(&id)
        .filter(|session| session.user == user)
        .ok_or(Refusal::Forbidden)?;
    if session.away == text {
        return Ok(Decision::nothing(Outcome::Done));
    }
    Ok(Decision {
        changes: vec![Change::Signal(Signal::Away { id, user, text })],
        outcome: Outcome::Done,
    })
}
