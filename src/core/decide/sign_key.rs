//! An account adds its signatures to a key object that is here already.

use super::{Deciding, Decision, Outcome, check_key_object};
use crate::ids::UserId;
use crate::keys::{KeyName, KeyObject, KeysChange, SigningRole};
use crate::refusal::Refusal;

/// Adds signatures: to a device or the master key of one's own, where everybody sees them, or to another's master key, where only the signer
/// does (Matrix client-server API "Cross-signing").
pub(super) fn sign(
    at: Deciding<'_>,
    (owner, name): (UserId, KeyName),
    signed: KeyObject,
) -> Result<Decision, Refusal> {
    let signer = at.account()?;
    if signed.signatures.is_empty() {
        return Err(Refusal::Invalid {
            what: "a key without a signature of yours",
        });
    }
    let owner_keys = at.world.state.user(owner).map(|user| &user.keys);
    let known = owner_keys
        .and_then(|keys| keys.object(name))
        .ok_or(missing(name))?;
    if known.blob != signed.blob {
        return Err(Refusal::Invalid {
            what: "a signature on another key than the published one",
        });
    }
    let own = owner == signer.id;
    let before = if own {
        Some(known)
    } else {
        signer.keys.vouched.get(&owner).map(|(_, before)| before)
    };
    let key = signed.after(before);
    check_key_object(&key)?;
    if before == Some(&key) {
        return Ok(Decision::nothing(Outcome::Done));
    }
    let change = match name {
        KeyName::Device(device) if own => KeysChange::Device { device, key },
        KeyName::Signing(role @ SigningRole::Master) if own => KeysChange::Signing { role, key },
        KeyName::Signing(SigningRole::Master) => KeysChange::Vouched {
            user: owner,
            signed: key,
        },
        KeyName::Device(_)
        | KeyName::Signing(SigningRole::SelfSigning | SigningRole::UserSigning) => {
            return Err(Refusal::Forbidden);
        }
    };
    Ok(Decision {
        changes: vec![Deciding::keys(signer.id, change)],
        outcome: Outcome::Done,
    })
}

fn missing(name: KeyName) -> Refusal {
    match name {
        KeyName::Device(_) => Refusal::NoSuchDevice,
        KeyName::Signing(_) => Refusal::Invalid {
            what: "a signature on a key that is not published",
        },
    }
}
