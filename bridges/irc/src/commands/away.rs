//! `AWAY`: RFC 2812 section 4.1. Away is per session; how a user shows follows from all of his.

use polylogue_core::live::Presence;
use polylogue_core::{Command, UserId};
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::About;

/// Goes away, or comes back.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let given = message.given(0).unwrap_or_default();
    if !client.fits(("The away message", given), client.irc.config.away_length) {
        return;
    }
    let text = message.given(0).map(std::sync::Arc::from);
    let Some(session) = &client.session else {
        return;
    };
    let gone = text.is_some();
    let command = Command::SetAway {
        session: session.id(),
        text,
    };
    if client
        .ask(
            About {
                verb: Verb::Away,
                target: "*",
            },
            command,
        )
        .await
        .is_some()
    {
        if gone {
            client.replies.text(
                Numeric::RplNowAway,
                &[],
                "You have been marked as being away",
            );
        } else {
            client.replies.text(
                Numeric::RplUnaway,
                &[],
                "You are no longer marked as being away",
            );
        }
    }
}

/// RPL_AWAY, if a user is: in reply to who wrote to him, or asked for him.
pub(super) fn tell(client: &mut Client, user: UserId) {
    let world = client.world();
    let Some(name) = world.name_of(user) else {
        return;
    };
    let presence = world.live.presence(user);
    let text = match &presence {
        Presence::Online(_) => return,
        Presence::Away(text) if text.is_empty() => "Away",
        Presence::Away(text) => text,
        Presence::Offline => "Offline",
    };
    client.replies.text(Numeric::RplAway, &[name.nick()], text);
}
