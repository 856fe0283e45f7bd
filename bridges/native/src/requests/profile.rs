//! `profile`: what a user shows of himself.

use polylogue_core::Refusal;
use polylogue_core::state::World;
use polylogue_core::{Membership, UserId};
use polylogue_native::request::account::GetProfile;
use polylogue_native::{Answer, Error};

use crate::client::Client;
use crate::{refusal, render};

/// Shows a profile. Presence is for those who share a room with him.
pub(super) fn show(client: &Client, request: GetProfile) -> Result<Answer, Error> {
    let own = client.session()?.user();
    let world = client.world();
    let user = match request.user {
        None => own,
        Some(name) => world
            .user_named(name.as_str())
            .ok_or_else(|| refusal::error(&Refusal::NoSuchUser))?,
    };
    let mut profile = render::profile(&world, user);
    if user != own && !share_a_room(&world, own, user) {
        (profile.presence, profile.status) = (None, None);
    }
    Ok(Answer::Profile(profile))
}

fn share_a_room(world: &World, one: UserId, other: UserId) -> bool {
    let (Some(one), Some(other)) = (world.state.user(one), world.state.user(other)) else {
        return false;
    };
    one.joined().any(|room| {
        let entry = other.room(room);
        entry.is_some_and(|entry| entry.membership == Membership::Join)
    })
}
