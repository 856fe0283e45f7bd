//! `create`: a room is made.

use polylogue_core::command::{CreateRoom, Preset};
use polylogue_core::name::ChannelName;
use polylogue_core::{Command, Refusal, facets};
use polylogue_hub::Request;
use polylogue_native::request::room::{Create, Visibility};
use polylogue_native::{Answer, Error, ErrorCode};

use crate::client::Client;
use crate::refusal;

/// Makes a room with its creator in it.
pub(super) async fn create(client: &Client, request: Create) -> Result<Answer, Error> {
    let actor = client.session()?.actor();
    let alias = request
        .alias
        .map(|alias| ChannelName::parse(alias.as_str()));
    let alias = alias
        .transpose()
        .map_err(|error| Error::in_field(ErrorCode::BadName, "alias", error.to_string()))?;
    let mut invite = Vec::new();
    for (index, name) in request.invite.as_slice().iter().enumerate() {
        let user = client.user(name, &format!("invite[{index}]"))?;
        if !invite.contains(&user) {
            invite.push(user);
        }
    }
    let (preset, listed) = match request.visibility {
        Visibility::Public => (Preset::Public, true),
        Visibility::Unlisted => (Preset::Public, false),
        Visibility::Private => (Preset::Private, false),
    };
    // As in a channel that is made on IRC.
    let state = match preset {
        Preset::Public => vec![facets::guest_access(true)],
        Preset::Private | Preset::TrustedPrivate => Vec::new(),
    };
    let room = CreateRoom {
        preset,
        state,
        alias,
        name: request
            .name
            .map(Into::into)
            .filter(|name: &std::sync::Arc<str>| !name.is_empty()),
        topic: request
            .topic
            .map(Into::into)
            .filter(|topic: &std::sync::Arc<str>| !topic.is_empty()),
        invite,
        listed,
        ..CreateRoom::default()
    };
    let made = client
        .hub()
        .submit(Request::new(actor, Command::CreateRoom(Box::new(room))))
        .await;
    let receipt = made.map_err(|refusal| {
        let error = refusal::error(&refusal);
        // Of a new room, only its name and those invited can be at fault.
        let field = if error.code == ErrorCode::NameTaken {
            Some("alias")
        } else if error.code == ErrorCode::AlreadyJoined {
            Some("invite")
        } else {
            None
        };
        Error {
            field: field.map(Into::into).or(error.field),
            ..error
        }
    })?;
    let room = receipt.room();
    let room = room.ok_or_else(|| refusal::error(&Refusal::Internal))?;
    Ok(Answer::Room(client.shown_now(room).await?))
}
