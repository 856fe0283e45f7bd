//! What happened: durable, numbered, the only way in which durable state changes. Every event is self-contained and serialisable, so that it
//! could travel to another node. What flickers is a [`Signal`](crate::Signal), not an event.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::body::{EventRef, Message};
use crate::command::TimedCommand;
use crate::ids::{DeviceId, Position, RoomId, RoomSequence, Timestamp, UserId};
use crate::json::Json;
use crate::keys::KeysChange;
use crate::name::{AccountName, ChannelName, NameKey};
use crate::power::{PowerLevels, Prefixes};
use crate::request::Request;
use crate::room::{Creation, MaskList, Membership};
use crate::secret::PasswordHash;
use crate::server_ban::{BanTarget, ServerBan};
use crate::user::{Device, ProfileField, UserKind};

/// An event with its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Place in the lane's log.
    pub position: Position,
    /// Place in its room, for events of a room's timeline; 0 for all others.
    pub sequence: RoomSequence,
    /// When: never earlier than the event before it in the same room.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened, by owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// In a room's timeline: it has a [`RoomSequence`] and an event id.
    Room {
        /// Where.
        room: RoomId,
        /// Who did it.
        sender: UserId,
        /// What.
        change: RoomChange,
    },
    /// To a room, outside its timeline: only those may see it whom the front-end's rules name.
    Setting {
        /// Where.
        room: RoomId,
        /// Who did it.
        sender: UserId,
        /// What.
        setting: RoomSetting,
    },
    /// To a user.
    User {
        /// Whose.
        user: UserId,
        /// What.
        change: UserChange,
    },
    /// A row of the claimed-name table: claimed, or re-pointed, or left as a tombstone.
    Name {
        /// The name.
        key: NameKey,
        /// Who has it now.
        claim: Claim,
    },
    /// Somebody may not use the server any more, or may again.
    ServerBan {
        /// Whom it means.
        target: BanTarget,
        /// The ban; nothing once it is lifted or over.
        ban: Option<ServerBan>,
    },
    /// A timer was set or is done.
    Timer {
        /// Its number.
        id: u64,
        /// What it will do and when; nothing once it is done.
        timer: Option<(Timestamp, TimedCommand)>,
    },
}

impl Event {
    /// Whether it must be possible on a full disk too: it shuts somebody out, or takes something away.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        match self {
            Self::Room { change, .. } => match change {
                RoomChange::Redaction { .. } => true,
                RoomChange::Member(member) => match member.membership {
                    Membership::Leave | Membership::Ban => true,
                    Membership::Join | Membership::Invite | Membership::Knock => false,
                },
                RoomChange::Created(_)
                | RoomChange::Message(_)
                | RoomChange::Power(_)
                | RoomChange::State(_)
                | RoomChange::Redacted(_) => false,
            },
            Self::Setting { setting, .. } => match setting {
                RoomSetting::MaskAdded { list, .. } | RoomSetting::MaskRemoved { list, .. } => {
                    list.is_of_bans()
                }
                RoomSetting::Key(_)
                | RoomSetting::Listed(_)
                | RoomSetting::Names { .. }
                | RoomSetting::Opened => false,
            },
            Self::User { change, .. } => match change {
                UserChange::Password(_)
                | UserChange::Disabled(_)
                | UserChange::DeviceRemoved(_)
                | UserChange::Document(Document { blob: None, .. })
                | UserChange::Keys(KeysChange::Forgotten { .. } | KeysChange::GaveWay { .. }) => {
                    true
                }
                // It goes with the leave that it follows from.
                UserChange::Request { request, .. } => request.is_declined(),
                UserChange::Created { .. }
                | UserChange::Renamed(_)
                | UserChange::NickGrouped(_)
                | UserChange::NickUngrouped(_)
                | UserChange::Profile { .. }
                | UserChange::DeviceAdded(_)
                | UserChange::DeviceRenamed { .. }
                | UserChange::Read { .. }
                | UserChange::AccountData { .. }
                | UserChange::Document(_)
                | UserChange::Keys(_) => false,
            },
            Self::Timer { timer, .. } => match timer {
                // That a guest is gone can't be refused.
                None | Some((_, TimedCommand::GuestGone { .. })) => true,
                Some((
                    _,
                    TimedCommand::ExpireMask { .. }
                    | TimedCommand::ExpireServerBan { .. }
                    | TimedCommand::StrangerCounts { .. },
                )) => false,
            },
            Self::ServerBan { ban, .. } => ban.is_some(),
            Self::Name { .. } => false,
        }
    }

    /// Whether it may go along with something urgent: the row of the guest who does it, the timer that ends it.
    #[must_use]
    pub fn goes_along(&self) -> bool {
        match self {
            Self::User { change, .. } => {
                matches!(change, UserChange::Created { .. } | UserChange::Renamed(_))
            }
            Self::Timer { .. } => true,
            Self::Room { .. }
            | Self::Setting { .. }
            | Self::Name { .. }
            | Self::ServerBan { .. } => false,
        }
    }
}

/// A change in a room's timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RoomChange {
    /// The first event of every room.
    Created(Creation),
    /// Something was said.
    Message(Message),
    /// Somebody's standing changed.
    Member(MemberChange),
    /// Power levels changed.
    Power(PowerChange),
    /// Any other state.
    State(StateChange),
    /// An event's content was taken away.
    Redaction {
        /// Which.
        target: EventRef,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// What stands where a redacted event was.
    Redacted(Redacted),
}

/// What is left of something that was said and redacted: what it was, and who took it away. Its place, author and time are the event's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redacted {
    /// Its Matrix event type.
    pub kind: Arc<str>,
    /// The redaction.
    pub by: EventRef,
    /// When that was.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<Arc<str>>,
}

/// A change of standing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberChange {
    /// Whose.
    pub user: UserId,
    /// The new standing.
    pub membership: Membership,
    /// The standing before.
    pub previous: Option<Membership>,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// Further `m.room.member` content of a Matrix author, canonical.
    pub content: Option<Json>,
}

/// A change of power levels and prefixes: one event, however many members it names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PowerChange {
    /// The levels now in force.
    pub levels: PowerLevels,
    /// Members whose prefix bits changed.
    pub prefixes: Vec<(UserId, Prefixes)>,
    /// Members whose prefixes look different on IRC: before, and after.
    pub shown: Vec<(UserId, Prefixes, Prefixes)>,
    /// The content as a Matrix author wrote it.
    pub content: Option<Json>,
}

/// State by Matrix type and state key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateChange {
    /// The Matrix event type.
    pub kind: Arc<str>,
    /// The state key.
    pub key: Arc<str>,
    /// The content, canonical.
    pub content: Json,
}

/// A change to a room outside its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RoomSetting {
    /// A mask was put on a list.
    MaskAdded {
        /// Which list.
        list: MaskList,
        /// The mask.
        mask: Arc<str>,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// A mask was taken off a list.
    MaskRemoved {
        /// Which list.
        list: MaskList,
        /// The mask.
        mask: Arc<str>,
    },
    /// The channel key was set or taken away. A secret.
    Key(Option<Arc<str>>),
    /// The directory lists the room, or not.
    Listed(bool),
    /// The room has other names.
    Names {
        /// All of them, the canonical one first.
        names: Vec<ChannelName>,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// What was a conversation of two is a room of many from here on.
    Opened,
}

/// A change to a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum UserChange {
    /// The row was made.
    Created {
        /// Nick and localpart.
        name: AccountName,
        /// Account or guest.
        kind: UserKind,
        /// The password's hash.
        password: Option<PasswordHash>,
        /// The host that others see of a guest, by which he is known again.
        host: Option<Arc<str>>,
    },
    /// The nick's case changed, or a guest's nick.
    Renamed(AccountName),
    /// One more nick leads to the account. Its claim is in an event of its own.
    NickGrouped(Arc<str>),
    /// A grouped nick leads nowhere any more.
    NickUngrouped(Arc<str>),
    /// A new password. What became of the old one's sessions is in the events beside it.
    Password(PasswordHash),
    /// Shut out, or let in again.
    Disabled(bool),
    /// A profile field has a new value, or none.
    Profile {
        /// Which.
        field: ProfileField,
        /// The value.
        value: Option<Arc<str>>,
    },
    /// A credential was made.
    DeviceAdded(Device),
    /// A credential has a new name.
    DeviceRenamed {
        /// Which.
        device: DeviceId,
        /// The name.
        name: Arc<str>,
    },
    /// A credential is gone, and every session, parked request and pusher that came from it.
    DeviceRemoved(DeviceId),
    /// He has read up to here.
    Read {
        /// In which room.
        room: RoomId,
        /// Up to which event; 0 is before the first.
        up_to: RoomSequence,
        /// The time of what was read last.
        time: Timestamp,
        /// Whether others are told.
        audience: ReadAudience,
    },
    /// Somebody asked him into a conversation, or said something to him, and he has not answered; or he has, which is a request without anything.
    Request {
        /// Who did.
        by: UserId,
        /// What became of it up to now.
        request: Request,
    },
    /// Account data, global or of a room.
    AccountData {
        /// Of which room.
        room: Option<RoomId>,
        /// The Matrix type.
        kind: Arc<str>,
        /// The content.
        content: Json,
    },
    /// A document that a protocol must remember; the core knows only its owner, version and rank.
    Document(Document),
    /// His keys for end-to-end encryption, or what waits for his devices.
    Keys(KeysChange),
}

/// Who learns of a read mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadAudience {
    /// The room (`m.read`).
    Room,
    /// Only the reader's own sessions (`m.read.private`, `m.fully_read`, IRC `MARKREAD`).
    Own,
}

/// What a protocol must remember for a user: filters, backup versions, pushers, per-account settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What kind of document, a name of the protocol's own.
    pub kind: Arc<str>,
    /// Which one of its kind.
    pub key: Arc<str>,
    /// For put-if-rank-higher.
    pub rank: i64,
    /// The content; nothing when it was deleted.
    pub blob: Option<Arc<[u8]>>,
}

/// Who has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Claim {
    /// A user.
    User(UserId),
    /// A room.
    Room(RoomId),
    /// Nobody ever again.
    Tombstone,
    /// Nobody: it may be claimed again, as the name of a conversation of two that is none any more.
    Nobody,
}
