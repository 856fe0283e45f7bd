//! Messages from one account to devices of others.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, within};
use crate::ids::DeviceId;
use crate::keys::{Addressee, KeysChange, Parcel, ToDeviceMessage};
use crate::limits;
use crate::refusal::Refusal;
use crate::user::User;

/// Puts messages where the devices find them. Accounts and devices that are gone get nothing, and that is no error: nobody can know which
/// are still there when his message arrives.
pub(super) fn send(
    at: Deciding<'_>,
    kind: &Arc<str>,
    messages: Vec<Parcel>,
) -> Result<Decision, Refusal> {
    let sender = at.account()?.id;
    within(Some(kind), "type", limits::STATE_KEY)?;
    let mut changes = Vec::new();
    for Parcel { user, to, content } in messages {
        within(Some(content.as_str()), "message", limits::CONTENT)?;
        let Some(user) = at.world.state.user(user) else {
            continue;
        };
        let message = ToDeviceMessage {
            sender,
            kind: kind.clone(),
            content,
        };
        match to {
            Addressee::All => {
                changes.extend(
                    user.devices
                        .iter()
                        .flat_map(|device| put(user, device.id, &message)),
                );
            }
            Addressee::Device(device) if user.device(device).is_some() => {
                changes.extend(put(user, device, &message))
            }
            Addressee::Device(_) => {}
        }
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// A message for a device, after the oldest ones made place for it: a device that does not come back must not keep others from being told
/// what they are told in the same breath.
fn put(user: &User, device: DeviceId, message: &ToDeviceMessage) -> Vec<Change> {
    let waiting = user.keys.devices.get(&device).map(|keys| &keys.waiting);
    let surplus = waiting.map_or(0, |waiting| {
        (waiting.len() + 1).saturating_sub(limits::TO_DEVICE_MESSAGES)
    });
    let doomed = surplus
        .checked_sub(1)
        .and_then(|last| waiting?.iter().nth(last).copied());
    let forgotten = doomed.map(|up_to| KeysChange::Forgotten { device, up_to });
    let sent = KeysChange::ToDevice {
        device,
        message: message.clone(),
    };
    forgotten
        .into_iter()
        .chain([sent])
        .map(|change| Deciding::keys(user.id, change))
        .collect()
}
