//! What a user wants to hear: whom he ignores (`m.ignored_user_list`), and what notifies him (`m.push_rules`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use polylogue_core::room::Room;
use polylogue_core::state::World;
use polylogue_core::{Json, UserId};
use polylogue_hub::VisibleEvent;
use ruma::power_levels::NotificationPowerLevels;
use ruma::push::{PushConditionPowerLevelsCtx, PushConditionRoomCtx, Ruleset};
use ruma::room_version_rules::{AuthorizationRules, RoomPowerLevelsRules};
use ruma::serde::Raw;
use ruma::{Int, UInt};
use serde_json::Value;

use crate::Matrix;
use crate::error::Failure;
use crate::push;

/// The type of the account data that names those who are ignored.
const IGNORED: &str = "m.ignored_user_list";

/// What a user wants to hear.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    ignored: BTreeSet<UserId>,
    /// Nothing for the server's defaults, which are made when they are needed.
    rules: Option<Ruleset>,
}

/// What an event does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Notified {
    pub(crate) notifies: bool,
    pub(crate) highlights: bool,
}

/// Whether account data of a type is of wishes.
pub(crate) fn are_in(kind: &str) -> bool {
    kind == IGNORED || kind == push::KIND
}

/// Whom a user ignores (Matrix client-server API "Ignoring Users").
pub(crate) async fn ignored(matrix: &Matrix, user: UserId) -> Result<BTreeSet<UserId>, Failure> {
    let stored = matrix.hub.account_datum(user, None, IGNORED).await?;
    Ok(stored.map_or_else(BTreeSet::new, |stored| named(matrix, user, &stored)))
}

fn named(matrix: &Matrix, user: UserId, stored: &Json) -> BTreeSet<UserId> {
    let content = stored.value();
    let users = content.get("ignored_users").and_then(Value::as_object);
    let world = matrix.hub.world();
    let ids = users.into_iter().flat_map(|users| users.keys());
    let mut ignored: BTreeSet<_> = ids.filter_map(|id| matrix.find_user(&world, id)).collect();
    // Nobody ignores himself.
    ignored.remove(&user);
    ignored
}

/// Whether an event is kept from those who ignore its sender: what he says is, what he does to the room is not.
pub(crate) fn is_hidden(ignored: &BTreeSet<UserId>, event: &VisibleEvent, shown: &Value) -> bool {
    ignored.contains(&event.sender) && shown.get("state_key").is_none()
}

impl Wishes {
    /// As they are stored now; nothing for somebody who never wished for anything.
    pub(crate) async fn of(matrix: &Matrix, user: UserId) -> Result<Option<Self>, Failure> {
        let (ignored, rules) = (ignored(matrix, user).await?, push::own(matrix, user).await?);
        let has_none = ignored.is_empty() && rules.is_none();
        Ok((!has_none).then_some(Self { ignored, rules }))
    }

    /// What notifies the user whose wishes they are.
    pub(crate) fn rules(&self, matrix: &Matrix, user: UserId) -> Result<Cow<'_, Ruleset>, Failure> {
        Ok(match &self.rules {
            Some(rules) => Cow::Borrowed(rules),
            None => Cow::Owned(push::defaults(matrix, user)?),
        })
    }

    /// Whom the user ignores.
    pub(crate) fn ignored(&self) -> &BTreeSet<UserId> {
        &self.ignored
    }
}

/// What an event does to a user, by his rules.
pub(crate) async fn notified(
    rules: &Ruleset,
    event: &Value,
    room: &PushConditionRoomCtx,
) -> Notified {
    let Ok(event) = Raw::new(event) else {
        return Notified::default();
    };
    let actions = rules.get_actions(&event, room).await;
    Notified {
        notifies: actions.iter().any(ruma::push::Action::should_notify),
        highlights: actions.iter().any(ruma::push::Action::is_highlight),
    }
}

/// What rules ask of a room, for a user and what these senders said. Nothing if an id is none that the rules know.
pub(crate) fn room(
    matrix: &Matrix,
    (world, room): (&World, &Room),
    (user, senders): (UserId, &BTreeSet<UserId>),
) -> Option<PushConditionRoomCtx> {
    let id = |user: UserId| ruma::UserId::parse(matrix.user_id(world, user)).ok();
    let level = |level: i64| {
        Int::try_from(level).unwrap_or(match level > 0 {
            true => Int::MAX,
            false => Int::MIN,
        })
    };
    let state = &room.state;
    let name = world.state.user(user)?.shown_name().to_string();
    let count = UInt::try_from(state.joined).unwrap_or(UInt::MAX);
    let room_id = ruma::RoomId::parse(matrix.room_id(state.id)).ok()?;
    let senders = senders.iter();
    let users: BTreeMap<_, _> = senders
        .filter_map(|user| Some((id(*user)?, level(state.level(*user)))))
        .collect();
    let mut notifications = NotificationPowerLevels::new();
    notifications.room = level(state.power.notify_room);
    // The levels of creators are among the senders'.
    let rules = RoomPowerLevelsRules::new(&AuthorizationRules::V11, []);
    let everybody = level(state.power.users_default);
    let levels = PushConditionPowerLevelsCtx::new(users, everybody, notifications, rules);
    let room = PushConditionRoomCtx::new(room_id, count, id(user)?, name);
    Some(room.with_power_levels(levels))
}
