//! `TOPIC`: sets a channel's topic.

use polylogue_core::Command;

use super::channel;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "TOPIC",
    aliases: &[],
    syntax: "<#channel> [text]",
    about: &["Sets the topic of a channel, or takes it away."],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let command = Command::SetTopic {
        room: channel.room.state.id,
        topic: call.rest().unwrap_or_default().into(),
    };
    if call.ask(command).await.is_some() {
        call.say(&format!("The topic of {} was set.", channel.name));
    }
}
