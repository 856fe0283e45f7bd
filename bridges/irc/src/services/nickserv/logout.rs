//! `LOGOUT`: this connection is a guest's from then on; the account stays in its channels.

use polylogue_irc::Numeric;

use crate::names::Name;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "LOGOUT",
    aliases: &[],
    syntax: "",
    about: &[
        "Makes this connection a guest's.",
        "Your account stays in its channels, and your other connections stay logged in: SESSIONS ends those.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    // Who came in by his account alone is no guest of a server that asks them for a password.
    if let Err(text) = call.client.admit().await {
        return call.say(&format!("{text}: nobody goes on as a guest without it."));
    }
    let begins = call.client.outbox.hold();
    match call.client.log_out().await {
        Ok(()) => {
            let world = call.client.world();
            let mask = Name::of((&world, &world), call.me()).map_or_else(String::new, |n| n.mask());
            call.client
                .replies
                .text(Numeric::RplLoggedOut, &[&mask], "You are now logged out");
            call.say("You are now logged out.");
        }
        Err(refusal) => call.refused(&refusal),
    }
    call.client.reply_first(begins);
}
