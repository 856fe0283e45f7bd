//! How plays write Matrix events: a type, and fields. `m.room.message body="hi" sender=@bob:test` stands for
//! `{"type": "m.room.message", "sender": "@bob:test", "content": {"body": "hi"}}`.
//!
//! A value is JSON, or a word for a string; a word in braces is a name as in other patterns.

use serde_json::{Value, json};

use super::{Failure, Outcome};

/// Fields of an event itself; all others are of its content.
const OF_THE_EVENT: [&str; 6] = [
    "event_id",
    "redacts",
    "room_id",
    "sender",
    "state_key",
    "unsigned",
];

/// Reads an event.
pub fn event(text: &str) -> Outcome<Value> {
    let (kind, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut event = json!({"type": kind, "content": {}});
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(event);
        }
        let (key, after) = rest.split_once('=').ok_or_else(|| {
            Failure::new(format!(
                "an event is a type and fields, `key=value` each: {rest}"
            ))
        })?;
        let (value, after) = value(after)?;
        if OF_THE_EVENT.contains(&key) {
            event[key] = value;
        } else {
            event["content"][key] = value;
        }
        rest = after;
    }
}

/// A value and what comes behind it.
fn value(text: &str) -> Outcome<(Value, &str)> {
    let is_name = text
        .strip_prefix('{')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
    if !is_name && text.starts_with(['"', '{', '[']) {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let value = values.next().and_then(Result::ok);
        let value = value.ok_or_else(|| Failure::new(format!("this is no JSON: {text}")))?;
        let end = values.byte_offset();
        return Ok((value, text.get(end..).unwrap_or_default()));
    }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    Ok((
        serde_json::from_str(word).unwrap_or_else(|_| word.into()),
        rest,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_types_and_fields() {
        let check = |text: &str, expected: Value| assert_eq!(event(text), Ok(expected), "{text}");
        check(
            "m.room.message",
            json!({"type": "m.room.message", "content": {}}),
        );
        check(
            r#"m.room.message body="a \"b\" =c" sender=@bob:test"#,
            json!({"type": "m.room.message", "sender": "@bob:test", "content": {"body": "a \"b\" =c"}}),
        );
        check(
            r#"m.room.topic state_key="" topic=roses  n=1"#,
            json!({"type": "m.room.topic", "state_key": "", "content": {"topic": "roses", "n": 1}}),
        );
        check(
            r#"m.receipt ${id}={"m.read": {}} room_id={room}"#,
            json!({"type": "m.receipt", "room_id": "{room}", "content": {"${id}": {"m.read": {}}}}),
        );
        for wrong in ["m.room.message hello", "m.room.message body=\"hello"] {
            assert!(event(wrong).is_err(), "{wrong}");
        }
    }
}
