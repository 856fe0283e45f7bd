//! Server operators: what they may ask for beyond other users. Who is one is shown by a proof of its own (IRC `OPER`) on one session, and ends
//! with it; no account and no token makes anybody an operator.

use std::sync::Arc;

use crate::command::{Command, Direction};
use crate::ids::{SessionId, UserId};
use crate::server_ban::BanTarget;

/// How long a ban of the server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// As long as is usual: of users for good, of addresses for [`limits::ADDRESS_BAN`](crate::limits::ADDRESS_BAN).
    Usual,
    /// For so many milliseconds.
    For(u64),
    /// Until it is lifted.
    ForGood,
}

/// What concerns operators.
#[derive(Debug, Clone, PartialEq)]
pub enum OperatorCommand {
    /// A session has proven that it is this operator's. Only the server itself asks, after the proof.
    Raise {
        /// Which session.
        session: SessionId,
        /// The operator, as the configuration names him.
        name: Arc<str>,
    },
    /// The actor's session is an operator's no longer.
    Lower {
        /// Which session.
        session: SessionId,
    },
    /// The actor's session hears announcements (IRC `+w`), or not.
    Hear {
        /// Which session.
        session: SessionId,
        /// From now on, or no longer.
        direction: Direction,
    },
    /// All sessions of a user end (IRC `KILL`). An account may come again.
    EndSessions {
        /// Whose.
        user: UserId,
        /// What others see as the reason.
        reason: Arc<str>,
    },
    /// Somebody may not use the server any more, on any front-end; his sessions end (IRC `KLINE`, `DLINE`).
    Ban {
        /// Whom it means.
        target: BanTarget,
        /// What he is told.
        reason: Arc<str>,
        /// For how long.
        lasting: Lasting,
    },
    /// He may again (IRC `UNKLINE`, `UNDLINE`).
    Unban {
        /// Whom it meant.
        target: BanTarget,
    },
    /// Tells everybody who hears announcements (IRC `WALLOPS`).
    Announce {
        /// What.
        text: Arc<str>,
    },
    /// Has a user do something that he may do himself: come into a room, leave it, or take another nick (IRC `SAJOIN`, `SAPART`, `SANICK`).
    /// The rules bind him as ever.
    OnBehalf {
        /// Who does it.
        user: UserId,
        /// What.
        command: Box<Command>,
    },
    /// What can be read again without a restart is (IRC `REHASH`). Here it is only decided who may ask for it.
    Reload,
    /// Does something to a room in the server's name, whatever the operator is there (IRC `SAMODE`).
    InServersName(Box<Command>),
}
