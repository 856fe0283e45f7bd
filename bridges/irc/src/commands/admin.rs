//! `ADMIN`: RFC 2812 section 3.4.9. Who runs the server, as the configuration says.

use polylogue_irc::Numeric;

use crate::client::Client;

/// What the server is, and how its administrator is reached.
pub(crate) fn run(client: &mut Client) {
    let server = client.replies.server();
    let contact = client.irc.config.contact.clone();
    if contact.is_empty() {
        return client.replies.text(
            Numeric::ErrNoAdminInfo,
            &[&server],
            "No administrative info available",
        );
    }
    let description = client.irc.description.clone();
    client
        .replies
        .text(Numeric::RplAdminMe, &[&server], "Administrative info");
    client
        .replies
        .text(Numeric::RplAdminLoc1, &[], &description);
    client.replies.text(Numeric::RplAdminEmail, &[], &contact);
}
