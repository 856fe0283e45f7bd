//! `rooms`: those that the asker is in, invited to or knocking at.

use polylogue_core::{Membership, RoomId};
use polylogue_native::request::room::ListRooms;
use polylogue_native::{Answer, Error, ErrorCode, PageToken};

use super::page::Filling;
use crate::client::Client;
use crate::{names, refusal};

/// A page of them, in the order in which they were made.
pub(super) async fn list(client: &Client, request: ListRooms) -> Result<Answer, Error> {
    let user = client.session()?.user();
    let after = page_after(client, request.page.as_ref())?;
    let world = client.world();
    let entries = world.state.user(user).map(|user| user.rooms.clone());
    let rooms = entries.iter().flat_map(|entries| entries.iter());
    let mine = rooms.filter(|entry| match entry.membership {
        Membership::Join | Membership::Invite | Membership::Knock => entry.room > after,
        Membership::Leave | Membership::Ban => false,
    });
    let mut filling = Filling::new(request.limit.get());
    let mut last = after;
    for entry in mine {
        let room = client.hub().room(entry.room).await;
        let room = room.map_err(|refusal| refusal::error(&refusal))?;
        if filling.add(client.shown(&room).await?).is_err() {
            let next = names::page_after(client.native.renderer.sealer(), last);
            return Ok(Answer::Rooms(filling.page(Some(next))));
        }
        last = entry.room;
    }
    Ok(Answer::Rooms(filling.page(None)))
}

/// The room after which a page begins.
pub(super) fn page_after(client: &Client, page: Option<&PageToken>) -> Result<RoomId, Error> {
    let Some(page) = page else {
        return Ok(RoomId(0));
    };
    client
        .hub()
        .open_room_key(page.as_str())
        .ok_or_else(|| Error::in_field(ErrorCode::BadValue, "page", "is no page of this list"))
}
