//! `PLAY`: what was said in some conversations between two times, each in a batch of its own.

use polylogue_core::mask::glob;
use polylogue_core::{RoomId, RoomSequence, Timestamp};
use polylogue_hub::{Direction, VisibleEvent};
use polylogue_irc::Middle;

use crate::client::Client;
use crate::commands::chathistory::{aside, conversations, page};
use crate::past;
use crate::services::{Call, Done, Standing, Verb};

/// The type of its batches.
const BATCH: Middle<'static> = Middle::literal("znc.in/playback");
/// Messages of one conversation at most, the newest.
const OF_ONE: usize = 200;
/// Messages of all conversations together.
const OF_ALL: usize = 2_000;

pub(super) const VERB: Verb = Verb {
    name: "PLAY",
    aliases: &[],
    syntax: "*|name[,name...] [from [to]]",
    about: &[
        "What was said in channels and conversations, * for all.",
        "Times are in seconds since 1970, with a fraction or without. At most 200 messages each: CHATHISTORY has the rest.",
    ],
    standing: Standing::Anybody,
    run,
};

fn run(call: Call<'_>) -> Done<'_> {
    Box::pin(play(call))
}

async fn play(mut call: Call<'_>) {
    let Some(wanted) = call.required() else {
        return;
    };
    let (from, to) = (call.word(), call.word());
    // 0 is no bound.
    let (Some(from), Some(to)) = (
        milliseconds(from.unwrap_or("0")),
        milliseconds(to.unwrap_or("0")),
    ) else {
        return call.say("A time is a number of seconds since 1970, such as 1546612406.123");
    };
    let mut left = OF_ALL;
    for (room, name) in conversations(call.client) {
        if !wanted.split(',').any(|pattern| glob(pattern, &name)) {
            continue;
        }
        let events = said(call.client, room, (from, to)).await;
        left = left.saturating_sub(events.len());
        if events.is_empty() {
            continue;
        }
        show(call.client, (room, &name), &events);
        if left == 0 {
            return call.say("More was said than is played at once: ask for fewer conversations");
        }
    }
    // What guests say in private is in no log.
    let until = if to == 0 { u64::MAX } else { to };
    for (_, name) in aside::targets(call.client) {
        if wanted.split(',').any(|pattern| glob(pattern, &name)) {
            let lines = aside::between(call.client, &name, (from, until));
            if !lines.is_empty() {
                past::send(call.client, (BATCH, Some(&name)), &lines);
            }
        }
    }
}

/// The newest of what was said after one time and before another (0 for now), the oldest first.
async fn said(client: &Client, room: RoomId, (from, to): (u64, u64)) -> Vec<VisibleEvent> {
    let hub = &client.irc.hub;
    let end = match to {
        0 => RoomSequence(u64::MAX),
        _ => match hub
            .sequence_at_time(room, Timestamp(to.saturating_sub(1)))
            .await
        {
            Ok(last) => last.next(),
            Err(_) => return Vec::new(),
        },
    };
    let found = page(client, room, end, (Direction::Backward, OF_ONE)).await;
    let mut events = found.unwrap_or_default();
    events.retain(|event| event.at.0 > from);
    events
}

fn show(client: &mut Client, (room, name): (RoomId, &str), events: &[VisibleEvent]) {
    let world = client.world();
    let Some(room) = world.state.room(room) else {
        return;
    };
    let lines: Vec<_> = events
        .iter()
        .map(|event| past::lines(client, &world, (&room.state, event)))
        .collect();
    past::send(client, (BATCH, Some(name)), &lines);
}

/// `seconds [ "." fraction ]`
fn milliseconds(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(seconds) || !is_number(fraction) {
        return None;
    }
    let seconds: u64 = seconds.parse().ok()?;
    let padded: String = fraction.chars().chain("00".chars()).take(3).collect();
    seconds.checked_mul(1000)?.checked_add(padded.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_with_a_fraction_or_without() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(milliseconds(text), expected, "{text:?}");
        };
        check("0", Some(0));
        check("1546612406", Some(1_546_612_406_000));
        check("1546612406.123", Some(1_546_612_406_123));
        check("1546612406.5", Some(1_546_612_406_500));
        check("1546612406.123999", Some(1_546_612_406_123));
        for wrong in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "1e9",
            "now",
            "99999999999999999999",
        ] {
            check(wrong, None);
        }
    }
}
