//! `SAPART`, in common use: a server operator has somebody leave channels.

use std::sync::Arc;

use polylogue_core::Command;
use polylogue_core::operator::OperatorCommand;
use polylogue_irc::{Message, Verb};

use crate::client::Client;
use crate::refusal::About;

/// Has him leave each channel.
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
    let reason: Option<Arc<str>> = message.given(2).map(Arc::from);
    for name in list.split(',').filter(|name| !name.is_empty()) {
        let Some(room) = client.channel(name).await else {
            continue;
        };
        let command = OperatorCommand::OnBehalf {
            user,
            command: Box::new(Command::Leave {
                room: room.state.id,
                reason: reason.clone(),
            }),
        };
        let about = About {
            verb: Verb::Sapart,
            target: name,
        };
        client.operate((about, nick), command).await;
    }
}
