//! What is left of a state event that was redacted (Matrix room versions 10 and 11, "Redactions"). What was said loses all of its content; the
//! store keeps a mark in its place.

use serde_json::{Map, Value};

use crate::event::{MemberChange, PowerChange, RoomChange, StateChange};
use crate::facets;
use crate::json::Json;
use crate::room::Creation;

/// What is left of a change in a room of this version; nothing for what is no state.
#[must_use]
pub fn stripped(change: &RoomChange, version: u8) -> Option<RoomChange> {
    let content = |kind: &str, content: &Option<Json>| {
        content
            .as_ref()
            .map(|content| stripped_content((kind, version), content))
    };
    match change {
        RoomChange::State(state) => Some(RoomChange::State(StateChange {
            kind: state.kind.clone(),
            key: state.key.clone(),
            content: stripped_content((&state.kind, version), &state.content),
        })),
        RoomChange::Member(member) => Some(RoomChange::Member(MemberChange {
            reason: None,
            content: content(facets::MEMBER, &member.content),
            ..member.clone()
        })),
        RoomChange::Power(power) => Some(RoomChange::Power(PowerChange {
            content: content(facets::POWER_LEVELS, &power.content),
            ..power.clone()
        })),
        RoomChange::Created(creation) => Some(RoomChange::Created(Creation {
            content: content(facets::CREATE, &creation.content),
            ..creation.clone()
        })),
        RoomChange::Message(_) | RoomChange::Redaction { .. } | RoomChange::Redacted(_) => None,
    }
}

/// What is left of a content of this type in a room of this version.
#[must_use]
pub fn stripped_content((kind, version): (&str, u8), content: &Json) -> Json {
    let kept: &[&str] = match kind {
        // From room version 11 on all of it is kept; before that only the creator, who is not part of what is kept here.
        facets::CREATE if version >= 11 => return content.clone(),
        facets::MEMBER => &["membership", "join_authorised_via_users_server"],
        facets::JOIN_RULES => &["join_rule", "allow"],
        facets::POWER_LEVELS => &[
            "ban",
            "events",
            "events_default",
            "invite",
            "kick",
            "redact",
            "state_default",
            "users",
            "users_default",
        ],
        facets::HISTORY_VISIBILITY => &["history_visibility"],
        // Not in the specification: encryption never goes away, whatever a client is shown of it.
        facets::ENCRYPTION => &["algorithm"],
        _ => &[],
    };
    let value = content.value();
    let left: Map<String, Value> = kept
        .iter()
        .filter(|field| **field != "invite" || version >= 11)
        .filter_map(|field| Some(((*field).to_owned(), value.get(*field)?.clone())))
        .collect();
    Json::from_value(&Value::Object(left)).unwrap_or_else(|_| Json::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_redaction_leaves() {
        let check = |kind: &str, version: u8, content: &str, left: &str| {
            let content = Json::parse(content).unwrap();
            let got = stripped_content((kind, version), &content);
            assert_eq!(got, Json::parse(left).unwrap(), "{kind} {version}");
        };
        check(facets::TOPIC, 11, r#"{"topic":"secret"}"#, "{}");
        check("org.example.thing", 11, r#"{"a":1}"#, "{}");
        check(
            facets::JOIN_RULES,
            11,
            r#"{"allow":[],"join_rule":"restricted","x":1}"#,
            r#"{"allow":[],"join_rule":"restricted"}"#,
        );
        check(
            facets::POWER_LEVELS,
            10,
            r#"{"ban":1,"invite":2,"notifications":{"room":3}}"#,
            r#"{"ban":1}"#,
        );
        check(
            facets::POWER_LEVELS,
            11,
            r#"{"ban":1,"invite":2}"#,
            r#"{"ban":1,"invite":2}"#,
        );
        check(
            facets::HISTORY_VISIBILITY,
            11,
            r#"{"history_visibility":"joined","x":1}"#,
            r#"{"history_visibility":"joined"}"#,
        );
        check(
            facets::ENCRYPTION,
            11,
            r#"{"algorithm":"m.megolm.v1.aes-sha2","x":1}"#,
            r#"{"algorithm":"m.megolm.v1.aes-sha2"}"#,
        );
        check(
            facets::CREATE,
            11,
            r#"{"type":"m.space"}"#,
            r#"{"type":"m.space"}"#,
        );
        check(facets::CREATE, 10, r#"{"type":"m.space"}"#, "{}");
    }
}
