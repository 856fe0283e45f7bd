//! Numbers that mean something: small integers inside, never shown to a client as they are.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;
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

/// A persistent map by one of these numbers, for what is looked up with every message. Its order means nothing.
pub type ByNumber<K, V> = GenericHashMap<K, V, BuildHasherDefault<NumberHasher>, DefaultSharedPtr>;

/// Spreads numbers that are given out one after another. It keeps nobody from choosing them badly, and nobody but this server chooses them.
#[derive(Debug, Default, Clone, Copy)]
pub struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio: multiples of it lie far apart (Knuth, The Art of Computer Programming, section 6.4).
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

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
