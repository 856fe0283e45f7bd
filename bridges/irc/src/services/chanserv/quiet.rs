//! `QUIET` and `UNQUIET`: who may be in a channel and not speak there.

use polylogue_core::command::Direction;
use polylogue_core::room::MaskList;
use polylogue_core::{Command, Timestamp};

use super::{akick, channel};
use crate::duration;
use crate::registration::now;
use crate::services::{Call, Standing, Verb};

pub(super) const QUIET: Verb = Verb {
    name: "QUIET",
    aliases: &[],
    syntax: "<#channel> <nick or mask> [time]",
    about: &[
        "Lets somebody be in a channel, but not speak there.",
        "With a time such as 30m, 12h, 7d or 2w it ends by itself.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call, Direction::Add)),
};

pub(super) const UNQUIET: Verb = Verb {
    name: "UNQUIET",
    aliases: &[],
    syntax: "<#channel> <nick or mask>",
    about: &["Lets somebody speak again."],
    standing: Standing::Account,
    run: |call| Box::pin(run(call, Direction::Remove)),
};

async fn run(mut call: Call<'_>, direction: Direction) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let Some(given) = call.required() else { return };
    let Some(mask) = akick::mask_of(&call, given) else {
        return call.say(&format!("{given} is neither a nick nor a mask"));
    };
    let until = match call.word() {
        None => None,
        Some(word) => match duration::parse(word) {
            Some(time) => Some(Timestamp(now().0.saturating_add(time))),
            None => return call.say(&format!("{word} is no time")),
        },
    };
    let command = Command::SetMask {
        room: channel.room.state.id,
        list: MaskList::Quiet,
        mask: mask.clone(),
        direction,
        until,
    };
    if call.ask(command).await.is_some() {
        let done = match direction {
            Direction::Add => "does not speak in",
            Direction::Remove => "may speak again in",
        };
        call.say(&format!("{mask} {done} {}.", channel.name));
    }
}
