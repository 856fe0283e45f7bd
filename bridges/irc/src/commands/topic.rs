//! `TOPIC`: RFC 2812 section 3.2.4.

use bytes::BytesMut;
use polylogue_core::{Command, Refusal};
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::{self, About};
use crate::replay::NamesReply;

/// Shows or sets a topic.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(channel) = client.required(message, 0) else {
        return;
    };
    let Some(room) = client.channel(channel).await else {
        return;
    };
    let about = About {
        verb: Verb::Topic,
        target: channel,
    };
    if let Some(topic) = message.param(1) {
        if !client.fits(("The topic", topic), client.irc.config.topic_length) {
            return;
        }
        client
            .ask(
                about,
                Command::SetTopic {
                    room: room.state.id,
                    topic: topic.into(),
                },
            )
            .await;
        return;
    }
    let world = client.world();
    if !room.state.is_shown_to(client.user_id()) {
        return refusal::tell(&mut client.replies, about, &Refusal::NotJoined);
    }
    if room.state.topic.is_none() {
        return client
            .replies
            .text(Numeric::RplNoTopic, &[channel], "No topic is set");
    }
    let mut out = BytesMut::new();
    let nick = client.replies.target();
    NamesReply {
        scene: &client.scene(&world),
        room: &room.state,
        nick: &nick,
    }
    .topic(&mut out);
    client.replies.append_lines(&out);
}
