//! `AWAY`: RFC 2812 section 4.1. Away is per session; how a user shows follows from all of his.

use polylogue_core::Command;
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::About;

/// Goes away, or comes back.
pub(crate) async fn run(client: &mut Client, message: &Message) {
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
