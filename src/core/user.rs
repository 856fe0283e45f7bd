//! Accounts and guests: who they are, which credentials they have, which rooms they are in. What they say is the rooms' business.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::document::Documents;
use crate::ids::{DeviceId, Position, RoomId, RoomSequence, Timestamp, UserId};
use crate::keys::UserKeys;
use crate::name::AccountName;
use crate::request::Request;
use crate::room::Membership;
use crate::secret::{PasswordHash, TokenHash};

/// An account, or a guest who did something durable.
#[derive(Debug, Clone)]
pub struct User {
    /// The user.
    pub id: UserId,
    /// Nick and localpart.
    pub name: AccountName,
    /// Further nicks that lead to the account.
    pub nicks: Arc<[Arc<str>]>,
    /// Account or guest.
    pub kind: UserKind,
    /// The host that others see of a guest, by which he is known again.
    pub host: Option<Arc<str>>,
    /// When the row was made.
    pub created: Timestamp,
    /// The password's hash; guests and disabled accounts without one can't log in with a password.
    pub password: Option<PasswordHash>,
    /// The change that set it.
    pub password_changed: Position,
    /// Shut out by an administrator.
    pub disabled: bool,
    /// What he shows of himself.
    pub profile: Profile,
    /// His credentials.
    pub devices: Arc<[Device]>,
    /// His rooms, by id: joined, invited, knocked or banned.
    pub rooms: Arc<[UserRoom]>,
    /// Up to where he has read which room.
    pub marks: ReadMarks,
    /// Who asked him into a conversation that he has not answered, or wrote to him as a stranger, and what he made of it.
    pub requests: Requests,
    /// What protocols remember for him.
    pub documents: Documents,
    /// His keys for end-to-end encryption, and what waits for his devices.
    pub keys: Arc<UserKeys>,
}

/// Account or guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserKind {
    /// Registered.
    Account,
    /// Here for as long as his session lives.
    Guest,
}

/// Profile fields that the core knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// Free text, never unique, never in the nick.
    pub display_name: Option<Arc<str>>,
    /// An `mxc://` address.
    pub avatar: Option<Arc<str>>,
    /// When any of it changed last; 0 if it never did.
    pub changed: Position,
}

/// Which profile field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProfileField {
    /// Display name.
    DisplayName,
    /// Avatar.
    Avatar,
}

/// A credential: what an access token stands for; Matrix calls it a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The credential.
    pub id: DeviceId,
    /// What clients call it (Matrix `device_id`), unique within the account.
    pub label: Arc<str>,
    /// What people call it.
    pub name: Option<Arc<str>>,
    /// SHA-256 of its token.
    pub token: TokenHash,
    /// When it logged in.
    pub created: Timestamp,
}

/// A user's side of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserRoom {
    /// The room.
    pub room: RoomId,
    /// Standing.
    pub membership: Membership,
}

/// What became of others' asking a user into conversations, by who asked.
pub type Requests = OrdMap<UserId, Request>;

/// Up to where a user has read which room.
pub type ReadMarks = OrdMap<RoomId, ReadMark>;

/// Up to where a user has read a room. It outlives his membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadMark {
    /// The last event that he has read, as others see it (`m.read`).
    pub read: RoomSequence,
    /// The last event that he has read, for himself (`m.read.private`, `m.fully_read`, IRC `MARKREAD`). Never below `read`.
    pub marker: RoomSequence,
    /// The time of what he has read last, as IRC marks it (IRCv3 draft/read-marker): that of `marker`, or later.
    pub time: Timestamp,
}

impl User {
    /// His side of a room.
    #[must_use]
    pub fn room(&self, room: RoomId) -> Option<&UserRoom> {
        self.rooms
            .binary_search_by_key(&room, |entry| entry.room)
            .ok()
            .and_then(|index| self.rooms.get(index))
    }

    /// What became of somebody's asking him into a conversation.
    #[must_use]
    pub fn request(&self, by: UserId) -> Request {
        self.requests.get(&by).copied().unwrap_or_default()
    }

    /// Up to where he has read a room.
    #[must_use]
    pub fn mark(&self, room: RoomId) -> ReadMark {
        self.marks.get(&room).copied().unwrap_or_default()
    }

    /// The rooms that he is in.
    pub fn joined(&self) -> impl Iterator<Item = RoomId> {
        self.rooms
            .iter()
            .filter(|entry| entry.membership == Membership::Join)
            .map(|entry| entry.room)
    }

    /// The rooms that he is in or asked into.
    pub fn joined_or_invited(&self) -> impl Iterator<Item = RoomId> {
        self.rooms
            .iter()
            .filter(|entry| match entry.membership {
                Membership::Join | Membership::Invite => true,
                Membership::Knock | Membership::Leave | Membership::Ban => false,
            })
            .map(|entry| entry.room)
    }

    /// One of his credentials.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == id)
    }

    /// His display name, or his nick if he set none.
    #[must_use]
    pub fn shown_name(&self) -> &Arc<str> {
        self.profile
            .display_name
            .as_ref()
            .unwrap_or_else(|| self.name.nick())
    }
}
