//! `SANICK`, in common use: a server operator gives a guest another nick. The nick of an account is its name, for operators too.

use polylogue_core::Command;
use polylogue_core::operator::OperatorCommand;
use polylogue_irc::{Message, Verb};

use crate::client::Client;
use crate::commands::nick;
use crate::former;
use crate::refusal::About;

/// Renames him.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let (Some(known), Some(next)) = (client.required(message, 0), message.given(1)) else {
        if message.given(0).is_some() {
            client.required(message, 1);
        }
        return;
    };
    let Some(user) = client.somebody(known) else {
        return;
    };
    if next.len() > client.irc.config.nick_length {
        return nick::too_long(client, next);
    }
    let was = former::portrait(client, user);
    let command = OperatorCommand::OnBehalf {
        user,
        command: Box::new(Command::Rename { nick: next.into() }),
    };
    // What can be wrong is what is wrong with NICK.
    let about = About {
        verb: Verb::Nick,
        target: next,
    };
    let what = format!("for {known} by SANICK");
    if client.operate((about, &what), command).await.is_some() {
        client.was(was.filter(|was| !was.nick.eq_ignore_ascii_case(next)));
    }
}
