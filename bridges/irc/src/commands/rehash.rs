//! `REHASH`: RFC 2812 section 4.2. A server operator has read again what SIGHUP has read again.

use polylogue_core::operator::OperatorCommand;
use polylogue_irc::{Numeric, Verb};

use crate::client::Client;
use crate::refusal::About;

/// Asks for it.
pub(crate) async fn run(client: &mut Client) {
    let about = About {
        verb: Verb::Rehash,
        target: "*",
    };
    let done = client.operate((about, ""), OperatorCommand::Reload).await;
    if done.is_some() {
        client.irc.hub.reload();
        // RFC 2812: the name of the configuration; where it lies is nobody's business.
        client
            .replies
            .text(Numeric::RplRehashing, &["polylogue.toml"], "Rehashing");
    }
}
