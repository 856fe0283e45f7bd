//! `POST /logout` and `POST /logout/all`: tokens end.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::{Command, Refusal};
use polylogue_hub::Request;

use crate::Matrix;
use crate::access::Access;
use crate::error::Answer;
use crate::extract::Reply;

pub(crate) async fn post(State(matrix): State<Arc<Matrix>>, access: Access) -> Answer {
    let command = Command::RemoveDevices {
        user: access.user,
        devices: vec![access.device],
    };
    matrix
        .hub
        .submit(Request::new(access.actor(), command))
        .await?;
    Ok(Reply::empty())
}

/// The endpoint is made for those whose password may be known to somebody else, so the specification asks for no proof: the token is one.
pub(crate) async fn all(State(matrix): State<Arc<Matrix>>, access: Access) -> Answer {
    let world = matrix.hub.world();
    let user = world.state.user(access.user).ok_or(Refusal::NoSuchUser)?;
    let devices = user.devices.iter().map(|device| device.id).collect();
    matrix
        .hub
        .submit(Request::new(
            access.proven(),
            Command::RemoveDevices {
                user: access.user,
                devices,
            },
        ))
        .await?;
    Ok(Reply::empty())
}
