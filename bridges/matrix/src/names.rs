//! Ids and aliases: what they mean here, and how what is here is called. Every event id is resolved together with its room.

use polylogue_core::body::EventRef;
use polylogue_core::name::ChannelName;
use polylogue_core::room::Room;
use polylogue_core::state::World;
use polylogue_core::{EventId, Position, Refusal, RoomId, UserId};
use polylogue_hub::VisibleEvent;
use polylogue_matrix::id;

use crate::Matrix;
use crate::error::Failure;

impl Matrix {
    /// `@localpart:server`. A user whose row is gone has no name any more; he shows as the server's own account.
    pub(crate) fn user_id(&self, world: &World, user: UserId) -> String {
        let name = world.name_of(user).filter(|_| user != UserId::SERVER);
        id::user_id(
            name.map_or(id::SERVER_LOCALPART, |name| name.localpart()),
            &self.server_name,
        )
    }

    /// `!key:server`
    pub(crate) fn room_id(&self, room: RoomId) -> String {
        id::room_id(&self.hub.room_key(room), &self.server_name)
    }

    /// `$key`
    pub(crate) fn event_id(&self, position: Position) -> String {
        id::event_id(self.hub.event_id(position).as_str())
    }

    /// `#name:server`
    pub(crate) fn alias(&self, name: &ChannelName) -> String {
        id::alias(name.as_str(), &self.server_name)
    }

    /// The user whom an id names, exactly.
    pub(crate) fn find_user(&self, world: &World, user_id: &str) -> Option<UserId> {
        let localpart = id::localpart(user_id, &self.server_name)?;
        // Guests claim no localpart, and nobody else may have one that begins like theirs.
        world.guest_with(localpart).or_else(|| {
            let name = |user: &UserId| world.name_of(*user).map(|name| &**name.localpart());
            let user = world.user_named(localpart);
            user.filter(|user| name(user) == Some(localpart))
        })
    }

    /// The same, or 404.
    pub(crate) fn user(&self, world: &World, user_id: &str) -> Result<UserId, Failure> {
        self.find_user(world, user_id)
            .ok_or_else(|| Refusal::NoSuchUser.into())
    }

    /// The room whom an id names, or 404.
    pub(crate) fn room(&self, room_id: &str) -> Result<RoomId, Failure> {
        let key = id::room_key(room_id, &self.server_name);
        key.and_then(|key| self.hub.open_room_key(key))
            .ok_or_else(|| Refusal::NoSuchRoom.into())
    }

    /// A room whose state `viewer` may read: see [`RoomState::is_readable_by`](polylogue_core::RoomState::is_readable_by).
    pub(crate) async fn readable_room(
        &self,
        viewer: UserId,
        room_id: &str,
    ) -> Result<Room, Failure> {
        let room = self.hub.room(self.room(room_id)?).await?;
        if room.state.is_readable_by(viewer) {
            Ok(room)
        } else {
            Err(Refusal::NotJoined.into())
        }
    }

    /// The channel that an alias of this server names.
    pub(crate) fn channel(&self, alias: &str) -> Result<ChannelName, Failure> {
        let channel = id::channel(alias, &self.server_name);
        let channel = channel.ok_or_else(|| Failure::invalid("not a room alias of this server"))?;
        Ok(ChannelName::parse(channel).map_err(Refusal::from)?)
    }

    /// The event that an id names in a room, if `viewer` may see it.
    pub(crate) async fn event(
        &self,
        viewer: UserId,
        room: RoomId,
        event_id: &str,
    ) -> Result<VisibleEvent, Failure> {
        let key = id::event_key(event_id)
            .and_then(EventId::parse)
            .ok_or(Refusal::NoSuchEvent)?;
        Ok(self.hub.event(viewer, room, &key).await?)
    }

    /// The same, as what refers to it needs it.
    pub(crate) async fn event_ref(
        &self,
        viewer: UserId,
        room: RoomId,
        event_id: &str,
    ) -> Result<EventRef, Failure> {
        let event = self.event(viewer, room, event_id).await?;
        Ok(EventRef {
            sequence: event.sequence,
            position: event.position,
            author: event.sender,
        })
    }
}
