//! `PING`: RFC 2812 section 3.7.2.

use polylogue_irc::{Message, Numeric, Trailing, Verb};

use crate::client::Client;
use crate::reply::part;

/// Answers with the same token, behind everything that others said before: whoever has the answer has read that.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(token) = message.param(0) else {
        return client.replies.text(
            Numeric::ErrNeedMoreParams,
            &["PING"],
            "Not enough parameters",
        );
    };
    if let Some(session) = &client.session {
        session.hub().turn(session.id()).await;
    }
    let server = client.replies.server();
    let token = Trailing::lossy(token);
    client.replies.server_line(Verb::Pong, |line| {
        line.middle(part(&server)).trailing(&token)
    });
}
