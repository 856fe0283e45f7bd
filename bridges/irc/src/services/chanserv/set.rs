//! `SET`: settings of a channel. Each is a mode, a power level or state of the room.

use polylogue_core::Command;
use polylogue_core::command::{Direction, ModeChange, RoomFlag};
use polylogue_core::event::RoomSetting;

use super::{Channel, channel, founder, successor};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "SET",
    aliases: &[],
    syntax: "<#channel> <setting> <value>",
    about: &[
        "Changes settings of a channel.",
        "FOUNDER <account> and SUCCESSOR <account>: as the commands of that name.",
        "TOPICLOCK ON|OFF: only operators set the topic (+t). MODERATED ON|OFF: only those with a voice speak (+m).",
        "RESTRICTED ON|OFF: only the invited come in (+i). REGONLY ON|OFF: only accounts come in (+R).",
        "PRIVATE ON|OFF: the directory does not list it (+s).",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let Some(setting) = call.required() else {
        return;
    };
    match setting.to_ascii_uppercase().as_str() {
        "FOUNDER" => founder::set(&mut call, &channel).await,
        "SUCCESSOR" => successor::set(&mut call, &channel).await,
        "TOPICLOCK" => flag(&mut call, &channel, RoomFlag::TopicLocked).await,
        "MODERATED" => flag(&mut call, &channel, RoomFlag::Moderated).await,
        "RESTRICTED" => flag(&mut call, &channel, RoomFlag::Closed).await,
        "REGONLY" => flag(&mut call, &channel, RoomFlag::AccountsOnly).await,
        "PRIVATE" => private(&mut call, &channel).await,
        _ => call.say(&format!("There is no setting {setting}")),
    }
}

/// The `ON` or `OFF` that comes next, or how the command is written.
fn switch(call: &mut Call<'_>) -> Option<Direction> {
    let word = call.required()?;
    let read = match word.to_ascii_uppercase().as_str() {
        "ON" => Some(Direction::Add),
        "OFF" => Some(Direction::Remove),
        _ => None,
    };
    if read.is_none() {
        call.say("The value is ON or OFF");
    }
    read
}

async fn flag(call: &mut Call<'_>, channel: &Channel, flag: RoomFlag) {
    let Some(direction) = switch(call) else {
        return;
    };
    let command = Command::SetModes {
        room: channel.room.state.id,
        changes: vec![ModeChange::Flag(flag, direction)],
    };
    done(call, channel, command).await;
}

async fn private(call: &mut Call<'_>, channel: &Channel) {
    let Some(direction) = switch(call) else {
        return;
    };
    let command = Command::SetSetting {
        room: channel.room.state.id,
        setting: RoomSetting::Listed(direction == Direction::Remove),
    };
    done(call, channel, command).await;
}

async fn done(call: &mut Call<'_>, channel: &Channel, command: Command) {
    if call.ask(command).await.is_some() {
        call.say(&format!("The setting of {} was changed.", channel.name));
    }
}
