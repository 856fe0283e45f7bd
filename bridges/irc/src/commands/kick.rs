//! `KICK`: RFC 2812 section 3.2.8.

use std::sync::Arc;

use polylogue_core::{Command, Refusal};
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::{self, About};

/// Puts each user out of the channel.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(channel) = client.required(message, 0) else {
        return;
    };
    let Some(list) = client.required(message, 1) else {
        return;
    };
    let Some(room) = client.channel(channel) else {
        return;
    };
    let reason: Option<Arc<str>> = message.given(2).map(Arc::from);
    let text = reason.as_deref().unwrap_or_default();
    if !client.fits(("The reason", text), client.irc.config.kick_length) {
        return;
    }
    for nick in list.split(',').filter(|nick| !nick.is_empty()) {
        let Some(user) = client.world().user_named(nick) else {
            client
                .replies
                .text(Numeric::ErrNoSuchNick, &[nick], "No such nick/channel");
            continue;
        };
        match client
            .submit(Command::Kick {
                room,
                user,
                reason: reason.clone(),
            })
            .await
        {
            Ok(_) => {}
            Err(Refusal::TargetNotJoined(_)) => {
                client.replies.text(
                    Numeric::ErrUserNotInChannel,
                    &[nick, channel],
                    "They aren't on that channel",
                );
            }
            Err(refusal) => refusal::tell(
                &mut client.replies,
                About {
                    verb: Verb::Kick,
                    target: channel,
                },
                &refusal,
            ),
        }
    }
}
