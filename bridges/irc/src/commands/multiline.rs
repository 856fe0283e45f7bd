//! `BATCH` of a client: IRCv3 draft/multiline. Its lines are one message; where the client broke a long line is kept, so that others get it as
//! it was sent.

use std::sync::Arc;

use polylogue_core::body::{Message as Said, Text, TextKind};
use polylogue_core::command::{Destination, Say};
use polylogue_core::{Body, Command, Form};
use polylogue_hub::Request;
use polylogue_irc::batch::Batch;
use polylogue_irc::{Capability, Message, Middle, TagKey, Verb};

use super::message::{destination, refuse, relation, relayed};
use crate::client::Client;
use crate::mentions;
use crate::services;

/// Bytes of a message (`max-bytes`).
pub(crate) const BYTES: usize = 16_384;
/// Lines of a message (`max-lines`).
pub(crate) const LINES: usize = 200;

/// A message whose lines are coming in.
pub(crate) struct Collecting {
    opening: Message,
    reference: Box<str>,
    target: Arc<str>,
    kind: Option<TextKind>,
    text: String,
    lines: usize,
}

/// Opens or closes a batch.
pub(super) async fn run(client: &mut Client, message: &Message) {
    match Batch::parse(message) {
        Ok(Batch::Open {
            reference,
            kind: "draft/multiline",
            mut params,
        }) if client.capabilities.has(Capability::Multiline) => {
            let Some(target) = params.next().filter(|target| !target.contains(',')) else {
                return invalid(client, "A multiline batch has one target");
            };
            give_up(client);
            client.collecting = Some(Collecting {
                opening: message.clone(),
                reference: reference.as_str().into(),
                target: target.into(),
                kind: None,
                text: String::new(),
                lines: 0,
            });
        }
        Ok(Batch::Open { .. }) => invalid(client, "No batch of this type is taken here"),
        Ok(Batch::Close { reference }) => match client.collecting.take() {
            Some(collected) if *collected.reference == *reference.as_str() => {
                say(client, collected).await;
            }
            Some(other) => {
                client.collecting = Some(other);
                give_up(client);
            }
            // What was wrong with it was told.
            None => {}
        },
        Err(error) => invalid(client, &error.to_string()),
    }
}

/// The batch that is open is not said: the client is told so.
fn give_up(client: &mut Client) {
    if client.collecting.take().is_some() {
        invalid(client, "The batch was not closed: nothing of it was said");
    }
}

/// The bytes of the message that a line completes, if it does.
pub(crate) fn closes(client: &Client, message: &Message) -> Option<usize> {
    let collecting = client.collecting.as_ref()?;
    if message.verb() != Verb::Batch {
        return None;
    }
    match Batch::parse(message) {
        Ok(Batch::Close { reference }) if *collecting.reference == *reference.as_str() => {
            Some(collecting.text.len())
        }
        Ok(Batch::Close { .. } | Batch::Open { .. }) | Err(_) => None,
    }
}

/// Whether a line is part of a batch.
pub(crate) fn is_part(client: &Client, message: &Message) -> bool {
    client.collecting.is_some() || message.tags().get(TagKey::BATCH.as_str()).is_some()
}

/// A line of a batch.
pub(super) fn add(client: &mut Client, message: &Message) {
    let tags = message.tags();
    let reference = tags.get(TagKey::BATCH.as_str()).unwrap_or_default();
    let Some(mut collecting) = client.collecting.take() else {
        return invalid(client, "No such batch is open");
    };
    let kind = if message.verb() == Verb::Notice {
        TextKind::Notice
    } else {
        TextKind::Text
    };
    if *collecting.reference != *reference
        || message.verb() == Verb::Tagmsg
        || collecting.kind.is_some_and(|known| known != kind)
    {
        return invalid(client, "Only lines of one kind belong into an open batch");
    }
    let target = message.given(0).unwrap_or_default();
    if !collecting.target.eq_ignore_ascii_case(target) {
        let context = [&*collecting.target, target];
        let text = "The lines of a batch have its target";
        return fail(client, "MULTILINE_INVALID_TARGET", &context, text);
    }
    let text = message.param(1).unwrap_or_default();
    let goes_on = tags.get(TagKey::MULTILINE_CONCAT.as_str()).is_some();
    if goes_on && (text.is_empty() || collecting.lines == 0) {
        return invalid(client, "A blank line does not go on from the one before");
    }
    if collecting.lines > 0 {
        // The core keeps LF between lines; CR is never in a line, so it is where one was broken.
        collecting.text.push(if goes_on { '\r' } else { '\n' });
    }
    collecting.text.push_str(text);
    collecting.lines += 1;
    collecting.kind = Some(kind);
    if collecting.text.len() > BYTES {
        let limit = BYTES.to_string();
        let text = "The message is too long";
        return fail(client, "MULTILINE_MAX_BYTES", &[&limit], text);
    }
    if collecting.lines > LINES {
        let limit = LINES.to_string();
        let text = "The message has too many lines";
        return fail(client, "MULTILINE_MAX_LINES", &[&limit], text);
    }
    client.collecting = Some(collecting);
}

async fn say(client: &mut Client, collected: Collecting) {
    let text = &*collected.text;
    let Some(kind) = collected
        .kind
        .filter(|_| !text.trim_matches(['\r', '\n']).is_empty())
    else {
        return invalid(client, "The batch has no text");
    };
    let first = text.split(['\r', '\n']).next().unwrap_or_default();
    if services::keeps_back(client, &collected.target, first) {
        return;
    }
    let opening = &collected.opening;
    let world = client.world();
    let to = match destination(&world, &collected.target) {
        Ok(to) => to,
        Err(refusal) => return refuse(client, (opening, &collected.target), &refusal),
    };
    let relation = relation(client, opening, &to).await;
    let mentions = match &to {
        Destination::Room(room) => mentions::of((client, &world), *room, text),
        Destination::User(_) => Arc::default(),
    };
    let body = Body::Text(Text {
        kind,
        form: Form::Irc(text.into()),
    });
    let message = Said {
        body,
        relation,
        mentions,
    };
    let Some(session) = &client.session else {
        return;
    };
    let tags = opening.tags();
    let label: Option<Arc<str>> = tags
        .get(TagKey::LABEL.as_str())
        .filter(|_| client.capabilities.has(Capability::LabeledResponse))
        .map(|label| label.as_ref().into());
    let request = Request::new(session.actor(), Command::Say(Say { to, message }));
    let done = session
        .hub()
        .clone()
        .submit(request.labelled(label.clone()).tagged(relayed(opening)))
        .await;
    let echoed = done.is_ok() && client.capabilities.has(Capability::EchoMessage);
    if let Err(refusal) = done {
        refuse(client, (opening, &collected.target), &refusal);
    }
    if let Some(label) = label.filter(|_| !echoed) {
        client.answer(Some(&label));
    }
}

fn invalid(client: &mut Client, text: &str) {
    fail(client, "MULTILINE_INVALID", &[], text);
}

fn fail(client: &mut Client, code: &'static str, context: &[&str], text: &str) {
    let code = Middle::new(code).unwrap_or(Middle::STAR);
    client.replies.fail((Verb::Batch, code), context, text);
}
