//! `WALLOPS`: RFC 2812 section 4.7. A server operator tells everybody who has `+w`.

use polylogue_core::operator::OperatorCommand;
use polylogue_irc::{Message, Verb};

use crate::client::Client;
use crate::refusal::About;

/// Announces something.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(text) = client.required(message, 0) else {
        return;
    };
    if !client.fits(("The text", text), polylogue_core::limits::ANNOUNCEMENT) {
        return;
    }
    let about = About {
        verb: Verb::Wallops,
        target: "*",
    };
    let command = OperatorCommand::Announce { text: text.into() };
    client.operate((about, text), command).await;
}
