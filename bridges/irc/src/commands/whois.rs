//! `WHOIS`: RFC 2812 section 3.6.2. Shows what the asker may know: no address, and only channels that are listed or shared.

use polylogue_core::command::Operator;
use polylogue_core::state::World;
use polylogue_core::{Room, UserId};
use polylogue_irc::{Message, Numeric, Trailing};

use crate::client::Client;
use crate::names::{self, Name};
use crate::render::{member, mode};
use crate::reply::part;
use crate::services;

/// Rooms that are read for one answer.
const READS: usize = 20;

/// Shows a user.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    // `WHOIS server nick` asks a server; there is one.
    let Some(nick) = message.given(1).or_else(|| message.given(0)) else {
        return client
            .replies
            .text(Numeric::ErrNoNicknameGiven, &[], "No nickname given");
    };
    let nick = nick.split(',').next().unwrap_or(nick).to_owned();
    let world = client.world();
    let found = world
        .reached_by(&nick)
        .and_then(|user| Some((user, Name::of((&world, &world), user)?)));
    if let Some((name, about)) = services::about(&nick) {
        let server = client.replies.server();
        client.replies.text(
            Numeric::RplWhoisUser,
            &[name, "services", &server, "*"],
            about,
        );
        return client
            .replies
            .text(Numeric::RplEndOfWhois, &[name], "End of /WHOIS list");
    }
    let Some((user, name)) = found else {
        client
            .replies
            .text(Numeric::ErrNoSuchNick, &[&nick], "No such nick/channel");
        return client
            .replies
            .text(Numeric::RplEndOfWhois, &[&nick], "End of /WHOIS list");
    };
    let nick = name.nick;
    let real_name = member::real_name(&client.scene(&world), user);
    client.replies.text(
        Numeric::RplWhoisUser,
        &[nick, name.username, name.host, "*"],
        &real_name,
    );
    let me = client.user_id();
    let rooms = rooms_of(client, &world, user).await;
    let channels: Vec<String> = rooms
        .iter()
        .filter(|room| room.state.is_shown_to(me))
        .filter_map(|room| {
            let symbol: String = room
                .state
                .prefixes(user)
                .highest()
                .map(mode::symbol)
                .into_iter()
                .collect();
            Some(format!("{symbol}{}", names::channel(&room.state)?))
        })
        .collect();
    for group in channels.chunks(6) {
        client
            .replies
            .text(Numeric::RplWhoisChannels, &[nick], &group.join(" "));
    }
    let server = client.replies.server();
    client.replies.text(
        Numeric::RplWhoisServer,
        &[nick, &server],
        &client.irc.description,
    );
    if world.live.is_operator(user) {
        client
            .replies
            .text(Numeric::RplWhoisOperator, &[nick], "is an IRC operator");
    }
    if let Some(account) = &name.account {
        client.replies.text(
            Numeric::RplWhoisAccount,
            &[nick, account],
            "is logged in as",
        );
    }
    match names::operator(&world, user) {
        Operator::Program => client
            .replies
            .text(Numeric::RplWhoisBot, &[nick], "is a bot"),
        Operator::Person => {}
    }
    super::metadata::whois(client, user, nick);
    if world.is_acquainted(me, user) {
        super::away::tell(client, user);
        here_since(client, &world, (user, nick));
    }
    client
        .replies
        .text(Numeric::RplEndOfWhois, &[nick], "End of /WHOIS list");
}

/// The rooms that somebody is in. Those that are not in memory are read, a few of them; one that is damaged hides no others.
async fn rooms_of(client: &Client, world: &World, user: UserId) -> Vec<Room> {
    let joined = world.state.user(user).into_iter();
    let mut rooms = Vec::new();
    let mut reads = 0;
    for room in joined.flat_map(|user| user.joined()) {
        match world.state.room(room) {
            Some(room) => rooms.push(room.clone()),
            None if reads < READS => {
                reads += 1;
                rooms.extend(client.irc.hub.room(room).await.ok());
            }
            None => {}
        }
    }
    rooms
}

/// RPL_WHOISIDLE, of the latest connection that shows.
fn here_since(client: &mut Client, world: &World, (user, nick): (UserId, &str)) {
    let live = world.live.sessions_of(user).iter().rev();
    let session = live
        .filter_map(|id| world.live.sessions.get(id))
        .find(|session| session.presentation.visible);
    if let Some(session) = session {
        let now = crate::registration::now();
        let since = session.presentation.since;
        let idle = now.0.saturating_sub(since.0) / 1000;
        let text = const { Trailing::literal("seconds idle, signon time") };
        client.replies.numeric(Numeric::RplWhoisIdle, |line| {
            line.middle(part(nick))
                .number(idle)
                .number(since.0 / 1000)
                .trailing(&text)
        });
    }
}
