//! `REGISTER`: owns a channel that nobody owns.

use polylogue_core::power::Prefix;
use polylogue_core::{Command, Refusal};

use super::channel;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "REGISTER",
    aliases: &["CLAIM"],
    syntax: "<#channel>",
    about: &[
        "Makes you the owner of a channel that nobody owns.",
        "Who makes a channel while he is logged in owns it already. One whose owners are gone goes to its successor; without one to whoever is an operator there and below nobody, or is there alone.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let name = &channel.name;
    if channel.room.state.level(call.me()) >= Prefix::Founder.level() {
        return call.say(&format!("{name} is already registered to you."));
    }
    let room = channel.room.state.id;
    match call.client.submit(Command::TakeRoom { room }).await {
        Ok(_) => call.say(&format!("{name} is now registered to you.")),
        Err(Refusal::Owned) => call.say(&format!("{name} is already registered.")),
        Err(Refusal::LevelTooLow { .. }) => {
            call.say(&format!(
                "You must be an operator in {name} to register it."
            ));
        }
        Err(Refusal::Forbidden) => call.say(&format!("{name} goes to its successor.")),
        Err(refusal) => call.refused(&refusal),
    }
}
