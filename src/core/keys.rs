//! Keys for end-to-end encryption as the server keeps them: who published which, who signed what, what is still to be handed out, which
//! device has messages waiting. What is inside a key is its client's business: blobs are compared, never read, and no signature is verified.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};

use crate::ids::{DeviceId, Position, UserId};
use crate::json::Json;
use crate::limits;
use crate::room::Membership;
use crate::state::{State, World};
use crate::user::User;

/// Signatures by the id of the key that made them (`ed25519:ABC`).
pub type Signatures = BTreeMap<Arc<str>, Arc<str>>;

/// A published key object: of a device, or of an account's cross-signing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyObject {
    /// What its client published, without signatures.
    pub blob: Json,
    /// The signatures by keys of the same account.
    pub signatures: Signatures,
}

impl KeyObject {
    /// This object once more from its client: with the signatures of both if it is the same one, in place of the old one otherwise.
    #[must_use]
    pub fn after(mut self, known: Option<&Self>) -> Self {
        if let Some(known) = known.filter(|known| known.blob == self.blob) {
            let own = std::mem::replace(&mut self.signatures, known.signatures.clone());
            self.signatures.extend(own);
        }
        self
    }
}

/// A key that a device leaves here for others to begin a conversation with: one-time, or the fallback for when those are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedKey {
    /// What it is for (`signed_curve25519`).
    pub algorithm: Arc<str>,
    /// Its id, unique for its algorithm and device.
    pub id: Arc<str>,
    /// Canonical JSON of any type.
    pub blob: Arc<str>,
}

/// Whether a key that was handed out is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyUse {
    /// It is: a one-time key.
    OneTime,
    /// It stays, marked as used: a fallback key.
    Fallback,
}

/// What a cross-signing key is for (Matrix client-server API "Cross-signing").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SigningRole {
    /// The account's identity.
    Master,
    /// Signs the account's own devices.
    SelfSigning,
    /// Signs other accounts' master keys. Only its owner sees it.
    UserSigning,
}

/// Which of an account's key objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyName {
    /// A device's.
    Device(DeviceId),
    /// A cross-signing key.
    Signing(SigningRole),
}

/// What may be asked about keys, and messages from device to device. Who asks for something of a device of his does so with that device.
#[derive(Debug, Clone, PartialEq)]
pub enum KeysCommand {
    /// Publish the actor's device, and leave keys for others.
    Upload(Upload),
    /// Get a key of somebody's device, one that nobody else gets if there is one left. The receipt has it; without it there was none.
    Claim {
        /// Whose.
        user: UserId,
        /// Which device.
        device: DeviceId,
        /// For what.
        algorithm: Arc<str>,
    },
    /// Publish cross-signing keys.
    UploadSigning(Vec<(SigningRole, KeyObject)>),
    /// Add the actor's signatures to a key object: one of his own, or another's master key.
    Sign {
        /// Whose.
        owner: UserId,
        /// Which.
        name: KeyName,
        /// What was signed, and the signatures.
        signed: KeyObject,
    },
    /// Send messages to devices.
    Send {
        /// Their type.
        kind: Arc<str>,
        /// To whom, and what.
        messages: Vec<Parcel>,
    },
    /// The actor's device has the messages up to here.
    Acknowledge {
        /// Up to which event.
        up_to: Position,
    },
}

/// What a device publishes and leaves for others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Upload {
    /// What identifies it.
    pub identity: Option<KeyObject>,
    /// One-time keys, in the order in which they are to be handed out.
    pub one_time: Vec<HandedKey>,
    /// Fallback keys.
    pub fallback: Vec<HandedKey>,
}

/// A message to the devices of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// To whom.
    pub user: UserId,
    /// To which of his devices.
    pub to: Addressee,
    /// What.
    pub content: Json,
}

/// To which devices of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    /// All (`*`).
    All,
    /// One.
    Device(DeviceId),
}

/// A change to an account's keys and what waits for its devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum KeysChange {
    /// A device has this identity now, or more signatures on it.
    Device {
        /// Which.
        device: DeviceId,
        /// The whole of it.
        key: KeyObject,
    },
    /// A device left these one-time keys, to be handed out in this order after those before.
    OneTime {
        /// Which.
        device: DeviceId,
        /// The keys.
        keys: Vec<HandedKey>,
    },
    /// A device left these fallback keys, each in place of the last one of its algorithm.
    Fallback {
        /// Which.
        device: DeviceId,
        /// The keys.
        keys: Vec<HandedKey>,
    },
    /// A key was handed out.
    Claimed {
        /// Whose.
        device: DeviceId,
        /// The key.
        key: HandedKey,
        /// Whether it is gone.
        kind: KeyUse,
    },
    /// A cross-signing key is this now, or has more signatures.
    Signing {
        /// What it is for.
        role: SigningRole,
        /// The whole of it.
        key: KeyObject,
    },
    /// He has signed another's master key. Only he learns of it.
    Vouched {
        /// Whose master key.
        user: UserId,
        /// Its blob, and all his signatures on it.
        signed: KeyObject,
    },
    /// A message waits for a device.
    ToDevice {
        /// Which.
        device: DeviceId,
        /// The message.
        message: ToDeviceMessage,
    },
    /// A message made place for others.
    GaveWay {
        /// For which device it was.
        device: DeviceId,
        /// Which event it is.
        position: Position,
    },
    /// Messages up to here wait no longer.
    Forgotten {
        /// For which device.
        device: DeviceId,
        /// Up to which event.
        up_to: Position,
    },
}

/// A message from one account to one device of another (Matrix client-server API "Send-to-Device messaging").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToDeviceMessage {
    /// Who sent it.
    pub sender: UserId,
    /// Its type.
    pub kind: Arc<str>,
    /// Its content.
    pub content: Json,
}

/// Everything here of one account.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UserKeys {
    /// The last change that those who share a room with him are told of: keys of a device, its name, its end, a cross-signing key.
    pub changed: Position,
    /// His cross-signing keys.
    pub signing: BTreeMap<SigningRole, KeyObject>,
    /// The master keys that he has signed, and when.
    pub vouched: OrdMap<UserId, (Position, KeyObject)>,
    /// His devices, as far as they have something here.
    pub devices: OrdMap<DeviceId, DeviceKeys>,
}

/// Everything here of one device.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeviceKeys {
    /// What identifies it to others.
    pub identity: Option<KeyObject>,
    /// Its one-time keys in the order in which they are handed out; at most [`limits::ONE_TIME_KEYS`].
    pub one_time: Vector<HandedKey>,
    /// Algorithms and ids of the last [`limits::ONE_TIME_KEYS`] handed out: a repeated upload does not bring them back.
    pub claimed: Vector<(Arc<str>, Arc<str>)>,
    /// Its fallback keys by algorithm.
    pub fallback: BTreeMap<Arc<str>, FallbackKey>,
    /// The messages that wait for it: where they are, and who sent them.
    pub waiting: OrdMap<Position, UserId>,
}

/// A fallback key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FallbackKey {
    /// The key.
    pub key: HandedKey,
    /// Whether it was handed out.
    pub state: FallbackState,
}

/// Whether a fallback key was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FallbackState {
    /// Not yet.
    Unused,
    /// It was, and still is: its device ought to leave another.
    Used,
}

impl UserKeys {
    /// Takes a change in.
    pub(crate) fn apply(&mut self, position: Position, change: &KeysChange) {
        match change {
            KeysChange::Device { device, key } => {
                self.device(*device).identity = Some(key.clone());
                self.changed = position;
            }
            KeysChange::OneTime { device, keys } => {
                self.device(*device).one_time.extend(keys.iter().cloned());
            }
            KeysChange::Fallback { device, keys } => {
                let fresh = |key: &HandedKey| FallbackKey {
                    key: key.clone(),
                    state: FallbackState::Unused,
                };
                let fallback = &mut self.device(*device).fallback;
                fallback.extend(keys.iter().map(|key| (key.algorithm.clone(), fresh(key))));
            }
            KeysChange::Claimed { device, key, kind } => self.device(*device).hand_out(key, *kind),
            KeysChange::Signing { role, key } => {
                self.signing.insert(*role, key.clone());
                self.changed = position;
            }
            KeysChange::Vouched { user, signed } => {
                self.vouched.insert(*user, (position, signed.clone()));
            }
            KeysChange::ToDevice { device, message } => {
                let waiting = &mut self.device(*device).waiting;
                waiting.insert(position, message.sender);
            }
            KeysChange::GaveWay { device, position } => {
                self.device(*device).waiting.remove(position);
            }
            KeysChange::Forgotten { device, up_to } => {
                let keys = self.device(*device);
                let newer = (Bound::Excluded(*up_to), Bound::Unbounded);
                let kept = keys.waiting.range(newer);
                keys.waiting = kept.map(|(at, sender)| (*at, *sender)).collect();
                if *keys == DeviceKeys::default() {
                    self.devices.remove(device);
                }
            }
        }
    }

    /// What identifies a device to others.
    #[must_use]
    pub fn identity(&self, device: DeviceId) -> Option<&KeyObject> {
        self.devices.get(&device)?.identity.as_ref()
    }

    /// One of the account's key objects.
    #[must_use]
    pub fn object(&self, name: KeyName) -> Option<&KeyObject> {
        match name {
            KeyName::Device(device) => self.identity(device),
            KeyName::Signing(role) => self.signing.get(&role),
        }
    }

    /// A device is gone with everything that it had here.
    pub(crate) fn remove(&mut self, device: DeviceId, position: Position) {
        if self
            .devices
            .remove(&device)
            .is_some_and(|device| device.identity.is_some())
        {
            self.changed = position;
        }
    }

    fn device(&mut self, device: DeviceId) -> &mut DeviceKeys {
        self.devices.entry(device).or_default()
    }
}

impl DeviceKeys {
    /// How many one-time keys of each algorithm are left.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Arc<str>, u64> {
        let mut counts = BTreeMap::new();
        for key in &self.one_time {
            *counts.entry(key.algorithm.clone()).or_default() += 1;
        }
        counts
    }

    /// The algorithms that have a fallback key which was never handed out.
    #[must_use]
    pub fn unused_fallback(&self) -> Vec<Arc<str>> {
        let unused = self
            .fallback
            .values()
            .filter(|known| known.state == FallbackState::Unused);
        unused.map(|known| known.key.algorithm.clone()).collect()
    }

    fn hand_out(&mut self, key: &HandedKey, kind: KeyUse) {
        match kind {
            KeyUse::OneTime => {
                self.one_time
                    .retain(|known| known.algorithm != key.algorithm || known.id != key.id);
                self.claimed
                    .push_back((key.algorithm.clone(), key.id.clone()));
                while self.claimed.len() > limits::ONE_TIME_KEYS {
                    self.claimed.pop_front();
                }
            }
            KeyUse::Fallback => {
                if let Some(known) = self.fallback.get_mut(&key.algorithm) {
                    known.state = FallbackState::Used;
                }
            }
        }
    }
}

impl State {
    /// An account's keys moved from one position of change to another.
    pub(crate) fn keys_moved(&mut self, user: UserId, (before, after): (Position, Position)) {
        if before != after {
            self.key_changes.remove(&before);
            self.key_changes.insert(after, user);
        }
    }
}

impl World {
    /// Whose devices or keys changed after a position, as far as `viewer` is told of it: his own, those of everybody in a room with him, and
    /// those that he signed. Who came to share a room with him since is not among them.
    #[must_use]
    pub fn devices_changed(&self, viewer: UserId, since: Position) -> Vec<UserId> {
        let Some(own) = self.state.user(viewer) else {
            return Vec::new();
        };
        let newer = self
            .state
            .key_changes
            .range((Bound::Excluded(since), Bound::Unbounded));
        let told = newer.map(|(_, user)| *user).filter(|user| {
            *user == viewer || self.state.user(*user).is_some_and(|user| meet(own, user))
        });
        let signed = own.keys.vouched.iter().filter(|(_, (at, _))| *at > since);
        let mut found: Vec<UserId> = told.chain(signed.map(|(user, _)| *user)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whose profile changed after a position, as far as `viewer` shows it: his own and those of everybody in a room with him.
    #[must_use]
    pub fn profiles_changed(&self, viewer: UserId, since: Position) -> Vec<UserId> {
        let Some(own) = self.state.user(viewer) else {
            return Vec::new();
        };
        let changes = &self.state.profile_changes;
        let newer = changes.range((Bound::Excluded(since), Bound::Unbounded));
        newer
            .map(|(_, user)| *user)
            .filter(|user| {
                *user == viewer || self.state.user(*user).is_some_and(|user| meet(own, user))
            })
            .collect()
    }

    /// Whether two users are in a room together.
    #[must_use]
    pub fn share_a_room(&self, one: UserId, other: UserId) -> bool {
        match (self.state.user(one), self.state.user(other)) {
            (Some(one), Some(other)) => meet(one, other),
            (Some(_) | None, _) => false,
        }
    }
}

fn meet(one: &User, other: &User) -> bool {
    let (few, many) = if one.rooms.len() <= other.rooms.len() {
        (one, other)
    } else {
        (other, one)
    };
    few.joined().any(|room| {
        many.room(room)
            .is_some_and(|entry| entry.membership == Membership::Join)
    })
}
