//! What can be found by its words: the text of messages, of the last edit instead of the first version, captions and names of files. Sealed
//! messages, state and whatever was redacted have no words.

use std::borrow::Cow;

use polylogue_richtext::strip;

use crate::body::{Body, Form, Message, Relation, unbroken};
use crate::event::RoomChange;
use crate::ids::{Position, RoomId, Timestamp, UserId};

/// Words of one search that count; further ones are not looked for.
pub const WORDS: usize = 32;

/// What somebody looks for. All of it must be so at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Words of the text, each of which must be there, or a longer one that begins with it; empty for any text.
    pub text: String,
    /// In which rooms; empty for all that the asker was ever in.
    pub rooms: Vec<RoomId>,
    /// Said by one of these; empty for anybody.
    pub senders: Vec<UserId>,
    /// Not earlier.
    pub since: Option<Timestamp>,
    /// Not later.
    pub until: Option<Timestamp>,
    /// Which end of the matches is wanted.
    pub order: Order,
    /// Matches that are wanted at most.
    pub limit: usize,
}

/// Which end of the matches a page begins at, and where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The newest first, before a position.
    NewestFirst(Position),
    /// The oldest first, after a position.
    OldestFirst(Position),
}

/// The text that an event is found by, if it is found at all.
#[must_use]
pub fn text_of(change: &RoomChange) -> Option<String> {
    let RoomChange::Message(message) = change else {
        return None;
    };
    let text = match &message.body {
        Body::Text(text) => match &text.form {
            Form::Irc(text) => strip(&unbroken(text)).into_owned(),
            Form::Native { text, .. } => text.to_string(),
            Form::Matrix(content) => own_words(message, &body_of(&content.value())?).into_owned(),
        },
        Body::Media(content) => body_of(&content.content.value())?,
        Body::Reaction(_) | Body::Sealed(_) | Body::Unknown(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// The words that a search's text asks for: what has a letter or a digit in it.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split_whitespace();
    words
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(WORDS)
}

/// The `body` of a message's content, or of the new content if it is an edit (Matrix client-server API, "m.replace").
fn body_of(content: &serde_json::Value) -> Option<String> {
    let shown = content.get("m.new_content").unwrap_or(content);
    shown.get("body")?.as_str().map(str::to_owned)
}

/// The text without the quoted lines that clients put before an answer (Matrix client-server API before 1.13, "Fallbacks for rich replies").
fn own_words<'a>(message: &Message, body: &'a str) -> Cow<'a, str> {
    let answers = match message.relation {
        Some(Relation::Reply(_) | Relation::Thread { reply: Some(_), .. }) => true,
        Some(Relation::Thread { reply: None, .. } | Relation::Edit(_) | Relation::Reaction(_))
        | None => false,
    };
    if !answers || !body.starts_with("> ") {
        return body.into();
    }
    let own: Vec<&str> = body
        .lines()
        .skip_while(|line| line.starts_with("> "))
        .collect();
    own.join("\n").into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::body::{Content, EventRef, Text, TextKind};
    use crate::event::Redacted;
    use crate::ids::RoomSequence;
    use crate::json::Json;

    const TARGET: EventRef = EventRef {
        sequence: RoomSequence(1),
        position: Position(1),
        author: UserId(1),
    };

    fn text(form: Form) -> Body {
        Body::Text(Text {
            kind: TextKind::Text,
            form,
        })
    }

    fn matrix(content: serde_json::Value) -> Form {
        Form::Matrix(Json::from_value(&content).unwrap())
    }

    fn check(body: Body, relation: Option<Relation>, expected: Option<&str>) {
        let message = Message {
            relation,
            ..Message::plain(body)
        };
        let found = text_of(&RoomChange::Message(message.clone()));
        assert_eq!(found.as_deref(), expected, "{message:?}");
    }

    #[test]
    fn an_event_is_found_by_what_people_read_in_it() {
        let irc = |said: &str| text(Form::Irc(said.into()));
        check(
            irc("\x02bold\x02 \x0304red\x03 move"),
            None,
            Some("bold red move"),
        );
        check(irc("one word bro\rken"), None, Some("one word broken"));
        check(irc("\x02\x02"), None, None);
        let native = Form::Native {
            text: "plain".into(),
            html: Some("<b>plain</b>".into()),
        };
        check(text(native), None, Some("plain"));
        let said = json!({"msgtype": "m.text", "body": "hello", "formatted_body": "<b>x</b>"});
        check(text(matrix(said)), None, Some("hello"));
        let edit = json!({"body": "* new", "m.new_content": {"body": "new"}});
        check(
            text(matrix(edit)),
            Some(Relation::Edit(TARGET)),
            Some("new"),
        );
        let answer = json!({"body": "> <@bob:x> secret\n> more\n\nyes"});
        let reply = Some(Relation::Reply(TARGET));
        check(text(matrix(answer.clone())), reply, Some("\nyes"));
        // Somebody who quotes by hand means it.
        check(text(matrix(answer.clone())), None, answer["body"].as_str());
        check(text(matrix(json!({"msgtype": "m.text"}))), None, None);
    }

    #[test]
    fn files_are_found_by_caption_and_nothing_else_is_found() {
        let content = |kind: &str| Content {
            kind: kind.into(),
            content: Json::from_value(&json!({"body": "cat.png"})).unwrap(),
        };
        check(
            Body::Media(content("m.room.message")),
            None,
            Some("cat.png"),
        );
        check(Body::Sealed(content("m.room.encrypted")), None, None);
        check(Body::Unknown(content("org.example")), None, None);
        check(Body::Reaction(Arc::from("yes")), None, None);
        let redacted = RoomChange::Redacted(Redacted {
            kind: "m.room.message".into(),
            by: TARGET,
            at: Timestamp(1),
            reason: Some("cat.png".into()),
        });
        assert_eq!(text_of(&redacted), None);
    }

    #[test]
    fn words_are_what_has_letters_or_digits() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text:?}");
        };
        check("  two  words ", &["two", "words"]);
        check("- \"quoted\" :)", &["\"quoted\""]);
        check("日本語 42", &["日本語", "42"]);
        check("...", &[]);
        assert_eq!(words(&"a ".repeat(100)).count(), WORDS);
    }
}
