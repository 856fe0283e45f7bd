//! `QUIT`: RFC 2812 section 3.1.7. An account stays a member of its rooms; a guest leaves them.

use polylogue_irc::Message;

use crate::client::{Client, Next};

/// Ends the connection.
pub(crate) fn run(client: &mut Client, message: &Message) -> Next {
    let reason = message
        .given(0)
        .map_or_else(|| "Quit".to_owned(), |reason| format!("Quit: {reason}"));
    client.set_reason(&reason);
    // A client that says goodbye has read what came before.
    let head = client.irc.hub.head();
    if client.session.is_some() && client.outbox.waiting() == 0 {
        client.acknowledge(head);
    }
    Next::Close
}
