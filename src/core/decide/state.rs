//! State by Matrix type: topic, name, join rule, visibility and everything that nobody here knows.

use super::{Deciding, Decision, Outcome};
use crate::event::{RoomChange, StateChange};
use crate::facets;
use crate::ids::RoomId;
use crate::json::Json;
use crate::limits;
use crate::name::ChannelName;
use crate::permission::{self, Action};
use crate::power::Prefix;
use crate::refusal::Refusal;
use crate::room::{RoomState, StateEntry};
use crate::state::World;

/// Sets state of a room.
pub(super) fn set(
    at: Deciding<'_>,
    room: RoomId,
    change: StateChange,
) -> Result<Decision, Refusal> {
    let state = &at.room(room)?.state;
    Ok(match self::change(at, state, change)? {
        Some(change) => at.one(room, change),
        None => Decision::nothing(Outcome::Done),
    })
}

/// A state event, unless it is in force already.
pub(super) fn change(
    at: Deciding<'_>,
    state: &RoomState,
    change: StateChange,
) -> Result<Option<RoomChange>, Refusal> {
    permission::check(state, at.actor.user, Action::SetState(&change.kind))?;
    check(&change)?;
    check_key_owner(at, &change)?;
    if *change.kind == *facets::SUCCESSOR {
        // What makes an owner is an owner's.
        let (needed, have) = (Prefix::Founder.level(), state.level(at.actor.user));
        if have < needed {
            return Err(Refusal::LevelTooLow { needed, have });
        }
    }
    check_forward(at, state, &change)?;
    let present = state.extra.get(&(change.kind.clone(), change.key.clone()));
    check_aliases(at, &change, (&state.names, present))?;
    if let Some(present) = present {
        // The same again changes nothing (as homeservers do; clients resend after a lost reply).
        if present.content == change.content {
            return Ok(None);
        }
        if *change.kind == *facets::ENCRYPTION && change.key.is_empty() {
            return Err(Refusal::EncryptionIsFinal);
        }
    } else if state.extra.len() >= limits::STATE_EVENTS {
        return Err(Refusal::TooMany {
            what: "state events",
            limit: limits::STATE_EVENTS,
        });
    }
    let replaced = present.map_or(0, |present| size(&change, &present.content));
    let kept = state.extra_size.saturating_sub(replaced);
    fits(kept + size(&change, &change.content))?;
    Ok(Some(RoomChange::State(change)))
}

/// The rooms that state is about besides its own.
pub(super) fn rooms_needed(world: &World, change: &StateChange) -> Option<RoomId> {
    let leads = *change.kind == *facets::FORWARD;
    let name = facets::channel_of(&change.content).filter(|_| leads)?;
    world.state.room_named(&name.claim())
}

/// Whom a room turns away another one takes only if who leads them there could open it to them.
fn check_forward(at: Deciding<'_>, state: &RoomState, change: &StateChange) -> Result<(), Refusal> {
    if *change.kind != *facets::FORWARD || facets::channel_of(&change.content).is_none() {
        return Ok(());
    }
    let target = rooms_needed(at.world, change).ok_or(Refusal::NoSuchRoom)?;
    if target == state.id {
        return Err(Refusal::Invalid { what: "channel" });
    }
    permission::check(&at.room(target)?.state, at.actor.user, Action::Configure)
}

/// What a state event counts for, with a content.
pub(super) fn size(change: &StateChange, content: &Json) -> usize {
    change.kind.len() + change.key.len() + content.as_str().len()
}

/// Refuses more state than a room may have.
pub(super) fn fits(size: usize) -> Result<(), Refusal> {
    if size > limits::STATE_SIZE {
        return Err(Refusal::TooLarge {
            what: "state of the room",
            limit: limits::STATE_SIZE,
        });
    }
    Ok(())
}

/// Checks what can be checked without the room: type, sizes, and the content that the rules will read.
pub(super) fn check(change: &StateChange) -> Result<(), Refusal> {
    match &*change.kind {
        "" | facets::MEMBER | facets::POWER_LEVELS | facets::CREATE => {
            return Err(Refusal::Invalid { what: "event type" });
        }
        _ => {}
    }
    if change.kind.len() > limits::STATE_KEY || change.key.len() > limits::STATE_KEY {
        return Err(Refusal::TooLarge {
            what: "state key",
            limit: limits::STATE_KEY,
        });
    }
    if change.content.as_str().len() > limits::CONTENT {
        return Err(Refusal::TooLarge {
            what: "content",
            limit: limits::CONTENT,
        });
    }
    facets::check(change)
}

/// An alias that is new must lead to the room: be one of its names, which are claimed before they are used (Matrix client-server API,
/// `M_BAD_ALIAS`).
pub(super) fn check_aliases(
    at: Deciding<'_>,
    change: &StateChange,
    (names, present): (&[ChannelName], Option<&StateEntry>),
) -> Result<(), Refusal> {
    let aliases = facets::aliases_of(change).ok_or(Refusal::Invalid { what: "alias" })?;
    let known = present.and_then(|present| {
        facets::aliases_of(&StateChange {
            content: present.content.clone(),
            ..change.clone()
        })
    });
    let known = known.unwrap_or_default();
    let leads_here = |alias: &String| {
        let name = alias
            .split_once(':')
            .filter(|(_, server)| *server == &*at.world.state.server_name)
            .and_then(|(name, _)| ChannelName::parse(name).ok());
        name.is_some_and(|name| names.iter().any(|own| own.claim() == name.claim()))
    };
    let mut new = aliases.iter().filter(|alias| !known.contains(alias));
    if new.all(leads_here) {
        Ok(())
    } else {
        Err(Refusal::BadAlias)
    }
}

/// A state key that begins with `@` belongs to that user (Matrix room version 10 "Authorization rules", rule 8).
pub(super) fn check_key_owner(at: Deciding<'_>, change: &StateChange) -> Result<(), Refusal> {
    if !change.key.starts_with('@') {
        return Ok(());
    }
    let own = at
        .world
        .name_of(at.actor.user)
        .map(|name| format!("@{}:{}", name.localpart(), at.world.state.server_name));
    if own.as_deref() == Some(&*change.key) {
        Ok(())
    } else {
        Err(Refusal::Forbidden)
    }
}
