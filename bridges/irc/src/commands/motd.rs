//! `MOTD`: RFC 2812 section 3.4.1.

use bytes::BytesMut;

use crate::client::Client;

/// The message of the day.
pub(crate) fn run(client: &mut Client) {
    let mut out = BytesMut::new();
    client
        .irc
        .renderer
        .welcome
        .write_motd(&client.replies.target(), &mut out);
    client.replies.append_lines(&out);
}
