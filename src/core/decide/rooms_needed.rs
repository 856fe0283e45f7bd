//! The rooms that a command needs, as a list that is nearly always short.

use crate::ids::RoomId;

/// Rooms that a command needs. Nearly always that is one or none, for which nothing is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomsNeeded {
    one: Option<RoomId>,
    many: Vec<RoomId>,
}

impl From<Option<RoomId>> for RoomsNeeded {
    fn from(one: Option<RoomId>) -> Self {
        Self {
            one,
            many: Vec::new(),
        }
    }
}

impl From<Vec<RoomId>> for RoomsNeeded {
    fn from(many: Vec<RoomId>) -> Self {
        Self { one: None, many }
    }
}

impl IntoIterator for RoomsNeeded {
    type Item = RoomId;
    type IntoIter = std::iter::Chain<std::option::IntoIter<RoomId>, std::vec::IntoIter<RoomId>>;

    fn into_iter(self) -> Self::IntoIter {
        self.one.into_iter().chain(self.many)
    }
}
