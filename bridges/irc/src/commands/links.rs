//! `LINKS`: RFC 2812 section 3.4.5. There is one server.

use polylogue_core::mask::glob;
use polylogue_irc::{Message, Numeric};

use crate::client::Client;

/// Shows this server, if the mask means it.
pub(crate) fn run(client: &mut Client, message: &Message) {
    // `LINKS server mask` asks another server; there is none.
    let mask = message
        .given(1)
        .or_else(|| message.given(0))
        .unwrap_or("*")
        .to_owned();
    let server = client.replies.server();
    if glob(&mask, &server) {
        let text = format!("0 {}", client.irc.description);
        client
            .replies
            .text(Numeric::RplLinks, &[&server, &server], &text);
    }
    client
        .replies
        .text(Numeric::RplEndOfLinks, &[&mask], "End of /LINKS list");
}
