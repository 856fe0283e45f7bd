//! A room as one user sees it, for answers.

use polylogue_core::name::ChannelName;
use polylogue_core::{Listing, Room, RoomSequence};
use polylogue_native as native;
use polylogue_native::{Alias, Error, Membership};

use crate::client::Client;
use crate::{names, refusal};

impl Client {
    /// What a user may know of a room.
    pub(super) async fn shown(&self, room: &Room) -> Result<native::Room, Error> {
        let user = self.session()?.user();
        let world = self.world();
        let state = &room.state;
        let standing = state.membership(user);
        let marker = world
            .state
            .user(user)
            .map(|user| user.mark(state.id).marker)
            .filter(|marker| *marker > RoomSequence(0));
        let read = match marker {
            Some(marker) => self.hub().event_in(user, state.id, marker).await.ok(),
            None => None,
        };
        let sealer = self.native.renderer.sealer();
        let alias = state
            .canonical_name()
            .filter(|name| name.is_published())
            .map(ChannelName::as_str);
        Ok(native::Room {
            id: names::room(sealer, state.id),
            alias: alias.and_then(|alias| Alias::new(alias).ok()),
            name: state.name.clone(),
            topic: state.topic.as_ref().map(|topic| topic.text.clone()),
            members: u64::try_from(state.joined).unwrap_or_default(),
            encrypted: state.encryption.is_some(),
            direct: state.peer_of(user).map(|peer| names::user(&world, peer)),
            membership: standing.map(membership),
            unread: read
                .as_ref()
                .map(|read| room.notifying.saturating_sub(read.notifying)),
            read: read.map(|read| names::event(sealer, read.position)),
        })
    }

    /// What anybody may know of a room that is listed.
    pub(super) fn listed(&self, room: &Listing) -> native::Room {
        let alias = room.canonical_name().filter(|name| name.is_published());
        native::Room {
            id: names::room(self.native.renderer.sealer(), room.room),
            alias: alias.and_then(|alias| Alias::new(alias.as_str()).ok()),
            name: room.name.clone(),
            topic: room.topic.as_ref().map(|topic| topic.text.clone()),
            members: u64::try_from(room.joined).unwrap_or_default(),
            encrypted: room.encrypted,
            direct: None,
            membership: None,
            unread: None,
            read: None,
        }
    }

    /// What a user may know of a room by its id.
    pub(super) async fn shown_now(
        &self,
        room: polylogue_core::RoomId,
    ) -> Result<native::Room, Error> {
        match self.hub().room(room).await {
            Ok(room) => self.shown(&room).await,
            Err(refusal) => Err(refusal::error(&refusal)),
        }
    }
}

/// A standing in the protocol's words.
pub(super) fn membership(membership: polylogue_core::Membership) -> Membership {
    match membership {
        polylogue_core::Membership::Join => Membership::Join,
        polylogue_core::Membership::Invite => Membership::Invite,
        polylogue_core::Membership::Knock => Membership::Knock,
        polylogue_core::Membership::Leave => Membership::Leave,
        polylogue_core::Membership::Ban => Membership::Ban,
    }
}
