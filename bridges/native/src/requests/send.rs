//! `send`: content that nobody here looks into, but for what it refers to.

use polylogue_core::body::{Content, Text};
use polylogue_core::command::Destination;
use polylogue_core::{Body, EventRef, Form, Json, Message, Relation, RoomId, TextKind, facets};
use polylogue_native::request::speech::SendEvent;
use polylogue_native::{Error, ErrorCode, EventId};
use serde_json::Value;

use super::say::said;
use super::target::reference;
use super::{Answered, Asked};
use crate::client::Client;

/// Sends it.
pub(super) async fn send(client: &Client, request: SendEvent) -> Result<Asked, Error> {
    let room = client.room_id(&request.room)?;
    let kind = request.event_type.as_str();
    if let Some(instead) = request_for(kind) {
        let message = format!("is not sent this way: use {instead}");
        return Err(Error::in_field(ErrorCode::BadValue, "event_type", message));
    }
    let content = Json::parse(request.content.as_str())
        .map_err(|error| Error::in_field(ErrorCode::BadValue, "content", error.to_string()))?;
    let relation = relation(client, room, &content.value()).await?;
    let message = Message {
        body: body(kind, content),
        relation,
        mentions: [].into(),
    };
    let asked = client.about(room, said(Destination::Room(room), message), Answered::Sent)?;
    client.once(asked, "send", (room.0, request.key))
}

/// The request that makes events of a type which mean something to the rules.
fn request_for(kind: &str) -> Option<&'static str> {
    match kind {
        "m.reaction" => Some("\"react\""),
        "m.room.redaction" => Some("\"redact\""),
        facets::TOPIC => Some("\"set_topic\""),
        facets::NAME => Some("\"set_name\""),
        facets::POWER_LEVELS => Some("\"set_power\""),
        facets::MEMBER => Some("\"join\", \"leave\", \"invite\", \"kick\" or \"ban\""),
        facets::CREATE => Some("\"create\""),
        _ => None,
    }
}

/// Matrix client-server API "m.room.message msgtypes", "m.sticker", "m.room.encrypted"; polls: MSC3381.
fn body(kind: &str, content: Json) -> Body {
    let text = |kind, content| {
        Body::Text(Text {
            kind,
            form: Form::Matrix(content),
        })
    };
    let message_type = content.value();
    let message_type = message_type.get("msgtype").and_then(Value::as_str);
    match (kind, message_type) {
        ("m.room.message", Some("m.text")) => text(TextKind::Text, content),
        ("m.room.message", Some("m.notice")) => text(TextKind::Notice, content),
        ("m.room.message", Some("m.emote")) => text(TextKind::Action, content),
        ("m.room.encrypted", _) => Body::Sealed(of(kind, content)),
        ("m.room.message" | "m.sticker" | "m.poll.start" | "org.matrix.msc3381.poll.start", _) => {
            Body::Media(of(kind, content))
        }
        _ => Body::Unknown(of(kind, content)),
    }
}

fn of(kind: &str, content: Json) -> Content {
    Content {
        kind: kind.into(),
        content,
    }
}

/// Matrix client-server API "Forming relationships between events": `m.relates_to` of the content.
async fn relation(
    client: &Client,
    room: RoomId,
    content: &Value,
) -> Result<Option<Relation>, Error> {
    let Some(relates) = content.get("m.relates_to") else {
        return Ok(None);
    };
    let id = |value: &Value| {
        value
            .get("event_id")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let reply = match relates.get("m.in_reply_to").and_then(id) {
        Some(id) => Some(target(client, room, &id).await?),
        None => None,
    };
    let Some(subject) = id(relates) else {
        return Ok(reply.map(Relation::Reply));
    };
    match relates.get("rel_type").and_then(Value::as_str) {
        Some("m.thread") => {
            let root = target(client, room, &subject).await?;
            Ok(Some(Relation::Thread { root, reply }))
        }
        Some("m.replace") => {
            let edited = target(client, room, &subject).await?;
            if edited.author != client.session()?.user() {
                let why = "replaces what is not your own";
                return Err(Error::in_field(ErrorCode::Forbidden, "content", why));
            }
            Ok(Some(Relation::Edit(edited)))
        }
        // Relations that nobody here knows stay in the content.
        Some(_) | None => Ok(reply.map(Relation::Reply)),
    }
}

async fn target(client: &Client, room: RoomId, id: &str) -> Result<EventRef, Error> {
    let id = id.strip_prefix('$').unwrap_or(id);
    let unreadable = |_| Error::in_field(ErrorCode::NoSuchEvent, "content", "relates to no event");
    let id = EventId::new(id).map_err(unreadable)?;
    Ok(reference(&client.event(room, &id, "content").await?))
}
