//! Refusals in IRC's words: the one place that knows which of the core's refusals is 482, 404 or 433.

use polylogue_core::Refusal;
use polylogue_irc::{Numeric, Verb};

use crate::reply::Replies;

/// What a command was about, for the parameters of its error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// The command.
    pub(crate) verb: Verb,
    /// The channel or nick that it named.
    pub(crate) target: &'a str,
}

/// Tells the client why not.
pub(crate) fn tell(replies: &mut Replies, about: About<'_>, refusal: &Refusal) {
    let target = about.target;
    let text = refusal.to_string();
    let speaks = matches!(about.verb, Verb::Privmsg | Verb::Notice | Verb::Tagmsg);
    let (numeric, text) = match refusal {
        Refusal::NoSuchRoom => (Numeric::ErrNoSuchChannel, "No such channel"),
        Refusal::NoSuchUser => (Numeric::ErrNoSuchNick, "No such nick/channel"),
        Refusal::NotJoined if speaks => (Numeric::ErrCannotSendToChan, "Cannot send to channel"),
        Refusal::NotJoined => (Numeric::ErrNotOnChannel, "You're not on that channel"),
        Refusal::Banned if about.verb == Verb::Join => {
            (Numeric::ErrBannedFromChan, "Cannot join channel (+b)")
        }
        Refusal::Banned => (
            Numeric::ErrBannedFromChan,
            "That user is banned from the channel",
        ),
        Refusal::InviteOnly => (Numeric::ErrInviteOnlyChan, "Cannot join channel (+i)"),
        Refusal::WrongKey => (Numeric::ErrBadChannelKey, "Cannot join channel (+k)"),
        Refusal::RoomFull => (Numeric::ErrChannelIsFull, "Cannot join channel (+l)"),
        Refusal::AccountRequired => (
            Numeric::ErrNeedReggedNick,
            "You need to be logged in to do that",
        ),
        Refusal::CannotSpeak => (Numeric::ErrCannotSendToChan, "Cannot send to channel"),
        Refusal::NoCtcp => (Numeric::ErrCannotSendToChan, "Cannot send to channel (+C)"),
        Refusal::Encrypted => (
            Numeric::ErrCannotSendToChan,
            "Cannot send to channel: it is encrypted end to end (+E)",
        ),
        Refusal::LevelTooLow { .. } => {
            (Numeric::ErrChanOPrivsNeeded, "You're not channel operator")
        }
        Refusal::TargetLevel => (
            Numeric::ErrChanOPrivsNeeded,
            "That user has the same or a higher level",
        ),
        Refusal::TargetNotJoined(_) => {
            (Numeric::ErrUserNotInChannel, "They aren't on that channel")
        }
        Refusal::AlreadyJoined(_) => (Numeric::ErrUserOnChannel, "is already on channel"),
        Refusal::NameTaken if about.verb == Verb::Nick => {
            (Numeric::ErrNicknameInUse, "Nickname is already in use")
        }
        Refusal::NameTaken => (Numeric::ErrUnavailResource, "That name is not available"),
        Refusal::BadName(_) if about.verb == Verb::Nick => {
            (Numeric::ErrErroneusNickname, "Erroneous nickname")
        }
        Refusal::BadName(_) => (Numeric::ErrBadChanMask, "Bad channel name"),
        Refusal::NickLocked => (
            Numeric::ErrNoNickChange,
            "Your nick is your account's name; use SETNAME for another display name",
        ),
        Refusal::DirectRefused => (
            Numeric::ErrCantSendToUser,
            "They don't take messages from you now",
        ),
        Refusal::TooMany { what: "rooms", .. } => (
            Numeric::ErrTooManyChannels,
            "You have joined too many channels",
        ),
        Refusal::TooMany { what: "masks", .. } => (Numeric::ErrBanListFull, "Channel list is full"),
        Refusal::ServerBanned { .. } => (Numeric::ErrYoureBannedCreep, &*text),
        Refusal::OperatorNeeded => (
            Numeric::ErrNoPrivileges,
            "Permission Denied- You're not an IRC operator",
        ),
        Refusal::ProofNeeded => (Numeric::ErrUnknownError, "Give your password again first"),
        Refusal::Throttled { .. } => (
            Numeric::ErrUnknownError,
            "You are too fast: try again later",
        ),
        Refusal::Unavailable => (
            Numeric::ErrUnknownError,
            "Temporarily unavailable, try again",
        ),
        Refusal::NoSuchEvent
        | Refusal::NoSuchDevice
        | Refusal::LoggedOut
        | Refusal::EncryptionIsFinal
        | Refusal::RegistrationClosed
        | Refusal::WrongRegistrationToken
        | Refusal::Disabled
        | Refusal::Forbidden
        | Refusal::TooLarge { .. }
        | Refusal::TooMany { .. }
        | Refusal::Invalid { .. }
        | Refusal::BadAlias
        | Refusal::Unchanged
        | Refusal::Conflict { .. }
        | Refusal::Quarantined(_)
        | Refusal::Owned
        | Refusal::Internal => (Numeric::ErrUnknownError, &*text),
    };
    if matches!(
        numeric,
        Numeric::ErrNoPrivileges | Numeric::ErrYoureBannedCreep
    ) {
        replies.text(numeric, &[], text);
    } else if numeric == Numeric::ErrUnknownError {
        replies.text(numeric, &[about.verb.word(), target], text);
    } else {
        replies.text(numeric, &[target], text);
    }
}
