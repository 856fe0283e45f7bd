//! `POST /keys/claim`: a key of each device that somebody wants to write to.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::keys::KeysCommand;
use polylogue_core::{Command, Refusal};
use polylogue_hub::Request as Ask;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Body, Reply};

#[derive(Deserialize)]
pub(crate) struct Request {
    one_time_keys: BTreeMap<String, BTreeMap<String, String>>,
}

/// Users and devices that are not there, or have no key left, are left out.
pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Body(request): Body<Request>,
) -> Answer {
    let world = matrix.hub.world();
    let mut places = Vec::new();
    let mut asked = Vec::new();
    for (user_id, devices) in request.one_time_keys {
        let user = matrix.find_user(&world, &user_id);
        let Some(owner) = user.and_then(|user| world.state.user(user)) else {
            continue;
        };
        for (label, algorithm) in devices {
            let device = owner.devices.iter().find(|device| *device.label == *label);
            let Some(device) = device else { continue };
            let command = Command::Keys(KeysCommand::Claim {
                user: owner.id,
                device: device.id,
                algorithm: algorithm.into(),
            });
            asked.push(Ask::new(access.actor(), command));
            places.push((user_id.clone(), label));
        }
    }
    drop(world);
    let mut found: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    let answers = matrix.hub.submit_all(asked).await;
    for ((user_id, label), answer) in places.into_iter().zip(answers) {
        let Some(key) = answer?.claimed else { continue };
        let blob: Value = serde_json::from_str(&key.blob).map_err(|_| Refusal::Internal)?;
        let mut named = Map::new();
        named.insert(format!("{}:{}", key.algorithm, key.id), blob);
        found
            .entry(user_id)
            .or_default()
            .insert(label, named.into());
    }
    Ok(Reply(json!({ "one_time_keys": found, "failures": {} })))
}
