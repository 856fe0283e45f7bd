//! Messages from one account to devices of others.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;

use super::{Change, Deciding, Decision, Outcome, within};
use crate::ids::{DeviceId, Position, UserId};
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
    let mut mailboxes = Mailboxes::default();
    let mut count = 0;
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
        count += match to {
            Addressee::All => user.devices.len(),
            Addressee::Device(_) => 1,
        };
        if count > limits::TO_DEVICE_AT_ONCE {
            return Err(Refusal::TooMany {
                what: "messages to devices at once",
                limit: limits::TO_DEVICE_AT_ONCE,
            });
        }
        match to {
            Addressee::All => {
                changes.extend(
                    user.devices
                        .iter()
                        .flat_map(|device| mailboxes.put(user, device.id, &message)),
                );
            }
            Addressee::Device(device) if user.device(device).is_some() => {
                changes.extend(mailboxes.put(user, device, &message))
            }
            Addressee::Device(_) => {}
        }
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// What waits for the devices that are written to, as it will be.
#[derive(Default)]
struct Mailboxes(BTreeMap<DeviceId, OrdMap<Position, UserId>>);

impl Mailboxes {
    /// A message for a device, after another one made place for it: a device that does not come back must not keep others from being told what
    /// they are told in the same breath. Nobody can push out what others sent by sending more than they did.
    fn put(&mut self, user: &User, device: DeviceId, message: &ToDeviceMessage) -> Vec<Change> {
        let waiting = self.0.entry(device).or_insert_with(|| {
            let keys = user.keys.devices.get(&device);
            keys.map(|keys| keys.waiting.clone()).unwrap_or_default()
        });
        let gave_way = (waiting.len() >= limits::TO_DEVICE_MESSAGES)
            .then(|| dispensable(waiting, message.sender))
            .flatten();
        if let Some(position) = &gave_way {
            waiting.remove(position);
        }
        // Its place is not known yet: it is behind all others.
        let last = waiting.get_max().map_or(u64::MAX / 2, |(last, _)| last.0);
        waiting.insert(Position(last.max(u64::MAX / 2) + 1), message.sender);
        let sent = KeysChange::ToDevice {
            device,
            message: message.clone(),
        };
        let gave_way = gave_way.map(|position| KeysChange::GaveWay { device, position });
        gave_way
            .into_iter()
            .chain([sent])
            .map(|change| Deciding::keys(user.id, change))
            .collect()
    }
}

/// The oldest message of whoever has most of them there, once the sender's new one is counted.
fn dispensable(waiting: &OrdMap<Position, UserId>, sender: UserId) -> Option<Position> {
    let mut counts = BTreeMap::from([(sender, 1_usize)]);
    for of in waiting.values() {
        *counts.entry(*of).or_default() += 1;
    }
    let most = counts.values().max()?;
    let mut oldest = waiting
        .iter()
        .filter(|(_, of)| counts.get(of) == Some(most));
    oldest.next().map(|(position, _)| *position)
}
