//! `INFO`: RFC 2812 section 3.4.10.

use polylogue_irc::{Numeric, ServerTime};

use crate::client::Client;
use crate::welcome::SOFTWARE;

/// What this server is.
pub(crate) fn run(client: &mut Client) {
    let since = ServerTime::from_unix_milliseconds(client.irc.started.0);
    let lines = [
        SOFTWARE.to_owned(),
        client.irc.description.clone(),
        "IRC, Matrix and native clients share its accounts, rooms and history".to_owned(),
        format!("Running since {}", since.as_str()),
    ];
    for line in lines {
        client.replies.text(Numeric::RplInfo, &[], &line);
    }
    client
        .replies
        .text(Numeric::RplEndOfInfo, &[], "End of /INFO list");
}
