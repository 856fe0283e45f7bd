//! `members`: who is in a room, and who has another standing in it.

use polylogue_core::{Refusal, RoomId, UserId};
use polylogue_native::request::room::ListMembers;
use polylogue_native::{Answer, Error, Member};

use super::page::Filling;
use super::room::membership;
use super::rooms::page_after;
use crate::client::Client;
use crate::render::written;
use crate::{names, refusal};

/// A page of them, for those who may read what the room is.
pub(super) async fn list(client: &Client, request: ListMembers) -> Result<Answer, Error> {
    let own = client.session()?.user();
    // Users are numbers as rooms are, and sealed the same way.
    let after = UserId(page_after(client, request.page.as_ref())?.0);
    let room = client.room(&request.room).await?.state;
    if !room.is_readable_by(own) {
        return Err(refusal::error(&Refusal::NotJoined));
    }
    let world = client.world();
    let mut filling = Filling::new(request.limit.get());
    let mut last = after;
    for (user, member) in room.members.range(after.next()..) {
        if membership(member.membership) != request.membership {
            continue;
        }
        let shown = world.state.user(*user).map(|user| &user.profile);
        let entry = Member {
            user: names::user(&world, *user),
            display_name: shown.and_then(|profile| profile.display_name.clone()),
            membership: request.membership,
            level: written(room.level(*user)),
        };
        if filling.add(entry).is_err() {
            let next = names::page_after(client.native.renderer.sealer(), RoomId(last.0));
            return Ok(Answer::Members(filling.page(Some(next))));
        }
        last = *user;
    }
    Ok(Answer::Members(filling.page(None)))
}
