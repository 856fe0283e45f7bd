//! `GET /rooms/{roomId}/state`, `GET|PUT /rooms/{roomId}/state/{eventType}[/{stateKey}]`: state read and set. What the core has a command of
//! its own for goes through that command.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::command::{MissingRoom, RoomRef};
use polylogue_core::event::StateChange;
use polylogue_core::name::ChannelName;
use polylogue_core::power::PowerLevels;
use polylogue_core::room::{Membership, Room};
use polylogue_core::{Command, Json, Refusal, facets};
use polylogue_hub::Request;
use polylogue_matrix::error::ErrorCode;
use polylogue_matrix::power::PowerContent;
use serde::Deserialize;
use serde_json::{Value, json};

use super::directory::set_names;
use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Content, Params, Reply, Segments, canonical, shape};
use crate::power::with_content;
use crate::state::{Moment, Standpoint};
use crate::timeline;

#[derive(Deserialize)]
pub(crate) struct Format {
    format: Option<String>,
}

pub(crate) async fn all(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
) -> Answer {
    let standpoint = matrix.standpoint(access.user, &room).await?;
    let events = standpoint.events(&matrix).await?;
    let shown = timeline::shown(&matrix, &standpoint, (&events, &access));
    Ok(Reply(shown.into()))
}

pub(crate) async fn get(
    matrix: State<Arc<Matrix>>,
    access: Access,
    Segments((room, kind)): Segments<(String, String)>,
    format: Params<Format>,
) -> Answer {
    get_keyed(
        matrix,
        access,
        Segments((room, kind, String::new())),
        format,
    )
    .await
}

pub(crate) async fn get_keyed(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room, kind, key)): Segments<(String, String, String)>,
    Params(Format { format }): Params<Format>,
) -> Answer {
    let standpoint = matrix.standpoint(access.user, &room).await?;
    let event = standpoint.event(&matrix, (&kind, &key)).await?;
    let event = event.ok_or_else(|| Failure::not_found("the room has no such state"))?;
    let shown = timeline::shown(&matrix, &standpoint, (&[event], &access));
    let mut event = shown.into_iter().next().ok_or(Refusal::Internal)?;
    match format.as_deref() {
        None | Some("content") => Ok(Reply(
            event
                .get_mut("content")
                .map(Value::take)
                .unwrap_or_else(|| json!({})),
        )),
        Some("event") => Ok(Reply(event)),
        Some(_) => Err(Failure::invalid("format is neither content nor event")),
    }
}

pub(crate) async fn put(
    matrix: State<Arc<Matrix>>,
    access: Access,
    Segments((room, kind)): Segments<(String, String)>,
    content: Content,
) -> Answer {
    put_keyed(
        matrix,
        access,
        Segments((room, kind, String::new())),
        content,
    )
    .await
}

pub(crate) async fn put_keyed(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments((room, kind, key)): Segments<(String, String, String)>,
    Content(content): Content,
) -> Answer {
    let room = matrix.hub.room(matrix.room(&room)?).await?;
    let id = room.state.id;
    let command = match (kind.as_str(), key.as_str()) {
        (facets::MEMBER, user_id) => member(&matrix, &access, (&room, user_id, &content.value()))?,
        (facets::CREATE, _) => {
            return Err(Failure::forbidden("the creation of a room does not change"));
        }
        (facets::POWER_LEVELS, "") => power(&matrix, (&room, content))?,
        (facets::POWER_LEVELS, _) => {
            return Err(Failure::invalid("power levels have no state key"));
        }
        (facets::CANONICAL_ALIAS, "") => {
            name(&matrix, &access, (&room, &content.value())).await?;
            Some(Command::SetState {
                room: id,
                change: StateChange {
                    kind: kind.as_str().into(),
                    key: "".into(),
                    content,
                },
            })
        }
        (kind, key) => Some(Command::SetState {
            room: id,
            change: StateChange {
                kind: kind.into(),
                key: key.into(),
                content,
            },
        }),
    };
    let made = match command {
        Some(command) => {
            matrix
                .hub
                .submit(Request::new(access.actor(), command))
                .await?
                .event
        }
        None => None,
    };
    let position = match made {
        Some(event) => event.position,
        // It said so already: the event in force is the answer.
        None => {
            let standpoint = Standpoint {
                room: matrix.hub.room(id).await?,
                moment: Moment::Now,
            };
            let event = standpoint.event(&matrix, (&kind, &key)).await?;
            event.ok_or(Refusal::Internal)?.position
        }
    };
    Ok(Reply(json!({ "event_id": matrix.event_id(position) })))
}

/// A membership by its standing: the same commands as the endpoints for each of them. Nothing if it is so already.
fn member(
    matrix: &Matrix,
    access: &Access,
    (room, user_id, content): (&Room, &str, &Value),
) -> Result<Option<Command>, Failure> {
    let user = matrix.user(&matrix.hub.world(), user_id)?;
    let own = user == access.user;
    let reason: Option<Arc<str>> = content.get("reason").and_then(Value::as_str).map(Arc::from);
    let id = room.state.id;
    let present = room.state.membership(user);
    Ok(Some(
        match content.get("membership").and_then(Value::as_str) {
            Some("join") if own && present == Some(Membership::Join) => {
                return Ok(
                    shown_here(content)?.map(|content| Command::SetMember { room: id, content })
                );
            }
            Some("join") if own => Command::Join {
                room: RoomRef::Id(id),
                key: None,
                missing: MissingRoom::Refuse,
                reason,
            },
            Some("join") => return Err(Failure::forbidden("nobody joins for another user")),
            Some("leave") if own => Command::Leave { room: id, reason },
            Some("leave") if present == Some(Membership::Ban) => Command::Unban {
                room: id,
                user,
                reason,
            },
            Some("leave") => Command::Kick {
                room: id,
                user,
                reason,
            },
            Some("invite") => Command::Invite {
                room: id,
                user,
                reason,
            },
            Some("ban") => Command::Ban {
                room: id,
                user,
                reason,
            },
            Some("knock") if own => Command::Knock {
                room: RoomRef::Id(id),
                reason,
            },
            Some("knock") => return Err(Failure::forbidden("nobody knocks for another user")),
            Some(_) | None => return Err(Failure::bad_json("membership is missing or not one")),
        },
    ))
}

/// What somebody shows of himself in one room alone, if it is anything.
fn shown_here(content: &Value) -> Result<Option<Json>, Failure> {
    let mut content = content.clone();
    let Value::Object(members) = &mut content else {
        return Ok(None);
    };
    for field in ["displayname", "avatar_url"] {
        if members.get(field).is_some_and(|value| !value.is_string()) {
            members.remove(field);
        }
    }
    members.remove("membership");
    let says = members.contains_key("displayname") || members.contains_key("avatar_url");
    says.then(|| canonical(&content)).transpose()
}

/// Levels that a content leaves out are the specification's defaults, not what was in force.
fn power(matrix: &Matrix, (room, content): (&Room, Json)) -> Result<Option<Command>, Failure> {
    let present = room
        .state
        .extra
        .get(&(Arc::from(facets::POWER_LEVELS), Arc::from("")));
    let typed: PowerContent = shape(content.value())?;
    let levels = with_content(
        matrix,
        &matrix.hub.world(),
        (PowerLevels::default(), &typed),
    )?;
    if *room.state.power == levels && present.is_some_and(|entry| entry.content == content) {
        return Ok(None);
    }
    Ok(Some(Command::SetPower {
        room: room.state.id,
        levels: Box::new(levels),
        known: None,
        content: Some(content),
    }))
}

/// The canonical alias comes first among the room's names. Every alias named must lead to this room already (Matrix client-server API,
/// `M_BAD_ALIAS`).
async fn name(
    matrix: &Matrix,
    access: &Access,
    (room, content): (&Room, &Value),
) -> Result<(), Failure> {
    let alias = content.get("alias").filter(|alias| !alias.is_null());
    let others = content.get("alt_aliases").and_then(Value::as_array);
    let mut known = Vec::new();
    for alias in alias.into_iter().chain(others.into_iter().flatten()) {
        let alias = alias
            .as_str()
            .ok_or_else(|| Failure::bad_json("an alias is not a string"))?;
        known.push(own_alias(matrix, room, alias)?);
    }
    let Some(first) = alias.and(known.into_iter().next()) else {
        return Ok(());
    };
    if room.state.canonical_name() == Some(&first) {
        return Ok(());
    }
    let rest: BTreeSet<_> = room
        .state
        .names
        .iter()
        .filter(|name| **name != first)
        .collect();
    let (published, others): (Vec<_>, Vec<_>) = rest
        .into_iter()
        .cloned()
        .partition(ChannelName::is_published);
    let names = std::iter::once(first)
        .chain(published)
        .chain(others)
        .collect();
    set_names(matrix, access, (room.state.id, names)).await
}

fn own_alias(matrix: &Matrix, room: &Room, alias: &str) -> Result<ChannelName, Failure> {
    let bad_alias = || {
        Failure::new(
            400,
            ErrorCode::BadAlias,
            format!("{alias} does not lead to this room"),
        )
    };
    let name = matrix.channel(alias).map_err(|_| bad_alias())?;
    room.state
        .names
        .iter()
        .find(|known| known.claim() == name.claim())
        .cloned()
        .ok_or_else(bad_alias)
}
