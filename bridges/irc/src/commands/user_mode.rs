//! `MODE nick`: RFC 2812 section 3.1.5. Only one's own. `+i` is in force for everybody; `+w` hears announcements; `-o` gives up being an
//! operator, and nothing but `OPER` gives it.

use polylogue_core::Command;
use polylogue_core::command::Direction;
use polylogue_core::operator::OperatorCommand;
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::About;

/// The letters, for RPL_MYINFO.
pub(crate) const LETTERS: &str = "iow";

/// Shows or changes the modes of the client's own user.
pub(super) async fn run(client: &mut Client, message: &Message, target: &str) {
    if !client.replies.target().eq_ignore_ascii_case(target) {
        return match client.world().user_named(target) {
            Some(_) => client.replies.text(
                Numeric::ErrUsersDontMatch,
                &[],
                "Cannot change mode for other users",
            ),
            None => client
                .replies
                .text(Numeric::ErrNoSuchNick, &[target], "No such nick/channel"),
        };
    }
    let Some(session) = client.session.as_ref().map(polylogue_hub::Session::id) else {
        return;
    };
    let Some(modes) = message.given(1) else {
        return show(client, session);
    };
    let mut direction = Direction::Add;
    let mut is_known = true;
    for letter in modes.chars() {
        let command = match (letter, direction) {
            ('+', _) => {
                direction = Direction::Add;
                continue;
            }
            ('-', _) => {
                direction = Direction::Remove;
                continue;
            }
            ('w', direction) => OperatorCommand::Hear { session, direction },
            ('o', Direction::Remove) => OperatorCommand::Lower { session },
            ('i', _) | ('o', Direction::Add) => continue,
            (_, _) => {
                is_known = false;
                continue;
            }
        };
        let about = About {
            verb: Verb::Mode,
            target,
        };
        client.ask(about, Command::Operator(command)).await;
    }
    if !is_known {
        client
            .replies
            .text(Numeric::ErrUModeUnknownFlag, &[], "Unknown MODE flag");
    }
}

fn show(client: &mut Client, session: polylogue_core::SessionId) {
    let world = client.world();
    let session = world.live.sessions.get(&session);
    let mut modes = String::from("+i");
    if session.is_some_and(|session| session.operator.is_some()) {
        modes.push('o');
    }
    if session.is_some_and(|session| session.hears) {
        modes.push('w');
    }
    client.replies.numeric(Numeric::RplUModeIs, |line| {
        line.middle(crate::reply::part(&modes)).end()
    });
}
