//! `INFO`: whose a channel is, and since when.

use polylogue_core::decide::owners;
use polylogue_core::facets;
use polylogue_irc::ServerTime;

use super::{channel, reads_lists};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "INFO",
    aliases: &[],
    syntax: "<#channel>",
    about: &["Shows whose a channel is, and since when it is there."],
    standing: Standing::Anybody,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let state = &channel.room.state;
    if !state.is_shown_to(call.me()) && !reads_lists(state, call.me()) {
        return call.say(&format!("{} is not registered", channel.name));
    }
    let world = call.client.world();
    let owners: Vec<_> = owners(&world, state)
        .filter_map(|user| Some(world.name_of(user)?.nick().to_string()))
        .collect();
    call.say(&format!("Information on {}:", channel.name));
    let owners = if owners.is_empty() {
        "nobody: it can be registered".to_owned()
    } else {
        owners.join(", ")
    };
    call.say(&format!("Founder: {owners}"));
    if let Some(successor) = facets::successor(state) {
        call.say(&format!("Successor: {successor}"));
    }
    let since = ServerTime::from_unix_milliseconds(state.creation.at.0);
    call.say(&format!("Registered: {}", since.as_str()));
    let members = state.joined_members().map(|(user, _)| user);
    let members = members.filter(|user| !world.is_gone(*user)).count();
    call.say(&format!("Members: {members}"));
    call.say("*** End of Info ***");
}
