//! A device publishes its identity, and leaves keys with which others begin a conversation with it.

use std::collections::BTreeMap;

use super::{Change, Deciding, Decision, Outcome, check_key_object, within};
use crate::keys::{DeviceKeys, HandedKey, KeyObject, KeysChange, Upload};
use crate::limits;
use crate::refusal::Refusal;

/// Publishes and leaves keys; what is here already is no change, so that a lost reply can be asked for again.
pub(super) fn upload(at: Deciding<'_>, upload: Upload) -> Result<Decision, Refusal> {
    let (user, device) = at.own_device()?;
    let nothing = DeviceKeys::default();
    let known = user.keys.devices.get(&device).unwrap_or(&nothing);
    let identity = upload
        .identity
        .map(|key| identity(known, key))
        .transpose()?
        .flatten();
    let one_time = one_time(known, upload.one_time)?;
    let fallback = fallback(known, upload.fallback)?;
    let changes = [
        identity.map(|key| KeysChange::Device { device, key }),
        (!one_time.is_empty()).then_some(KeysChange::OneTime {
            device,
            keys: one_time,
        }),
        (!fallback.is_empty()).then_some(KeysChange::Fallback {
            device,
            keys: fallback,
        }),
    ];
    let changes: Vec<Change> = changes
        .into_iter()
        .flatten()
        .map(|change| Deciding::keys(user.id, change))
        .collect();
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

fn identity(known: &DeviceKeys, key: KeyObject) -> Result<Option<KeyObject>, Refusal> {
    let key = key.after(known.identity.as_ref());
    check_key_object(&key)?;
    Ok((known.identity.as_ref() != Some(&key)).then_some(key))
}

/// The one-time keys that are new. An id stands for one key: another one under it is refused, one that was handed out stays gone.
fn one_time(known: &DeviceKeys, keys: Vec<HandedKey>) -> Result<Vec<HandedKey>, Refusal> {
    let name = |key: &HandedKey| (key.algorithm.clone(), key.id.clone());
    let waiting = known.one_time.iter();
    let mut taken: BTreeMap<_, _> = waiting.map(|key| (name(key), key.blob.clone())).collect();
    let mut fresh: Vec<HandedKey> = Vec::with_capacity(keys.len());
    for key in keys {
        check(&key)?;
        let name = name(&key);
        match taken.get(&name) {
            Some(blob) if *blob == key.blob => {}
            Some(_) => {
                return Err(Refusal::Invalid {
                    what: "another one-time key under a known id",
                });
            }
            None if known.claimed.contains(&name) => {}
            None => {
                taken.insert(name, key.blob.clone());
                fresh.push(key);
            }
        }
    }
    if !fresh.is_empty() && taken.len() > limits::ONE_TIME_KEYS {
        return Err(Refusal::TooMany {
            what: "one-time keys",
            limit: limits::ONE_TIME_KEYS,
        });
    }
    Ok(fresh)
}

/// The fallback keys that are new: the same one again does not become unused by that.
fn fallback(known: &DeviceKeys, keys: Vec<HandedKey>) -> Result<Vec<HandedKey>, Refusal> {
    let mut fresh = Vec::new();
    let mut algorithms = known.fallback.len();
    for key in keys {
        check(&key)?;
        let before = known.fallback.get(&key.algorithm);
        algorithms += usize::from(before.is_none());
        if before.is_none_or(|before| before.key != key) {
            fresh.push(key);
        }
    }
    if algorithms > limits::FALLBACK_KEYS {
        return Err(Refusal::TooMany {
            what: "fallback keys",
            limit: limits::FALLBACK_KEYS,
        });
    }
    Ok(fresh)
}

fn check(key: &HandedKey) -> Result<(), Refusal> {
    within(Some(&key.algorithm), "key algorithm", limits::STATE_KEY)?;
    within(Some(&key.id), "key id", limits::STATE_KEY)?;
    within(Some(&key.blob), "key", limits::HANDED_KEY)
}
