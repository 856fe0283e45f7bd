//! `REGISTER`: makes an account of the nick that somebody has, and goes on as it.

use crate::commands::register;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "REGISTER",
    aliases: &[],
    syntax: "<password> [address]",
    about: &[
        "Makes an account of your nick.",
        "It is yours on every protocol from then on. An address for mail is kept only where one is needed.",
    ],
    standing: Standing::Stranger,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(password) = call.required() else {
        return;
    };
    let nick = match &call.client.session {
        Some(_) => Some(call.client.replies.target()),
        None => call.client.registration.nick.clone(),
    };
    let Some(nick) = nick else {
        return call.say("Send NICK first: the account is to have your nick");
    };
    if let Some((_, text)) = register::hindrance(call.client) {
        return call.say(text);
    }
    let address = call.word().unwrap_or_default();
    // What follows on the password is an address: anything else is the rest of a password, and cut there it would be weaker than meant.
    if call.word().is_some() || (!address.is_empty() && !address.contains('@')) {
        return call.say("A password has no spaces here: nothing was registered");
    }
    let Ok(address) = register::wanted(call.client, address) else {
        return call.say(register::NO_ADDRESS);
    };
    if let Err(text) = call.client.admit().await {
        return call.say(&format!("{text}."));
    }
    let begins = call.client.outbox.hold();
    match register::make(call.client, &nick, (password, address)).await {
        Ok(user) => {
            call.client.logged_in(user);
            call.say(&format!("{nick} is now registered to you."));
            call.say(&format!("You are now identified for {nick}."));
        }
        Err(refusal) => call.refused(&refusal),
    }
    call.client.reply_first(begins);
}
