//! `SETNAME`: IRCv3 setname. The real name of an account is its display name, on every front-end.

use polylogue_core::Command;
use polylogue_core::user::ProfileField;
use polylogue_irc::{Message, Middle, Verb};

use crate::client::Client;

/// Sets the display name.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(name) = client.required(message, 0) else {
        return;
    };
    let world = client.world();
    let session = client.session.as_ref().map(polylogue_hub::Session::id);
    let live = session.and_then(|id| Some((id, world.live.sessions.get(&id)?)));
    let command = match live {
        // A guest's is his connection's.
        Some((session, live)) if !world.is_account(live.user) => Command::Present {
            session,
            presentation: polylogue_core::command::Presentation {
                real_name: name.into(),
                ..live.presentation.clone()
            },
        },
        Some(_) | None => Command::SetProfile {
            field: ProfileField::DisplayName,
            value: Some(name.into()),
        },
    };
    if let Err(refusal) = client.submit(command).await {
        let code = const { Middle::literal("CANNOT_CHANGE_REALNAME") };
        client
            .replies
            .fail((Verb::Setname, code), &[], &refusal.to_string());
    }
}
