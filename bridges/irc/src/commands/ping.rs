//! `PING`: RFC 2812 section 3.7.2.

use polylogue_irc::{Message, Numeric, Trailing, Verb};

use crate::client::Client;
use crate::reply::part;

/// Bytes of a line without its end (RFC 2812 section 2.3).
const LINE: usize = 510;

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
    // ":<server> PONG <server> :<token>"
    if 2 * server.len() + token.len() + ":  PONG  :".len() > LINE {
        let text = "Input line was too long: its answer has to fit a line too";
        return client.replies.text(Numeric::ErrInputTooLong, &[], text);
    }
    let token = Trailing::lossy(token);
    client.replies.server_line(Verb::Pong, |line| {
        line.middle(part(&server)).trailing(&token)
    });
}
