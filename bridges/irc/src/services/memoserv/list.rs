//! `LIST`: with whom one has conversations in which something is new.

use polylogue_core::{Room, RoomChange};
use polylogue_hub::{Direction, VisibleEvent};
use polylogue_irc::ServerTime;

use crate::services::{Call, Standing, Verb};

/// Events of a conversation that are looked at.
const LOOK: usize = 20;

pub(super) const VERB: Verb = Verb {
    name: "LIST",
    aliases: &["READ", "CHECK"],
    syntax: "",
    about: &[
        "Lists who wrote to you since you last read what they write.",
        "The messages themselves come to your clients as private messages; CHATHISTORY LATEST <nick> * 20 shows them again.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let world = call.client.world();
    let me = call.me();
    let mut count = 0;
    if let Some(user) = world.state.user(me) {
        for id in user.joined_or_invited() {
            let Some(room) = world.state.room(id) else {
                continue;
            };
            let peer = room.state.peer_of(me).and_then(|peer| world.name_of(peer));
            let (Some(peer), true) = (peer, user.mark(id).marker < room.sequence) else {
                continue;
            };
            let Some(last) = last_said(&call, room).await else {
                continue;
            };
            // Whoever speaks has read what was said before.
            if last.sender != me && last.sequence > user.mark(id).marker {
                let at = ServerTime::from_unix_milliseconds(last.at.0);
                count += 1;
                call.say(&format!(
                    "{count}  {}, last at {}",
                    peer.nick(),
                    at.as_str()
                ));
            }
        }
    }
    match count {
        0 => call.say("You have no new memos."),
        count => call.say(&format!("You have new memos of {count}.")),
    }
}

/// The last message of a conversation, if it is among its latest events.
async fn last_said(call: &Call<'_>, room: &Room) -> Option<VisibleEvent> {
    let from = (room.state.id, room.sequence.next());
    let page = (call.client.irc.hub)
        .history(call.me(), from, (Direction::Backward, LOOK))
        .await
        .ok()?;
    page.events.into_iter().find(|event| match &event.change {
        RoomChange::Message(message) => message.body.notifies(),
        RoomChange::Created(_)
        | RoomChange::Member(_)
        | RoomChange::Power(_)
        | RoomChange::State(_)
        | RoomChange::Redaction { .. }
        | RoomChange::Redacted(_) => false,
    })
}
