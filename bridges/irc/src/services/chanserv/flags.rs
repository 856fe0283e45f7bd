//! `FLAGS`: the access list by letters.

use super::{channel, level};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "FLAGS",
    aliases: &[],
    syntax: "<#channel> [nick [flags]]",
    about: &[
        "Shows or changes who may do what in a channel, whether he is there or not.",
        "+F owns it (level 100), +a is an administrator (75), +o an operator (50), +h a half operator (25), +v has a voice (1); - takes, and -* takes everything. Matrix shows the same as power levels.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let Some(nick) = call.word() else {
        return level::list(&mut call, &channel);
    };
    let Some(user) = call.account(nick) else {
        return;
    };
    let Some(flags) = call.word() else {
        return level::show(&mut call, &channel, (nick, user));
    };
    match level::after(&channel.room.state, user, flags) {
        Ok(after) => {
            if level::set(&mut call, &channel, &[(user, after)]).await {
                let name = &channel.name;
                call.say(&format!(
                    "Flags of {nick} in {name} were changed: level {after}."
                ));
            }
        }
        Err(unknown) => call.say(&format!(
            "{unknown} is no flag. FLAGS knows F a o h v and -*"
        )),
    }
}
