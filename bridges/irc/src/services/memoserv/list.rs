//! `LIST`: with whom one has conversations in which something is new.

use polylogue_irc::ServerTime;

use crate::services::{Call, Standing, Verb};

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
            let is_new = user.mark(id).marker < room.sequence && room.notifying > 0;
            if let Some(peer) = peer.filter(|_| is_new) {
                let last = ServerTime::from_unix_milliseconds(room.at.0);
                count += 1;
                call.say(&format!(
                    "{count}  {}, last at {}",
                    peer.nick(),
                    last.as_str()
                ));
            }
        }
    }
    match count {
        0 => call.say("You have no new memos."),
        count => call.say(&format!("You have new memos of {count}.")),
    }
}
