//! `SILENCE`, in common use: whom an account does not want to hear. Who is named is ignored on every front-end.

use polylogue_core::command::Direction;
use polylogue_core::{Command, Refusal, mask};
use polylogue_irc::{Message, Numeric, Verb};

use super::mode::normal_mask;
use crate::client::Client;
use crate::refusal::About;

/// Adds masks (`+`, or nothing in front), removes them (`-`), or lists them.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let given = message.given(0);
    let own = client.replies.target();
    let Some(masks) = given.filter(|given| !given.eq_ignore_ascii_case(&own)) else {
        return list(client);
    };
    for mask in masks.split(',').filter(|mask| !mask.is_empty()) {
        change(client, mask).await;
    }
}

async fn change(client: &mut Client, given: &str) {
    let (direction, written) = match given.strip_prefix('-') {
        Some(mask) => (Direction::Remove, mask),
        None => (Direction::Add, given.strip_prefix('+').unwrap_or(given)),
    };
    // A mute keeps from speaking in a room: there is nothing to silence in it.
    let normal = normal_mask(written).filter(|mask| mask::muted(mask).is_none());
    let Some(mask) = normal else {
        return client.replies.text(
            Numeric::ErrUnknownError,
            &["SILENCE", written],
            "This is not a mask",
        );
    };
    let command = Command::Silence {
        mask: mask.clone(),
        direction,
    };
    let about = About {
        verb: Verb::Silence,
        target: &mask,
    };
    match client.submit(command).await {
        Ok(_) => confirm(client, direction, &mask),
        Err(Refusal::TooMany { .. }) => client.replies.text(
            Numeric::ErrSileListFull,
            &[&mask],
            "Your silence list is full",
        ),
        Err(refusal) => crate::refusal::tell(&mut client.replies, about, &refusal),
    }
}

/// What was done, as the client's own line.
fn confirm(client: &mut Client, direction: Direction, mask: &str) {
    let world = client.world();
    let Some(name) = crate::names::Name::of((&world, &world), client.user_id()) else {
        return;
    };
    let sign = match direction {
        Direction::Add => '+',
        Direction::Remove => '-',
    };
    let changed = format!("{sign}{mask}");
    client.replies.line(|line| {
        line.from(name.source(), Verb::Silence)
            .middle(crate::reply::part(&changed))
            .end()
    });
}

fn list(client: &mut Client) {
    let world = client.world();
    let own = client.replies.target();
    if let Some(ignores) = world.state.ignores.get(&client.user_id()) {
        // Who is on the list that Matrix clients keep and has no account here has no nick either.
        let nicks = ignores
            .users()
            .filter_map(|user| world.name_of(world.user_named(user)?));
        let named = nicks.map(|name| format!("$a:{}", name.nick()));
        let masks = ignores.masks().map(|mask| mask.to_string());
        for mask in named.chain(masks) {
            client.replies.numeric(Numeric::RplSileList, |line| {
                line.middle(crate::reply::part(&own))
                    .middle(crate::reply::part(&mask))
                    .end()
            });
        }
    }
    client
        .replies
        .text(Numeric::RplEndOfSileList, &[&own], "End of silence list");
}
