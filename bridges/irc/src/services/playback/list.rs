//! `LIST`: the conversations that there is something to play of.

use polylogue_core::RoomSequence;
use polylogue_hub::Direction;

use crate::commands::chathistory::{conversations, page};
use crate::services::{Call, Done, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "LIST",
    aliases: &[],
    syntax: "",
    about: &[
        "The channels and conversations with something to play.",
        "Each with the time of its last message, in seconds since 1970.",
    ],
    standing: Standing::Anybody,
    run,
};

fn run(call: Call<'_>) -> Done<'_> {
    Box::pin(list(call))
}

async fn list(mut call: Call<'_>) {
    for (room, name) in conversations(call.client) {
        let newest = (Direction::Backward, 1);
        let last = page(call.client, room, RoomSequence(u64::MAX), newest).await;
        if let Some(event) = last.unwrap_or_default().first() {
            let (seconds, rest) = (event.at.0 / 1000, event.at.0 % 1000);
            call.say(&format!("{name} {seconds}.{rest:03}"));
        }
    }
}
