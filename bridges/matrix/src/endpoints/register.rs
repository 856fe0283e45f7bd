//! `POST /register`: makes an account, if registration is open. `GET /register/available`: whether a name is free.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Refusal;
use polylogue_core::name::{AccountName, NameError};
use polylogue_core::secret::Password;
use polylogue_hub::{Asker, Registration};
use polylogue_matrix::error::{ErrorCode, ErrorReply};
use polylogue_matrix::uia::{Auth, Stage};
use serde::Deserialize;
use serde_json::json;

use super::login::logged_in;
use crate::Matrix;
use crate::access::Confidential;
use crate::error::{Answer, Failure};
use crate::extract::{OptionalBody, Params, Reply};
use crate::proof;

#[derive(Deserialize)]
pub(crate) struct Kind {
    kind: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Request {
    username: Option<String>,
    password: Option<String>,
    device_id: Option<String>,
    initial_device_display_name: Option<String>,
    #[serde(default)]
    inhibit_login: bool,
    auth: Option<Auth>,
}

#[derive(Deserialize)]
pub(crate) struct Available {
    username: String,
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    Params(Kind { kind }): Params<Kind>,
    Confidential { from }: Confidential,
    OptionalBody(request): OptionalBody<Request>,
) -> Answer {
    match kind.as_deref() {
        None | Some("user") => {}
        Some("guest") => {
            return Err(Failure::new(
                403,
                ErrorCode::GuestAccessForbidden,
                "guests come in over IRC only",
            ));
        }
        Some(_) => return Err(Failure::invalid("kind is neither user nor guest")),
    }
    match matrix.hub.registration() {
        Registration::Open => {}
        Registration::Closed => return Err(Refusal::RegistrationClosed.into()),
    }
    let name = match &request.username {
        Some(username) => Some(free_name(&matrix, username)?),
        None => None,
    };
    match request.auth.as_ref().map(|auth| auth.stage.as_deref()) {
        Some(Some(stage)) if stage == Stage::Dummy.name() => {}
        Some(Some(_)) => {
            let error =
                ErrorReply::new(401, ErrorCode::Unrecognized, "not a stage of this request");
            return Err(proof::challenge(Stage::Dummy, Some(&error)));
        }
        Some(None) | None => return Err(proof::challenge(Stage::Dummy, None)),
    }
    let name = match name {
        Some(name) => name,
        None => AccountName::from_localpart(&format!(
            "u{}",
            proof::random::<10>()?.to_ascii_lowercase()
        ))
        .map_err(bad_name)?,
    };
    let password = request.password.filter(|password| !password.is_empty());
    let password = password
        .ok_or_else(|| Failure::new(400, ErrorCode::MissingParam, "password is missing"))?;
    let user = matrix
        .hub
        .sign_up((Asker::Nobody, from), name, Password::new(password))
        .await
        .map_err(refused)?;
    if request.inhibit_login {
        return Ok(Reply(
            json!({ "user_id": matrix.user_id(&matrix.hub.world(), user), "home_server": matrix.server_name }),
        ));
    }
    let (label, device) = (
        request.device_id.filter(|id| !id.is_empty()),
        request.initial_device_display_name,
    );
    let login = matrix
        .hub
        .log_in(
            matrix.hub.proof_of(user)?,
            label.map(Arc::from),
            device.map(Arc::from),
        )
        .await?;
    Ok(Reply(logged_in(&matrix, &login)))
}

pub(crate) async fn available(
    State(matrix): State<Arc<Matrix>>,
    Params(asked): Params<Available>,
) -> Answer {
    free_name(&matrix, &asked.username)?;
    Ok(Reply(json!({ "available": true })))
}

/// A name that nobody has now; whether it still is free then, the core decides. Localparts have no capitals, and people type some.
fn free_name(matrix: &Matrix, typed: &str) -> Result<AccountName, Failure> {
    let name = AccountName::from_localpart(&typed.to_ascii_lowercase()).map_err(bad_name)?;
    let world = matrix.hub.world();
    let taken = name
        .claims()
        .iter()
        .any(|key| world.state.names.contains_key(key));
    if taken {
        Err(refused(Refusal::NameTaken))
    } else {
        Ok(name)
    }
}

fn bad_name(error: NameError) -> Failure {
    refused(error.into())
}

fn refused(refusal: Refusal) -> Failure {
    if refusal == Refusal::NameTaken {
        return Failure::new(400, ErrorCode::UserInUse, refusal.to_string());
    }
    if let Refusal::BadName(error) = refusal {
        return Failure::new(400, ErrorCode::InvalidUsername, error.to_string());
    }
    refusal.into()
}
