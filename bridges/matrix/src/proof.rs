//! Proving one's password again where the core asks for it: user-interactive authentication with its one stage.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use polylogue_core::Refusal;
use polylogue_core::command::Actor;
use polylogue_core::secret::Password;
use polylogue_matrix::error::{ErrorCode, ErrorReply};
use polylogue_matrix::id;
use polylogue_matrix::uia::{self, Auth, Stage};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Matrix;
use crate::access::{Access, Confidential};
use crate::error::Failure;
use crate::extract::OptionalBody;

/// A request with which its user proved his password, over a connection on which passwords may travel; or the challenge to prove it.
pub(crate) struct Proven<T> {
    /// Who asks.
    pub(crate) access: Access,
    /// The same, with the proof.
    pub(crate) actor: Actor,
    /// The body, without the proof.
    pub(crate) request: T,
}

#[derive(Deserialize)]
struct Asked<T> {
    auth: Option<Auth>,
    #[serde(flatten)]
    request: T,
}

impl<T: DeserializeOwned + Send> FromRequest<Arc<Matrix>> for Proven<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, matrix: &Arc<Matrix>) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let access = Access::from_request_parts(&mut parts, matrix).await?;
        Confidential::from_request_parts(&mut parts, matrix).await?;
        let request = Request::from_parts(parts, body);
        let OptionalBody(Asked { auth, request }) =
            OptionalBody::from_request(request, matrix).await?;
        let actor = password(matrix, &access, auth).await?;
        Ok(Self {
            access,
            actor,
            request,
        })
    }
}

/// Asks for a stage.
pub(crate) fn challenge(stage: Stage, wrong: Option<&ErrorReply>) -> Failure {
    match random::<16>() {
        Ok(session) => Failure::Challenge(uia::challenge(stage, &session, wrong)),
        Err(refusal) => refusal.into(),
    }
}

/// The actor with his password proven, or the challenge to prove it.
pub(crate) async fn password(
    matrix: &Matrix,
    access: &Access,
    auth: Option<Auth>,
) -> Result<Actor, Failure> {
    let Some(auth) = auth else {
        return Err(challenge(Stage::Password, None));
    };
    let (Some(stage), Some(password)) = (auth.stage.as_deref(), auth.password) else {
        return Err(challenge(Stage::Password, None));
    };
    if stage != Stage::Password.name() {
        return Err(challenge(
            Stage::Password,
            Some(&ErrorReply::new(
                401,
                ErrorCode::Unrecognized,
                "not a stage of this request",
            )),
        ));
    }
    let world = matrix.hub.world();
    let own = world
        .name_of(access.user)
        .ok_or(Refusal::NoSuchUser)?
        .localpart()
        .clone();
    let named = uia::named(auth.identifier.as_ref(), auth.user.as_deref());
    let is_own = named.is_none_or(|named| {
        localpart(matrix, named).is_some_and(|named| world.user_named(named) == Some(access.user))
    });
    let proven = match is_own {
        true => {
            matrix
                .hub
                .check_password((&own, access.address), Password::new(password))
                .await?
        }
        false => None,
    };
    if let Some(proof) = proven.filter(|proof| proof.user == access.user) {
        Ok(access.proven(proof))
    } else {
        Err(challenge(
            Stage::Password,
            Some(&ErrorReply::new(
                401,
                ErrorCode::Forbidden,
                "wrong user name or password",
            )),
        ))
    }
}

/// The localpart that a client typed: itself, or as part of a user id of this server.
pub(crate) fn localpart<'a>(matrix: &Matrix, typed: &'a str) -> Option<&'a str> {
    if typed.starts_with('@') {
        id::localpart(typed, &matrix.server_name)
    } else {
        Some(typed)
    }
}

/// Random text for sessions and names.
pub(crate) fn random<const BYTES: usize>() -> Result<String, Refusal> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
