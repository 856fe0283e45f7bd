//! `TIME`: RFC 2812 section 3.4.6.

use polylogue_irc::{Numeric, ServerTime};

use crate::client::Client;
use crate::registration::now;

/// The server's clock, in UTC.
pub(crate) fn run(client: &mut Client) {
    let server = client.replies.server();
    let time = ServerTime::from_unix_milliseconds(now().0);
    client
        .replies
        .text(Numeric::RplTime, &[&server], time.as_str());
}
