//! One room: who is in it, who may do what, what it is called. The hub's working state and the committed views are this same structure;
//! its big parts are persistent, so that a snapshot is a pointer copy.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::body::EventRef;
use crate::ids::{Position, RoomId, RoomSequence, Timestamp, UserId};
use crate::json::Json;
use crate::name::ChannelName;
use crate::power::{PowerLevels, Prefix, Prefixes};
use crate::visibility::HistoryVisibility;

/// A room: the counters that each message moves, and the state that few events touch.
#[derive(Debug, Clone)]
pub struct Room {
    /// Place of the last event.
    pub sequence: RoomSequence,
    /// Its position in the lane's log.
    pub position: Position,
    /// Its time: times never go back within a room.
    pub at: Timestamp,
    /// How many events so far count as unread for those who have not seen them (`nseq`).
    pub notifying: u64,
    /// Everything else.
    pub state: Arc<RoomState>,
}

/// What a room is, apart from what was said in it.
#[derive(Debug, Clone)]
pub struct RoomState {
    /// The room.
    pub id: RoomId,
    /// How it came to be.
    pub creation: Creation,
    /// What it is for now: a conversation of two becomes a room of many when a third person is asked in.
    pub kind: RoomKind,
    /// Its names, the canonical one first. A room without any shows on IRC under a name derived from its id.
    pub names: Arc<[ChannelName]>,
    /// Everyone with a membership other than "left long ago".
    pub members: OrdMap<UserId, Member>,
    /// How many of them are joined.
    pub joined: usize,
    /// Power levels in force.
    pub power: Arc<PowerLevels>,
    /// Who may join.
    pub join_rule: JoinRule,
    /// Whether users without an account may join.
    pub guests_may_join: bool,
    /// From which event each history visibility was in force, in order.
    pub visibilities: Arc<[(RoomSequence, HistoryVisibility)]>,
    /// The room's name.
    pub name: Option<Arc<str>>,
    /// The topic, and who set it when.
    pub topic: Option<Topic>,
    /// The encryption algorithm, once there is one. Never goes away.
    pub encryption: Option<Arc<str>>,
    /// Whether the directory lists it (IRC: not `+s`).
    pub listed: bool,
    /// The modes of IRC that Matrix has no state for.
    pub modes: ChannelModes,
    /// Masks: bans, exceptions, invitations, quiets.
    pub masks: Arc<[Mask]>,
    /// The channel key (`+k`): a secret of the room, never state.
    pub key: Option<Arc<str>>,
    /// Every state event in force but memberships, as its author wrote it, by (type, state key). Creation and power levels are here for their
    /// places: what they say is typed, above.
    pub extra: OrdMap<(Arc<str>, Arc<str>), StateEntry>,
    /// Bytes of all of that: types, state keys and contents.
    pub extra_size: usize,
}

/// How a room came to be; fixed for its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creation {
    /// Who made it.
    pub creator: UserId,
    /// When.
    pub at: Timestamp,
    /// Matrix room version: 10, 11 or 12.
    pub version: u8,
    /// What it was made for.
    pub kind: RoomKind,
    /// Further `m.room.create` content of a Matrix creator.
    pub content: Option<Json>,
}

/// What a room is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomKind {
    /// A room of many.
    Group,
    /// The conversation of exactly these two.
    Direct(UserId, UserId),
}

/// A user's standing in a room (`membership` of `m.room.member`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Membership {
    /// In the room.
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

/// A user's row in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Standing.
    pub membership: Membership,
    /// IRC prefixes given, beside the exact level in [`RoomState::power`].
    pub prefixes: Prefixes,
    /// The event that gave the present standing.
    pub since: RoomSequence,
    /// Who caused it.
    pub by: UserId,
}

/// `m.room.join_rules`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinRule {
    /// Anyone.
    Public,
    /// The invited.
    Invite,
    /// The invited; others may ask.
    Knock,
    /// The invited and members of other rooms (decided by the rooms that the rule names).
    Restricted,
}

/// A topic with its author, as `RPL_TOPICWHOTIME` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// The text; several lines are separated by LF.
    pub text: Arc<str>,
    /// Who set it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// A state event in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateEntry {
    /// Its place in the room.
    pub sequence: RoomSequence,
    /// Its position in the lane's log.
    pub position: Position,
    /// Its author.
    pub sender: UserId,
    /// Its time.
    pub at: Timestamp,
    /// Its content.
    pub content: Json,
}

/// Channel modes that Matrix has no state for. They are kept in a state event of our own (`polylogue.irc`), so that everyone sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent mode letter"
)]
pub struct ChannelModes {
    /// `+C`: no CTCP but ACTION.
    pub no_ctcp: bool,
    /// `+c`: formatting is taken out.
    pub no_colour: bool,
    /// `+M`: only accounts speak.
    pub accounts_speak: bool,
    /// `-n`: who is not in the room speaks there too.
    pub outsiders_speak: bool,
    /// `+S`: formatting is shown as text.
    pub strip_colour: bool,
    /// `+K`: while the room is closed, nobody may ask to be let in.
    pub no_knock: bool,
    /// `+l`: joins are refused at this many members.
    pub limit: Option<u32>,
}

/// Which list a mask is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MaskList {
    /// `+b`
    Ban,
    /// `+e`
    Exception,
    /// `+I`
    Invitation,
    /// `+q` (as a list mode; on prefixes `q` is the founder).
    Quiet,
}

impl MaskList {
    /// Whether its masks take something from those who match: they may not come in, or not speak.
    #[must_use]
    pub fn is_of_bans(self) -> bool {
        match self {
            Self::Ban | Self::Quiet => true,
            Self::Exception | Self::Invitation => false,
        }
    }
}

/// An entry of a mask list. Hosts in masks are of guests: they never show in room state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask {
    /// Which list.
    pub list: MaskList,
    /// `nick!user@host` with `*` and `?`, or an extended ban such as `$a:name`.
    pub mask: Arc<str>,
    /// Who set it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// Until when it holds. Checked when it is used; the timer that takes it away only tidies up.
    pub until: Option<Timestamp>,
}

impl RoomKind {
    /// The other one of a conversation of two.
    #[must_use]
    pub fn peer_of(self, user: UserId) -> Option<UserId> {
        match self {
            Self::Direct(one, other) if one == user => Some(other),
            Self::Direct(one, other) if other == user => Some(one),
            Self::Direct(..) | Self::Group => None,
        }
    }

    /// Whether what is said in such a room reaches a user of this standing: those who are in, and who is asked into a conversation of two.
    #[must_use]
    pub fn reaches(self, user: UserId, membership: Membership) -> bool {
        match membership {
            Membership::Join => true,
            Membership::Invite => self.peer_of(user).is_some(),
            Membership::Knock | Membership::Leave | Membership::Ban => false,
        }
    }
}

impl Room {
    /// Whether a reference can be to an event of this room: neither place nor position lies beyond its last one.
    #[must_use]
    pub fn holds(&self, target: EventRef) -> bool {
        target.sequence.0 > 0
            && target.sequence <= self.sequence
            && target.position <= self.position
    }
}

impl RoomState {
    /// A room at its first event.
    #[must_use]
    pub fn new(id: RoomId, creation: Creation) -> Self {
        Self {
            id,
            kind: creation.kind,
            creation,
            names: Arc::new([]),
            members: OrdMap::new(),
            joined: 0,
            power: Arc::new(PowerLevels::default()),
            join_rule: JoinRule::Invite,
            guests_may_join: false,
            visibilities: Arc::new([]),
            name: None,
            topic: None,
            encryption: None,
            listed: false,
            modes: ChannelModes::default(),
            masks: Arc::new([]),
            key: None,
            extra: OrdMap::new(),
            extra_size: 0,
        }
    }

    /// Puts a state event in force.
    pub(crate) fn put(&mut self, kind: Arc<str>, key: Arc<str>, entry: StateEntry) {
        let names = kind.len() + key.len();
        self.extra_size += names + entry.content.as_str().len();
        if let Some(before) = self.extra.insert((kind, key), entry) {
            let size = names + before.content.as_str().len();
            self.extra_size = self.extra_size.saturating_sub(size);
        }
    }

    /// A user's standing; nothing if he never had any.
    #[must_use]
    pub fn membership(&self, user: UserId) -> Option<Membership> {
        self.members.get(&user).map(|member| member.membership)
    }

    /// Whether a user who is not in the room may say something there: it takes that (`-n`), he may know of it, and he is not shut out. The
    /// door has no part in it, as on every IRC server.
    #[must_use]
    pub fn hears_from_outside(&self, user: UserId) -> bool {
        let is_open = match self.kind {
            RoomKind::Group => self.modes.outsiders_speak,
            RoomKind::Direct(..) => false,
        };
        is_open && self.membership(user) != Some(Membership::Ban) && self.is_known_to(user)
    }

    /// Whether a user may know that the room is there: he has or had a standing in it, or it shows to everybody by its name, in the directory,
    /// or by an open door. To others it is as if there were none.
    #[must_use]
    pub fn is_known_to(&self, user: UserId) -> bool {
        let has_open_door = match self.join_rule {
            JoinRule::Public | JoinRule::Knock => true,
            JoinRule::Invite | JoinRule::Restricted => false,
        };
        user == UserId::SERVER
            || self.members.contains_key(&user)
            || self.listed
            || has_open_door
            || self.visibility() == HistoryVisibility::WorldReadable
            || self.canonical_name().is_some_and(ChannelName::is_published)
    }

    /// Whether a user may read what the room is now, its state and who is in it: he is in it, or everybody may (Matrix client-server API
    /// "Room history visibility", `world_readable`).
    #[must_use]
    pub fn is_readable_by(&self, user: UserId) -> bool {
        self.is_joined(user) || self.visibility() == HistoryVisibility::WorldReadable
    }

    /// Whether a user may see what the directory tells of the room, as IRC shows it: its topic, and who is in it (RFC 2812 section 4.2.6, modes
    /// `p` and `s`).
    #[must_use]
    pub fn is_shown_to(&self, user: UserId) -> bool {
        self.listed || self.is_readable_by(user)
    }

    /// The key, as far as a user may read it: it is a secret of the room, for those in it who open its door to others.
    #[must_use]
    pub fn key_for(&self, user: UserId) -> Option<&str> {
        let is_operator = self.is_joined(user) && self.level(user) >= Prefix::Operator.level();
        self.key.as_deref().filter(|_| is_operator)
    }

    /// Whether a user is in the room.
    #[must_use]
    pub fn is_joined(&self, user: UserId) -> bool {
        self.membership(user) == Some(Membership::Join)
    }

    /// A user's power level. In room version 12 creators stand above every level (Matrix room version 12, "creators").
    #[must_use]
    pub fn level(&self, user: UserId) -> i64 {
        if user == UserId::SERVER || (self.creation.version >= 12 && user == self.creation.creator)
        {
            return i64::MAX;
        }
        self.power.of(user)
    }

    /// The prefixes that show on IRC for a member.
    #[must_use]
    pub fn prefixes(&self, user: UserId) -> Prefixes {
        self.members
            .get(&user)
            .map_or(Prefixes::default(), |member| member.prefixes)
            .shown(self.level(user))
    }

    /// Whether a user is in the room and shows a prefix or a higher one.
    #[must_use]
    pub fn is_ranked(&self, user: UserId, prefix: Prefix) -> bool {
        let highest = self.prefixes(user).highest();
        self.is_joined(user) && highest.is_some_and(|highest| highest <= prefix)
    }

    /// The joined members, by id.
    pub fn joined_members(&self) -> impl Iterator<Item = (UserId, &Member)> {
        self.members
            .iter()
            .filter(|(_, member)| member.membership == Membership::Join)
            .map(|(user, member)| (*user, member))
    }

    /// The history visibility in force.
    #[must_use]
    pub fn visibility(&self) -> HistoryVisibility {
        self.visibilities
            .last()
            .map_or(HistoryVisibility::default(), |(_, visibility)| *visibility)
    }

    /// The name that comes first, if the room has any.
    #[must_use]
    pub fn canonical_name(&self) -> Option<&ChannelName> {
        self.names.first()
    }

    /// The other one of a direct room.
    #[must_use]
    pub fn peer_of(&self, user: UserId) -> Option<UserId> {
        self.kind.peer_of(user)
    }

    /// Whether what a user does beside speaking is for the others: in a conversation of two not while one of them has not answered, or has left.
    #[must_use]
    pub fn is_answered(&self, user: UserId) -> bool {
        self.peer_of(user)
            .is_none_or(|peer| self.is_joined(peer) && self.is_joined(user))
    }

    /// The masks of one list that hold at `now`.
    pub fn masks_of(&self, list: MaskList, now: Timestamp) -> impl Iterator<Item = &Mask> {
        self.masks
            .iter()
            .filter(move |mask| mask.list == list && mask.until.is_none_or(|until| now < until))
    }
}
