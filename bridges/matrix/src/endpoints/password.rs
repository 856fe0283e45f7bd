//! `POST /account/password`: a new password, for whoever knows the old one.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::command::OtherDevices;
use polylogue_core::secret::Password;
use serde::Deserialize;

use crate::Matrix;
use crate::error::{Answer, Failure};
use crate::extract::Reply;
use crate::proof::Proven;

#[derive(Deserialize)]
pub(crate) struct Request {
    new_password: Option<String>,
    logout_devices: Option<bool>,
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    Proven {
        access,
        actor,
        request,
    }: Proven<Request>,
) -> Answer {
    let password = request.new_password.filter(|password| !password.is_empty());
    let password = password.ok_or_else(|| Failure::missing("new_password"))?;
    let others = if request.logout_devices.unwrap_or(true) {
        OtherDevices::LogOut
    } else {
        OtherDevices::Keep
    };
    matrix
        .hub
        .set_password(actor, access.user, (Password::new(password), others))
        .await?;
    Ok(Reply::empty())
}
