//! Why not: the closed list of codes, and the frame that carries one. Which rule a request broke is decided elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether the connection goes on after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Goes,
    Closes,
}

/// Declares the codes, each with what it says on the wire and what becomes of the connection.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $after:ident;)*) => {
        /// What went wrong, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Whether the server closes the connection after an error of this code.
            #[must_use]
            pub fn is_fatal(self) -> bool {
                let after = match self {
                    $(Self::$variant => After::$after,)*
                };
                after == After::Closes
            }
        }
    };
}

codes! {
    /// A frame of length 0, or a stream that ends inside a frame.
    BadFrame = "bad_frame", Closes;
    /// A frame longer than the limit.
    TooLarge = "too_large", Closes;
    /// A body that is not UTF-8.
    NotUtf8 = "not_utf8", Goes;
    /// A body that is not one JSON object, repeats a name, or nests too deeply.
    BadJson = "bad_json", Goes;
    /// No request of that `type`.
    UnknownType = "unknown_type", Goes;
    /// A field that the request needs is not there.
    MissingField = "missing_field", Goes;
    /// A field that the request does not have.
    UnknownField = "unknown_field", Goes;
    /// A value of another JSON type than the field takes.
    WrongType = "wrong_type", Goes;
    /// A value of the right type that the field does not take.
    BadValue = "bad_value", Goes;
    /// The first request was not `hello`, or `hello` came twice.
    HelloExpected = "hello_expected", Closes;
    /// The server does not speak the version asked for.
    UnsupportedVersion = "unsupported_version", Closes;
    /// The request needs a login.
    Unauthenticated = "unauthenticated", Goes;
    /// The connection is logged in already.
    AlreadyAuthenticated = "already_authenticated", Goes;
    /// Unknown name or wrong password: which of the two is not said.
    BadCredentials = "bad_credentials", Goes;
    /// The token is not, or no longer, one.
    UnknownToken = "unknown_token", Goes;
    /// The account was disabled.
    AccountDisabled = "account_disabled", Goes;
    /// An operator has banned the account or the address from the server; the message says why.
    ServerBanned = "server_banned", Closes;
    /// The name belongs to somebody, or looks too much like one that does.
    NameTaken = "name_taken", Goes;
    /// The name can't be one.
    BadName = "bad_name", Goes;
    /// No registrations here.
    RegistrationClosed = "registration_closed", Goes;
    /// Accounts are made with a registration token here, and it is missing or wrong.
    WrongRegistrationToken = "wrong_registration_token", Goes;
    /// Passwords don't travel over a connection without TLS.
    PlainConnection = "plain_connection", Goes;
    /// A password proof of at most 5 minutes is needed: send `prove`, then the request again.
    ProofNeeded = "proof_needed", Goes;
    /// No such room, or none that you may know of.
    NoSuchRoom = "no_such_room", Goes;
    /// No such user.
    NoSuchUser = "no_such_user", Goes;
    /// No such event in the room, or none that you may see; also a cursor of a lost timeline.
    NoSuchEvent = "no_such_event", Goes;
    /// No such device of yours.
    NoSuchDevice = "no_such_device", Goes;
    /// You are not in the room.
    NotJoined = "not_joined", Goes;
    /// The user named is not in the room.
    UserNotJoined = "user_not_joined", Goes;
    /// The user named is in the room already.
    AlreadyJoined = "already_joined", Goes;
    /// This connection is subscribed already.
    AlreadySubscribed = "already_subscribed", Goes;
    /// You are banned from the room.
    Banned = "banned", Goes;
    /// The room is by invitation only.
    InviteOnly = "invite_only", Goes;
    /// The room's key is missing or wrong.
    WrongRoomKey = "wrong_room_key", Goes;
    /// The room is full.
    RoomFull = "room_full", Goes;
    /// Not allowed, by power level or by rule.
    Forbidden = "forbidden", Goes;
    /// The user does not take your messages (yet, or any more).
    MessagesRefused = "messages_refused", Goes;
    /// The room is encrypted: plain text is not sent into it.
    EncryptedRoom = "encrypted_room", Goes;
    /// It is so already.
    Unchanged = "unchanged", Goes;
    /// Too fast; `retry_after_ms` says how long to wait.
    RateLimited = "rate_limited", Goes;
    /// More, or larger, than the server allows.
    LimitExceeded = "limit_exceeded", Goes;
    /// The server can't do it now. Nothing happened; try again.
    Unavailable = "unavailable", Goes;
    /// A fault of the server's.
    Internal = "internal", Goes;
    /// The credential of this connection was revoked.
    LoggedOut = "logged_out", Closes;
    /// The connection was silent for too long.
    TimedOut = "timed_out", Closes;
    /// The connection takes its frames too slowly; resume from the last cursor.
    TooSlow = "too_slow", Closes;
    /// The server is going down; come again and resume from the last cursor.
    ShuttingDown = "shutting_down", Closes;
}

/// The body of an `error` frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: Box<str>,
    /// The field at fault, with its path: `mentions[2]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Box<str>>,
    /// With [`ErrorCode::RateLimited`]: milliseconds to wait before trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Error {
    /// An error without further detail.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<Box<str>>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            retry_after_ms: None,
        }
    }

    /// An error that lies in one field.
    #[must_use]
    pub fn in_field(
        code: ErrorCode,
        field: impl Into<Box<str>>,
        message: impl Into<Box<str>>,
    ) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(code, message)
        }
    }

    /// Too fast.
    #[must_use]
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        Self {
            retry_after_ms: Some(retry_after_ms),
            ..Self::new(ErrorCode::RateLimited, "too fast")
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}
