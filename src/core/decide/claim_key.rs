//! A key of somebody's device is handed out: a one-time key to nobody else ever after.

use super::{Deciding, Decision, Outcome};
use crate::ids::{DeviceId, UserId};
use crate::keys::{DeviceKeys, KeyUse, KeysChange};
use crate::refusal::Refusal;

/// Hands out the oldest one-time key, or the fallback key if there is none. A device without either is no error: there is nothing to tell.
pub(super) fn claim(
    at: Deciding<'_>,
    (user, device): (UserId, DeviceId),
    algorithm: &str,
) -> Result<Decision, Refusal> {
    at.account()?;
    let keys = at
        .world
        .state
        .user(user)
        .and_then(|user| user.keys.devices.get(&device));
    let Some((key, kind)) = keys.and_then(|keys| next(keys, algorithm)) else {
        return Ok(Decision::nothing(Outcome::Done));
    };
    let changes = vec![Deciding::keys(
        user,
        KeysChange::Claimed { device, key, kind },
    )];
    Ok(Decision {
        changes,
        outcome: Outcome::Event(0),
    })
}

fn next(keys: &DeviceKeys, algorithm: &str) -> Option<(crate::keys::HandedKey, KeyUse)> {
    let one_time = keys
        .one_time
        .iter()
        .find(|key| *key.algorithm == *algorithm);
    let fallback = || {
        keys.fallback
            .get(algorithm)
            .map(|known| (known.key.clone(), KeyUse::Fallback))
    };
    one_time
        .map(|key| (key.clone(), KeyUse::OneTime))
        .or_else(fallback)
}
