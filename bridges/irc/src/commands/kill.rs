//! `KILL`: RFC 2812 section 3.7.1. Ends all sessions of a user, on every front-end; an account may come again.

use polylogue_core::UserId;
use polylogue_core::operator::OperatorCommand;
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::former;
use crate::refusal::About;

/// Ends a user's sessions.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(nick) = client.required(message, 0) else {
        return;
    };
    let given = message.given(1).unwrap_or("No reason");
    if !client.fits(("The reason", given), client.irc.config.kick_length) {
        return;
    }
    let reason = format!("Killed ({} ({given}))", client.replies.target());
    let known = client.world().user_named(nick);
    // Whether the asker may at all comes before whom he means: the server itself has no sessions.
    let command = OperatorCommand::EndSessions {
        user: known.unwrap_or(UserId::SERVER),
        reason: reason.into(),
    };
    let about = About {
        verb: Verb::Kill,
        target: nick,
    };
    let is_server = nick.eq_ignore_ascii_case(&client.replies.server());
    if is_server {
        return client
            .replies
            .text(Numeric::ErrCantKillServer, &[], "You can't kill a server");
    }
    // A guest is gone with his sessions, and leaves his nick to be asked for.
    let guest = known.filter(|user| !client.world().is_account(*user));
    let was = guest.and_then(|guest| former::portrait(client, guest));
    if client.operate((about, given), command).await.is_some() {
        client.was(was);
    }
}
