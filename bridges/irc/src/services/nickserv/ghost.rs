//! `GHOST`, `REGAIN`, `RECOVER` and `RELEASE`: getting one's nick back. Several connections share the nick of an account, so that nobody has to
//! give way; what is left is to log in, and to end the others where that is wanted.

use polylogue_core::Command;

use super::identify;
use crate::services::{Call, Standing, Verb};

pub(super) const GHOST: Verb = Verb {
    name: "GHOST",
    aliases: &[],
    syntax: "<nick> [password]",
    about: &[
        "Ends the other IRC connections of your account.",
        "With the password it logs in to the account first. Several connections may share a nick here: nothing has to be ended to have it.",
    ],
    standing: Standing::Anybody,
    run: |call| Box::pin(ghost(call)),
};

pub(super) const REGAIN: Verb = Verb {
    name: "REGAIN",
    aliases: &["RECOVER"],
    syntax: "<nick> [password]",
    about: &[
        "Gives you the nick of your account: it logs in.",
        "Nobody is disconnected. Several connections may share a nick here.",
    ],
    standing: Standing::Anybody,
    run: |call| Box::pin(regain(call)),
};

pub(super) const RELEASE: Verb = Verb {
    name: "RELEASE",
    aliases: &[],
    syntax: "<nick> [password]",
    about: &["No nick is ever held here: REGAIN gives you that of your account."],
    standing: Standing::Anybody,
    run: |call| Box::pin(release(call)),
};

/// Makes the connection the account's of that nick, or says why it is not.
async fn own(call: &mut Call<'_>) -> bool {
    let Some(nick) = call.required() else {
        return false;
    };
    let Some(user) = call.account(nick) else {
        return false;
    };
    match call.rest() {
        Some(password) => identify::log_in(call, nick, password).await,
        None if call.me() == user => true,
        None => {
            call.say(&format!(
                "{nick} is not the account that you are logged in to: give its password"
            ));
            false
        }
    }
}

async fn ghost(mut call: Call<'_>) {
    if !own(&mut call).await {
        return;
    }
    let world = call.client.world();
    let mine = call.client.session.as_ref().map(polylogue_hub::Session::id);
    let on_irc = |id: &polylogue_core::SessionId| {
        let session = world.live.sessions.get(id);
        session.is_some_and(|session| session.presentation.front == "irc")
    };
    let others: Vec<_> = world
        .live
        .sessions_of(call.me())
        .iter()
        .copied()
        .filter(|id| Some(*id) != mine && on_irc(id))
        .collect();
    if others.is_empty() {
        return call.say("You have no other IRC connections.");
    }
    let count = others.len();
    let command = Command::EndSessions { sessions: others };
    if call.ask(command).await.is_some() {
        let nick = call.client.replies.target();
        call.say(&format!(
            "Ghost with your nick {nick} has been disconnected ({count} connections)."
        ));
    }
}

async fn regain(mut call: Call<'_>) {
    if own(&mut call).await {
        let nick = call.client.replies.target();
        call.say(&format!("You have the nick {nick}."));
    }
}

async fn release(mut call: Call<'_>) {
    let Some(nick) = call.required() else { return };
    call.say(&format!(
        "{nick} is not held. REGAIN {nick} <password> gives you the nick of your account."
    ));
}
