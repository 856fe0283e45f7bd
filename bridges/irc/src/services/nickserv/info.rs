//! `INFO`: what anybody may know of an account.

use polylogue_core::live::Presence;
use polylogue_irc::ServerTime;

use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "INFO",
    aliases: &[],
    syntax: "[nick]",
    about: &["Shows whose a nick is, and since when."],
    standing: Standing::Anybody,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let own = call.client.replies.target();
    let nick = call.word().unwrap_or(&own);
    let world = call.client.world();
    let found = world.user_named(nick);
    let Some(user) = found.and_then(|user| world.state.user(user)) else {
        return call.say(&format!("{nick} is not registered"));
    };
    if !world.is_account(user.id) {
        return call.say(&format!("{nick} is not registered"));
    }
    let name = user.name.nick();
    call.say(&format!("Information on {name} (account {name}):"));
    call.say(&format!("Display name: {}", user.shown_name()));
    let since = ServerTime::from_unix_milliseconds(user.created.0);
    let since = since.as_str();
    call.say(&format!("Registered: {since}"));
    if !user.nicks.is_empty() {
        call.say(&format!("Nicks: {}", user.nicks.join(", ")));
    }
    if user.disabled {
        call.say("This account is disabled");
    }
    match world.presence_for(call.me(), user.id) {
        Presence::Online(_) | Presence::Away(_) => call.say("Is here now"),
        Presence::Offline => {}
    }
    call.say("*** End of Info ***");
}
