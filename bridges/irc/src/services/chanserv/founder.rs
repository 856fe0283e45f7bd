//! `FOUNDER`: gives a channel to another account.

use polylogue_core::power::Prefix;

use super::{Channel, channel, level};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "FOUNDER",
    aliases: &[],
    syntax: "<#channel> <account>",
    about: &[
        "Gives your channel to another account.",
        "You are an administrator of it from then on. FLAGS +F gives it a second owner beside you.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    set(&mut call, &channel).await;
}

/// Gives it to the account that comes next.
pub(super) async fn set(call: &mut Call<'_>, channel: &Channel) {
    let Some(nick) = call.required() else { return };
    let Some(user) = call.account(nick) else {
        return;
    };
    let me = call.me();
    if user == me {
        return call.say(&format!("You would only give {} to yourself", channel.name));
    }
    let changes = [(user, Prefix::Founder.level()), (me, Prefix::Admin.level())];
    if level::set(call, channel, &changes).await {
        call.say(&format!("{nick} is the founder of {} now.", channel.name));
    }
}
