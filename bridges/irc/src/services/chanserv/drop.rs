//! `DROP`: closes a channel for good.

use polylogue_core::Command;
use polylogue_core::command::{Direction, ModeChange, RoomFlag};
use polylogue_core::event::RoomSetting;
use polylogue_core::power::Prefix;

use super::{channel, clear};
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
    if channel.room.state.level(call.me()) < Prefix::Founder.level() {
        return call.say(&format!("Access denied: {name} is not yours"));
    }
    match call.word() {
        Some(again) if again.eq_ignore_ascii_case(name) => {}
        Some(_) | None => {
            return call.say(&format!("To close it for good: DROP {name} {name}"));
        }
    }
    // It is closed first: whatever of the rest is not done, nobody comes in any more.
    let close = Command::SetModes {
        room,
        changes: vec![
            ModeChange::Flag(RoomFlag::Closed, Direction::Add),
            ModeChange::Flag(RoomFlag::NoKnock, Direction::Add),
        ],
    };
    let hide = Command::SetSetting {
        room,
        setting: RoomSetting::Listed(false),
    };
    for command in [close, hide] {
        if call.ask(command).await.is_none() {
            return;
        }
    }
    if !clear::users(&mut call, &channel, Some("The channel is closed")).await {
        return;
    }
    if call
        .ask(Command::Leave { room, reason: None })
        .await
        .is_some()
    {
        call.say(&format!("{name} is dropped."));
    }
}
