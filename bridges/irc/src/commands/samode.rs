//! `SAMODE`, in common use: what `MODE` does to a channel, done by a server operator in the server's name, whatever he is there.

use polylogue_core::Refusal;
use polylogue_irc::names::is_channel;
use polylogue_irc::{Message, Numeric, Verb};

use super::mode::{self, Authority};
use crate::client::Client;
use crate::refusal::{self, About};

/// Changes modes of a channel.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(target) = client.required(message, 0) else {
        return;
    };
    if client.required(message, 1).is_none() {
        return;
    }
    // Whether the asker may at all comes before what there is.
    if !client.is_operator() {
        let verb = Verb::Samode;
        let about = About { verb, target };
        return refusal::tell(&mut client.replies, about, &Refusal::OperatorNeeded);
    }
    if !is_channel(target) {
        return client
            .replies
            .text(Numeric::ErrNoSuchChannel, &[target], "No such channel");
    }
    mode::channel(client, (message, target), Authority::Server).await;
}
