//! `USERHOST`: RFC 2812 section 4.8.

use polylogue_core::live::Presence;
use polylogue_irc::{Message, Numeric};

use crate::client::Client;
use crate::names::Name;

/// Nick, away, user name and shown host of up to five users.
pub(crate) fn run(client: &mut Client, message: &Message) {
    if client.required(message, 0).is_none() {
        return;
    }
    let world = client.world();
    let me = client.user_id();
    let rows: Vec<String> = message
        .params()
        .take(5)
        .filter_map(|nick| {
            let user = world.user_named(nick)?;
            let name = Name::of((&world, &world), user)?;
            let sign = if matches!(world.presence_for(me, user), Presence::Online(_)) {
                '+'
            } else {
                '-'
            };
            Some(format!(
                "{}={sign}{}@{}",
                name.nick, name.username, name.host
            ))
        })
        .collect();
    client
        .replies
        .text(Numeric::RplUserhost, &[], &rows.join(" "));
}
