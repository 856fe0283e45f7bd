//! `PART`: RFC 2812 section 3.2.2.

use std::sync::Arc;

use polylogue_core::Command;
use polylogue_irc::{Message, Verb};

use crate::client::Client;
use crate::names;
use crate::refusal::About;

/// Leaves each channel.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(list) = client.required(message, 0) else {
        return;
    };
    let reason: Option<Arc<str>> = message.given(1).map(Arc::from);
    for name in list.split(',').filter(|name| !name.is_empty()) {
        if let Some(room) = client.channel(name).await {
            client
                .ask(
                    About {
                        verb: Verb::Part,
                        target: name,
                    },
                    Command::Leave {
                        room: room.state.id,
                        reason: reason.clone(),
                    },
                )
                .await;
        }
    }
}

/// `JOIN 0`: leaves every channel (RFC 2812 section 3.2.1). Direct rooms are no channels.
pub(super) async fn all(client: &mut Client) {
    let world = client.world();
    let Some(user) = world.state.user(client.user_id()) else {
        return;
    };
    for id in user.joined() {
        let Some(channel) = world
            .state
            .room(id)
            .and_then(|room| names::channel(&room.state))
        else {
            continue;
        };
        client
            .ask(
                About {
                    verb: Verb::Part,
                    target: channel,
                },
                Command::Leave {
                    room: id,
                    reason: None,
                },
            )
            .await;
    }
}
