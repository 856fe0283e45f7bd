//! Levels of accounts in a channel, whether they are in it or not: what access lists are made of.

use polylogue_core::power::{PowerLevels, Prefix};
use polylogue_core::room::RoomState;
use polylogue_core::{Command, UserId};

use super::{Channel, may_read_lists};
use crate::render::mode;
use crate::services::Call;

/// Gives accounts levels, all of them or none. Whether it was done.
pub(super) async fn set(call: &mut Call<'_>, channel: &Channel, changes: &[(UserId, i64)]) -> bool {
    let known = channel.room.state.power.clone();
    let mut levels = PowerLevels::clone(&known);
    for (user, level) in changes {
        levels.set(*user, *level);
    }
    let command = Command::SetPower {
        room: channel.room.state.id,
        levels: Box::new(levels),
        known: Some(known),
        content: None,
    };
    call.ask(command).await.is_some()
}

/// Lists everybody whose level is his own, from the highest to the lowest.
pub(super) fn list(call: &mut Call<'_>, channel: &Channel) {
    if !may_read_lists(call, channel) {
        return;
    }
    let world = call.client.world();
    let mut rows: Vec<(i64, String)> = channel
        .room
        .state
        .power
        .users
        .iter()
        .filter_map(|(user, level)| Some((*level, world.name_of(*user)?.nick().to_string())))
        .collect();
    rows.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    for (number, (level, nick)) in rows.iter().enumerate() {
        let line = format!("{}  {nick}  {}  level {level}", number + 1, flags(*level));
        call.say(&line);
    }
    call.say(&format!("End of {} access list.", channel.name));
}

/// Shows one of them.
pub(super) fn show(call: &mut Call<'_>, channel: &Channel, (nick, user): (&str, UserId)) {
    if !may_read_lists(call, channel) {
        return;
    }
    let text = written(channel, (nick, user));
    call.say(&text);
}

/// What somebody may do, in words.
pub(super) fn written(channel: &Channel, (nick, user): (&str, UserId)) -> String {
    let level = channel.room.state.level(user);
    let name = &channel.name;
    format!("{nick} has {} in {name} (level {level}).", flags(level))
}

/// The letter of a level, as in `MODE`; owners are `F`.
fn flags(level: i64) -> String {
    match Prefix::of_level(level) {
        Some(Prefix::Founder) => "+F".to_owned(),
        Some(prefix) => format!("+{}", mode::letter(prefix)),
        None if level < 0 => "+m".to_owned(),
        None => "+".to_owned(),
    }
}

/// The prefix of a flag: as in `MODE`, and as services elsewhere have them.
pub(super) fn prefix_of(flag: char) -> Option<Prefix> {
    Some(match flag {
        'F' | 'q' => Prefix::Founder,
        'a' | 'S' => Prefix::Admin,
        'o' | 'O' => Prefix::Operator,
        'h' | 'H' => Prefix::HalfOperator,
        'v' | 'V' => Prefix::Voice,
        _ => return None,
    })
}

/// The level after flags were given and taken; the flag that is none, otherwise. An exact level stays while its letter does.
pub(super) fn after(room: &RoomState, user: UserId, flags: &str) -> Result<i64, char> {
    let present = room.power.of(user);
    let default = room.power.users_default;
    let mut held: Vec<Prefix> = Prefix::of_level(present).into_iter().collect();
    let mut gives = true;
    for flag in flags.chars() {
        match (flag, prefix_of(flag)) {
            ('+', _) => gives = true,
            ('-', _) => gives = false,
            ('*', _) if !gives => held.clear(),
            (_, Some(prefix)) if gives => held.push(prefix),
            (_, Some(prefix)) => held.retain(|one| *one != prefix),
            (unknown, None) => return Err(unknown),
        }
    }
    // From highest to lowest.
    let top = held.into_iter().min();
    Ok(if top == Prefix::of_level(present) {
        present
    } else {
        top.map_or(default, Prefix::level)
    })
}
