//! `LIST`: RFC 2812 section 3.2.6. Hidden channels are listed to their members only.

use polylogue_core::Room;
use polylogue_irc::{Message, Numeric, Trailing};

use crate::client::Client;
use crate::names;
use crate::render::mode;
use crate::reply::part;

/// Lists channels.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let wanted: Vec<String> = message
        .given(0)
        .map(|list| {
            list.split(',')
                .filter(|name| names_channel(name))
                .map(str::to_ascii_lowercase)
                .collect()
        })
        .unwrap_or_default();
    let Ok(rooms) = client.irc.hub.listed_rooms().await else {
        return client.replies.text(
            Numeric::RplTryAgain,
            &["LIST"],
            "Please wait a while and try again",
        );
    };
    client
        .replies
        .text(Numeric::RplListStart, &["Channel"], "Users  Name");
    let world = client.world();
    let own = world
        .state
        .user(client.user_id())
        .into_iter()
        .flat_map(|user| user.joined())
        .filter_map(|room| world.state.room(room));
    let own: Vec<Room> = own.filter(|room| !room.state.listed).cloned().collect();
    for room in rooms.iter().chain(&own) {
        let Some(channel) = names::channel(&room.state) else {
            continue;
        };
        if !wanted.is_empty() && !wanted.contains(&channel.to_ascii_lowercase()) {
            continue;
        }
        let topic = room
            .state
            .topic
            .as_ref()
            .map(|topic| mode::one_line(&topic.text))
            .unwrap_or_default();
        let topic = Trailing::lossy(&topic);
        let members = u64::try_from(room.state.joined).unwrap_or(u64::MAX);
        client.replies.numeric(Numeric::RplList, |line| {
            line.middle(part(channel)).number(members).trailing(&topic)
        });
    }
    client
        .replies
        .text(Numeric::RplListEnd, &[], "End of /LIST");
}

fn names_channel(name: &str) -> bool {
    polylogue_irc::names::is_channel(name)
}
