//! `KICK`: RFC 2812 section 3.2.8.

use std::sync::Arc;

use polylogue_core::{Command, Refusal, RoomId};
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::{self, About};

/// Puts each user out: all of one channel, or each of the channel at the same place in its list.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let (Some(channels), Some(nicks)) = (client.required(message, 0), client.required(message, 1))
    else {
        return;
    };
    let reason: Option<Arc<str>> = message.given(2).map(Arc::from);
    let text = reason.as_deref().unwrap_or_default();
    if !client.fits(("The reason", text), client.irc.config.kick_length) {
        return;
    }
    let listed = |list: &'_ str| -> Vec<String> {
        let all = list.split(',').filter(|one| !one.is_empty());
        all.map(str::to_owned).collect()
    };
    let (channels, nicks) = (listed(channels), listed(nicks));
    // RFC 2812 section 3.2.8: "either one channel parameter and multiple user parameter, or as many channel parameters as there are user
    // parameters".
    let channels: Vec<String> = match channels.as_slice() {
        [channel] => nicks.iter().map(|_| channel.clone()).collect(),
        _ => channels,
    };
    if channels.len() != nicks.len() {
        return client.replies.text(
            Numeric::ErrNeedMoreParams,
            &["KICK"],
            "As many channels as nicks, or one channel",
        );
    }
    let mut missing: Option<&str> = None;
    for (channel, nick) in channels.iter().zip(&nicks) {
        // A channel that is not there is told once.
        if missing == Some(channel) {
            continue;
        }
        match client.channel(channel).await {
            Some(room) => kick(client, (room.state.id, channel), nick, reason.clone()).await,
            None => missing = Some(channel),
        }
    }
}

async fn kick(
    client: &mut Client,
    (room, channel): (RoomId, &str),
    nick: &str,
    reason: Option<Arc<str>>,
) {
    let Some(user) = client.world().user_named(nick) else {
        return client
            .replies
            .text(Numeric::ErrNoSuchNick, &[nick], "No such nick/channel");
    };
    match client.submit(Command::Kick { room, user, reason }).await {
        Ok(_) => {}
        Err(Refusal::TargetNotJoined(_)) => client.replies.text(
            Numeric::ErrUserNotInChannel,
            &[nick, channel],
            "They aren't on that channel",
        ),
        Err(refusal) => {
            let about = About {
                verb: Verb::Kick,
                target: channel,
            };
            refusal::tell(&mut client.replies, about, &refusal);
        }
    }
}
