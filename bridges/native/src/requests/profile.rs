//! `profile`: what a user shows of himself.

use polylogue_core::Refusal;
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
    if !world.is_acquainted(own, user) {
        (profile.presence, profile.status) = (None, None);
    }
    Ok(Answer::Profile(profile))
}
