//! `KNOCK`: asks to be let into a closed channel. Numerics as the servers that have it agree on them (710 to 714).

use std::sync::Arc;

use polylogue_core::command::RoomRef;
use polylogue_core::name::ChannelName;
use polylogue_core::room::{JoinRule, Membership};
use polylogue_core::{Command, Refusal, RoomId};
use polylogue_irc::{Message, Numeric, Verb};

use crate::client::Client;
use crate::refusal::{self, About};

/// Asks.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(channel) = client.required(message, 0) else {
        return;
    };
    let Some(room) = client.channel(channel).await else {
        return;
    };
    let room = room.state.id;
    let reason: Option<Arc<str>> = message.given(1).map(Arc::from);
    let standing = client
        .world()
        .state
        .user(client.user_id())
        .and_then(|user| user.room(room))
        .map(|entry| entry.membership);
    let asked = match standing {
        Some(Membership::Knock) => {
            return client.replies.text(
                Numeric::ErrTooManyKnock,
                &[channel],
                "You have knocked on this channel already",
            );
        }
        Some(Membership::Invite) => {
            return client.replies.text(
                Numeric::ErrChanOpen,
                &[channel],
                "You are invited to this channel: join it",
            );
        }
        Some(Membership::Join | Membership::Leave | Membership::Ban) | None => {
            let Ok(name) = ChannelName::parse(channel) else {
                return;
            };
            let room = RoomRef::Name(name);
            client.submit(Command::Knock { room, reason }).await
        }
    };
    match asked {
        Ok(_) => client.replies.text(
            Numeric::RplKnockDlvr,
            &[channel],
            "Your knock has been delivered",
        ),
        Err(Refusal::Forbidden) if is_open(client, room).await => {
            client
                .replies
                .text(Numeric::ErrChanOpen, &[channel], "Channel is open: join it")
        }
        Err(Refusal::AlreadyJoined(_)) => client.replies.text(
            Numeric::ErrKnockOnChan,
            &[channel],
            "You are already on that channel",
        ),
        Err(Refusal::Forbidden) => client.replies.text(
            Numeric::ErrCannotKnock,
            &[channel],
            "Cannot knock on this channel (+K)",
        ),
        Err(Refusal::Banned) => client.replies.text(
            Numeric::ErrCannotKnock,
            &[channel],
            "Cannot knock on this channel (+b)",
        ),
        Err(refusal) => refusal::tell(
            &mut client.replies,
            About {
                verb: Verb::Knock,
                target: channel,
            },
            &refusal,
        ),
    }
}

async fn is_open(client: &Client, room: RoomId) -> bool {
    let room = client.irc.hub.room(room).await;
    room.is_ok_and(|room| room.state.join_rule == JoinRule::Public)
}
