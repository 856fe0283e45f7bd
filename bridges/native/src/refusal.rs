//! Refusals in the protocol's words: the one place that knows which of the core's refusals is which error code.

use polylogue_core::Refusal;
use polylogue_native::{Error, ErrorCode};

use crate::names;

/// The error for a refusal, with the field that it most likely lies in.
pub(crate) fn error(refusal: &Refusal) -> Error {
    let (code, field) = match refusal {
        Refusal::NoSuchRoom => (ErrorCode::NoSuchRoom, Some("room")),
        Refusal::NoSuchUser => (ErrorCode::NoSuchUser, Some("user")),
        Refusal::NoSuchEvent => (ErrorCode::NoSuchEvent, None),
        Refusal::NoSuchDevice => (ErrorCode::NoSuchDevice, Some("device")),
        Refusal::NotJoined => (ErrorCode::NotJoined, Some("room")),
        Refusal::TargetNotJoined(_) => (ErrorCode::UserNotJoined, Some("user")),
        Refusal::AlreadyJoined(_) => (ErrorCode::AlreadyJoined, None),
        Refusal::Banned => (ErrorCode::Banned, None),
        Refusal::InviteOnly => (ErrorCode::InviteOnly, None),
        Refusal::WrongKey => (ErrorCode::WrongRoomKey, Some("room_key")),
        Refusal::RoomFull => (ErrorCode::RoomFull, None),
        Refusal::Encrypted => (ErrorCode::EncryptedRoom, None),
        Refusal::NameTaken => (ErrorCode::NameTaken, None),
        Refusal::BadName(_) => (ErrorCode::BadName, None),
        Refusal::DirectRefused => (ErrorCode::MessagesRefused, Some("user")),
        Refusal::RegistrationClosed => (ErrorCode::RegistrationClosed, None),
        Refusal::WrongRegistrationToken => (ErrorCode::WrongRegistrationToken, Some("token")),
        Refusal::Disabled => (ErrorCode::AccountDisabled, None),
        Refusal::ServerBanned { .. } => (ErrorCode::ServerBanned, None),
        Refusal::LoggedOut => (ErrorCode::LoggedOut, None),
        Refusal::ProofNeeded => (ErrorCode::ProofNeeded, None),
        Refusal::AccountRequired
        | Refusal::CannotSpeak
        | Refusal::NoCtcp
        | Refusal::LevelTooLow { .. }
        | Refusal::TargetLevel
        | Refusal::Owned
        | Refusal::EncryptionIsFinal
        | Refusal::NickLocked
        | Refusal::OperatorNeeded
        | Refusal::Forbidden => (ErrorCode::Forbidden, None),
        Refusal::TooLarge { .. } | Refusal::TooMany { .. } => (ErrorCode::LimitExceeded, None),
        Refusal::BadAlias | Refusal::Invalid { .. } => (ErrorCode::BadValue, None),
        Refusal::Unchanged => (ErrorCode::Unchanged, None),
        Refusal::Throttled { until } => {
            return Error::rate_limited(until.0.saturating_sub(names::now().0));
        }
        Refusal::Conflict { .. } | Refusal::Unavailable => (ErrorCode::Unavailable, None),
        // Which room it is inside means nothing to a client.
        Refusal::Quarantined(_) => {
            return Error::new(
                ErrorCode::Internal,
                "this room can't be used: it is damaged",
            );
        }
        Refusal::Internal => (ErrorCode::Internal, None),
    };
    match field {
        Some(field) => Error::in_field(code, field, refusal.to_string()),
        None => Error::new(code, refusal.to_string()),
    }
}

/// The error for a refusal that lies in this field.
pub(crate) fn in_field(refusal: &Refusal, field: &str) -> Error {
    Error {
        field: Some(field.into()),
        ..error(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_codes_and_fields() {
        let check = |refusal: Refusal, code: ErrorCode, field: Option<&str>| {
            let error = error(&refusal);
            assert_eq!((error.code, error.field.as_deref()), (code, field));
        };
        check(Refusal::NoSuchRoom, ErrorCode::NoSuchRoom, Some("room"));
        check(Refusal::NoSuchUser, ErrorCode::NoSuchUser, Some("user"));
        check(Refusal::WrongKey, ErrorCode::WrongRoomKey, Some("room_key"));
        check(Refusal::CannotSpeak, ErrorCode::Forbidden, None);
        check(Refusal::Encrypted, ErrorCode::EncryptedRoom, None);
        check(Refusal::Unavailable, ErrorCode::Unavailable, None);
        let damaged = error(&Refusal::Quarantined(polylogue_core::RoomId(77)));
        assert!(!damaged.message.contains("77"), "{}", damaged.message);
        let throttled = error(&Refusal::Throttled {
            until: names::now().plus(60_000),
        });
        assert_eq!(throttled.code, ErrorCode::RateLimited);
        let wait = throttled.retry_after_ms.unwrap();
        assert!((1..=60_000).contains(&wait), "{wait}");
    }
}
