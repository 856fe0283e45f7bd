//! Why not, in Matrix's words: every refusal of the core as a status and an error code, in this one place.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use polylogue_core::Refusal;
use polylogue_matrix::error::{ErrorCode, ErrorReply};
use serde_json::Value;

use crate::extract::{Reply, reply};

/// What an endpoint answers.
pub(crate) type Answer = Result<Reply, Failure>;

/// An error reply on its way out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Why not.
    Error(ErrorReply),
    /// First prove who you are: the body of the 401 reply.
    Challenge(Value),
}

impl Failure {
    pub(crate) fn new(
        status: u16,
        code: ErrorCode,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Self {
        Self::Error(ErrorReply::new(status, code, message))
    }

    pub(crate) fn bad_json(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::new(400, ErrorCode::BadJson, message)
    }

    pub(crate) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::new(400, ErrorCode::InvalidParam, message)
    }

    /// A parameter or a member of the body is not there.
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(400, ErrorCode::MissingParam, format!("{what} is missing"))
    }

    pub(crate) fn forbidden(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::new(403, ErrorCode::Forbidden, message)
    }

    pub(crate) fn not_found(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::new(404, ErrorCode::NotFound, message)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => {
                let mut response = reply(error.status, &error.body());
                if let Some(milliseconds) =
                    error.extra.get("retry_after_ms").and_then(Value::as_u64)
                {
                    let seconds = milliseconds.div_ceil(1000);
                    response
                        .headers_mut()
                        .insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
            Self::Challenge(body) => reply(401, &body),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = code(&refusal);
        let mut error = ErrorReply::new(status, code, refusal.to_string());
        match refusal {
            Refusal::Throttled { until } => {
                let wait = until.0.saturating_sub(crate::access::now().0);
                error = error.with("retry_after_ms", Value::from(wait));
            }
            Refusal::Conflict { current } => {
                error = error.with("current_version", current.0.to_string())
            }
            Refusal::NoSuchRoom
            | Refusal::NoSuchUser
            | Refusal::NoSuchEvent
            | Refusal::NoSuchDevice
            | Refusal::NotJoined
            | Refusal::TargetNotJoined(_)
            | Refusal::AlreadyJoined(_)
            | Refusal::Banned
            | Refusal::InviteOnly
            | Refusal::WrongKey
            | Refusal::RoomFull
            | Refusal::AccountRequired
            | Refusal::CannotSpeak
            | Refusal::NoCtcp
            | Refusal::LevelTooLow { .. }
            | Refusal::TargetLevel
            | Refusal::Owned
            | Refusal::Encrypted
            | Refusal::EncryptionIsFinal
            | Refusal::NameTaken
            | Refusal::BadAlias
            | Refusal::BadName(_)
            | Refusal::NickLocked
            | Refusal::DirectRefused
            | Refusal::RegistrationClosed
            | Refusal::WrongRegistrationToken
            | Refusal::Disabled
            | Refusal::LoggedOut
            | Refusal::ServerBanned { .. }
            | Refusal::ProofNeeded
            | Refusal::OperatorNeeded
            | Refusal::Forbidden
            | Refusal::TooLarge { .. }
            | Refusal::TooMany { .. }
            | Refusal::Invalid { .. }
            | Refusal::Unchanged
            | Refusal::Unavailable
            | Refusal::Quarantined(_)
            | Refusal::Internal => {}
        }
        Self::Error(error)
    }
}

/// Matrix client-server API "Standard error response" and the errors that each endpoint lists. Where an endpoint gives the same refusal
/// another code (a taken name at registration), it says so itself.
fn code(refusal: &Refusal) -> (u16, ErrorCode) {
    match refusal {
        Refusal::NoSuchUser | Refusal::NoSuchEvent | Refusal::NoSuchDevice => {
            (404, ErrorCode::NotFound)
        }
        // To outsiders a room that they may not know of is none: both are what they are not in.
        Refusal::NoSuchRoom
        | Refusal::NotJoined
        | Refusal::AlreadyJoined(_)
        | Refusal::Banned
        | Refusal::InviteOnly
        | Refusal::WrongKey
        | Refusal::RoomFull
        | Refusal::CannotSpeak
        | Refusal::NoCtcp
        | Refusal::LevelTooLow { .. }
        | Refusal::TargetLevel
        | Refusal::Owned
        | Refusal::Encrypted
        | Refusal::EncryptionIsFinal
        | Refusal::NickLocked
        | Refusal::DirectRefused
        | Refusal::RegistrationClosed
        | Refusal::WrongRegistrationToken
        | Refusal::OperatorNeeded
        | Refusal::ServerBanned { .. }
        | Refusal::Forbidden => (403, ErrorCode::Forbidden),
        Refusal::TargetNotJoined(_) => (403, ErrorCode::BadState),
        Refusal::AccountRequired => (403, ErrorCode::GuestAccessForbidden),
        Refusal::Disabled => (403, ErrorCode::UserDeactivated),
        // As for a token that was never in force.
        Refusal::LoggedOut => (401, ErrorCode::UnknownToken),
        // Endpoints that need a proof ask for it before they ask the core.
        Refusal::ProofNeeded => (401, ErrorCode::Forbidden),
        Refusal::NameTaken => (409, ErrorCode::Unknown),
        Refusal::BadAlias => (400, ErrorCode::BadAlias),
        Refusal::BadName(_) | Refusal::Invalid { .. } => (400, ErrorCode::InvalidParam),
        Refusal::TooLarge { .. } => (413, ErrorCode::TooLarge),
        Refusal::TooMany { .. } => (400, ErrorCode::ResourceLimitExceeded),
        Refusal::Unchanged => (400, ErrorCode::BadState),
        Refusal::Conflict { .. } => (409, ErrorCode::Unknown),
        Refusal::Throttled { .. } => (429, ErrorCode::LimitExceeded),
        Refusal::Unavailable | Refusal::Quarantined(_) => (503, ErrorCode::Unknown),
        Refusal::Internal => (500, ErrorCode::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use polylogue_core::{RoomId, Timestamp, UserId};

    use super::*;

    #[test]
    fn refusals_have_codes() {
        let check = |refusal: Refusal, status: u16, code: &str| {
            let Failure::Error(error) = Failure::from(refusal.clone()) else {
                panic!("{refusal:?}")
            };
            assert_eq!(
                (error.status, error.code.as_str()),
                (status, code),
                "{refusal:?}"
            );
        };
        check(Refusal::NoSuchRoom, 403, "M_FORBIDDEN");
        check(Refusal::NotJoined, 403, "M_FORBIDDEN");
        check(Refusal::TargetNotJoined(UserId(1)), 403, "M_BAD_STATE");
        check(Refusal::AccountRequired, 403, "M_GUEST_ACCESS_FORBIDDEN");
        check(Refusal::Disabled, 403, "M_USER_DEACTIVATED");
        check(Refusal::NameTaken, 409, "M_UNKNOWN");
        check(
            Refusal::TooLarge {
                what: "message",
                limit: 1,
            },
            413,
            "M_TOO_LARGE",
        );
        check(Refusal::Quarantined(RoomId(1)), 503, "M_UNKNOWN");
        check(Refusal::Internal, 500, "M_UNKNOWN");
    }

    #[test]
    fn who_is_too_fast_is_told_how_long_to_wait() {
        let until = crate::access::now().plus(10_000);
        let response = Failure::from(Refusal::Throttled { until }).into_response();
        assert_eq!(response.status().as_u16(), 429);
        let seconds: u64 = response.headers()[header::RETRY_AFTER]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=10).contains(&seconds), "{seconds}");
        let past = Failure::from(Refusal::Throttled {
            until: Timestamp(0),
        })
        .into_response();
        assert_eq!(past.headers()[header::RETRY_AFTER], "0");
    }
}
