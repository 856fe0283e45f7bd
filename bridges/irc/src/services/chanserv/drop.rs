//! `DROP`: closes a channel for good.

use polylogue_core::Command;

use super::channel;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "DROP",
    aliases: &["DELETE"],
    syntax: "<#channel> <#channel>",
    about: &[
        "Closes your channel for good, on every protocol.",
        "Everybody is put out, nobody comes in any more, and its name leads nowhere else. Its name is written twice, so that it does not happen by mistake.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let (name, room) = (&channel.name, channel.room.state.id);
    match call.word() {
        Some(again) if again.eq_ignore_ascii_case(name) => {}
        Some(_) | None => {
            return call.say(&format!("To close it for good: DROP {name} {name}"));
        }
    }
    let close = Command::CloseRoom {
        room,
        reason: Some("The channel is closed".into()),
    };
    if call.ask(close).await.is_some() {
        call.say(&format!("{name} is dropped."));
    }
}
