//! `m.room.power_levels` as text (Matrix client-server API, "m.room.power_levels"). Every level may be left out; what that means is for who
//! reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The content of an `m.room.power_levels` event. Levels are integers (room version 10 and later).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PowerContent {
    /// Levels of users, by user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<BTreeMap<String, i64>>,
    /// Level of everybody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users_default: Option<i64>,
    /// Levels that sending needs, by event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<BTreeMap<String, i64>>,
    /// Level that any other message event needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_default: Option<i64>,
    /// Level that any other state event needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_default: Option<i64>,
    /// Level that banning needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ban: Option<i64>,
    /// Level that kicking needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kick: Option<i64>,
    /// Level that redacting others' events needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redact: Option<i64>,
    /// Level that inviting needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite: Option<i64>,
    /// Levels that notifying many needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,
}

/// Levels that notifying many needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notifications {
    /// `@room`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<i64>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn levels_are_integers() {
        let check = |content: Value, accepted: bool| {
            assert_eq!(
                serde_json::from_value::<PowerContent>(content.clone()).is_ok(),
                accepted,
                "{content}"
            );
        };
        check(json!({}), true);
        check(
            json!({ "users": { "@alice:a": 100 }, "ban": 50, "notifications": { "room": 20, "other": 1 }, "x": "y" }),
            true,
        );
        check(json!({ "ban": "50" }), false);
        check(json!({ "users": { "@alice:a": 1.5 } }), false);
    }
}
