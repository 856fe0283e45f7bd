//! Away, per session; how a user shows follows from all his sessions.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, within};
use crate::command::Presentation;
use crate::ids::SessionId;
use crate::limits;
use crate::live::Signal;
use crate::refusal::Refusal;

/// Others see something else of a session of the actor.
pub(super) fn present(
    at: Deciding<'_>,
    id: SessionId,
    presentation: Presentation,
) -> Result<Decision, Refusal> {
    within(
        Some(&presentation.real_name),
        "real name",
        limits::DISPLAY_NAME,
    )?;
    let sizes = presentation.metadata.iter();
    if sizes
        .map(|(key, value)| key.len() + value.len())
        .sum::<usize>()
        > limits::METADATA
    {
        return Err(Refusal::TooLarge {
            what: "metadata",
            limit: limits::METADATA,
        });
    }
    let user = at.actor.user;
    let session = at.own_session(id)?;
    if session.presentation == presentation {
        return Ok(Decision::nothing(Outcome::Done));
    }
    Ok(Decision {
        changes: vec![Change::Signal(Signal::Presented {
            id,
            user,
            presentation,
        })],
        outcome: Outcome::Done,
    })
}

/// A session of the actor is away, or back.
pub(super) fn set_away(
    at: Deciding<'_>,
    id: SessionId,
    text: Option<Arc<str>>,
) -> Result<Decision, Refusal> {
    within(text.as_deref(), "away text", limits::STATUS)?;
    let user = at.actor.user;
    let session = at.own_session(id)?;
    if session.away == text {
        return Ok(Decision::nothing(Outcome::Done));
    }
    Ok(Decision {
        changes: vec![Change::Signal(Signal::Away { id, user, text })],
        outcome: Outcome::Done,
    })
}
