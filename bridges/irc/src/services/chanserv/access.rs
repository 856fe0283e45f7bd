//! `ACCESS`: the access list by levels, and by the names that they have elsewhere.

use polylogue_core::power::Prefix;

use super::{Channel, channel, level};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "ACCESS",
    aliases: &[],
    syntax: "<#channel> LIST | ADD <nick> <level> | DEL <nick>",
    about: &[
        "Shows or changes who may do what in a channel, whether he is there or not.",
        "A level is a number as Matrix has it, or one of FOUNDER (100), SOP (75), AOP (50), HOP (25) and VOP (1).",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    match call.word() {
        None => level::list(&mut call, &channel),
        Some(word) if word.eq_ignore_ascii_case("LIST") => level::list(&mut call, &channel),
        Some(word) if word.eq_ignore_ascii_case("ADD") => {
            let (Some(nick), Some(text)) = (call.word(), call.word()) else {
                return call.syntax();
            };
            match parse(text) {
                Some(level) => change(&mut call, &channel, (nick, level)).await,
                None => call.say(&format!("{text} is no level")),
            }
        }
        Some(word) if word.eq_ignore_ascii_case("DEL") => {
            let Some(nick) = call.required() else { return };
            let default = channel.room.state.power.users_default;
            change(&mut call, &channel, (nick, default)).await;
        }
        Some(_) => call.syntax(),
    }
}

async fn change(call: &mut Call<'_>, channel: &Channel, (nick, to): (&str, i64)) {
    let Some(user) = call.account(nick) else {
        return;
    };
    if level::set(call, channel, &[(user, to)]).await {
        call.say(&format!("{nick} has level {to} in {}.", channel.name));
    }
}

/// -100 to 100: Matrix knows more, but nothing here tells them apart.
fn parse(text: &str) -> Option<i64> {
    let named = match text.to_ascii_uppercase().as_str() {
        "FOUNDER" => Some(Prefix::Founder),
        "SOP" => Some(Prefix::Admin),
        "AOP" => Some(Prefix::Operator),
        "HOP" => Some(Prefix::HalfOperator),
        "VOP" => Some(Prefix::Voice),
        _ => None,
    };
    match named {
        Some(prefix) => Some(prefix.level()),
        None => text
            .parse()
            .ok()
            .filter(|level| (-100..=100).contains(level)),
    }
}
