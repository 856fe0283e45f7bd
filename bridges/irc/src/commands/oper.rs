//! `OPER`: RFC 2812 section 3.1.4. Makes this session an operator's, until it ends or gives it up with `MODE nick -o`.

use polylogue_core::secret::Password;
use polylogue_irc::{Message, Numeric};

use crate::client::Client;

/// Checks name and password.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let (Some(name), Some(password)) = (client.required(message, 0), message.given(1)) else {
        if message.given(0).is_some() {
            client.replies.text(
                Numeric::ErrNeedMoreParams,
                &["OPER"],
                "Not enough parameters",
            );
        }
        return;
    };
    if !client.peer.security.allows_passwords() {
        return client.replies.text(
            Numeric::ErrPasswdMismatch,
            &[],
            "Passwords are refused on this connection: use TLS",
        );
    }
    let Some(session) = &client.session else {
        return;
    };
    let password = Password::new(password.to_owned());
    let raised = client
        .irc
        .hub
        .raise(session, (name, client.peer.address), password)
        .await;
    match raised {
        Ok(true) => client
            .replies
            .text(Numeric::RplYoureOper, &[], "You are now an IRC operator"),
        Ok(false) => client
            .replies
            .text(Numeric::ErrPasswdMismatch, &[], "Password incorrect"),
        Err(refusal) => client
            .replies
            .text(Numeric::ErrPasswdMismatch, &[], &refusal.to_string()),
    }
}
