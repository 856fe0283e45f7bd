//! `POST /keys/upload`: a device publishes its keys, and leaves others for those who want to write to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::keys::{HandedKey, KeysCommand, Upload};
use polylogue_core::{Command, Refusal};
use polylogue_hub::Request as Ask;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply};
use crate::keys::{self, KeysLeft};

#[derive(Deserialize)]
pub(crate) struct Request {
    device_keys: Option<Value>,
    one_time_keys: Option<BTreeMap<String, Value>>,
    fallback_keys: Option<BTreeMap<String, Value>>,
    /// COMPAT(matrix-js-sdk, before 25): the name of before Matrix 1.2 (MSC2732).
    #[serde(rename = "org.matrix.msc2732.fallback_keys")]
    early_fallback_keys: Option<BTreeMap<String, Value>>,
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Body(request): Body<Request>,
) -> Answer {
    let identity = {
        let world = matrix.hub.world();
        let user = world.state.user(access.user).ok_or(Refusal::NoSuchUser)?;
        let device = user.device(access.device).ok_or(Refusal::NoSuchDevice)?;
        let user_id = matrix.user_id(&world, access.user);
        let own = request
            .device_keys
            .map(|value| keys::device(value, (&user_id, &device.label)));
        own.transpose()?
    };
    let fallback = request.fallback_keys.or(request.early_fallback_keys);
    let upload = Upload {
        identity,
        one_time: handed(request.one_time_keys)?,
        fallback: handed(fallback)?,
    };
    let command = Command::Keys(KeysCommand::Upload(upload));
    matrix.hub.submit(Ask::new(access.actor(), command)).await?;
    let left = KeysLeft::of(&matrix, &access);
    Ok(Reply(json!({ "one_time_key_counts": left.counts() })))
}

/// Keys by algorithm and id.
fn handed(keys: Option<BTreeMap<String, Value>>) -> Result<Vec<HandedKey>, Failure> {
    let keys = keys.unwrap_or_default().into_iter();
    keys.map(|(name, value)| {
        let parts = name
            .split_once(':')
            .filter(|(algorithm, id)| !algorithm.is_empty() && !id.is_empty());
        let (algorithm, id) = parts
            .ok_or_else(|| Failure::invalid("a key's name is its algorithm, a colon and its id"))?;
        if !value.is_object() && !value.is_string() {
            return Err(Failure::bad_json("a key is an object or a string"));
        }
        Ok(HandedKey {
            algorithm: algorithm.into(),
            id: id.into(),
            blob: value.to_string().into(),
        })
    })
    .collect()
}
