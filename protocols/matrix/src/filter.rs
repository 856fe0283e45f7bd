//! Which events a filter lets through (Matrix client-server API "Filtering"). Limits and lazy loading are for who applies it.

use ruma::api::client::filter::{RoomEventFilter, UrlFilter};
use serde_json::Value;

/// Whether a client event of a room passes a filter.
#[must_use]
pub fn admits(filter: &RoomEventFilter, event: &Value) -> bool {
    let field = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    admits_type(filter, field("type"))
        && passes(
            field("sender"),
            filter.senders.as_deref(),
            &filter.not_senders,
        )
        && admits_url(filter, event)
}

/// Whether events of a type pass a filter.
#[must_use]
pub fn admits_type(filter: &RoomEventFilter, event_type: &str) -> bool {
    let hit = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, event_type));
    filter.types.as_deref().is_none_or(hit) && !hit(&filter.not_types)
}

/// Whether a room passes a filter.
#[must_use]
pub fn admits_room(filter: &RoomEventFilter, room_id: &str) -> bool {
    passes(room_id, filter.rooms.as_deref(), &filter.not_rooms)
}

fn passes<T: PartialEq<str>>(text: &str, wanted: Option<&[T]>, unwanted: &[T]) -> bool {
    let hit = |list: &[T]| list.iter().any(|entry| entry == text);
    wanted.is_none_or(hit) && !hit(unwanted)
}

fn admits_url(filter: &RoomEventFilter, event: &Value) -> bool {
    let has_url = || {
        event
            .get("content")
            .and_then(|content| content.get("url"))
            .is_some_and(Value::is_string)
    };
    match &filter.url_filter {
        Some(UrlFilter::EventsWithUrl) => has_url(),
        Some(UrlFilter::EventsWithoutUrl) => !has_url(),
        None => true,
    }
}

/// `*` stands for any sequence of characters. Linear: after a `*` the earliest match of what follows is as good as any.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    let mut rest = rest;
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wildcards() {
        let check = |pattern: &str, text: &str, want: bool| {
            assert_eq!(matches(pattern, text), want, "{pattern} {text}")
        };
        check("m.room.message", "m.room.message", true);
        check("m.room.message", "m.room.messages", false);
        check("m.room.*", "m.room.message", true);
        check("*", "anything", true);
        check("*.message", "m.room.message", true);
        check("m.*.m*ge", "m.room.message", true);
        check("m.*x*", "m.room.message", false);
        check("a*a", "a", false);
        check("", "m", false);
    }

    #[test]
    fn filters() {
        let event = json!({ "type": "m.room.message", "sender": "@alice:a", "content": { "body": "x", "url": "mxc://a/b" } });
        let check = |filter: Value, want: bool| {
            let parsed: RoomEventFilter = serde_json::from_value(filter.clone()).unwrap();
            assert_eq!(admits(&parsed, &event), want, "{filter}");
        };
        check(json!({}), true);
        check(json!({ "types": ["m.room.*"] }), true);
        check(json!({ "types": [] }), false);
        check(
            json!({ "types": ["m.room.*"], "not_types": ["m.room.message"] }),
            false,
        );
        check(json!({ "senders": ["@bob:a"] }), false);
        check(json!({ "not_senders": ["@alice:a"] }), false);
        check(json!({ "contains_url": true }), true);
        check(json!({ "contains_url": false }), false);
    }
}
