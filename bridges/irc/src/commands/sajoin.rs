//! `SAJOIN`, in common use: a server operator has somebody join channels that he could join himself.

use polylogue_core::Command;
use polylogue_core::command::{MissingRoom, RoomRef};
use polylogue_core::name::ChannelName;
use polylogue_core::operator::OperatorCommand;
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::About;

/// Joins him to each channel.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let (Some(nick), Some(list)) = (client.required(message, 0), message.given(1)) else {
        if message.given(0).is_some() {
            client.required(message, 1);
        }
        return;
    };
    let Some(user) = client.somebody(nick) else {
        return;
    };
    for name in list.split(',').filter(|name| !name.is_empty()) {
        let Ok(channel) = ChannelName::parse(name) else {
            client
                .replies
                .text(Numeric::ErrNoSuchChannel, &[name], "No such channel");
            continue;
        };
        let command = OperatorCommand::OnBehalf {
            user,
            command: Box::new(Command::Join {
                room: RoomRef::Name(channel),
                key: None,
                missing: MissingRoom::Create,
                reason: None,
            }),
        };
        let about = About {
            verb: Verb::Sajoin,
            target: name,
        };
        client.operate((about, nick), command).await;
    }
}
