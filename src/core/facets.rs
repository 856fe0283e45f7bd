//! The state events whose content means something to the rules: topic, name, join rule, visibility, guests, encryption, channel modes. All
//! others are kept verbatim and mean nothing here.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::event::{Entry, StateChange};
use crate::ids::UserId;
use crate::json::Json;
use crate::limits;
use crate::name::ChannelName;
use crate::refusal::Refusal;
use crate::room::{ChannelModes, JoinRule, RoomState};
use crate::visibility::HistoryVisibility;

/// Matrix client-server API, "m.room.topic".
pub const TOPIC: &str = "m.room.topic";
/// Matrix client-server API, "m.room.name".
pub const NAME: &str = "m.room.name";
/// Matrix client-server API, "m.room.join_rules".
pub const JOIN_RULES: &str = "m.room.join_rules";
/// Matrix client-server API, "m.room.history_visibility".
pub const HISTORY_VISIBILITY: &str = "m.room.history_visibility";
/// Matrix client-server API, "m.room.guest_access".
pub const GUEST_ACCESS: &str = "m.room.guest_access";
/// Matrix client-server API, "m.room.encryption".
pub const ENCRYPTION: &str = "m.room.encryption";
/// The type of account data that an account's address for mail is kept under.
pub const CONTACT: &str = "polylogue.contact";
/// Matrix client-server API, "m.room.canonical_alias".
pub const CANONICAL_ALIAS: &str = "m.room.canonical_alias";
/// Matrix client-server API, "m.room.avatar".
pub const AVATAR: &str = "m.room.avatar";
/// Matrix client-server API, "m.room.power_levels": has a command of its own.
pub const POWER_LEVELS: &str = "m.room.power_levels";
/// Matrix client-server API, "m.room.member": has commands of its own.
pub const MEMBER: &str = "m.room.member";
/// Matrix client-server API, "m.room.create": the first event only.
pub const CREATE: &str = "m.room.create";
/// Our own: the channel modes that Matrix has no state for.
pub const CHANNEL_MODES: &str = "polylogue.irc";

/// Our own: who may own the room once nobody does, as a Matrix user id in `user_id`.
pub const SUCCESSOR: &str = "polylogue.successor";

/// Our own: where those are led who may not come in, as a channel name in `channel`.
pub const FORWARD: &str = "polylogue.forward";

/// Checks content that the rules will read.
///
/// # Errors
/// Names the field that is missing or of the wrong type.
pub fn check(change: &StateChange) -> Result<(), Refusal> {
    let content = change.content.value();
    let text = |field: &'static str, limit: usize| match content.get(field) {
        Some(Value::String(text)) if text.len() > limit => {
            Err(Refusal::TooLarge { what: field, limit })
        }
        Some(Value::String(_)) | None => Ok(()),
        Some(_) => Err(Refusal::Invalid { what: field }),
    };
    match &*change.kind {
        TOPIC => text("topic", limits::TOPIC),
        NAME => text("name", limits::ROOM_NAME),
        JOIN_RULES => join_rule(&content)
            .map(drop)
            .ok_or(Refusal::Invalid { what: "join_rule" }),
        HISTORY_VISIBILITY => visibility(&content).map(drop).ok_or(Refusal::Invalid {
            what: "history_visibility",
        }),
        GUEST_ACCESS => match content.get("guest_access").and_then(Value::as_str) {
            Some("can_join" | "forbidden") => Ok(()),
            Some(_) | None => Err(Refusal::Invalid {
                what: "guest_access",
            }),
        },
        ENCRYPTION => match content.get("algorithm").and_then(Value::as_str) {
            Some(algorithm) if !algorithm.is_empty() => Ok(()),
            Some(_) | None => Err(Refusal::Invalid { what: "algorithm" }),
        },
        SUCCESSOR => text("user_id", limits::STATE_KEY),
        FORWARD => match content.get("channel") {
            None => Ok(()),
            Some(name) => name
                .as_str()
                .and_then(|name| ChannelName::parse(name).ok())
                .map(drop)
                .ok_or(Refusal::Invalid { what: "channel" }),
        },
        CHANNEL_MODES => match serde_json::from_value::<ChannelModes>(content) {
            Ok(_) => Ok(()),
            Err(_) => Err(Refusal::Invalid {
                what: "channel modes",
            }),
        },
        _ => Ok(()),
    }
}

/// Reads what the content means into the room's state. Content was checked before it became an event.
pub(crate) fn apply(
    state: &mut RoomState,
    (entry, sender): (&Entry, UserId),
    change: &StateChange,
) {
    if !change.key.is_empty() {
        return;
    }
    let content = change.content.value();
    let text = |field: &str| {
        content
            .get(field)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(Arc::from)
    };
    match &*change.kind {
        TOPIC => {
            state.topic = crate::apply::topic(
                text("topic").as_deref().unwrap_or_default(),
                sender,
                entry.at,
            )
        }
        NAME => state.name = text("name"),
        JOIN_RULES => state.join_rule = join_rule(&content).unwrap_or(state.join_rule),
        HISTORY_VISIBILITY => {
            if let Some(visibility) = visibility(&content) {
                state.visibilities = state
                    .visibilities
                    .iter()
                    .copied()
                    .chain([(entry.sequence, visibility)])
                    .collect();
            }
        }
        GUEST_ACCESS => {
            state.guests_may_join =
                content.get("guest_access").and_then(Value::as_str) == Some("can_join")
        }
        // Monotone: no content takes the algorithm away again.
        ENCRYPTION => state.encryption = state.encryption.take().or_else(|| text("algorithm")),
        CHANNEL_MODES => state.modes = serde_json::from_value(content).unwrap_or(state.modes),
        _ => {}
    }
}

/// What a redacted state event means no more: the fields that a redaction leaves mean what they did.
pub(crate) fn stripped(state: &mut RoomState, change: &StateChange) {
    if !change.key.is_empty() {
        return;
    }
    match &*change.kind {
        TOPIC => state.topic = None,
        NAME => state.name = None,
        GUEST_ACCESS => state.guests_may_join = false,
        CHANNEL_MODES => state.modes = ChannelModes::default(),
        _ => {}
    }
}

/// A topic as state; an empty one takes it away.
#[must_use]
pub fn topic(text: &str) -> StateChange {
    change(TOPIC, &json!({ "topic": text }))
}

/// A room name as state.
#[must_use]
pub fn name(text: &str) -> StateChange {
    change(NAME, &json!({ "name": text }))
}

/// A join rule as state.
#[must_use]
pub fn join_rules(rule: JoinRule) -> StateChange {
    let text = match rule {
        JoinRule::Public => "public",
        JoinRule::Invite => "invite",
        JoinRule::Knock => "knock",
        JoinRule::Restricted => "restricted",
    };
    change(JOIN_RULES, &json!({ "join_rule": text }))
}

/// A history visibility as state.
#[must_use]
pub fn history_visibility(visibility: HistoryVisibility) -> StateChange {
    let text = match visibility {
        HistoryVisibility::WorldReadable => "world_readable",
        HistoryVisibility::Shared => "shared",
        HistoryVisibility::Invited => "invited",
        HistoryVisibility::Joined => "joined",
    };
    change(HISTORY_VISIBILITY, &json!({ "history_visibility": text }))
}

/// Whether guests may join, as state.
#[must_use]
pub fn guest_access(may_join: bool) -> StateChange {
    change(
        GUEST_ACCESS,
        &json!({ "guest_access": if may_join { "can_join" } else { "forbidden" } }),
    )
}

/// Who is to own the room after its owners, as state; nothing takes it back.
#[must_use]
pub fn set_successor(user: Option<&str>) -> StateChange {
    let content = user.map_or_else(|| json!({}), |user| json!({ "user_id": user }));
    change(SUCCESSOR, &content)
}

/// Who is to own the room after its owners.
#[must_use]
pub fn successor(room: &RoomState) -> Option<Arc<str>> {
    let entry = room.extra.get(&(Arc::from(SUCCESSOR), Arc::from("")))?;
    let value = entry.content.value();
    value.get("user_id").and_then(Value::as_str).map(Arc::from)
}

/// Where those are led who may not come in (IRC `+f`), as state; nothing takes it back.
#[must_use]
pub fn set_forward(name: Option<&ChannelName>) -> StateChange {
    let content = name.map_or_else(|| json!({}), |name| json!({ "channel": name.as_str() }));
    change(FORWARD, &content)
}

/// Where those are led who may not come in.
#[must_use]
pub fn forward(room: &RoomState) -> Option<ChannelName> {
    let entry = room.extra.get(&(Arc::from(FORWARD), Arc::from("")))?;
    channel_of(&entry.content)
}

/// Where such a change leads them.
#[must_use]
pub fn forward_of(change: &StateChange) -> Option<ChannelName> {
    channel_of(&change.content)
}

/// The channel that such content names.
pub(crate) fn channel_of(content: &Json) -> Option<ChannelName> {
    let value = content.value();
    ChannelName::parse(value.get("channel")?.as_str()?).ok()
}

/// Channel modes as state.
#[must_use]
pub fn channel_modes(modes: ChannelModes) -> StateChange {
    change(
        CHANNEL_MODES,
        &serde_json::to_value(modes).unwrap_or_else(|_| json!({})),
    )
}

/// The aliases that a canonical alias event names (Matrix client-server API, "m.room.canonical_alias"); nothing if one of them is no text.
#[must_use]
pub fn aliases_of(change: &StateChange) -> Option<Vec<String>> {
    if &*change.kind != CANONICAL_ALIAS || !change.key.is_empty() {
        return Some(Vec::new());
    }
    let content = change.content.value();
    let first = content.get("alias").filter(|alias| !alias.is_null());
    let others = match content.get("alt_aliases") {
        Some(others) => others.as_array()?.as_slice(),
        None => &[],
    };
    let all = first.into_iter().chain(others);
    all.map(|alias| alias.as_str().map(str::to_owned)).collect()
}

/// An account's address for mail, as the account data that it is kept as.
#[must_use]
pub fn contact(address: &str) -> StateChange {
    change(CONTACT, &json!({ "email": address }))
}

/// The canonical alias as state; `alias` is a full Matrix alias.
#[must_use]
pub fn canonical_alias(alias: &str) -> StateChange {
    change(CANONICAL_ALIAS, &json!({ "alias": alias }))
}

#[expect(
    clippy::expect_used,
    reason = "every caller is above: objects of strings, booleans and u32, which are canonical"
)]
fn change(kind: &str, content: &Value) -> StateChange {
    StateChange {
        kind: kind.into(),
        key: "".into(),
        content: Json::from_value(content).expect("canonical by construction"),
    }
}

/// The history visibility that a state event sets, if it is one.
#[must_use]
pub fn visibility_of(change: &StateChange) -> Option<HistoryVisibility> {
    (&*change.kind == HISTORY_VISIBILITY && change.key.is_empty())
        .then(|| visibility(&change.content.value()))?
}

fn join_rule(content: &Value) -> Option<JoinRule> {
    match content.get("join_rule")?.as_str()? {
        "public" => Some(JoinRule::Public),
        "invite" | "private" => Some(JoinRule::Invite),
        "knock" => Some(JoinRule::Knock),
        "restricted" | "knock_restricted" => Some(JoinRule::Restricted),
        _ => None,
    }
}

fn visibility(content: &Value) -> Option<HistoryVisibility> {
    match content.get("history_visibility")?.as_str()? {
        "world_readable" => Some(HistoryVisibility::WorldReadable),
        "shared" => Some(HistoryVisibility::Shared),
        "invited" => Some(HistoryVisibility::Invited),
        "joined" => Some(HistoryVisibility::Joined),
        _ => None,
    }
}
