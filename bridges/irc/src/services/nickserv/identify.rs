//! `IDENTIFY`: logs in, at any time. Without a name it is the account of the nick that was refused last on this connection, or of the present
//! one. Who is logged in proves his password again.

use std::sync::Arc;

use polylogue_core::secret::Password;
use polylogue_irc::Numeric;

use crate::login::{Login, device_of};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "IDENTIFY",
    aliases: &["ID", "LOGIN", "AUTH"],
    syntax: "[account] <password>",
    about: &[
        "Logs in to an account.",
        "Without a name, to the account of the nick that you were refused last, or of your nick. You have its nick, its channels and its conversations from then on; your channels go with you, but those that your account is banned from.",
        "Who is logged in already proves the password again, for commands that ask for that.",
    ],
    standing: Standing::Stranger,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(first) = call.required() else { return };
    let rest = call.rest();
    let names_one = call.client.account_of_nick(&device_of(first).0).is_some();
    let (name, password) = match rest {
        // A password may have spaces in it: the first word is a name if it is that of an account.
        Some(rest) if !names_one && let Some(own) = own_name(&call) => {
            (Some(own), format!("{first} {rest}"))
        }
        Some(rest) => (Some(Arc::from(first)), rest.to_owned()),
        None => (own_name(&call), first.to_owned()),
    };
    let Some(name) = name else {
        return call.say("Send NICK first, or name the account: IDENTIFY <account> <password>");
    };
    log_in(&mut call, &name, &password).await;
}

/// The account that somebody means who names none.
fn own_name(call: &Call<'_>) -> Option<Arc<str>> {
    let client = &*call.client;
    let me = client.session.as_ref().map(polylogue_hub::Session::user);
    if me.is_some_and(|me| client.world().is_account(me)) {
        return Some(client.replies.target());
    }
    let refused = client.registration.refused.as_deref();
    refused
        .and_then(|nick| client.account_of_nick(nick))
        .or_else(|| client.registration.nick.clone())
        .or_else(|| me.map(|_| client.replies.target()))
}

/// Logs in and says so, or says why not. Whether it was done.
pub(super) async fn log_in(call: &mut Call<'_>, name: &str, password: &str) -> bool {
    let proven = call
        .client
        .prove(name, Password::new(password.to_owned()))
        .await;
    let login = match proven {
        Ok(login) => login,
        Err(reason) => {
            call.say(&format!("{reason}."));
            return false;
        }
    };
    go_on(call, login).await
}

async fn go_on(call: &mut Call<'_>, login: Login) -> bool {
    let user = login.user;
    let before = call.client.session.as_ref().map(|_| call.me());
    let begins = call.client.outbox.hold();
    let done = call.client.go_on_as(login).await;
    match &done {
        Ok(()) => {
            let world = call.client.world();
            let nick = world
                .name_of(user)
                .map_or_else(|| "*".into(), |name| name.nick().clone());
            if before == Some(user) {
                call.say(&format!(
                    "You are now identified for {nick}; your password holds for the next five minutes."
                ));
            } else {
                call.client.logged_in(user);
                call.say(&format!("You are now identified for {nick}."));
            }
        }
        Err(refusal) => {
            let text = refusal.to_string();
            call.client.replies.text(Numeric::ErrSaslFail, &[], &text);
        }
    }
    call.client.reply_first(begins);
    done.is_ok()
}
