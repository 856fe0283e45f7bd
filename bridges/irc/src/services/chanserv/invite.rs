//! `INVITE`: asks somebody in, or oneself where one may ask others.

use polylogue_core::Command;

use super::channel;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "INVITE",
    aliases: &[],
    syntax: "<#channel> [nick]",
    about: &["Invites you into a channel where you are an operator, or somebody else."],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let (name, room) = (&channel.name, channel.room.state.id);
    let Some(nick) = call.word() else {
        if call.ask(Command::LetIn { room }).await.is_some() {
            call.say(&format!("You have been invited to {name}."));
        }
        return;
    };
    let Some(user) = call.client.world().user_named(nick) else {
        return call.say(&format!("{nick} is not here and not registered"));
    };
    let command = Command::Invite {
        room,
        user,
        reason: None,
    };
    if call.ask(command).await.is_some() {
        call.say(&format!("{nick} has been invited to {name}."));
    }
}
