//! `set_profile`: what is named changes, the rest stays.

use std::sync::Arc;

use polylogue_core::Command;
use polylogue_core::user::ProfileField;
use polylogue_hub::Request;
use polylogue_native::request::account::SetProfile;
use polylogue_native::{Answer, Error};

use crate::client::Client;
use crate::refusal;

/// Sets one or both fields. The avatar first: of the two, only its address can be too long for the rules.
pub(super) async fn set(client: &Client, request: &SetProfile) -> Result<Option<Answer>, Error> {
    let actor = client.session()?.actor();
    let avatar = request.avatar.as_ref().map(|avatar| avatar.as_str());
    let name = request.display_name.as_ref().map(|name| name.as_str());
    let fields = [
        (ProfileField::Avatar, avatar, "avatar"),
        (ProfileField::DisplayName, name, "display_name"),
    ];
    for (field, value, name) in fields {
        let Some(value) = value else { continue };
        let command = Command::SetProfile {
            field,
            value: (!value.is_empty()).then(|| Arc::from(value)),
        };
        let done = client.hub().submit(Request::new(actor.clone(), command));
        done.await
            .map_err(|refusal| refusal::in_field(&refusal, name))?;
    }
    Ok(None)
}
