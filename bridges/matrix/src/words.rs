//! Texts written on other protocols as `m.room.message` content that says the same.

use polylogue_core::body::unbroken;
use polylogue_core::body::{EventRef, Form, Relation, Text, TextKind};
use polylogue_core::state::World;
use polylogue_core::{Message, UserId};
use polylogue_richtext::{Tree, Word, from_html, from_irc, from_plain, strip, to_html};
use serde_json::{Map, Value, json};

use crate::Matrix;

/// The content of a text message. What a Matrix client wrote goes back as it came.
pub(crate) fn content(matrix: &Matrix, world: &World, (message, text): (&Message, &Text)) -> Value {
    let mut content = match &text.form {
        Form::Matrix(content) => return content.value(),
        Form::Irc(written) => {
            let written = unbroken(written);
            words(
                (text.kind, &strip(&written)),
                linked(matrix, world, (message, from_irc(&written))),
            )
        }
        Form::Native { text: plain, html } => {
            let tree = html.as_deref().map_or_else(|| from_plain(plain), from_html);
            words((text.kind, plain), linked(matrix, world, (message, tree)))
        }
    };
    let mentioned: Vec<_> = message
        .mentions
        .iter()
        .map(|user| matrix.user_id(world, *user))
        .collect();
    // Always there: without it clients look for names in the text (Matrix client-server API "User and room mentions").
    let mentions = if mentioned.is_empty() {
        json!({})
    } else {
        json!({ "user_ids": mentioned })
    };
    content.insert("m.mentions".to_owned(), mentions);
    match message.relation {
        None => {}
        Some(Relation::Edit(target)) => edit(&mut content, &id(matrix, target)),
        Some(relation) => {
            content.insert("m.relates_to".to_owned(), relates_to(matrix, relation));
        }
    }
    Value::Object(content)
}

fn words((kind, plain): (TextKind, &str), html: Option<String>) -> Map<String, Value> {
    let name = match kind {
        TextKind::Text => "m.text",
        TextKind::Notice => "m.notice",
        TextKind::Action => "m.emote",
    };
    let mut content = Map::new();
    content.insert("msgtype".to_owned(), name.into());
    content.insert("body".to_owned(), plain.into());
    if let Some(html) = html {
        content.insert("format".to_owned(), "org.matrix.custom.html".into());
        content.insert("formatted_body".to_owned(), html.into());
    }
    content
}

/// The HTML of a text, if it has formatting or names somebody: whoever was mentioned on purpose becomes a link to him.
fn linked(matrix: &Matrix, world: &World, (message, mut tree): (&Message, Tree)) -> Option<String> {
    if !message.mentions.is_empty() {
        let is_called = |user: &UserId, word: &str| {
            world
                .name_of(*user)
                .is_some_and(|name| name.nick().eq_ignore_ascii_case(word))
        };
        tree.link_mentions(&mut |word: Word<'_>| {
            let user = message
                .mentions
                .iter()
                .find(|user| is_called(user, word.text))?;
            Some(matrix.user_id(world, *user))
        });
    }
    to_html(&tree)
}

/// Matrix client-server API "Event replacements": the new content whole, and around it what older clients show instead.
fn edit(content: &mut Map<String, Value>, target: &str) {
    let new = content.clone();
    for field in ["body", "formatted_body"] {
        if let Some(Value::String(text)) = content.get_mut(field) {
            text.insert_str(0, "* ");
        }
    }
    content.insert("m.new_content".to_owned(), Value::Object(new));
    content.insert(
        "m.relates_to".to_owned(),
        json!({ "rel_type": "m.replace", "event_id": target }),
    );
}

/// What a message refers to.
pub(crate) fn relates_to(matrix: &Matrix, relation: Relation) -> Value {
    match relation {
        Relation::Reply(target) => json!({ "m.in_reply_to": { "event_id": id(matrix, target) } }),
        Relation::Thread { root, reply } => json!({
            "rel_type": "m.thread",
            "event_id": id(matrix, root),
            "m.in_reply_to": { "event_id": id(matrix, reply.unwrap_or(root)) },
            "is_falling_back": reply.is_none(),
        }),
        Relation::Edit(target) => {
            json!({ "rel_type": "m.replace", "event_id": id(matrix, target) })
        }
        Relation::Reaction(target) => {
            json!({ "rel_type": "m.annotation", "event_id": id(matrix, target) })
        }
    }
}

fn id(matrix: &Matrix, target: EventRef) -> String {
    matrix.event_id(target.position)
}
