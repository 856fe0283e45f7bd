//! `KICK`: puts somebody out, as `KICK` of IRC does.

use std::sync::Arc;

use polylogue_core::Command;

use super::channel;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "KICK",
    aliases: &[],
    syntax: "<#channel> <nick> [reason]",
    about: &["Puts somebody out. He may come again."],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let Some(nick) = call.required() else {
        return;
    };
    let Some(user) = call.client.world().user_named(nick) else {
        return call.say(&format!("{nick} is not here and not registered"));
    };
    let reason = call.rest().unwrap_or_default();
    let limit = call.client.irc.config.kick_length;
    if reason.len() > limit {
        return call.say(&format!("The reason is longer than {limit} bytes"));
    }
    let command = Command::Kick {
        room: channel.room.state.id,
        user,
        reason: (!reason.is_empty()).then(|| Arc::from(reason)),
    };
    if call.ask(command).await.is_some() {
        call.say(&format!("{nick} was put out of {}.", channel.name));
    }
}
