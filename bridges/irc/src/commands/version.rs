//! `VERSION`: RFC 2812 section 3.4.3.

use bytes::BytesMut;
use polylogue_irc::Numeric;

use crate::client::Client;
use crate::welcome::SOFTWARE;

/// The software and what it can do.
pub(crate) fn run(client: &mut Client) {
    let server = client.replies.server();
    client.replies.text(
        Numeric::RplVersion,
        &[SOFTWARE, &server],
        "IRC, Matrix and native clients in the same rooms",
    );
    let mut out = BytesMut::new();
    client
        .irc
        .renderer
        .welcome
        .write_isupport(&client.replies.target(), &mut out);
    client.replies.append_lines(&out);
}
