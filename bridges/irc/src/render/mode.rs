//! State as IRC shows it: modes and topics. Levels show as prefixes, join rules as `+i`, levels per type as `+t` and `+m`.

use std::sync::Arc;

use bytes::BytesMut;
use polylogue_core::event::{PowerChange, StateChange};
use polylogue_core::facets;
use polylogue_core::power::{Prefix, Prefixes};
use polylogue_core::room::{ChannelModes, JoinRule, MaskList};
use polylogue_core::{RoomState, Timestamp, UserId};
use polylogue_irc::mode::{Change, Sign, lines};
use polylogue_irc::{Middle, Trailing, Verb};

use super::{Scene, Stamp};
use crate::names::{self, Name};

/// Changes with parameters in one `MODE` line (`MODES`).
pub(crate) const AT_ONCE: usize = 6;

/// Power levels: prefixes given and taken, `+t`, `+m`.
pub(super) fn power(
    scene: &Scene<'_>,
    (room, sender): (&RoomState, UserId),
    stamp: Stamp,
    change: &PowerChange,
    out: &mut BytesMut,
) {
    let mut nicks: Vec<(Sign, char, Option<Name<'_>>)> = Vec::new();
    for (user, before, after) in &change.shown {
        for prefix in Prefix::ALL {
            match (before.holds(prefix), after.holds(prefix)) {
                (true, false) => nicks.push((Sign::Minus, letter(prefix), scene.name(*user))),
                (false, true) => nicks.push((Sign::Plus, letter(prefix), scene.name(*user))),
                (true, true) | (false, false) => {}
            }
        }
    }
    let mut changes: Vec<Change<'_>> = nicks
        .iter()
        .filter_map(|(sign, letter, name)| {
            Some(Change {
                sign: *sign,
                letter: *letter,
                parameter: Some(name.as_ref()?.nick()),
            })
        })
        .collect();
    let limit = limit(room);
    changes.extend(flags(scene, room, (sender, stamp), limit.as_deref()));
    write(scene, (room, sender), stamp.at, &changes, out);
}

/// State by Matrix type.
pub(super) fn state(
    scene: &Scene<'_>,
    (room, sender): (&RoomState, UserId),
    stamp: Stamp,
    change: &StateChange,
    out: &mut BytesMut,
) {
    if !change.key.is_empty() {
        return;
    }
    if *change.kind == *facets::TOPIC {
        return topic(scene, (room, sender), stamp, change, out);
    }
    if *change.kind == *facets::FORWARD {
        let leads = facets::forward_of(change);
        let forward = Change {
            sign: leads.as_ref().map_or(Sign::Minus, |_| Sign::Plus),
            letter: 'f',
            parameter: leads.as_ref().map(|name| names::echoed(name.as_str())),
        };
        return write(scene, (room, sender), stamp.at, &[forward], out);
    }
    if MODES.contains(&&*change.kind) {
        let limit = limit(room);
        let changes = flags(scene, room, (sender, stamp), limit.as_deref());
        write(scene, (room, sender), stamp.at, &changes, out);
    }
}

/// The state that modes without a nick are parts of.
const MODES: [&str; 4] = [
    facets::POWER_LEVELS,
    facets::JOIN_RULES,
    facets::GUEST_ACCESS,
    facets::CHANNEL_MODES,
];

fn limit(room: &RoomState) -> Option<String> {
    room.modes.limit.map(|limit| limit.to_string())
}

/// The modes that somebody has changed in this batch, all of them with the last of his changes: what was one line is one line. A mode that was
/// changed twice is told once.
fn flags<'l>(
    scene: &Scene<'_>,
    room: &RoomState,
    (sender, stamp): (UserId, Stamp),
    limit: Option<&'l str>,
) -> Vec<Change<'l>> {
    let before = scene.before.state.room(room.id).map(|room| &*room.state);
    let entry = |state: &RoomState, kind: &str| {
        let entry = state.extra.get(&(Arc::from(kind), Arc::from("")))?;
        Some((entry.position, entry.sender))
    };
    let set_now = |kind: &str| {
        let (position, _) = entry(room, kind).filter(|(_, by)| *by == sender)?;
        let old = before.and_then(|before| entry(before, kind));
        (old.is_none_or(|(old, _)| old < position)).then_some(position)
    };
    let mut changes = Vec::new();
    if MODES.into_iter().filter_map(set_now).max() != Some(stamp.position) {
        return changes;
    }
    let was = |read: fn(&RoomState) -> bool| before.is_some_and(read);
    let mut flag = |letter: char, read: fn(&RoomState) -> bool| {
        push_flag(&mut changes, (was(read), read(room)), letter);
    };
    if before.is_some() && set_now(facets::POWER_LEVELS).is_some() {
        flag('t', |room| topic_locked(&room.power));
        flag('m', |room| room.power.events_default > 0);
    }
    if set_now(facets::JOIN_RULES).is_some() {
        flag('i', |room| room.join_rule != JoinRule::Public);
        flag('K', no_knock);
    }
    if set_now(facets::GUEST_ACCESS).is_some() {
        flag('R', |room| !room.guests_may_join);
    }
    if set_now(facets::CHANNEL_MODES).is_some() {
        let old = before.map_or(ChannelModes::default(), |room| room.modes);
        // With the join rule, this is told beside it.
        if before.is_some_and(|before| before.join_rule == room.join_rule) {
            flag('K', no_knock);
        }
        for (letter, read) in FLAGS {
            push_flag(&mut changes, (read(&old), read(&room.modes)), letter);
        }
        if old.limit != room.modes.limit {
            changes.push(Change {
                sign: limit.map_or(Sign::Minus, |_| Sign::Plus),
                letter: 'l',
                parameter: limit.map(names::echoed),
            });
        }
    }
    changes
}

/// `+K`: nobody may ask to be let in. While the room is closed the join rule says so; else it is what `+i` will mean.
pub(crate) fn no_knock(room: &RoomState) -> bool {
    match room.join_rule {
        JoinRule::Knock => false,
        JoinRule::Invite => true,
        JoinRule::Public | JoinRule::Restricted => room.modes.no_knock,
    }
}

/// Reads one flag.
pub(crate) type Flag = (char, fn(&ChannelModes) -> bool);

/// The mode letters that are flags of their own.
pub(crate) const FLAGS: [Flag; 5] = [
    ('n', |m| !m.outsiders_speak),
    ('C', |m| m.no_ctcp),
    ('c', |m| m.no_colour),
    ('M', |m| m.accounts_speak),
    ('S', |m| m.strip_colour),
];

fn topic(
    scene: &Scene<'_>,
    (room, sender): (&RoomState, UserId),
    stamp: Stamp,
    change: &StateChange,
    out: &mut BytesMut,
) {
    let Some(Ok(channel)) = names::channel(room).map(Middle::new) else {
        return;
    };
    let value = change.content.value();
    let text = one_line(
        value
            .get("topic")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default(),
    );
    let by = scene.name(sender);
    let account = by.as_ref().and_then(|by| by.account);
    let line = scene.line_of(out, (stamp.at, account), stamp.position);
    let source = by
        .as_ref()
        .map_or_else(|| scene.renderer.source(), |by| by.source());
    let _ = line
        .from(source, Verb::Topic)
        .middle(channel)
        .trailing(&Trailing::lossy(&text));
}

/// A topic as one line of at most 390 bytes (`TOPICLEN`); the rest is shown as an ellipsis, the stored text stays whole.
pub(crate) fn one_line(topic: &str) -> String {
    const LENGTH: usize = 390;
    let joined = topic
        .split('\n')
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join(" | ");
    if joined.len() <= LENGTH {
        return joined;
    }
    let end = (0..=LENGTH - '…'.len_utf8())
        .rev()
        .find(|end| joined.is_char_boundary(*end))
        .unwrap_or(0);
    format!("{}…", joined.get(..end).unwrap_or_default())
}

/// A mask put on a list or taken off.
pub(super) fn mask(
    scene: &Scene<'_>,
    (room, sender, at): (&RoomState, UserId, Timestamp),
    (sign, list, mask): (char, MaskList, &str),
    out: &mut BytesMut,
) {
    let change = Change {
        sign: sign_of(sign),
        letter: list_letter(list),
        parameter: Some(names::echoed(mask)),
    };
    write(scene, (room, sender), at, &[change], out);
}

/// The key: who set it knows it; others see that there is one.
pub(super) fn key(
    scene: &Scene<'_>,
    (room, sender, at): (&RoomState, UserId, Timestamp),
    key: Option<&str>,
    out: &mut BytesMut,
) {
    let shown = key.map(|key| if scene.viewer == sender { key } else { "*" });
    let change = match shown {
        Some(shown) => Change {
            sign: Sign::Plus,
            letter: 'k',
            parameter: Some(names::echoed(shown)),
        },
        None => Change {
            sign: Sign::Minus,
            letter: 'k',
            parameter: Some(Middle::STAR),
        },
    };
    write(scene, (room, sender), at, &[change], out);
}

/// A flag without parameter.
pub(super) fn flag(
    scene: &Scene<'_>,
    (room, sender, at): (&RoomState, UserId, Timestamp),
    (sign, letter): (char, char),
    out: &mut BytesMut,
) {
    write(
        scene,
        (room, sender),
        at,
        &[Change {
            sign: sign_of(sign),
            letter,
            parameter: None,
        }],
        out,
    );
}

/// A user's ban, as the account mask that stands for it.
pub(super) fn ban(
    scene: &Scene<'_>,
    (channel, sender, stamp): (Middle<'_>, UserId, Stamp),
    (sign, user): (char, UserId),
    out: &mut BytesMut,
) {
    let Some(mask) = ban_mask(scene, user) else {
        return;
    };
    let change = Change {
        sign: sign_of(sign),
        letter: 'b',
        parameter: Some(names::echoed(&mask)),
    };
    write_to(scene, (channel, sender), stamp.at, &[change], out);
}

/// How a banned user shows on the list.
pub(crate) fn ban_mask(scene: &Scene<'_>, user: UserId) -> Option<String> {
    let name = scene.name(user)?;
    Some(if name.account.is_some() {
        format!("$a:{}", name.nick)
    } else {
        format!("{}!*@*", name.nick)
    })
}

/// Prefixes that somebody has as he comes in.
pub(super) fn given(
    scene: &Scene<'_>,
    (channel, at): (Middle<'_>, Timestamp),
    (user, prefixes): (UserId, Prefixes),
    out: &mut BytesMut,
) {
    let Some(name) = scene.name(user) else { return };
    let changes: Vec<_> = prefixes
        .iter()
        .map(|prefix| Change {
            sign: Sign::Plus,
            letter: letter(prefix),
            parameter: Some(name.nick()),
        })
        .collect();
    write_to(scene, (channel, UserId::SERVER), at, &changes, out);
}

fn write(
    scene: &Scene<'_>,
    (room, sender): (&RoomState, UserId),
    at: Timestamp,
    changes: &[Change<'_>],
    out: &mut BytesMut,
) {
    let Some(Ok(channel)) = names::channel(room).map(Middle::new) else {
        return;
    };
    write_to(scene, (channel, sender), at, changes, out);
}

fn write_to(
    scene: &Scene<'_>,
    (channel, sender): (Middle<'_>, UserId),
    at: Timestamp,
    changes: &[Change<'_>],
    out: &mut BytesMut,
) {
    if changes.is_empty() {
        return;
    }
    let by = scene.name(sender);
    let source = by
        .as_ref()
        .map_or_else(|| scene.renderer.source(), |by| by.source());
    let account = by.as_ref().and_then(|by| by.account);
    let used = source.length() + Verb::Mode.word().len() + channel.as_str().len() + 4;
    for group in lines(
        changes,
        polylogue_irc::codec::MESSAGE_LIMIT.saturating_sub(used),
        AT_ONCE,
    ) {
        let _ = scene
            .line(out, (at, account))
            .from(source, Verb::Mode)
            .middle(channel)
            .modes(group)
            .end();
    }
}

/// Whether only operators set the topic (`+t`).
pub(crate) fn topic_locked(levels: &polylogue_core::power::PowerLevels) -> bool {
    levels.to_set(facets::TOPIC) > 0
}

/// The letter of a prefix.
pub(crate) fn letter(prefix: Prefix) -> char {
    match prefix {
        Prefix::Founder => 'q',
        Prefix::Admin => 'a',
        Prefix::Operator => 'o',
        Prefix::HalfOperator => 'h',
        Prefix::Voice => 'v',
    }
}

/// The sign of a prefix in front of a nick.
pub(crate) fn symbol(prefix: Prefix) -> char {
    match prefix {
        Prefix::Founder => '~',
        Prefix::Admin => '&',
        Prefix::Operator => '@',
        Prefix::HalfOperator => '%',
        Prefix::Voice => '+',
    }
}

/// The letter of a list. `q` is the founder's prefix, so quiets have `Q`.
pub(crate) fn list_letter(list: MaskList) -> char {
    match list {
        MaskList::Ban => 'b',
        MaskList::Exception => 'e',
        MaskList::Invitation => 'I',
        MaskList::Quiet => 'Q',
    }
}

fn push_flag(changes: &mut Vec<Change<'_>>, (before, now): (bool, bool), letter: char) {
    match (before, now) {
        (false, true) => changes.push(Change {
            sign: Sign::Plus,
            letter,
            parameter: None,
        }),
        (true, false) => changes.push(Change {
            sign: Sign::Minus,
            letter,
            parameter: None,
        }),
        (true, true) | (false, false) => {}
    }
}

fn sign_of(sign: char) -> Sign {
    if sign == '+' { Sign::Plus } else { Sign::Minus }
}
