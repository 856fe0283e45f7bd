//! `GET|PUT|DELETE /directory/room/{roomAlias}`, `GET /rooms/{roomId}/aliases`, `GET|PUT /directory/list/room/{roomId}`: the names of rooms,
//! and whether the directory lists them.

use std::sync::Arc;

use axum::extract::State;
use polylogue_core::event::{RoomSetting, StateChange};
use polylogue_core::name::ChannelName;
use polylogue_core::room::Room;
use polylogue_core::{Command, Refusal, RoomId, facets};
use polylogue_hub::Request;
use polylogue_matrix::error::ErrorCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::create_room::Visibility;
use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply, Segments, canonical};

#[derive(Deserialize)]
pub(crate) struct Target {
    room_id: String,
}

#[derive(Deserialize)]
pub(crate) struct Listing {
    visibility: Option<Visibility>,
}

pub(crate) async fn get(
    State(matrix): State<Arc<Matrix>>,
    Segments(alias): Segments<String>,
) -> Answer {
    let (room, _) = named(&matrix, &alias).await?;
    Ok(Reply(
        json!({ "room_id": matrix.room_id(room.state.id), "servers": [matrix.server_name] }),
    ))
}

pub(crate) async fn put(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(alias): Segments<String>,
    Body(target): Body<Target>,
) -> Answer {
    let name = matrix.channel(&alias)?;
    let room = matrix.hub.room(matrix.room(&target.room_id)?).await?;
    if room
        .state
        .names
        .iter()
        .any(|known| known.claim() == name.claim())
    {
        return Err(taken());
    }
    let published = room.state.names.iter().filter(|known| known.is_published());
    let names = published.cloned().chain([name]).collect();
    set_names(&matrix, &access, (room.state.id, names)).await?;
    Ok(Reply::empty())
}

/// The canonical alias of a room goes with its name.
pub(crate) async fn delete(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(alias): Segments<String>,
) -> Answer {
    let (room, name) = named(&matrix, &alias).await?;
    let names = room
        .state
        .names
        .iter()
        .filter(|known| known.claim() != name.claim())
        .cloned()
        .collect();
    set_names(&matrix, &access, (room.state.id, names)).await?;
    if let Some(change) = without_canonical(&room, &alias)? {
        let command = Command::SetState {
            room: room.state.id,
            change,
        };
        matrix
            .hub
            .submit(Request::new(access.actor(), command))
            .await?;
    }
    Ok(Reply::empty())
}

pub(crate) async fn aliases(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
) -> Answer {
    let room = matrix.readable_room(access.user, &room).await?;
    let aliases: Vec<_> = room
        .state
        .names
        .iter()
        .filter(|name| name.is_published())
        .map(|name| matrix.alias(name))
        .collect();
    Ok(Reply(json!({ "aliases": aliases })))
}

pub(crate) async fn get_listing(
    State(matrix): State<Arc<Matrix>>,
    Segments(room): Segments<String>,
) -> Answer {
    let room = matrix.hub.room(matrix.room(&room)?).await?;
    Ok(Reply(
        json!({ "visibility": if room.state.listed { "public" } else { "private" } }),
    ))
}

pub(crate) async fn put_listing(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Segments(room): Segments<String>,
    Body(listing): Body<Listing>,
) -> Answer {
    let listed = match listing.visibility {
        Some(Visibility::Public) | None => true,
        Some(Visibility::Private) => false,
    };
    let command = Command::SetSetting {
        room: matrix.room(&room)?,
        setting: RoomSetting::Listed(listed),
    };
    matrix
        .hub
        .submit(Request::new(access.actor(), command))
        .await?;
    Ok(Reply::empty())
}

/// Sets the names of a room, the canonical one first.
pub(crate) async fn set_names(
    matrix: &Matrix,
    access: &Access,
    (room, names): (RoomId, Vec<ChannelName>),
) -> Result<(), Failure> {
    let command = Command::SetSetting {
        room,
        setting: RoomSetting::Names {
            names,
            reason: None,
        },
    };
    let done = matrix
        .hub
        .submit(Request::new(access.actor(), command))
        .await;
    done.map(drop).map_err(|refusal| {
        if refusal == Refusal::NameTaken {
            taken()
        } else {
            refusal.into()
        }
    })
}

/// The room that goes by an alias. A name that a room gave up leads nowhere.
async fn named(matrix: &Matrix, alias: &str) -> Result<(Room, ChannelName), Failure> {
    let name = matrix.channel(alias)?;
    let no_such_alias = || Failure::not_found("no such room alias");
    let room = matrix
        .hub
        .world()
        .state
        .room_named(&name.claim())
        .ok_or_else(no_such_alias)?;
    let room = matrix.hub.room(room).await?;
    if room
        .state
        .names
        .iter()
        .any(|known| known.claim() == name.claim())
    {
        Ok((room, name))
    } else {
        Err(no_such_alias())
    }
}

/// `m.room.canonical_alias` without an alias, if it has it.
fn without_canonical(room: &Room, alias: &str) -> Result<Option<StateChange>, Failure> {
    let key = (Arc::from(facets::CANONICAL_ALIAS), Arc::from(""));
    let Some(entry) = room.state.extra.get(&key) else {
        return Ok(None);
    };
    let mut content = entry.content.value();
    let Value::Object(members) = &mut content else {
        return Ok(None);
    };
    let before = members.clone();
    members.retain(|name, value| {
        name != "alias"
            || value
                .as_str()
                .is_none_or(|known| !known.eq_ignore_ascii_case(alias))
    });
    if let Some(Value::Array(others)) = members.get_mut("alt_aliases") {
        others.retain(|value| {
            value
                .as_str()
                .is_none_or(|known| !known.eq_ignore_ascii_case(alias))
        });
    }
    if *members == before {
        return Ok(None);
    }
    Ok(Some(StateChange {
        kind: key.0,
        key: key.1,
        content: canonical(&content)?,
    }))
}

fn taken() -> Failure {
    Failure::new(409, ErrorCode::Unknown, "that room alias is taken")
}
