//! `POST /createRoom`

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use polylogue_core::command::{CreateRoom, DirectRoom, Preset};
use polylogue_core::decide::preset_levels;
use polylogue_core::event::StateChange;
use polylogue_core::name::ChannelName;
use polylogue_core::{Command, Json, Refusal};
use polylogue_hub::Request as Ask;
use polylogue_matrix::error::ErrorCode;
use polylogue_matrix::power::PowerContent;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Matrix;
use crate::access::Access;
use crate::error::{Answer, Failure};
use crate::extract::{Body, Reply, canonical};
use crate::power::with_content;

#[derive(Deserialize)]
pub(crate) struct Request {
    preset: Option<NamedPreset>,
    visibility: Option<Visibility>,
    room_alias_name: Option<String>,
    name: Option<String>,
    topic: Option<String>,
    #[serde(default)]
    invite: Vec<String>,
    #[serde(default)]
    invite_3pid: Vec<Value>,
    room_version: Option<String>,
    creation_content: Option<Value>,
    #[serde(default)]
    initial_state: Vec<InitialState>,
    #[serde(default)]
    is_direct: bool,
    power_level_content_override: Option<PowerContent>,
}

#[derive(Deserialize)]
enum NamedPreset {
    #[serde(rename = "private_chat")]
    Private,
    #[serde(rename = "trusted_private_chat")]
    TrustedPrivate,
    #[serde(rename = "public_chat")]
    Public,
}

/// Whether the directory lists a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    Public,
    Private,
}

#[derive(Deserialize)]
struct InitialState {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    state_key: String,
    content: Value,
}

pub(crate) async fn post(
    State(matrix): State<Arc<Matrix>>,
    access: Access,
    Body(request): Body<Request>,
) -> Answer {
    let wish = wish(&matrix, &access, request)?;
    let command = Command::CreateRoom(Box::new(wish));
    let done = matrix.hub.submit(Ask::new(access.actor(), command)).await;
    let receipt = done.map_err(refused)?;
    let room = receipt.room().ok_or(Refusal::Internal)?;
    Ok(Reply(json!({ "room_id": matrix.room_id(room) })))
}

fn wish(matrix: &Matrix, access: &Access, request: Request) -> Result<CreateRoom, Failure> {
    if !request.invite_3pid.is_empty() {
        return Err(Failure::new(
            403,
            ErrorCode::ThreepidDenied,
            "nobody can be invited by an address",
        ));
    }
    let world = matrix.hub.world();
    let listed = request.visibility == Some(Visibility::Public);
    let invited = request
        .invite
        .iter()
        .map(|user_id| matrix.user(&world, user_id))
        .collect::<Result<BTreeSet<_>, _>>()?;
    let mut wish = CreateRoom {
        preset: match request.preset {
            Some(NamedPreset::Private) => Preset::Private,
            Some(NamedPreset::TrustedPrivate) => Preset::TrustedPrivate,
            Some(NamedPreset::Public) => Preset::Public,
            None if listed => Preset::Public,
            None => Preset::Private,
        },
        alias: request.room_alias_name.as_deref().map(alias).transpose()?,
        name: request.name.map(Arc::from),
        topic: request.topic.map(Arc::from),
        invite: invited.into_iter().collect(),
        direct: if request.is_direct {
            DirectRoom::Yes
        } else {
            DirectRoom::No
        },
        listed,
        version: request.room_version.as_deref().map_or(Ok(11), version)?,
        state: request
            .initial_state
            .into_iter()
            .map(state)
            .collect::<Result<_, _>>()?,
        power: None,
        content: request
            .creation_content
            .map(creation)
            .transpose()?
            .flatten(),
    };
    if let Some(content) = request.power_level_content_override {
        wish.power = Some(Box::new(with_content(
            matrix,
            &world,
            (preset_levels(access.user, &wish), &content),
        )?));
    }
    Ok(wish)
}

fn refused(refusal: Refusal) -> Failure {
    if refusal == Refusal::NameTaken {
        return Failure::new(400, ErrorCode::RoomInUse, "that room alias is taken");
    }
    if matches!(refusal, Refusal::Invalid { .. }) {
        return Failure::new(400, ErrorCode::InvalidRoomState, refusal.to_string());
    }
    refusal.into()
}

fn alias(localpart: &str) -> Result<ChannelName, Failure> {
    Ok(ChannelName::parse(&format!("#{localpart}")).map_err(Refusal::from)?)
}

fn version(version: &str) -> Result<u8, Failure> {
    match version {
        "10" => Ok(10),
        "11" => Ok(11),
        "12" => Ok(12),
        _ => Err(Failure::new(
            400,
            ErrorCode::UnsupportedRoomVersion,
            "rooms are of version 10, 11 or 12",
        )),
    }
}

fn state(event: InitialState) -> Result<StateChange, Failure> {
    Ok(StateChange {
        kind: event.kind.into(),
        key: event.state_key.into(),
        content: canonical(&event.content)?,
    })
}

/// Who makes the room and its version are not for the content to say.
fn creation(mut content: Value) -> Result<Option<Json>, Failure> {
    let Value::Object(members) = &mut content else {
        return Err(Failure::bad_json("creation_content is not an object"));
    };
    members.remove("creator");
    members.remove("room_version");
    if members.is_empty() {
        Ok(None)
    } else {
        canonical(&content).map(Some)
    }
}
