//! `OP`, `DEOP` and the other prefixes: for oneself, or for those named.

use polylogue_core::Command;
use polylogue_core::command::{Direction, PrefixChange};
use polylogue_core::power::Prefix;

use super::channel;
use crate::services::{Call, Done, Standing, Verb};

const fn verb(
    name: &'static str,
    about: &'static [&'static str],
    run: for<'a> fn(Call<'a>) -> Done<'a>,
) -> Verb {
    Verb {
        name,
        aliases: &[],
        syntax: "<#channel> [nick]...",
        about,
        standing: Standing::Account,
        run,
    }
}

pub(super) const OP: Verb = verb("OP", &["Gives operator status (@, level 50)."], |call| {
    Box::pin(run(call, (Prefix::Operator, Direction::Add)))
});
pub(super) const DEOP: Verb = verb("DEOP", &["Takes operator status."], |call| {
    Box::pin(run(call, (Prefix::Operator, Direction::Remove)))
});
pub(super) const HALFOP: Verb = verb(
    "HALFOP",
    &["Gives half operator status (%, level 25)."],
    |call| Box::pin(run(call, (Prefix::HalfOperator, Direction::Add))),
);
pub(super) const DEHALFOP: Verb = verb("DEHALFOP", &["Takes half operator status."], |call| {
    Box::pin(run(call, (Prefix::HalfOperator, Direction::Remove)))
});
pub(super) const VOICE: Verb = verb("VOICE", &["Gives a voice (+, level 1)."], |call| {
    Box::pin(run(call, (Prefix::Voice, Direction::Add)))
});
pub(super) const DEVOICE: Verb = verb("DEVOICE", &["Takes a voice."], |call| {
    Box::pin(run(call, (Prefix::Voice, Direction::Remove)))
});
pub(super) const PROTECT: Verb = verb(
    "PROTECT",
    &["Makes somebody an administrator of the channel (&, level 75)."],
    |call| Box::pin(run(call, (Prefix::Admin, Direction::Add))),
);
pub(super) const DEPROTECT: Verb = verb(
    "DEPROTECT",
    &["Makes somebody no administrator any more."],
    |call| Box::pin(run(call, (Prefix::Admin, Direction::Remove))),
);

async fn run(mut call: Call<'_>, (prefix, direction): (Prefix, Direction)) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let world = call.client.world();
    let mut changes = Vec::new();
    let mut nicks = Vec::new();
    while let Some(nick) = call.word() {
        let Some(user) = world.user_named(nick) else {
            return call.say(&format!("{nick} is not here and not registered"));
        };
        nicks.push(nick);
        changes.push(PrefixChange {
            user,
            prefix,
            direction,
        });
    }
    if changes.is_empty() {
        nicks.push("you");
        changes.push(PrefixChange {
            user: call.me(),
            prefix,
            direction,
        });
    }
    let command = Command::SetPrefixes {
        room: channel.room.state.id,
        changes,
    };
    if call.ask(command).await.is_some() {
        let done = match direction {
            Direction::Add => "given to",
            Direction::Remove => "taken from",
        };
        let (what, whom) = (shown(prefix), nicks.join(", "));
        call.say(&format!("{what} in {} was {done} {whom}.", channel.name));
    }
}

fn shown(prefix: Prefix) -> &'static str {
    match prefix {
        Prefix::Founder => "Founder status",
        Prefix::Admin => "Administrator status",
        Prefix::Operator => "Operator status",
        Prefix::HalfOperator => "Half operator status",
        Prefix::Voice => "A voice",
    }
}
