//! `SUCCESSOR`: who may register a channel once its owners are gone.

use polylogue_core::{Command, facets};

use super::{Channel, channel};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "SUCCESSOR",
    aliases: &[],
    syntax: "<#channel> <account> | NONE",
    about: &[
        "Names the account that may register your channel once its owners are gone.",
        "Members see it as state of the room.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    set(&mut call, &channel).await;
}

/// Names the account that comes next.
pub(super) async fn set(call: &mut Call<'_>, channel: &Channel) {
    let Some(nick) = call.required() else { return };
    let world = call.client.world();
    let id = if nick.eq_ignore_ascii_case("NONE") {
        None
    } else {
        let Some(user) = call.account(nick) else {
            return;
        };
        let name = world.name_of(user);
        name.map(|name| format!("@{}:{}", name.localpart(), world.state.server_name))
    };
    let command = Command::SetState {
        room: channel.room.state.id,
        change: facets::set_successor(id.as_deref()),
    };
    if call.ask(command).await.is_some() {
        let name = &channel.name;
        call.say(&match id {
            Some(_) => format!("{nick} is the successor in {name} now."),
            None => format!("{name} has no successor any more."),
        });
    }
}
