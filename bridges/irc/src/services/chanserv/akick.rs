//! `AKICK`: who is kept out. It is the channel's ban list, and puts out at once whom it means.

use std::sync::Arc;

use polylogue_core::command::Direction;
use polylogue_core::mask::Identity;
use polylogue_core::room::{MaskList, Membership};
use polylogue_core::{Command, Timestamp};

use super::{Channel, channel, may_read_lists};
use crate::commands::mode::normal_mask;
use crate::duration;
use crate::registration::now;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "AKICK",
    aliases: &[],
    syntax: "<#channel> LIST | ADD <nick or mask> [time] [reason] | DEL <nick or mask>",
    about: &[
        "Shows or changes who is kept out of a channel: its bans.",
        "ADD puts out at once whom it means. With a time such as 30m, 12h, 7d or 2w the ban ends by itself. An account is banned on every protocol.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    match call.word() {
        None => list(&mut call, &channel),
        Some(word) if word.eq_ignore_ascii_case("LIST") => list(&mut call, &channel),
        Some(word) if word.eq_ignore_ascii_case("ADD") => add(&mut call, &channel).await,
        Some(word) if word.eq_ignore_ascii_case("DEL") => delete(&mut call, &channel).await,
        Some(_) => call.syntax(),
    }
}

/// The mask that somebody means: an account's by its name, a guest's by his nick.
pub(super) fn mask_of(call: &Call<'_>, given: &str) -> Option<Arc<str>> {
    let world = call.client.world();
    let account = world
        .user_named(given)
        .filter(|user| world.is_account(*user));
    match account.and_then(|user| world.name_of(user)) {
        Some(name) => Some(format!("$a:{}", name.nick()).into()),
        None => normal_mask(given),
    }
}

fn list(call: &mut Call<'_>, channel: &Channel) {
    if !may_read_lists(call, channel) {
        return;
    }
    let state = &channel.room.state;
    let world = call.client.world();
    let banned = state
        .members
        .iter()
        .filter(|(_, member)| member.membership == Membership::Ban);
    let banned =
        banned.filter_map(|(user, _)| Some(format!("$a:{}", world.name_of(*user)?.nick())));
    let time = now();
    let masks = state.masks_of(MaskList::Ban, time).map(|mask| {
        let minutes = |until: Timestamp| until.0.saturating_sub(time.0).div_ceil(60_000);
        match mask.until {
            Some(until) => format!("{}, for {} minutes more", mask.mask, minutes(until)),
            None => mask.mask.to_string(),
        }
    });
    let rows: Vec<String> = banned.chain(masks).collect();
    for (number, row) in rows.iter().enumerate() {
        call.say(&format!("{}  {row}", number + 1));
    }
    call.say(&format!("End of {} AKICK list.", channel.name));
}

async fn add(call: &mut Call<'_>, channel: &Channel) {
    let Some(given) = call.required() else { return };
    let Some(mask) = mask_of(call, given) else {
        return call.say(&format!("{given} is neither a nick nor a mask"));
    };
    let rest = call.rest().unwrap_or_default();
    let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    // A number alone may begin a reason.
    let (until, reason) = match duration::parse_with(first, 0) {
        Some(time) => (Some(Timestamp(now().0.saturating_add(time))), behind.trim()),
        None => (None, rest),
    };
    let room = channel.room.state.id;
    let command = Command::SetMask {
        room,
        list: MaskList::Ban,
        mask: mask.clone(),
        direction: Direction::Add,
        until,
    };
    if call.ask(command).await.is_none() {
        return;
    }
    call.say(&format!("{mask} is kept out of {}.", channel.name));
    let world = call.client.world();
    let Some(present) = world.state.room(room) else {
        return;
    };
    let meant: Vec<_> = present
        .state
        .joined_members()
        .map(|(user, _)| user)
        .filter(|user| Identity::of(&world, *user).matches(&mask))
        .collect();
    let reason: Option<Arc<str>> = (!reason.is_empty()).then(|| reason.into());
    for user in meant {
        let reason = reason.clone();
        call.ask(Command::Kick { room, user, reason }).await;
    }
}

async fn delete(call: &mut Call<'_>, channel: &Channel) {
    let Some(given) = call.required() else { return };
    let Some(mask) = mask_of(call, given) else {
        return call.say(&format!("{given} is neither a nick nor a mask"));
    };
    if lift(call, channel, &mask).await {
        call.say(&format!(
            "{mask} is not kept out of {} any more.",
            channel.name
        ));
    }
}

/// Takes a mask off the list of bans, and lifts the ban of the account that it names. Whether any of it was there; told if not.
pub(super) async fn lift(call: &mut Call<'_>, channel: &Channel, mask: &str) -> bool {
    if !may_read_lists(call, channel) {
        return false;
    }
    let state = &channel.room.state;
    let world = call.client.world();
    let account = mask
        .strip_prefix("$a:")
        .and_then(|nick| world.user_named(nick));
    let banned = account.filter(|user| state.membership(*user) == Some(Membership::Ban));
    // One with an end is on the list, whoever it names.
    let masked = state
        .masks_of(MaskList::Ban, now())
        .any(|known| known.mask.eq_ignore_ascii_case(mask));
    let mut done = banned.is_some() || masked;
    let room = state.id;
    if let Some(user) = banned {
        done = call
            .ask(Command::Unban {
                room,
                user,
                reason: None,
            })
            .await
            .is_some();
    }
    if masked {
        let command = Command::SetMask {
            room,
            list: MaskList::Ban,
            mask: mask.into(),
            direction: Direction::Remove,
            until: Some(now()),
        };
        done = call.ask(command).await.is_some() && done;
    }
    if banned.is_none() && !masked {
        call.say(&format!("{mask} is not kept out of {}", channel.name));
    }
    done
}
