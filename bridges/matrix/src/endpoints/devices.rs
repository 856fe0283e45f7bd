//! `GET /devices`, `GET|PUT|DELETE /devices/{deviceId}`, `POST /delete_devices`: the account's credentials, of every front-end.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::command::Actor;
use polylogue_core::user::Device;
use polylogue_core::{Command, Refusal};
use polylogue_hub::Request;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply, Segments};
use crate::proof::Proven;

#[derive(Deserialize)]
pub(crate) struct Rename {
    display_name: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Delete {}

#[derive(Deserialize)]
pub(crate) struct DeleteSeveral {
    devices: Vec<String>,
}

pub(crate) async fn list(State(matrix): State<Arc<Matrix>>, access: Access) -> Answer {
    let world = matrix.hub.world();
    let user = world.state.user(access.user).ok_or(Refusal::NoSuchUser)?;
    let devices: Vec<_> = user.devices.iter().map(shown).collect();
    Ok(Reply(json!({ "devices": devices })))
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(label): Segments<String>,
) -> Answer {
    Ok(Reply(shown(&find(&matrix, &access, &label)?)))
}

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(label): Segments<String>,
    Body(request): Body<Rename>,
) -> Answer {
    let device = find(&matrix, &access, &label)?.id;
    if let Some(name) = request.display_name {
        let command = Command::RenameDevice {
            device,
            name: name.into(),
        };
        matrix
            .hub
            .submit(Request::new(access.actor(), command))
            .await?;
    }
    Ok(Reply::empty())
}

pub(crate) async fn delete(
    State(matrix): State<Arc<Matrix>>,
    Segments(label): Segments<String>,
    Proven { access, actor, .. }: Proven<Delete>,
) -> Answer {
    end(&matrix, (&access, actor), vec![label]).await
}

pub(crate) async fn delete_several(
    State(matrix): State<Arc<Matrix>>,
    Proven {
        access,
        actor,
        request,
    }: Proven<DeleteSeveral>,
) -> Answer {
    end(&matrix, (&access, actor), request.devices).await
}

/// Ends devices; those that are gone already are no error, so that a lost reply can be asked for again.
async fn end(matrix: &Matrix, (access, actor): (&Access, Actor), labels: Vec<String>) -> Answer {
    let mut devices: Vec<_> = labels
        .iter()
        .filter_map(|label| find(matrix, access, label).ok())
        .map(|device| device.id)
        .collect();
    devices.sort_unstable();
    devices.dedup();
    if !devices.is_empty() {
        matrix
            .hub
            .submit(Request::new(
                actor,
                Command::RemoveDevices {
                    user: access.user,
                    devices,
                },
            ))
            .await?;
    }
    Ok(Reply::empty())
}

fn find(matrix: &Matrix, access: &Access, label: &str) -> Result<Device, Failure> {
    let world = matrix.hub.world();
    let user = world.state.user(access.user).ok_or(Refusal::NoSuchUser)?;
    Ok(user
        .devices
        .iter()
        .find(|device| *device.label == *label)
        .cloned()
        .ok_or(Refusal::NoSuchDevice)?)
}

/// All members are there even where nothing is known: clients require them (COMPAT(matrix-nio, 0.26)).
fn shown(device: &Device) -> Value {
    json!({ "device_id": device.label, "display_name": device.name, "last_seen_ip": null, "last_seen_ts": null })
}
