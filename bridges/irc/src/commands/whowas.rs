//! `WHOWAS`: RFC 2812 section 3.6.3.

use polylogue_irc::{Message, Numeric, ServerTime};

use crate::client::Client;

/// Shows who had a nick, the latest first.
pub(crate) fn run(client: &mut Client, message: &Message) {
    let Some(nicks) = message.given(0) else {
        return client
            .replies
            .text(Numeric::ErrNoNicknameGiven, &[], "No nickname given");
    };
    // RFC 2812 section 3.6.3: a count that is not positive asks for all.
    let most = message
        .param(1)
        .and_then(|count| count.parse().ok())
        .filter(|count| *count > 0)
        .unwrap_or(usize::MAX);
    let server = client.replies.server();
    for nick in nicks.split(',').filter(|nick| !nick.is_empty()) {
        let found = client.irc.former.of(nick, most);
        if found.is_empty() {
            client.replies.text(
                Numeric::ErrWasNoSuchNick,
                &[nick],
                "There was no such nickname",
            );
        }
        for was in found {
            client.replies.text(
                Numeric::RplWhowasUser,
                &[&was.nick, &was.username, &was.host, "*"],
                &was.real_name,
            );
            let until = ServerTime::from_unix_milliseconds(was.until.0);
            client.replies.text(
                Numeric::RplWhoisServer,
                &[&was.nick, &server],
                until.as_str(),
            );
        }
    }
    client
        .replies
        .text(Numeric::RplEndOfWhowas, &[nicks], "End of WHOWAS");
}
