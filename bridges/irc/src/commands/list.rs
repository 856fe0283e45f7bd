//! `LIST`: RFC 2812 section 3.2.6, with conditions (modern.ircdocs.horse, "ELIST"). Hidden channels are listed to their members only.

use std::sync::Arc;

use polylogue_core::mask::glob;
use polylogue_core::{Listing, Timestamp};
use polylogue_irc::elist::Condition;
use polylogue_irc::{Message, Numeric, Trailing};

use crate::client::Client;
use crate::names;
use crate::registration::now;
use crate::render::mode;
use crate::reply::part;

/// Lists channels.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let conditions: Vec<Condition<'_>> = message
        .given(0)
        .map(|list| Condition::all(list).collect())
        .unwrap_or_default();
    client
        .replies
        .text(Numeric::RplListStart, &["Channel"], "Users  Name");
    let world = client.world();
    let own = world
        .state
        .user(client.user_id())
        .into_iter()
        .flat_map(|user| user.joined())
        .filter_map(|room| world.state.room(room));
    let own = own.filter(|room| !room.state.listed);
    let own: Vec<_> = own.map(|room| Arc::new(Listing::of(&room.state))).collect();
    let now = now();
    let rooms = names::without_gone(&world, world.state.directory.values().chain(&own));
    for room in &rooms {
        let Some(channel) = names::listed(room) else {
            continue;
        };
        if !meets(room, (channel, now), &conditions) {
            continue;
        }
        let text = text(room);
        let text = Trailing::lossy(&text);
        let members = members(room);
        client.replies.numeric(Numeric::RplList, |line| {
            line.middle(part(channel)).number(members).trailing(&text)
        });
    }
    client
        .replies
        .text(Numeric::RplListEnd, &[], "End of /LIST");
}

/// What a channel is about: the name that it has besides, and its topic.
fn text(room: &Listing) -> String {
    let topic = room.topic.as_ref();
    let topic = topic.map(|topic| mode::one_line(&topic.text));
    match &room.name {
        Some(name) => {
            let name = format!("[{}]", mode::one_line(name));
            match topic.filter(|topic| !topic.is_empty()) {
                Some(topic) => format!("{name} {topic}"),
                None => name,
            }
        }
        None => topic.unwrap_or_default(),
    }
}

/// Whether a channel meets all conditions. Of several names or masks one is enough.
fn meets(room: &Listing, (channel, now): (&str, Timestamp), conditions: &[Condition<'_>]) -> bool {
    let age = |since: Timestamp| now.0.saturating_sub(since.0);
    let named = |condition: &Condition<'_>| match condition {
        Condition::Named(mask) => Some(glob(mask, channel)),
        Condition::Users(_)
        | Condition::Created(_)
        | Condition::Topic(_)
        | Condition::NotNamed(_) => None,
    };
    let mut wanted = conditions.iter().filter_map(named).peekable();
    let is_named = wanted.peek().is_none() || wanted.any(|matches| matches);
    is_named
        && conditions.iter().all(|condition| match condition {
            Condition::Named(_) => true,
            Condition::NotNamed(mask) => !glob(mask, channel),
            Condition::Users(bound) => bound.holds(members(room)),
            Condition::Created(bound) => bound.holds_minutes(age(room.created)),
            Condition::Topic(bound) => room
                .topic
                .as_ref()
                .is_some_and(|topic| bound.holds_minutes(age(topic.at))),
        })
}

fn members(room: &Listing) -> u64 {
    u64::try_from(room.joined).unwrap_or(u64::MAX)
}
