//! What users and rooms tell of themselves, as METADATA has it: the profile and the room's name and avatar, which all front-ends share; other
//! keys are a room's state, and for users their connections'.

use std::collections::BTreeMap;
use std::sync::Arc;

use polylogue_core::event::StateChange;
use polylogue_core::state::World;
use polylogue_core::{Json, RoomState, UserId, facets};
use serde_json::{Value, json};

/// The state of a key that Matrix has no state for.
pub(crate) const STATE: &str = "polylogue.metadata";
/// Matrix client-server API, "m.room.avatar".
const AVATAR: &str = "m.room.avatar";

/// Keys and values, by key.
pub(crate) type Values = BTreeMap<Arc<str>, Arc<str>>;

/// A user's.
pub(crate) fn of_user(world: &World, user: UserId) -> Values {
    let mut values: Values = world
        .live
        .sessions_of(user)
        .iter()
        .filter_map(|id| world.live.sessions.get(id))
        .flat_map(|session| session.presentation.metadata.iter())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    values.extend(profile(world, user));
    values
}

/// The same as another one may see it: what connections tell is for those who may see that he is here.
pub(crate) fn shown_of(world: &World, (viewer, user): (UserId, UserId)) -> Values {
    if world.is_acquainted(viewer, user) {
        of_user(world, user)
    } else {
        profile(world, user)
    }
}

fn profile(world: &World, user: UserId) -> Values {
    let mut values = Values::new();
    if let Some(known) = world.state.user(user) {
        let profile = [
            ("display-name", &known.profile.display_name),
            ("avatar", &known.profile.avatar),
        ];
        for (key, value) in profile {
            if let Some(value) = value {
                values.insert(key.into(), value.clone());
            }
        }
    }
    values
}

/// A room's.
pub(crate) fn of_room(room: &RoomState) -> Values {
    room.extra
        .iter()
        .filter_map(|((kind, state_key), entry)| {
            let (key, field) = shown(kind, state_key)?;
            let content = entry.content.value();
            let value = content.get(field).and_then(Value::as_str)?;
            (!value.is_empty()).then(|| (key, value.into()))
        })
        .collect()
}

/// The key that a state event is, and the field of its content that is the value.
pub(crate) fn shown(kind: &str, state_key: &str) -> Option<(Arc<str>, &'static str)> {
    match (kind, state_key) {
        (facets::NAME, "") => Some(("display-name".into(), "name")),
        (AVATAR, "") => Some(("avatar".into(), "url")),
        (STATE, key) => Some((key.into(), "value")),
        _ => None,
    }
}

/// A key of a room as state; nothing takes it away.
pub(crate) fn of_state(key: &str, value: Option<&str>) -> Option<StateChange> {
    let (kind, state_key, field) = match key {
        "display-name" => (facets::NAME, "", "name"),
        "avatar" => (AVATAR, "", "url"),
        key => (STATE, key, "value"),
    };
    let content = value.map_or_else(|| json!({}), |value| json!({ field: value }));
    Some(StateChange {
        kind: kind.into(),
        key: state_key.into(),
        content: Json::from_value(&content).ok()?,
    })
}
