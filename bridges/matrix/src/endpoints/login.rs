//! `GET /login`: how one may log in. `POST /login`: an access token for a password, or for a login token.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::command::PasswordProof;
use polylogue_core::secret::Password;
use polylogue_hub::Login;
use polylogue_matrix::error::ErrorCode;
use polylogue_matrix::uia::{Identifier, named};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Confidential;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply};
use crate::proof;

/// Matrix client-server API "Authentication types".
const PASSWORD: &str = "m.login.password";
const TOKEN: &str = "m.login.token";

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "type")]
    kind: String,
    identifier: Option<Identifier>,
    user: Option<String>,
    password: Option<String>,
    token: Option<String>,
    device_id: Option<String>,
    initial_device_display_name: Option<String>,
}

pub(crate) async fn get() -> Reply {
    Reply(json!({ "flows": [{ "type": PASSWORD }, { "type": TOKEN, "get_login_token": true }] }))
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    Confidential { from }: Confidential,
    Body(request): Body<Request>,
) -> Answer {
    let (proof, wrong) = match request.kind.as_str() {
        PASSWORD => (
            by_password(&matrix, from, &request).await?,
            "wrong user name or password",
        ),
        TOKEN => (
            by_token(&matrix, from, &request)?,
            "this login token is not in force",
        ),
        _ => {
            return Err(Failure::new(
                400,
                ErrorCode::Unknown,
                "this way to log in is not supported",
            ));
        }
    };
    // One answer for a wrong name, a wrong password, and one that was changed a moment ago.
    let wrong = || Failure::forbidden(wrong);
    let proof = proof.ok_or_else(wrong)?;
    let (label, name) = (
        request.device_id.filter(|id| !id.is_empty()),
        request.initial_device_display_name,
    );
    let login = matrix
        .hub
        .log_in(proof, label.map(Arc::from), name.map(Arc::from))
        .await
        .map_err(|refusal| {
            if refusal == polylogue_core::Refusal::ProofNeeded {
                wrong()
            } else {
                refusal.into()
            }
        })?;
    Ok(Reply(logged_in(&matrix, &login)))
}

async fn by_password(
    matrix: &Matrix,
    from: IpAddr,
    request: &Request,
) -> Result<Option<PasswordProof>, Failure> {
    let typed = named(request.identifier.as_ref(), request.user.as_deref()).ok_or_else(|| {
        Failure::new(
            400,
            ErrorCode::Unknown,
            "only m.id.user names an account here",
        )
    })?;
    let password = request
        .password
        .clone()
        .ok_or_else(|| Failure::missing("password"))?;
    Ok(match proof::localpart(matrix, typed) {
        Some(name) => {
            matrix
                .hub
                .check_password((name, from), Password::new(password))
                .await?
        }
        None => None,
    })
}

fn by_token(
    matrix: &Matrix,
    from: IpAddr,
    request: &Request,
) -> Result<Option<PasswordProof>, Failure> {
    let token = request
        .token
        .as_deref()
        .ok_or_else(|| Failure::missing("token"))?;
    Ok(matrix.hub.use_login_token(token, from)?)
}

/// What a client is told of its new token. Without `well_known`: clients stay with the address that they came by.
pub(crate) fn logged_in(matrix: &Matrix, login: &Login) -> Value {
    json!({
        "user_id": matrix.user_id(&matrix.hub.world(), login.user),
        "access_token": login.token,
        "device_id": login.label,
        "home_server": matrix.server_name,
    })
}
