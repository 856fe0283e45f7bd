//! Sessions come into a lane, go, go on as another user's, and are in the audience of rooms.

use polylogue_core::{RoomId, SessionId, UserId};

use super::audience::rooms_before;
use super::{Arrival, Delivery, Lane, Moved, Slot};

impl Lane {
    pub(super) fn arrive(&mut self, delivery: &Delivery, user: UserId, arrival: Arrival) {
        let slot = Slot {
            session: arrival.session,
            user,
            renderer: arrival.renderer,
            outbox: arrival.outbox,
            rooms: Vec::new(),
            dirty: false,
            mark: 0,
        };
        let index = self.free.pop().unwrap_or(self.slots.len());
        if index == self.slots.len() {
            self.slots.push(Some(slot));
        } else if let Some(place) = self.slots.get_mut(index) {
            *place = Some(slot);
        }
        self.sessions.insert(arrival.session, index);
        self.settle_in(delivery, user, index);
    }

    /// A session is in the audience of its user's rooms.
    pub(super) fn settle_in(&mut self, delivery: &Delivery, user: UserId, index: usize) {
        self.users.entry(user).or_default().push(index);
        let mut rooms: Vec<RoomId> = delivery
            .before
            .state
            .user(user)
            .into_iter()
            // A room that was read for this very session is not hot before.
            .flat_map(|user| rooms_before(delivery, user))
            .collect();
        for (_, room, moved) in self.moved_now.iter().filter(|(who, ..)| *who == user) {
            match moved {
                Moved::In => rooms.push(*room),
                Moved::Out => rooms.retain(|known| known != room),
            }
        }
        for room in rooms {
            self.enter(room, index);
        }
    }

    pub(super) fn depart(&mut self, id: SessionId) {
        let Some(index) = self.sessions.remove(&id) else {
            return;
        };
        let Some(slot) = self.slots.get_mut(index).and_then(Option::take) else {
            return;
        };
        if let Some(all) = self.users.get_mut(&slot.user) {
            all.retain(|known| *known != index);
            if all.is_empty() {
                self.users.remove(&slot.user);
            }
        }
        for room in slot.rooms {
            self.rooms.remove(room, index);
        }
        self.free.push(index);
    }

    /// A session goes on as another user's: out of the rooms of the one, into those of the other.
    pub(super) fn hand_over(&mut self, delivery: &Delivery, id: SessionId, next: UserId) {
        let Some(index) = self.sessions.get(&id).copied() else {
            return;
        };
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return;
        };
        let before = std::mem::replace(&mut slot.user, next);
        for room in std::mem::take(&mut slot.rooms) {
            self.rooms.remove(room, index);
        }
        if let Some(all) = self.users.get_mut(&before) {
            all.retain(|known| *known != index);
            if all.is_empty() {
                self.users.remove(&before);
            }
        }
        self.settle_in(delivery, next, index);
    }

    pub(super) fn enter(&mut self, room: RoomId, index: usize) {
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return;
        };
        if !slot.rooms.contains(&room) {
            slot.rooms.push(room);
            self.rooms.add(room, index);
        }
    }

    pub(super) fn leave(&mut self, room: RoomId, index: usize) {
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return;
        };
        slot.rooms.retain(|known| *known != room);
        self.rooms.remove(room, index);
    }
}
