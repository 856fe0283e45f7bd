//! `INVITE`: RFC 2812 section 3.2.7. Without parameters, the channels that the client is invited to.

use polylogue_core::room::Membership;
use polylogue_core::{Command, Refusal};
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::names;
use crate::refusal::{self, About};
use crate::reply::part;

/// Invites a user to a channel.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    if message.given(0).is_none() {
        return list(client);
    }
    let Some(nick) = client.required(message, 0) else {
        return;
    };
    let Some(channel) = client.required(message, 1) else {
        return;
    };
    let Some(room) = client.channel(channel).await else {
        return;
    };
    let Some(user) = client.world().user_named(nick) else {
        return client
            .replies
            .text(Numeric::ErrNoSuchNick, &[nick], "No such nick/channel");
    };
    match client
        .submit(Command::Invite {
            room: room.state.id,
            user,
            reason: None,
        })
        .await
    {
        Ok(_) => client.replies.numeric(Numeric::RplInviting, |line| {
            line.middle(part(nick)).middle(part(channel)).end()
        }),
        Err(Refusal::AlreadyJoined(_)) => {
            client.replies.text(
                Numeric::ErrUserOnChannel,
                &[nick, channel],
                "is already on channel",
            );
        }
        Err(refusal) => refusal::tell(
            &mut client.replies,
            About {
                verb: Verb::Invite,
                target: channel,
            },
            &refusal,
        ),
    }
}

fn list(client: &mut Client) {
    let world = client.world();
    let invited = world
        .state
        .user(client.user_id())
        .map(|user| user.rooms.clone())
        .unwrap_or_default();
    for entry in invited
        .iter()
        .filter(|entry| entry.membership == Membership::Invite)
    {
        let Some(channel) = world
            .state
            .room(entry.room)
            .and_then(|room| names::channel(&room.state))
        else {
            continue;
        };
        client.replies.numeric(Numeric::RplInviteList, |line| {
            line.middle(part(channel)).end()
        });
    }
    client
        .replies
        .text(Numeric::RplEndOfInviteList, &[], "End of /INVITE list");
}
