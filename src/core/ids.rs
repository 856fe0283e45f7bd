//! Numbers that mean something: small integers inside, never shown to a client as they are.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Defines one numeric identifier; each is its own type, so that a room can't be passed where a user is meant.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl $name {
            /// The next number after this one.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }
    };
}

number!(
    /// The unit of order and ownership: every durable thing belongs to one lane. One node has one lane, always owned.
    Lane(u16)
);
number!(
    /// Rises with every restore and take-over of a lane, so that ids of a lost timeline never name another event.
    Epoch(u32)
);
number!(
    /// Place of a durable change in its lane's log: gapless, from 1. Positions of different lanes are never compared.
    Position(u64)
);
number!(
    /// Place of an event in its room (`rseq`): gapless, from 1. This is the order of a room for every observer.
    RoomSequence(u64)
);
number!(
    /// A room.
    RoomId(u32)
);
number!(
    /// An account or a guest.
    UserId(u32)
);
number!(
    /// A credential of an account: an access token and what Matrix calls a device.
    DeviceId(u32)
);
number!(
    /// One attached connection, for as long as it lives. Not durable: numbers start again with each boot.
    SessionId(u64)
);
number!(
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Timestamp(u64)
);

impl Timestamp {
    /// This moment, `milliseconds` later.
    #[must_use]
    pub fn plus(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

impl UserId {
    /// The server itself: author of what no person did. Never logs in, is never a member.
    pub const SERVER: Self = Self(0);
}
