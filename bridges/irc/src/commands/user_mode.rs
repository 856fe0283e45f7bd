//! `MODE nick`: RFC 2812 section 3.1.5, IRCv3 bot-mode. Only one's own. `+i` is in force for everybody; `+w` hears announcements; `-o` gives up being an
//! operator, and nothing but `OPER` gives it.

use polylogue_core::Command;
use polylogue_core::command::{Direction, Operator, Presentation};
use polylogue_core::operator::OperatorCommand;
use polylogue_irc::{Message, Numeric, Trailing, Verb};

use crate::client::Client;
use crate::names::Name;
use crate::refusal::About;

/// The letters, for RPL_MYINFO.
pub(crate) const LETTERS: &str = "Biorw";
/// The letter that says "a program speaks" (`BOT` in RPL_ISUPPORT).
pub(crate) const BOT: char = 'B';

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
            (BOT, direction) => {
                set_bot(client, direction).await;
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
    if session.is_some_and(|session| session.presentation.operator == Operator::Program) {
        modes.push(BOT);
    }
    if session.is_some_and(|session| session.operator.is_some()) {
        modes.push('o');
    }
    if session.is_some_and(|session| world.is_account(session.user)) {
        modes.push('r');
    }
    if session.is_some_and(|session| session.hears) {
        modes.push('w');
    }
    client.replies.numeric(Numeric::RplUModeIs, |line| {
        line.middle(crate::reply::part(&modes)).end()
    });
}

/// Says of this session who operates it.
async fn set_bot(client: &mut Client, direction: Direction) {
    let (sign, operator) = match direction {
        Direction::Add => ('+', Operator::Program),
        Direction::Remove => ('-', Operator::Person),
    };
    let world = client.world();
    let session = client.session.as_ref().map(polylogue_hub::Session::id);
    let live = session.and_then(|id| Some((id, world.live.sessions.get(&id)?)));
    let Some((session, live)) = live.filter(|(_, live)| live.presentation.operator != operator)
    else {
        return;
    };
    let command = Command::Present {
        session,
        presentation: Presentation {
            operator,
            ..live.presentation.clone()
        },
    };
    let nick = client.replies.target();
    let about = About {
        verb: Verb::Mode,
        target: &nick,
    };
    if client.ask(about, command).await.is_none() {
        return;
    }
    let Some(name) = Name::of((&world, &world), client.user_id()) else {
        return;
    };
    let text = format!("{sign}{BOT}");
    client.replies.line(|line| {
        line.from(name.source(), Verb::Mode)
            .middle(name.nick())
            .trailing(&Trailing::lossy(&text))
    });
}
