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
    let command = Command::SetProfile {
        field: ProfileField::DisplayName,
        value: Some(name.into()),
    };
    if let Err(refusal) = client.submit(command).await {
        let code = const { Middle::literal("CANNOT_CHANGE_REALNAME") };
        client
            .replies
            .fail((Verb::Setname, code), &[], &refusal.to_string());
    }
}
