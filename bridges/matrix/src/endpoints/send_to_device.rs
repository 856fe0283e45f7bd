//! `PUT /sendToDevice/{eventType}/{txnId}`: messages to devices, outside any room, once however often they are sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Command;
use polylogue_core::keys::{Addressee, KeysCommand, Parcel};
use polylogue_hub::Request as Ask;
use serde::Deserialize;
use serde_json::Value;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::{Body, Reply, Segments, canonical};

/// All devices of a user.
const ALL: &str = "*";

#[derive(Deserialize)]
pub(crate) struct Request {
    messages: BTreeMap<String, BTreeMap<String, Value>>,
}

/// Users and devices that are not there get nothing: the sender's list of them may be older than the last logout.
pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((kind, transaction)): Segments<(String, String)>,
    Body(request): Body<Request>,
) -> Answer {
    let mut messages = Vec::new();
    let world = matrix.hub.world();
    for (user_id, devices) in request.messages {
        let user = matrix.find_user(&world, &user_id);
        let owner = user.and_then(|user| world.state.user(user));
        for (label, content) in devices {
            let content = canonical(&content)?;
            let Some(owner) = owner else { continue };
            let device = owner.devices.iter().find(|device| *device.label == *label);
            let to = match device {
                Some(device) => Addressee::Device(device.id),
                None if label == ALL => Addressee::All,
                None => continue,
            };
            messages.push(Parcel {
                user: owner.id,
                to,
                content,
            });
        }
    }
    drop(world);
    let command = Command::Keys(KeysCommand::Send {
        kind: kind.as_str().into(),
        messages,
    });
    let request = Ask::new(access.actor(), command).once(
        access.device,
        "sendToDevice",
        (&kind, &transaction),
    );
    matrix.hub.submit(request).await?;
    Ok(Reply::empty())
}
