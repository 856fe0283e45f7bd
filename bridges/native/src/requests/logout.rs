//! `logout`: a credential ends, and every connection that came from it.

use polylogue_core::{Command, DeviceId, Refusal};
use polylogue_hub::Request;
use polylogue_native::request::account::Logout;
use polylogue_native::{Answer, Error};

use crate::client::Client;
use crate::{names, refusal};

/// Ends this connection's credential, or another one of the account's.
pub(super) async fn log_out(client: &Client, request: &Logout) -> Result<Option<Answer>, Error> {
    let session = client.session()?;
    let device = match &request.device {
        None => session.device(),
        Some(id) => named(client, id)?,
    };
    let device = device.ok_or_else(|| refusal::error(&Refusal::NoSuchDevice))?;
    let command = Command::RemoveDevices {
        user: session.user(),
        devices: vec![device],
    };
    let done = client.hub().submit(Request::new(session.actor(), command));
    match done.await {
        Ok(_) => Ok(None),
        Err(refusal) => Err(refusal::error(&refusal)),
    }
}

fn named(client: &Client, id: &polylogue_native::DeviceId) -> Result<Option<DeviceId>, Error> {
    let world = client.world();
    let user = world.state.user(client.session()?.user());
    let mut devices = user.into_iter().flat_map(|user| user.devices.iter());
    Ok(devices
        .find(|device| names::device(device) == *id)
        .map(|device| device.id))
}
