//! `CLEAR`: takes everything of one kind away at once.

use polylogue_core::command::{Direction, PrefixChange};
use polylogue_core::power::Prefix;
use polylogue_core::room::{MaskList, Membership};
use polylogue_core::{Command, Refusal, UserId};

use super::{Channel, channel};
use crate::registration::now;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "CLEAR",
    aliases: &[],
    syntax: "<#channel> USERS|BANS|QUIETS|OPS|VOICES [reason]",
    about: &[
        "Takes everything of one kind away.",
        "USERS puts everybody out who is below you, BANS and QUIETS empty the list, OPS and VOICES take prefixes from those below you.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    let Some(what) = call.required() else { return };
    let done = match what.to_ascii_uppercase().as_str() {
        "USERS" => {
            let reason = call.rest().map(Into::into);
            let room = channel.room.state.id;
            call.ask(Command::ClearRoom { room, reason })
                .await
                .is_some()
        }
        "BANS" => {
            unban_everybody(&mut call, &channel).await
                && masks(&mut call, &channel, MaskList::Ban).await
        }
        "QUIETS" => masks(&mut call, &channel, MaskList::Quiet).await,
        "OPS" => {
            let all = [Prefix::Admin, Prefix::Operator, Prefix::HalfOperator];
            prefixes(&mut call, &channel, &all).await
        }
        "VOICES" => prefixes(&mut call, &channel, &[Prefix::Voice]).await,
        _ => return call.syntax(),
    };
    if done {
        let what = what.to_ascii_uppercase();
        call.say(&format!("{what} of {} are cleared.", channel.name));
    }
}

/// Everybody in the channel who is below the asker.
fn below(call: &Call<'_>, channel: &Channel) -> Vec<UserId> {
    let state = &channel.room.state;
    let level = state.level(call.me());
    let members = state.joined_members().map(|(user, _)| user);
    members
        .filter(|user| *user != call.me() && state.level(*user) < level)
        .collect()
}

async fn unban_everybody(call: &mut Call<'_>, channel: &Channel) -> bool {
    let members = channel.room.state.members.iter();
    let banned: Vec<_> = members
        .filter(|(_, member)| member.membership == Membership::Ban)
        .map(|(user, _)| *user)
        .collect();
    let room = channel.room.state.id;
    for user in banned {
        let unban = Command::Unban {
            room,
            user,
            reason: None,
        };
        match call.client.submit(unban).await {
            // Somebody else was faster: his ban is lifted.
            Ok(_) | Err(Refusal::TargetNotJoined(_)) => {}
            Err(refusal) => {
                call.refused(&refusal);
                return false;
            }
        }
    }
    true
}

async fn masks(call: &mut Call<'_>, channel: &Channel, list: MaskList) -> bool {
    let masks: Vec<_> = channel
        .room
        .state
        .masks_of(list, now())
        .map(|mask| mask.mask.clone())
        .collect();
    for mask in masks {
        let command = Command::SetMask {
            room: channel.room.state.id,
            list,
            mask,
            direction: Direction::Remove,
            // With an end it is the mask that is meant, whoever it names.
            until: Some(now()),
        };
        if call.ask(command).await.is_none() {
            return false;
        }
    }
    true
}

async fn prefixes(call: &mut Call<'_>, channel: &Channel, taken: &[Prefix]) -> bool {
    let state = &channel.room.state;
    let changes: Vec<_> = below(call, channel)
        .into_iter()
        .flat_map(|user| {
            let held = state.prefixes(user);
            let held: Vec<_> = taken.iter().filter(|one| held.holds(**one)).collect();
            held.into_iter().map(move |prefix| PrefixChange {
                user,
                prefix: *prefix,
                direction: Direction::Remove,
            })
        })
        .collect();
    let room = state.id;
    call.ask(Command::SetPrefixes { room, changes })
        .await
        .is_some()
}
