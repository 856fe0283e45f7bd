//! Why not: in the domain's terms. Only a bridge knows that one of these is IRC's 482 or Matrix's `M_FORBIDDEN`.

use std::sync::Arc;

use crate::ids::{Position, RoomId, Timestamp, UserId};
use crate::name::NameError;

/// Why a command was refused. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such room, or none that the asker may know of: outsiders get the same answer for both.
    #[error("no such room")]
    NoSuchRoom,
    /// No such user.
    #[error("no such user")]
    NoSuchUser,
    /// No such event in that room, or none that the asker may see.
    #[error("no such event in this room")]
    NoSuchEvent,
    /// No such device of that account.
    #[error("no such device")]
    NoSuchDevice,
    /// The actor is not in the room.
    #[error("you are not in this room")]
    NotJoined,
    /// The user named is not in the room.
    #[error("that user is not in this room")]
    TargetNotJoined(UserId),
    /// The user named is in the room already.
    #[error("that user is already in this room")]
    AlreadyJoined(UserId),
    /// Banned from the room.
    #[error("you are banned from this room")]
    Banned,
    /// Only the invited may join.
    #[error("this room is by invitation only")]
    InviteOnly,
    /// A key is needed to join, and this was not it.
    #[error("the room's key is missing or wrong")]
    WrongKey,
    /// The room is at its limit of members.
    #[error("this room is full")]
    RoomFull,
    /// Only accounts may join or speak here.
    #[error("only registered users may do that here")]
    AccountRequired,
    /// The room is moderated and the actor has no voice.
    #[error("you may not speak in this room")]
    CannotSpeak,
    /// CTCP other than ACTION is off in the room.
    #[error("CTCP messages are not allowed in this room")]
    NoCtcp,
    /// The room has an owner already.
    #[error("this room has an owner")]
    Owned,
    /// The actor's power level is too low.
    #[error("your power level is {have}, {needed} is needed")]
    LevelTooLow {
        /// The level that it takes.
        needed: i64,
        /// The level that the actor has.
        have: i64,
    },
    /// The target's power level is the actor's own or higher, or more was granted than the actor has.
    #[error("that user has the same or a higher power level")]
    TargetLevel,
    /// Plain text may not enter an encrypted room.
    #[error("this room is encrypted: plain text is not sent into it")]
    Encrypted,
    /// Encryption, once on, stays on.
    #[error("encryption can't be changed once it is on")]
    EncryptionIsFinal,
    /// The name is held by somebody, or will never be given out again.
    #[error("that name is taken")]
    NameTaken,
    /// An alias that does not lead to the room that it is to be an alias of.
    #[error("that alias does not lead to this room")]
    BadAlias,
    /// The name is not one.
    #[error("{0}")]
    BadName(#[from] NameError),
    /// An account's nick is its name: only its case may change.
    #[error("the nick of an account is fixed")]
    NickLocked,
    /// The recipient does not take messages from the sender (yet, or any more).
    #[error("that user does not accept your messages")]
    DirectRefused,
    /// Registration is closed.
    #[error("registration is closed")]
    RegistrationClosed,
    /// Accounts are made with a registration token, and it is missing or wrong.
    #[error("an account needs a registration token here: it is missing or wrong")]
    WrongRegistrationToken,
    /// The account was disabled.
    #[error("this account is disabled")]
    Disabled,
    /// A ban of the server means the actor.
    #[error("you are banned from this server: {reason}")]
    ServerBanned {
        /// What the operator gave as the reason.
        reason: Arc<str>,
    },
    /// The session or the credential that the command came from has ended.
    #[error("this login has ended")]
    LoggedOut,
    /// Only server operators do that.
    #[error("only server operators may do that")]
    OperatorNeeded,
    /// A fresh password proof is needed.
    #[error("this needs your password again")]
    ProofNeeded,
    /// Not for this actor at all.
    #[error("not allowed")]
    Forbidden,
    /// Something is longer or larger than its limit.
    #[error("{what} is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in the unit that the name implies (bytes unless said).
        limit: usize,
    },
    /// There are as many of something as there may be.
    #[error("no more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A value of a kind that can't be used here.
    #[error("{what} is not valid")]
    Invalid {
        /// What.
        what: &'static str,
    },
    /// It says already what was asked for.
    #[error("nothing to change")]
    Unchanged,
    /// The version or rank in the store is not the one expected.
    #[error("somebody else changed it meanwhile")]
    Conflict {
        /// The version in the store.
        current: Position,
    },
    /// Too fast.
    #[error("too fast: wait until {until:?}")]
    Throttled {
        /// When to try again.
        until: Timestamp,
    },
    /// The store could not take it; nothing happened, and it may be tried again.
    #[error("temporarily unavailable: try again")]
    Unavailable,
    /// This room could not be read from the store; the rest of the server is not concerned.
    #[error("this room can't be used: {0:?} is damaged")]
    Quarantined(RoomId),
    /// A fault in the server; it was counted and logged.
    #[error("internal error")]
    Internal,
}
