//! `WHO` and WHOX: RFC 2812 section 3.6.1, IRCv3 whox.

use polylogue_core::command::Operator;
use polylogue_core::live::Presence;
use polylogue_core::mask::glob;
use polylogue_core::state::World;
use polylogue_core::{RoomState, UserId};
use polylogue_irc::whox::{Field, Options};
use polylogue_irc::{Capability, Message, Numeric, Trailing, names::is_channel};

use crate::client::Client;
use crate::names::{self, Name};
use crate::render::{member, mode};
use crate::reply::part;

/// Rows that a search over all users gives at most.
const SEARCH: usize = 200;

/// Shows the members of a channel, or the users that a mask matches.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let mask = message.given(0).unwrap_or("*").to_owned();
    let options = Options::parse(message.param(1).unwrap_or_default());
    let world = client.world();
    let room = if is_channel(&mask) {
        super::names::shown(client, &mask).await
    } else {
        None
    };
    let users: Vec<UserId> = match &room {
        Some(room) => {
            let members = room.state.joined_members().map(|(user, _)| user);
            members.filter(|user| !world.is_gone(*user)).collect()
        }
        None if is_channel(&mask) => Vec::new(),
        None => search(client, &world, &mask),
    };
    for user in users {
        let Some(name) = Name::of((&world, &world), user) else {
            continue;
        };
        row(
            client,
            &world,
            (room.as_ref().map(|room| &*room.state), user, &name),
            &options,
        );
    }
    client
        .replies
        .text(Numeric::RplEndOfWho, &[&mask], "End of WHO list");
}

/// One exact nick, or those among the users who are here that a mask matches and that share a channel with the asker.
fn search(client: &Client, world: &World, mask: &str) -> Vec<UserId> {
    if let Some(user) = world.user_named(mask) {
        return vec![user];
    }
    if !mask.contains(['*', '?']) {
        return Vec::new();
    }
    let me = client.user_id();
    let shares = |user| {
        let (Some(one), Some(other)) = (world.state.user(me), world.state.user(user)) else {
            return user == me;
        };
        user == me
            || one
                .joined()
                .any(|room| other.joined().any(|theirs| theirs == room))
    };
    let matches = |user: &UserId| {
        Name::of((world, world), *user).is_some_and(|name| {
            glob(mask, name.nick)
                || glob(
                    mask,
                    &format!("{}!{}@{}", name.nick, name.username, name.host),
                )
        })
    };
    world
        .live
        .by_user
        .keys()
        .copied()
        .filter(|user| shares(*user))
        .filter(matches)
        .take(SEARCH)
        .collect()
}

fn row(
    client: &mut Client,
    world: &World,
    (room, user, name): (Option<&RoomState>, UserId, &Name<'_>),
    options: &Options<'_>,
) {
    let here = matches!(
        world.presence_for(client.user_id(), user),
        Presence::Online(_)
    );
    let mut flags = String::from(if here { "H" } else { "G" });
    if world.live.is_operator(user) {
        flags.push('*');
    }
    if let Some(room) = room {
        // IRCv3 multi-prefix; without it only the highest.
        let prefixes = room.prefixes(user);
        if client.capabilities.has(Capability::MultiPrefix) {
            flags.extend(prefixes.iter().map(mode::symbol));
        } else {
            flags.extend(prefixes.highest().map(mode::symbol));
        }
    }
    match names::operator(world, user) {
        Operator::Program => flags.push(super::user_mode::BOT),
        Operator::Person => {}
    }
    let channel = room.and_then(names::channel).unwrap_or("*");
    let server = client.replies.server();
    let real_name = member::real_name(&client.scene(world), user);
    let Some(whox) = &options.whox else {
        let text = format!("0 {real_name}");
        let text = Trailing::lossy(&text);
        return client.replies.numeric(Numeric::RplWhoReply, |line| {
            let line = line
                .middle(part(channel))
                .middle(part(name.username))
                .middle(part(name.host))
                .middle(part(&server));
            line.middle(part(name.nick))
                .middle(part(&flags))
                .trailing(&text)
        });
    };
    client.replies.numeric(Numeric::RplWhoSpcRpl, |mut line| {
        let mut last = None;
        for field in whox.fields() {
            line = match field {
                Field::Token => line.middle(whox.token().unwrap_or(part("0"))),
                Field::Channel => line.middle(part(channel)),
                Field::User => line.middle(part(name.username)),
                // Addresses are never shown.
                Field::Address => line.middle(part("255.255.255.255")),
                Field::Host => line.middle(part(name.host)),
                Field::Server => line.middle(part(&server)),
                Field::Nick => line.middle(part(name.nick)),
                Field::Flags => line.middle(part(&flags)),
                Field::Hops | Field::Idle => line.middle(part("0")),
                Field::Account => line.middle(part(name.account.unwrap_or("0"))),
                Field::OperatorLevel => line.middle(part("n/a")),
                Field::RealName => {
                    last = Some(Trailing::lossy(&real_name));
                    line
                }
            };
        }
        match last {
            Some(text) => line.trailing(&text),
            None => line.end(),
        }
    });
}
