//! An account publishes its cross-signing keys.

use super::{Deciding, Decision, Outcome, check_key_object};
use crate::keys::{KeyObject, KeysChange, SigningRole};
use crate::refusal::Refusal;
use crate::step_up;

/// Publishes cross-signing keys. Nothing has to be proven for an account's first master key, nor for what is here already; to replace or
/// complete what is here takes a password (MSC3967).
pub(super) fn upload(
    at: Deciding<'_>,
    keys: Vec<(SigningRole, KeyObject)>,
) -> Result<Decision, Refusal> {
    let user = at.account()?;
    let known = &user.keys.signing;
    let master = known.contains_key(&SigningRole::Master);
    if !master && !keys.iter().any(|(role, _)| *role == SigningRole::Master) {
        return Err(Refusal::Invalid {
            what: "a signing key without a master key",
        });
    }
    let mut changes = Vec::new();
    for (role, key) in keys {
        let before = known.get(&role);
        if master && before.is_none_or(|before| before.blob != key.blob) {
            step_up::proven(at.world, at.actor, at.context.now)?;
        }
        let key = key.after(before);
        check_key_object(&key)?;
        if before != Some(&key) {
            changes.push(Deciding::keys(user.id, KeysChange::Signing { role, key }));
        }
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}
