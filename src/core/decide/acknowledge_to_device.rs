//! A device has got its messages.

use super::{Deciding, Decision, Outcome};
use crate::ids::Position;
use crate::keys::KeysChange;
use crate::refusal::Refusal;

/// Forgets the messages up to a position that wait for the actor's device.
pub(super) fn acknowledge(at: Deciding<'_>, up_to: Position) -> Result<Decision, Refusal> {
    let (user, device) = at.own_device()?;
    let first = user
        .keys
        .devices
        .get(&device)
        .and_then(|keys| keys.waiting.get_min().map(|(position, _)| position));
    let changes = match first {
        Some(first) if *first <= up_to => vec![Deciding::keys(
            user.id,
            KeysChange::Forgotten { device, up_to },
        )],
        Some(_) | None => Vec::new(),
    };
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}
