//! What requests name: rooms, users, events, looked up for one asker. Rooms and events that he may not know of are not there for him.

use polylogue_core::room::Room;
use polylogue_core::{EventId, EventRef, Message, Refusal, RoomChange, RoomId, UserId};
use polylogue_hub::VisibleEvent;
use polylogue_native::{Error, RoomReference, UserName};

use crate::client::Client;
use crate::{names, refusal};

impl Client {
    /// The room that a request names, as a number: the rules say whether anything may be done in it.
    pub(super) fn room_id(&self, reference: &RoomReference) -> Result<RoomId, Error> {
        names::open_room(self.hub(), reference).ok_or_else(|| refusal::error(&Refusal::NoSuchRoom))
    }

    /// The room that a request names, if the asker may know of it.
    pub(super) async fn room(&self, reference: &RoomReference) -> Result<Room, Error> {
        let user = self.session()?.user();
        let found = self.hub().room(self.room_id(reference)?).await;
        match found {
            Ok(room) if room.state.is_known_to(user) => Ok(room),
            Ok(_) => Err(refusal::error(&Refusal::NoSuchRoom)),
            Err(refusal) => Err(refusal::error(&refusal)),
        }
    }

    /// The user that a request names.
    pub(super) fn user(&self, name: &UserName, field: &str) -> Result<UserId, Error> {
        self.world()
            .user_named(name.as_str())
            .ok_or_else(|| refusal::in_field(&Refusal::NoSuchUser, field))
    }

    /// An event of a room, if the asker may see it.
    pub(super) async fn event(
        &self,
        room: RoomId,
        id: &polylogue_native::EventId,
        field: &str,
    ) -> Result<VisibleEvent, Error> {
        let found = match EventId::parse(id.as_str()) {
            Some(id) => self.hub().event(self.session()?.user(), room, &id).await,
            None => Err(Refusal::NoSuchEvent),
        };
        match found {
            Ok(event) => Ok(event),
            Err(Refusal::NoSuchEvent) if self.knows(room).await => {
                Err(refusal::in_field(&Refusal::NoSuchEvent, field))
            }
            Err(Refusal::NoSuchEvent) => Err(refusal::error(&Refusal::NoSuchRoom)),
            Err(refusal) => Err(refusal::error(&refusal)),
        }
    }

    /// A refusal as an error. Whoever may not know of the room is told that there is none, whatever the reason was.
    pub(super) async fn refused(&self, room: Option<RoomId>, refusal: &Refusal) -> Error {
        match room {
            Some(room) if !self.knows(room).await => refusal::error(&Refusal::NoSuchRoom),
            Some(_) | None => refusal::error(refusal),
        }
    }

    async fn knows(&self, room: RoomId) -> bool {
        let Some(session) = &self.session else {
            return false;
        };
        let room = self.hub().room(room).await;
        room.is_ok_and(|room| room.state.is_known_to(session.user()))
    }
}

/// What an event says, if it says anything.
pub(super) fn message_in(event: &VisibleEvent) -> Option<&Message> {
    match &event.change {
        RoomChange::Message(message) => Some(message),
        RoomChange::Created(_)
        | RoomChange::Member(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redaction { .. }
        | RoomChange::Redacted(_) => None,
    }
}

/// An event as others refer to it.
pub(super) fn reference(event: &VisibleEvent) -> EventRef {
    EventRef {
        sequence: event.sequence,
        position: event.position,
        author: event.sender,
    }
}
