//! `ISON`: RFC 2812 section 4.9.

use polylogue_core::live::Presence;
use polylogue_irc::{Message, Numeric};

use crate::client::Client;

/// Which of these nicks are here.
pub(crate) fn run(client: &mut Client, message: &Message) {
    if client.required(message, 0).is_none() {
        return;
    }
    let world = client.world();
    let here: Vec<String> = message
        .params()
        .flat_map(|words| words.split(' '))
        .filter_map(|nick| world.user_named(nick))
        .filter(|user| world.live.presence(*user) != Presence::Offline)
        .filter_map(|user| world.name_of(user).map(|name| name.nick().to_string()))
        .collect();
    client.replies.text(Numeric::RplIson, &[], &here.join(" "));
}
