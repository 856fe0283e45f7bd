//! Who asks: the access token of a request as an account and a device.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{FromRequestParts, Query};
use axum::http::header;
use axum::http::request::Parts;
use polylogue_core::command::{Actor, PasswordProof};
use polylogue_core::{DeviceId, Refusal, Timestamp, UserId};
use polylogue_hub::Peer;
use polylogue_matrix::error::{ErrorCode, ErrorReply};
use serde::Deserialize;

use crate::Matrix;
use crate::error::Failure;

/// The account and device behind a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
    /// Where the request comes from: wrong passwords are counted there.
    pub(crate) address: IpAddr,
}

impl Access {
    /// Refuses to act for another user: the one in the path must be the one who asks.
    pub(crate) fn own(&self, matrix: &Matrix, user_id: &str) -> Result<(), Failure> {
        if matrix.find_user(&matrix.hub.world(), user_id) == Some(self.user) {
            Ok(())
        } else {
            Err(Failure::forbidden("that is another user's"))
        }
    }

    /// Who asks, when it asks the core.
    pub(crate) fn actor(&self) -> Actor {
        Actor::user(self.user, Some(self.device))
    }

    /// The same, with a proof of the password.
    pub(crate) fn proven(&self, proof: PasswordProof) -> Actor {
        Actor {
            proof: Some(proof),
            ..self.actor()
        }
    }
}

/// Shown by requests that came over a connection on which passwords may travel. Without word from the listener they may not.
pub(crate) struct Confidential {
    /// Where they come from.
    pub(crate) from: IpAddr,
}

impl<S: Send + Sync> FromRequestParts<S> for Confidential {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let peer = parts.extensions.get::<Peer>();
        match peer.filter(|peer| peer.security.allows_passwords()) {
            Some(peer) => Ok(Self { from: peer.address }),
            None => Err(Failure::forbidden(
                "passwords are not accepted over an unencrypted connection",
            )),
        }
    }
}

#[derive(Deserialize)]
struct TokenParameter {
    access_token: Option<String>,
}

impl FromRequestParts<Arc<Matrix>> for Access {
    type Rejection = Failure;

    /// Matrix client-server API "Using access tokens": the `Authorization` header, or the `access_token` parameter of older clients
    /// (COMPAT(weechat-matrix, 0.3)).
    async fn from_request_parts(parts: &mut Parts, matrix: &Arc<Matrix>) -> Result<Self, Failure> {
        let token = bearer(parts).or_else(|| {
            let query = Query::<TokenParameter>::try_from_uri(&parts.uri).ok()?;
            query.0.access_token.filter(|token| !token.is_empty())
        });
        let token = token.ok_or_else(|| {
            Failure::new(401, ErrorCode::MissingToken, "an access token is needed")
        })?;
        let owner = matrix.hub.token_owner(&token);
        let (user, device) = owner.ok_or_else(|| {
            let error = ErrorReply::new(
                401,
                ErrorCode::UnknownToken,
                "this access token is not in force",
            );
            Failure::Error(error.with("soft_logout", false))
        })?;
        let address = parts
            .extensions
            .get::<Peer>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.address);
        matrix.hub.may_enter((user, address)).map_err(locked)?;
        Ok(Self {
            user,
            device,
            address,
        })
    }
}

/// Matrix client-server API "Account locking": the token stays good, for when the ban is over.
fn locked(refusal: Refusal) -> Failure {
    let error = ErrorReply::new(401, ErrorCode::UserLocked, refusal.to_string());
    Failure::Error(error.with("soft_logout", true))
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

/// The present moment.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
