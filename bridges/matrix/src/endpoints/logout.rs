//! `POST /logout` and `POST /logout/all`: tokens end.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Command;
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

pub(crate) async fn all(State(matrix): State<Arc<Matrix>>, access: Access) -> Answer {
    let command = Command::RemoveAllDevices;
    let request = Request::new(access.actor(), command);
    matrix.hub.submit(request).await?;
    Ok(Reply::empty())
}
