//! What a message event's content says beside its text: which kind of thing it is, what it refers to, whom it mentions. The content itself is
//! never changed here.

use serde_json::Value;

/// `m.room.message`
pub const MESSAGE: &str = "m.room.message";
/// `m.room.encrypted`
pub const ENCRYPTED: &str = "m.room.encrypted";
/// `m.reaction`
pub const REACTION: &str = "m.reaction";
/// `m.room.redaction`
pub const REDACTION: &str = "m.room.redaction";

/// Why content is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// A field is missing or of the wrong type.
    #[error("{0} is missing or of the wrong type")]
    Field(&'static str),
}

/// Which kind of thing a message event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `m.text`
    Text,
    /// `m.notice`
    Notice,
    /// `m.emote`
    Emote,
    /// Something to look at or listen to: files, stickers, locations, polls, and message types that nobody here knows.
    Media,
    /// Ciphertext.
    Encrypted,
    /// A reaction with its key.
    Reaction(&'a str),
    /// Any other type.
    Other,
}

/// Which kind of thing an event of this type and content is (Matrix client-server API "m.room.message msgtypes", "m.reaction").
///
/// # Errors
/// Names the field that the type requires and the content lacks.
pub fn kind<'a>(event_type: &str, content: &'a Value) -> Result<Kind<'a>, ContentError> {
    match event_type {
        MESSAGE => {
            let message_type = text(content, "msgtype")?;
            text(content, "body")?;
            Ok(match message_type {
                "m.text" => Kind::Text,
                "m.notice" => Kind::Notice,
                "m.emote" => Kind::Emote,
                _ => Kind::Media,
            })
        }
        ENCRYPTED => text(content, "algorithm").map(|_| Kind::Encrypted),
        REACTION => match relation(content)? {
            Some(Relation::Annotation { key, .. }) => Ok(Kind::Reaction(key)),
            Some(Relation::Reply(_) | Relation::Thread { .. } | Relation::Replace(_)) | None => {
                Err(ContentError::Field("m.relates_to"))
            }
        },
        "m.sticker" | "m.location" | "m.poll.start" | "org.matrix.msc3381.poll.start" => {
            Ok(Kind::Media)
        }
        _ => Ok(Kind::Other),
    }
}

/// What an event refers to, by event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation<'a> {
    /// `m.in_reply_to`
    Reply(&'a str),
    /// `m.thread`
    Thread {
        /// The thread's root.
        root: &'a str,
        /// The event that is answered within the thread; one named only for clients without threads does not count.
        reply: Option<&'a str>,
    },
    /// `m.replace`
    Replace(&'a str),
    /// `m.annotation`
    Annotation {
        /// What is reacted to.
        target: &'a str,
        /// With what.
        key: &'a str,
    },
}

/// What an event refers to (Matrix client-server API "Forming relationships between events", "Rich replies", "Threading"). Relation types
/// that nobody here knows are none.
///
/// # Errors
/// Names the field that a known relation lacks.
pub fn relation(content: &Value) -> Result<Option<Relation<'_>>, ContentError> {
    let Some(relates_to) = content.get("m.relates_to").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let reply = match relates_to
        .get("m.in_reply_to")
        .filter(|value| !value.is_null())
    {
        Some(reply) => Some(
            text(reply, "event_id").map_err(|_| ContentError::Field("m.in_reply_to.event_id"))?,
        ),
        None => None,
    };
    let target =
        || text(relates_to, "event_id").map_err(|_| ContentError::Field("m.relates_to.event_id"));
    Ok(match relates_to.get("rel_type").and_then(Value::as_str) {
        Some("m.thread") => {
            let falls_back = relates_to
                .get("is_falling_back")
                .and_then(Value::as_bool)
                .unwrap_or(false);
            Some(Relation::Thread {
                root: target()?,
                reply: reply.filter(|_| !falls_back),
            })
        }
        Some("m.replace") => Some(Relation::Replace(target()?)),
        Some("m.annotation") => {
            let key =
                text(relates_to, "key").map_err(|_| ContentError::Field("m.relates_to.key"))?;
            Some(Relation::Annotation {
                target: target()?,
                key,
            })
        }
        Some(_) | None => reply.map(Relation::Reply),
    })
}

/// Whom an event mentions on purpose, as user ids (Matrix client-server API "User and room mentions").
pub fn mentions(content: &Value) -> impl Iterator<Item = &str> {
    let users = content
        .get("m.mentions")
        .and_then(|mentions| mentions.get("user_ids"))
        .and_then(Value::as_array);
    users.into_iter().flatten().filter_map(Value::as_str)
}

fn text<'a>(value: &'a Value, field: &'static str) -> Result<&'a str, ContentError> {
    value
        .get(field)
        .and_then(Value::as_str)
        .ok_or(ContentError::Field(field))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds() {
        let check = |event_type: &str, content: Value, want: Result<Kind<'_>, &'static str>| {
            assert_eq!(
                kind(event_type, &content),
                want.map_err(ContentError::Field),
                "{event_type} {content}"
            );
        };
        check(
            MESSAGE,
            json!({ "msgtype": "m.text", "body": "hi" }),
            Ok(Kind::Text),
        );
        check(
            MESSAGE,
            json!({ "msgtype": "m.notice", "body": "hi" }),
            Ok(Kind::Notice),
        );
        check(
            MESSAGE,
            json!({ "msgtype": "m.emote", "body": "waves" }),
            Ok(Kind::Emote),
        );
        check(
            MESSAGE,
            json!({ "msgtype": "m.image", "body": "a.png" }),
            Ok(Kind::Media),
        );
        check(
            MESSAGE,
            json!({ "msgtype": "x.unknown", "body": "?" }),
            Ok(Kind::Media),
        );
        check(MESSAGE, json!({ "msgtype": "m.text" }), Err("body"));
        check(
            MESSAGE,
            json!({ "msgtype": 1, "body": "hi" }),
            Err("msgtype"),
        );
        check(
            ENCRYPTED,
            json!({ "algorithm": "m.megolm.v1.aes-sha2" }),
            Ok(Kind::Encrypted),
        );
        check(ENCRYPTED, json!({}), Err("algorithm"));
        check(
            REACTION,
            json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": "$a", "key": "👍" } }),
            Ok(Kind::Reaction("👍")),
        );
        check(REACTION, json!({}), Err("m.relates_to"));
        check("m.sticker", json!({}), Ok(Kind::Media));
        check("org.example.thing", json!({}), Ok(Kind::Other));
    }

    #[test]
    fn relations() {
        let check = |relates_to: Value, want: Result<Option<Relation<'_>>, &'static str>| {
            let content = json!({ "m.relates_to": relates_to });
            assert_eq!(
                relation(&content),
                want.map_err(ContentError::Field),
                "{content}"
            );
        };
        check(json!(null), Ok(None));
        check(
            json!({ "m.in_reply_to": { "event_id": "$a" } }),
            Ok(Some(Relation::Reply("$a"))),
        );
        check(
            json!({ "m.in_reply_to": {} }),
            Err("m.in_reply_to.event_id"),
        );
        check(
            json!({ "rel_type": "m.replace", "event_id": "$a" }),
            Ok(Some(Relation::Replace("$a"))),
        );
        check(
            json!({ "rel_type": "m.replace" }),
            Err("m.relates_to.event_id"),
        );
        check(
            json!({ "rel_type": "m.annotation", "event_id": "$a" }),
            Err("m.relates_to.key"),
        );
        check(
            json!({ "rel_type": "org.example.link", "event_id": "$a" }),
            Ok(None),
        );
        let thread = |falls_back: bool| json!({ "rel_type": "m.thread", "event_id": "$a", "m.in_reply_to": { "event_id": "$b" }, "is_falling_back": falls_back });
        check(
            thread(true),
            Ok(Some(Relation::Thread {
                root: "$a",
                reply: None,
            })),
        );
        check(
            thread(false),
            Ok(Some(Relation::Thread {
                root: "$a",
                reply: Some("$b"),
            })),
        );
    }

    #[test]
    fn mentions_are_those_on_purpose() {
        let content = json!({ "body": "@carol", "m.mentions": { "user_ids": ["@alice:a", 7, "@bob:a"], "room": true } });
        assert_eq!(
            mentions(&content).collect::<Vec<_>>(),
            ["@alice:a", "@bob:a"]
        );
        assert_eq!(mentions(&json!({})).count(), 0);
    }
}
