//! `USERIP`, in common use beside `USERHOST` (RFC 2812 section 4.8). One's own address is told to oneself; those of others are never shown.

use polylogue_core::live::Presence;
use polylogue_irc::{Message, Numeric};

use crate::client::Client;
use crate::names::Name;

/// Nick, away, user name and address, or shown host, of up to five users.
pub(crate) fn run(client: &mut Client, message: &Message) {
    if client.required(message, 0).is_none() {
        return;
    }
    let world = client.world();
    let me = client.user_id();
    let own = client.peer.address.to_string();
    let rows: Vec<String> = message
        .params()
        .take(5)
        .filter_map(|nick| {
            let user = world.user_named(nick)?;
            let name = Name::of((&world, &world), user)?;
            let sign = match world.presence_for(me, user) {
                Presence::Online(_) => '+',
                Presence::Away(_) | Presence::Offline => '-',
            };
            let host = if user == me { &own } else { name.host };
            Some(format!("{}={sign}{}@{host}", name.nick, name.username))
        })
        .collect();
    client
        .replies
        .text(Numeric::RplUserip, &[], &rows.join(" "));
}
