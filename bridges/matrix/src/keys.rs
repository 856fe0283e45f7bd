//! Keys for end-to-end encryption as clients write them (Matrix client-server API "End-to-end encryption"): an object and its signatures,
//! apart for the core, together for clients.

use std::collections::BTreeMap;
use std::sync::Arc;

use polylogue_core::keys::{KeyName, KeyObject, Signatures, SigningRole};
use polylogue_core::state::World;
use polylogue_core::user::User;
use polylogue_core::{Json, UserId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::Failure;
use crate::extract::{canonical, shape};

/// The algorithm whose number clients want to see even when it is zero: they take absence for "not known".
const COUNTED: &str = "signed_curve25519";

/// A key object with the signatures of all its signers.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) blob: Json,
    pub(crate) signatures: BTreeMap<String, Signatures>,
}

/// Takes an object apart. What the server itself puts into `unsigned` is no part of it.
pub(crate) fn signed(value: Value) -> Result<Signed, Failure> {
    let mut object: Map<String, Value> = shape(value)?;
    object.remove("unsigned");
    let signatures = object.remove("signatures");
    Ok(Signed {
        blob: canonical(&Value::Object(object))?,
        signatures: signatures.map(shape).transpose()?.unwrap_or_default(),
    })
}

impl Signed {
    /// The object with one user's signatures, the others left out.
    pub(crate) fn by(mut self, user_id: &str) -> KeyObject {
        KeyObject {
            blob: self.blob,
            signatures: self.signatures.remove(user_id).unwrap_or_default(),
        }
    }

    /// The same, where nobody else may have signed: others add their signatures themselves.
    pub(crate) fn only_by(self, user_id: &str) -> Result<KeyObject, Failure> {
        if self.signatures.keys().all(|signer| signer == user_id) {
            Ok(self.by(user_id))
        } else {
            Err(Failure::invalid(
                "a key is published without the signatures of other users",
            ))
        }
    }
}

/// The part of a device's keys that is checked.
#[derive(Deserialize)]
struct DeviceShape {
    user_id: String,
    device_id: String,
    #[serde(rename = "algorithms")]
    _algorithms: Vec<String>,
    #[serde(rename = "keys")]
    _keys: BTreeMap<String, String>,
}

/// Checks that a device's keys are of the device that sends them.
pub(crate) fn device(value: Value, (user_id, label): (&str, &str)) -> Result<KeyObject, Failure> {
    let key = signed(value)?;
    let known: DeviceShape = shape(key.blob.value())?;
    if known.user_id != user_id || known.device_id != label {
        return Err(Failure::invalid(
            "device_keys are of another user or device",
        ));
    }
    key.only_by(user_id)
}

/// The part of a cross-signing key that is checked.
#[derive(Deserialize)]
struct SigningShape {
    user_id: String,
    usage: Vec<String>,
    keys: BTreeMap<String, String>,
}

/// Checks that a cross-signing key is of the user who sends it, and for what he says it is.
pub(crate) fn signing(
    value: Value,
    (owner, user_id): (&User, &str),
    role: SigningRole,
) -> Result<KeyObject, Failure> {
    let key = signed(value)?;
    let known: SigningShape = shape(key.blob.value())?;
    if known.user_id != user_id {
        return Err(Failure::invalid("a signing key is of another user"));
    }
    if !known.usage.iter().any(|usage| usage == usage_of(role)) {
        return Err(Failure::invalid(
            "a signing key's usage is not what it is uploaded for",
        ));
    }
    let id = match known.keys.values().next() {
        Some(id) if known.keys.len() == 1 => id,
        Some(_) | None => {
            return Err(Failure::invalid("a signing key has exactly one public key"));
        }
    };
    if owner.devices.iter().any(|device| *device.label == **id) {
        return Err(Failure::invalid(
            "a signing key has the name of one of the user's devices",
        ));
    }
    key.only_by(user_id)
}

/// `usage` of a cross-signing key.
fn usage_of(role: SigningRole) -> &'static str {
    match role {
        SigningRole::Master => "master",
        SigningRole::SelfSigning => "self_signing",
        SigningRole::UserSigning => "user_signing",
    }
}

/// Which of a user's key objects a client means by a device id or a public key.
pub(crate) fn named(owner: &User, id: &str) -> Option<KeyName> {
    let device = owner.devices.iter().find(|device| *device.label == *id);
    if let Some(device) = device {
        return Some(KeyName::Device(device.id));
    }
    let signing = owner.keys.signing.iter();
    signing
        .filter(|(_, key)| has_public_key(key, id))
        .map(|(role, _)| KeyName::Signing(*role))
        .next()
}

fn has_public_key(key: &KeyObject, id: &str) -> bool {
    let blob = key.blob.value();
    let keys = blob.get("keys").and_then(Value::as_object);
    keys.is_some_and(|keys| keys.values().any(|key| key.as_str() == Some(id)))
}

/// A key object as clients get it, with these signatures.
pub(crate) fn object(key: &KeyObject, signatures: &[(String, &Signatures)]) -> Value {
    let mut blob = key.blob.value();
    let signed = signatures
        .iter()
        .filter(|(_, signatures)| !signatures.is_empty());
    let signed: Map<String, Value> = signed
        .map(|(signer, signatures)| (signer.clone(), json!(signatures)))
        .collect();
    if let Value::Object(blob) = &mut blob {
        blob.insert("signatures".to_owned(), signed.into());
    }
    blob
}

/// The keys of a user's devices by device id.
pub(crate) fn devices(matrix: &Matrix, world: &World, owner: &User) -> BTreeMap<Arc<str>, Value> {
    let user_id = matrix.user_id(world, owner.id);
    let published = owner.devices.iter().filter_map(|device| {
        let key = owner.keys.identity(device.id)?;
        let mut shown = object(key, &[(user_id.clone(), &key.signatures)]);
        if let (Value::Object(shown), Some(name)) = (&mut shown, &device.name) {
            let unsigned = json!({ "device_display_name": name });
            shown.insert("unsigned".to_owned(), unsigned);
        }
        Some((device.label.clone(), shown))
    });
    published.collect()
}

/// A user's cross-signing key as `viewer` gets it: with the signatures of its owner, and with the viewer's own on a master key. The
/// user-signing key is for its owner alone.
pub(crate) fn cross_signing(
    matrix: &Matrix,
    world: &World,
    (viewer, owner, role): (UserId, &User, SigningRole),
) -> Option<Value> {
    let key = owner.keys.signing.get(&role)?;
    let mut signatures = vec![(matrix.user_id(world, owner.id), &key.signatures)];
    let viewing = world.state.user(viewer);
    match role {
        SigningRole::Master => {
            let vouched = viewing.and_then(|viewer| viewer.keys.vouched.get(&owner.id));
            // Of a master key that was replaced the signatures are worth nothing.
            let vouched = vouched.filter(|(_, signed)| signed.blob == key.blob);
            signatures.extend(
                vouched.map(|(_, signed)| (matrix.user_id(world, viewer), &signed.signatures)),
            );
        }
        SigningRole::SelfSigning => {}
        SigningRole::UserSigning if owner.id == viewer => {}
        SigningRole::UserSigning => return None,
    }
    Some(object(key, &signatures))
}

/// What is left of a device's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeysLeft {
    /// One-time keys by algorithm.
    one_time: Vec<(Arc<str>, u64)>,
    /// The algorithms of fallback keys that were never handed out.
    pub(crate) fallback: Vec<Arc<str>>,
}

impl KeysLeft {
    /// At this moment, of the device that asks.
    pub(crate) fn of(matrix: &Matrix, access: &Access) -> Self {
        let (hub, user, device) = (&matrix.hub, access.user, access.device);
        Self {
            one_time: hub.one_time_key_counts(user, device).into_iter().collect(),
            fallback: hub.unused_fallback_types(user, device),
        }
    }

    /// How many one-time keys there are (`one_time_key_counts`, `device_one_time_keys_count`).
    pub(crate) fn counts(&self) -> Value {
        let mut counts: BTreeMap<_, _> = self.one_time.iter().cloned().collect();
        counts.entry(COUNTED.into()).or_default();
        json!(counts)
    }
}
