//! What protocols remember for a user, as far as the rules need to know of it: which values there are, which change set each of them, and how
//! much they take. The values themselves are in the store.

use std::sync::Arc;

use imbl::OrdMap;

use crate::ids::{Position, RoomId};

/// What a value is kept under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKey {
    /// Account data: of which room (none = global), and its type.
    AccountData(Option<RoomId>, Arc<str>),
    /// A document: its kind, and which one of its kind.
    Document(Arc<str>, Arc<str>),
}

/// A value that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentStamp {
    /// The change that set it: no two versions of anything are the same number.
    pub version: Position,
    /// For put-if-rank-higher; 0 where it has none.
    pub rank: i64,
    /// Its bytes.
    pub size: usize,
}

/// The values of one user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents {
    stamps: OrdMap<DocumentKey, DocumentStamp>,
    size: usize,
}

impl Documents {
    /// One of them.
    #[must_use]
    pub fn get(&self, key: &DocumentKey) -> Option<DocumentStamp> {
        self.stamps.get(key).copied()
    }

    /// The version of one of them, for a change on the condition that nobody else changed it meanwhile; 0 if there is none. To be taken before
    /// the value itself is read.
    #[must_use]
    pub fn version(&self, key: &DocumentKey) -> Position {
        self.get(key).map_or(Position(0), |stamp| stamp.version)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.stamps.len()
    }

    /// Bytes of all of them.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Takes a value in, or out: live, and when users are read from the store.
    pub fn set(&mut self, key: DocumentKey, stamp: Option<DocumentStamp>) {
        let before = match stamp {
            Some(stamp) => {
                self.size = self.size.saturating_add(stamp.size);
                self.stamps.insert(key, stamp)
            }
            None => self.stamps.remove(&key),
        };
        let before = before.map_or(0, |before| before.size);
        self.size = self.size.saturating_sub(before);
    }
}
