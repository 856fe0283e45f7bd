//! `JOIN`: RFC 2812 section 3.2.1. An unknown channel is made by joining it.

mod forward;

use std::sync::Arc;

use polylogue_core::command::{MissingRoom, RoomRef};
use polylogue_core::name::ChannelName;
use polylogue_core::{Command, Refusal, facets};
use polylogue_irc::{Message, Numeric, Verb};

use super::part;
use crate::client::{Client, Next};
use crate::refusal::{self, About};

/// Joins each channel, with its key if one is given.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(list) = client.required(message, 0) else {
        return;
    };
    if list == "0" {
        return part::all(client).await;
    }
    let mut keys = message.param(1).unwrap_or_default().split(',');
    for name in list.split(',').filter(|name| !name.is_empty()) {
        let key: Option<Arc<str>> = keys.next().filter(|key| !key.is_empty()).map(Arc::from);
        join(client, name, key).await;
    }
}

async fn join(client: &mut Client, name: &str, key: Option<Arc<str>>) {
    let about = About {
        verb: Verb::Join,
        target: name,
    };
    let channel = match ChannelName::parse(name) {
        Ok(channel) => channel,
        Err(_) => {
            return client
                .replies
                .text(Numeric::ErrNoSuchChannel, &[name], "No such channel");
        }
    };
    // A channel that is there may have a longer name, from another protocol.
    let longest = client.irc.config.channel_length;
    if name.len() > longest && crate::names::room_named(&client.world(), name).is_none() {
        client.fits(("The channel's name", name), longest);
        return;
    }
    if joined(client) >= client.irc.config.channels {
        return refusal::tell(
            &mut client.replies,
            about,
            &Refusal::TooMany {
                what: "rooms",
                limit: client.irc.config.channels,
            },
        );
    }
    let begins = client.outbox.hold();
    if forward::forward(client, name).await == Next::Close {
        return client.reply_first(begins);
    }
    let command = Command::Join {
        room: RoomRef::Name(channel),
        key,
        missing: MissingRoom::Create,
        reason: None,
    };
    match client.submit(command).await {
        Ok(_) => {}
        Err(refusal) => match led_to(client, name, &refusal).await {
            Some(next) => led(client, (name, next)).await,
            None => refusal::tell(&mut client.replies, about, &refusal),
        },
    }
    client.reply_first(begins);
}

/// The channel to which those are led whom this one turns away (`+f`): not whoever is banned, or has not its key.
async fn led_to(client: &Client, name: &str, refusal: &Refusal) -> Option<ChannelName> {
    let turned_away = [
        Refusal::InviteOnly,
        Refusal::RoomFull,
        Refusal::AccountRequired,
    ];
    if !turned_away.contains(refusal) {
        return None;
    }
    let room = client.known_channel(name).await?;
    facets::forward(&room.state)
}

/// Goes where he is led, and no further.
async fn led(client: &mut Client, (name, next): (&str, ChannelName)) {
    let text = "Forwarding to another channel";
    client
        .replies
        .text(Numeric::ErrLinkChannel, &[name, next.as_str()], text);
    let shown = next.to_string();
    let about = About {
        verb: Verb::Join,
        target: &shown,
    };
    let command = Command::Join {
        room: RoomRef::Name(next),
        key: None,
        missing: MissingRoom::Refuse,
        reason: None,
    };
    client.ask(about, command).await;
}

fn joined(client: &Client) -> usize {
    client
        .world()
        .state
        .user(client.user_id())
        .map_or(0, |user| user.joined().count())
}
