//! `UNBAN`: lets somebody come again, or oneself where one may do that for others.

use polylogue_core::Command;

use super::{akick, channel};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "UNBAN",
    aliases: &[],
    syntax: "<#channel> [nick or mask]",
    about: &[
        "Lifts the ban of somebody, or your own where you are an operator.",
        "You are invited then, which opens a channel to you whatever else keeps you out.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let (name, room) = (&channel.name, channel.room.state.id);
    let Some(given) = call.word() else {
        if call.ask(Command::LetIn { room }).await.is_some() {
            call.say(&format!("You are unbanned from {name}, and invited."));
        }
        return;
    };
    let Some(mask) = akick::mask_of(&call, given) else {
        return call.say(&format!("{given} is neither a nick nor a mask"));
    };
    if akick::lift(&mut call, &channel, &mask).await {
        call.say(&format!("{mask} is unbanned from {name}."));
    }
}
