//! What is said to those of a channel who have a prefix at least (`STATUSMSG`): `@#channel` means its operators. It reaches who is here and is
//! not kept.

use polylogue_core::live::{Transient, TransientTarget};
use polylogue_core::power::Prefix;
use polylogue_core::state::World;
use polylogue_core::{Command, Refusal, UserId};
use polylogue_irc::{Message, Verb, names::is_channel};

use super::spoken;
use crate::names;
use crate::render::mode::symbol;

/// The lowest prefix that a target asks for, and the channel.
pub(super) fn parse(target: &str) -> Option<(Prefix, &str)> {
    let by_sign = |sign: char| {
        let all = Prefix::ALL.into_iter();
        all.rev().find(|prefix| symbol(*prefix) == sign)
    };
    let mut rest = target;
    let mut lowest = None;
    // `&` begins channel names too.
    while let Some((sign, after)) = rest.split_at_checked(1)
        && let Some(prefix) = sign.chars().next().and_then(by_sign)
        && (is_channel(after) || parse(after).is_some())
    {
        lowest = lowest.max(Some(prefix));
        rest = after;
    }
    Some((lowest?, rest))
}

/// What a line to such a target asks for, and how many whom it is meant for have no connection that shows it: Matrix has no form for it.
pub(super) fn command(
    (world, me): (&World, UserId),
    message: &Message,
    (prefix, channel): (Prefix, &str),
) -> Result<(Command, usize), Refusal> {
    let room = names::room_named(world, channel).ok_or(Refusal::NoSuchRoom)?;
    let kind = spoken(message);
    let unseen = match (message.verb(), world.state.room(room)) {
        (Verb::Tagmsg, _) | (_, None) => 0,
        (_, Some(room)) => (room.state.members.keys())
            .filter(|user| **user != me && room.state.is_ranked(**user, prefix))
            .filter(|user| !sees(world, **user))
            .count(),
    };
    let to = TransientTarget::Ranked(room, prefix);
    Ok((Command::Transient(Transient { to, kind }), unseen))
}

fn sees(world: &World, user: UserId) -> bool {
    (world.live.sessions_of(user).iter())
        .filter_map(|id| world.live.sessions.get(id))
        .any(|session| session.presentation.front == crate::FRONT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_stand_before_the_channel() {
        let check =
            |target: &str, expected: Option<(Prefix, &str)>| assert_eq!(parse(target), expected);
        check("@#garden", Some((Prefix::Operator, "#garden")));
        check("+#garden", Some((Prefix::Voice, "#garden")));
        check("@+#garden", Some((Prefix::Voice, "#garden")));
        check("&#garden", Some((Prefix::Admin, "#garden")));
        check("@&den-a2b3", Some((Prefix::Operator, "&den-a2b3")));
        check("&den-a2b3", None);
        check("#garden", None);
        check("@", None);
        check("@alice", None);
        check("é#garden", None);
    }
}
