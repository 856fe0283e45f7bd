//! What the directory shows of a room. Listings of all listed rooms are in memory, hot or cold, so that looking through the directory reads no
//! room.

use std::sync::Arc;

use serde_json::Value;

use crate::event::{RoomChange, RoomSetting};
use crate::facets;
use crate::ids::{RoomId, Timestamp};
use crate::name::ChannelName;
use crate::room::{JoinRule, RoomKind, RoomState, Topic};
use crate::visibility::HistoryVisibility;

/// What everybody may see of a room that is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The room.
    pub room: RoomId,
    /// What it is for now.
    pub kind: RoomKind,
    /// Its names, the canonical one first.
    pub names: Arc<[ChannelName]>,
    /// The room's name.
    pub name: Option<Arc<str>>,
    /// The topic, and who set it when.
    pub topic: Option<Topic>,
    /// How many are in it.
    pub joined: usize,
    /// Who may join.
    pub join_rule: JoinRule,
    /// Whether users without an account may join.
    pub guests_may_join: bool,
    /// From when on others may read it.
    pub visibility: HistoryVisibility,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// When it was made.
    pub created: Timestamp,
    /// The address of its picture (`url` of `m.room.avatar`).
    pub avatar: Option<Arc<str>>,
    /// What it is to Matrix clients (`type` of `m.room.create`).
    pub room_type: Option<Arc<str>>,
}

impl Listing {
    /// What shows of a room, whether it is listed or not.
    #[must_use]
    pub fn of(state: &RoomState) -> Self {
        Self {
            room: state.id,
            kind: state.kind,
            names: state.names.clone(),
            name: state.name.clone(),
            topic: state.topic.clone(),
            joined: state.joined,
            join_rule: state.join_rule,
            guests_may_join: state.guests_may_join,
            visibility: state.visibility(),
            encrypted: state.encryption.is_some(),
            created: state.creation.at,
            avatar: text(state, facets::AVATAR, "url"),
            room_type: text(state, facets::CREATE, "type"),
        }
    }

    /// The name that comes first, if the room has any.
    #[must_use]
    pub fn canonical_name(&self) -> Option<&ChannelName> {
        self.names.first()
    }
}

/// What a change to a room may mean for its listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// How many are in it.
    Joined,
    /// Anything.
    All,
}

impl Effect {
    pub(crate) fn of_change(change: &RoomChange) -> Self {
        match change {
            RoomChange::Message(_) | RoomChange::Power(_) | RoomChange::Redacted(_) => Self::None,
            RoomChange::Member(_) => Self::Joined,
            RoomChange::Created(_) | RoomChange::State(_) | RoomChange::Redaction { .. } => {
                Self::All
            }
        }
    }

    pub(crate) fn of_setting(setting: &RoomSetting) -> Self {
        match setting {
            RoomSetting::MaskAdded { .. }
            | RoomSetting::MaskRemoved { .. }
            | RoomSetting::Key(_) => Self::None,
            RoomSetting::Listed(_) | RoomSetting::Names { .. } | RoomSetting::Opened => Self::All,
        }
    }
}

fn text(state: &RoomState, kind: &str, field: &str) -> Option<Arc<str>> {
    let entry = state.extra.get(&(Arc::from(kind), Arc::from("")))?;
    let content = entry.content.value();
    content.get(field).and_then(Value::as_str).map(Arc::from)
}
