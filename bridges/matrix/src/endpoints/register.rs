//! `POST /register`: makes an account, if one may. `GET /register/available`: whether a name is free. `GET .../validity`: whether a
//! registration token is one.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::Refusal;
use polylogue_core::name::{AccountName, NameError};
use polylogue_core::secret::Password;
use polylogue_hub::{Applicant, Asker, Registration};
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

#[derive(Deserialize)]
pub(crate) struct Validity {
    token: String,
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
    let stage = match &*matrix.hub.registration() {
        Registration::Open => Stage::Dummy,
        Registration::Token(_) => Stage::RegistrationToken,
        Registration::Closed => return Err(Refusal::RegistrationClosed.into()),
    };
    let name = match &request.username {
        Some(username) => Some(free_name(&matrix, username)?),
        None => None,
    };
    let auth = answer(stage, request.auth)?;
    let name = match name {
        Some(name) => name,
        None => AccountName::from_localpart(&format!(
            "u{}",
            proof::random::<10>()?.to_ascii_lowercase()
        ))
        .map_err(bad_name)?,
    };
    let password = request.password.filter(|password| !password.is_empty());
    let password = password.ok_or_else(|| Failure::missing("password"))?;
    let applicant = Applicant {
        asker: Asker::Nobody,
        from,
        token: auth.token.as_deref(),
        contact: None,
    };
    let user = matrix
        .hub
        .sign_up(applicant, name, Password::new(password))
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

/// `GET /_matrix/client/v1/register/m.login.registration_token/validity`: whether a token may be used.
pub(crate) async fn validity(
    State(matrix): State<Arc<Matrix>>,
    Confidential { from }: Confidential,
    Params(asked): Params<Validity>,
) -> Answer {
    let valid = matrix.hub.check_registration_token(&asked.token, from)?;
    Ok(Reply(json!({ "valid": valid })))
}

/// The answer to a stage, if it is one.
fn answer(stage: Stage, auth: Option<Auth>) -> Result<Auth, Failure> {
    let auth = auth.ok_or_else(|| proof::challenge(stage, None))?;
    match auth.stage.as_deref() {
        Some(answered) if answered == stage.name() => Ok(auth),
        Some(_) => {
            let error =
                ErrorReply::new(401, ErrorCode::Unrecognized, "not a stage of this request");
            Err(proof::challenge(stage, Some(&error)))
        }
        None => Err(proof::challenge(stage, None)),
    }
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
    if refusal == Refusal::WrongRegistrationToken {
        let error = ErrorReply::new(401, ErrorCode::Forbidden, refusal.to_string());
        return proof::challenge(Stage::RegistrationToken, Some(&error));
    }
    if let Refusal::BadName(error) = refusal {
        return Failure::new(400, ErrorCode::InvalidUsername, error.to_string());
    }
    refusal.into()
}
