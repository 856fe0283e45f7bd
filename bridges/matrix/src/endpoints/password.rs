//! `POST /account/password`: a new password, for whoever knows the old one.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::command::OtherDevices;
use polylogue_core::secret::Password;
use polylogue_matrix::error::ErrorCode;
use polylogue_matrix::uia::Auth;
use serde::Deserialize;

use crate::Matrix;
use crate::access::{Access, Confidential};
use crate::error::{Answer, Failure};
use crate::extract::{OptionalBody, Reply};
use crate::proof;

#[derive(Deserialize)]
pub(crate) struct Request {
    new_password: Option<String>,
    logout_devices: Option<bool>,
    auth: Option<Auth>,
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    _: Confidential,
    OptionalBody(request): OptionalBody<Request>,
) -> Answer {
    let actor = proof::password(&matrix, &access, request.auth).await?;
    let password = request.new_password.filter(|password| !password.is_empty());
    let password = password
        .ok_or_else(|| Failure::new(400, ErrorCode::MissingParam, "new_password is missing"))?;
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
