//! `NICK` after registration: RFC 2812 section 3.1.2. A guest may take another free nick; an account's nick is its name.

use polylogue_core::Command;
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::former::portrait;
use crate::refusal::About;

/// Changes the nick.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(nick) = message.given(0) else {
        return client
            .replies
            .text(Numeric::ErrNoNicknameGiven, &[], "No nickname given");
    };
    if nick.len() > client.irc.config.nick_length {
        return too_long(client, nick);
    }
    let was = portrait(client, client.user_id());
    if client
        .ask(
            About {
                verb: Verb::Nick,
                target: nick,
            },
            Command::Rename { nick: nick.into() },
        )
        .await
        .is_some()
    {
        client.was(was.filter(|was| !was.nick.eq_ignore_ascii_case(nick)));
        client.replies.set_target(nick.into());
    }
}

/// ERR_ERRONEUSNICKNAME: the nick is over NICKLEN.
pub(crate) fn too_long(client: &mut Client, nick: &str) {
    let limit = client.irc.config.nick_length;
    client.replies.text(
        Numeric::ErrErroneusNickname,
        &[nick],
        &format!("Erroneous nickname: longer than {limit} bytes"),
    );
}
