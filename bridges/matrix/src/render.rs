//! Committed events as client events (Matrix client-server API "Room event format"). An author's own Matrix content goes back as it came; what
//! came from elsewhere is put into the content that says the same.

use polylogue_core::event::MemberChange;
use polylogue_core::room::{Creation, Membership};
use polylogue_core::state::World;
use polylogue_core::{Body, Message, RoomChange, RoomId, facets};
use polylogue_hub::VisibleEvent;
use polylogue_matrix::content::{MESSAGE, REACTION, REDACTION};
use serde_json::{Value, json};

use crate::Matrix;
use crate::{power, words};

/// An event of a room. Whether its reader may see it is decided before.
pub(crate) fn client_event(
    matrix: &Matrix,
    world: &World,
    (room, event): (RoomId, &VisibleEvent),
) -> Value {
    let Rendered {
        kind,
        state_key,
        content,
        redacts,
    } = rendered(matrix, world, (room, event));
    let mut shown = json!({
        "type": kind,
        "event_id": matrix.event_id(event.position),
        "room_id": matrix.room_id(room),
        "sender": matrix.user_id(world, event.sender),
        "origin_server_ts": event.at.0,
        "content": content,
        "unsigned": {},
    });
    if let Value::Object(shown) = &mut shown {
        shown.extend(state_key.map(|key| ("state_key".to_owned(), key.into())));
        shown.extend(redacts.map(|target| ("redacts".to_owned(), target.into())));
    }
    shown
}

struct Rendered {
    kind: String,
    state_key: Option<String>,
    content: Value,
    redacts: Option<String>,
}

fn rendered(matrix: &Matrix, world: &World, (room, event): (RoomId, &VisibleEvent)) -> Rendered {
    let said = |kind: &str, content| Rendered {
        kind: kind.to_owned(),
        state_key: None,
        content,
        redacts: None,
    };
    let state = |kind: &str, key: &str, content| Rendered {
        state_key: Some(key.to_owned()),
        ..said(kind, content)
    };
    match &event.change {
        RoomChange::Created(creation) => {
            state(facets::CREATE, "", created(matrix, world, creation))
        }
        RoomChange::Message(message) => {
            let (kind, content) = message_content(matrix, world, message);
            said(&kind, content)
        }
        RoomChange::Member(change) => state(
            facets::MEMBER,
            &matrix.user_id(world, change.user),
            member(world, room, change),
        ),
        RoomChange::Power(change) => {
            let written = change.content.as_ref().map(polylogue_core::Json::value);
            let content =
                written.unwrap_or_else(|| json!(power::content(matrix, world, &change.levels)));
            state(facets::POWER_LEVELS, "", content)
        }
        RoomChange::State(change) => state(&change.kind, &change.key, change.content.value()),
        RoomChange::Redaction { target, reason } => {
            let target = matrix.event_id(target.position);
            let mut content = json!({ "redacts": target });
            if let (Some(reason), Value::Object(content)) = (reason, &mut content) {
                content.insert("reason".to_owned(), Value::from(&**reason));
            }
            Rendered {
                redacts: Some(target),
                ..said(REDACTION, content)
            }
        }
        RoomChange::Redacted(redacted) => said(&redacted.kind, json!({})),
    }
}

fn created(matrix: &Matrix, world: &World, creation: &Creation) -> Value {
    let mut content = creation
        .content
        .as_ref()
        .map_or_else(|| json!({}), polylogue_core::Json::value);
    if let Value::Object(content) = &mut content {
        content.insert(
            "room_version".to_owned(),
            creation.version.to_string().into(),
        );
        if creation.version < 11 {
            content.insert(
                "creator".to_owned(),
                matrix.user_id(world, creation.creator).into(),
            );
        }
    }
    content
}

fn member(world: &World, room: RoomId, change: &MemberChange) -> Value {
    let mut content = change
        .content
        .as_ref()
        .map_or_else(|| json!({}), polylogue_core::Json::value);
    let Value::Object(members) = &mut content else {
        return content;
    };
    let name = match change.membership {
        Membership::Join => "join",
        Membership::Invite => "invite",
        Membership::Knock => "knock",
        Membership::Leave => "leave",
        Membership::Ban => "ban",
    };
    members.insert("membership".to_owned(), name.into());
    let user = world.state.user(change.user);
    let shown = user
        .map(|user| user.shown_name().clone())
        .or_else(|| world.name_of(change.user).map(|name| name.nick().clone()));
    let avatar = user.and_then(|user| user.profile.avatar.clone());
    // What he shows in this room alone stays.
    let shown = [("displayname", shown), ("avatar_url", avatar)];
    for (field, value) in shown {
        if let (Some(value), false) = (value, members.contains_key(field)) {
            members.insert(field.to_owned(), Value::from(&*value));
        }
    }
    members.extend(
        change
            .reason
            .as_ref()
            .map(|reason| ("reason".to_owned(), Value::from(&**reason))),
    );
    let direct = world
        .state
        .room(room)
        .is_some_and(|room| room.state.creation.kind.peer_of(change.user).is_some());
    if change.membership == Membership::Invite && direct {
        members.insert("is_direct".to_owned(), true.into());
    }
    content
}

fn message_content(matrix: &Matrix, world: &World, message: &Message) -> (String, Value) {
    match &message.body {
        Body::Text(text) => (
            MESSAGE.to_owned(),
            words::content(matrix, world, (message, text)),
        ),
        Body::Reaction(key) => {
            let mut relates_to = message
                .relation
                .map_or_else(|| json!({}), |relation| words::relates_to(matrix, relation));
            if let Value::Object(relates_to) = &mut relates_to {
                relates_to.insert("key".to_owned(), Value::from(&**key));
            }
            (REACTION.to_owned(), json!({ "m.relates_to": relates_to }))
        }
        Body::Media(content) | Body::Sealed(content) | Body::Unknown(content) => {
            (content.kind.to_string(), content.content.value())
        }
    }
}
