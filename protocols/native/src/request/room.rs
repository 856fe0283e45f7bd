//! Requests about rooms: making them, going in and out, who may do what.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::bounded::{List, PageSize};
use crate::limits;
use crate::secret::Secret;
use crate::text::{
    Alias, EventType, PageToken, Reason, RoomId, RoomName, Search, TextError, Topic, UserName,
};

/// How many entries a page of a list may have.
pub type ListSize = PageSize<{ limits::PAGE }>;

/// A room by its id or, if it begins with `#`, by its alias. Every `room` field of a request takes both.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RoomReference {
    /// By id.
    Id(RoomId),
    /// By alias.
    Alias(Alias),
}

impl RoomReference {
    /// Checks and takes a string.
    ///
    /// # Errors
    /// Says which rule of an id or an alias the string breaks.
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.starts_with('#') {
            Alias::new(text).map(Self::Alias)
        } else {
            RoomId::new(text).map(Self::Id)
        }
    }

    /// The string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(id) => id.as_str(),
            Self::Alias(alias) => alias.as_str(),
        }
    }
}

impl fmt::Display for RoomReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for RoomReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RoomReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// `create`: make a room and be in it. Answered with a [`Room`](crate::Answer::Room).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// Who may find it and come in.
    pub visibility: Visibility,
    /// Its published name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Alias>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RoomName>,
    /// Its topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// Whom to invite.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub invite: List<UserName, { limits::INVITES }>,
}

/// Who may find a new room and come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The directory lists it and anyone may join.
    Public,
    /// Anyone may join who knows it; the directory does not list it.
    Unlisted,
    /// By invitation.
    Private,
}

/// `join`: go in. Answered with a [`Room`](crate::Answer::Room).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Where.
    pub room: RoomReference,
    /// The room's key, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_key: Option<Secret>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// `leave`: go out, decline an invitation, or take back a knock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// Where.
    pub room: RoomReference,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// `knock`: ask to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knock {
    /// Where.
    pub room: RoomReference,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// `invite`, `kick`, `ban`, `unban`: something done to a user in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moderate {
    /// Where.
    pub room: RoomReference,
    /// To whom.
    pub user: UserName,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// `rooms`: the rooms that you are in or invited to. Answered with [`Rooms`](crate::Answer::Rooms).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRooms {
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageToken>,
    /// How many.
    #[serde(default)]
    pub limit: ListSize,
}

/// `directory`: the public rooms. Answered with [`Rooms`](crate::Answer::Rooms).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Only those with this in alias, name or topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageToken>,
    /// How many.
    #[serde(default)]
    pub limit: ListSize,
}

/// `members`: who is in a room. Answered with [`Members`](crate::Answer::Members).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListMembers {
    /// Where.
    pub room: RoomReference,
    /// Of which standing.
    #[serde(default)]
    pub membership: Membership,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageToken>,
    /// How many.
    #[serde(default)]
    pub limit: ListSize,
}

/// A user's standing in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// In the room.
    #[default]
    Join,
    /// Asked to come in.
    Invite,
    /// Asked to be let in.
    Knock,
    /// Was in, or declined.
    Leave,
    /// May not come in.
    Ban,
}

/// `set_topic`: a new topic. Answered with [`Sent`](crate::Answer::Sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetTopic {
    /// Where.
    pub room: RoomReference,
    /// The topic; empty takes it away.
    pub topic: Topic,
}

/// `set_name`: a new name for people. Answered with [`Sent`](crate::Answer::Sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetName {
    /// Where.
    pub room: RoomReference,
    /// The name; empty takes it away.
    pub name: RoomName,
}

/// `set_power`: new power levels; what is not named stays. Answered with [`Sent`](crate::Answer::Sent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPower {
    /// Where.
    pub room: RoomReference,
    /// The levels to change.
    pub power: Power,
}

/// Power levels. In an event, all that are in force; in a request, those to change. Levels are integers of at most 2^53-1 either way;
/// commonly 100 for founders, 50 for operators, 0 for everybody else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Of single users.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<UserName, i64>,
    /// Of everybody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_default: Option<i64>,
    /// Needed to send events of single types.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<EventType, i64>,
    /// Needed to say anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_default: Option<i64>,
    /// Needed to set state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_default: Option<i64>,
    /// Needed to ban and unban.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ban: Option<i64>,
    /// Needed to kick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kick: Option<i64>,
    /// Needed to redact what others said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redact: Option<i64>,
    /// Needed to invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<i64>,
    /// Needed to notify the whole room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_room: Option<i64>,
}
