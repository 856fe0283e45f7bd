//! `devices`: the account's credentials.

use polylogue_native::{Answer, Device, Error, Timestamp};

use crate::client::Client;
use crate::names;

/// Lists them, in order of login.
pub(super) fn list(client: &Client) -> Result<Answer, Error> {
    let user = client.session()?.user();
    let world = client.world();
    let devices = world
        .state
        .user(user)
        .into_iter()
        .flat_map(|user| user.devices.iter());
    let devices = devices.map(|device| Device {
        id: names::device(device),
        name: device.name.clone(),
        created: Timestamp(device.created.0),
    });
    Ok(Answer::Devices(devices.collect()))
}
