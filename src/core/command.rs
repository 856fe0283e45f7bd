//! What may be asked, and by whom. A command is self-contained: nothing in it points into a connection or a request.

use std::net::IpAddr;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::body::{EventRef, Message};
use crate::event::{ReadAudience, RoomSetting, StateChange};
use crate::ids::{DeviceId, Position, RoomId, RoomSequence, SessionId, Timestamp, UserId};
use crate::json::Json;
use crate::keys::KeysCommand;
use crate::live::Transient;
use crate::name::{AccountName, ChannelName};
use crate::operator::OperatorCommand;
use crate::power::{PowerLevels, Prefix};
use crate::room::MaskList;
use crate::secret::{PasswordHash, TokenHash};
use crate::server_ban::BanTarget;
use crate::user::ProfileField;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account or guest.
    pub user: UserId,
    /// The attached connection it came over, if one is.
    pub session: Option<SessionId>,
    /// The credential it came with, if there is one.
    pub device: Option<DeviceId>,
    /// How far his powers reach.
    pub scope: Scope,
    /// The last proof of his password on this session.
    pub proof: Option<PasswordProof>,
}

/// That somebody gave an account's password. It holds for as long as the password is that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordProof {
    /// Whose.
    pub user: UserId,
    /// The change that set the password that it was ([`User::password_changed`](crate::user::User::password_changed)).
    pub version: Position,
    /// When.
    pub at: Timestamp,
}

impl Actor {
    /// The server itself: timers, start-up, clean-up.
    pub const SERVER: Self = Self {
        user: UserId::SERVER,
        session: None,
        device: None,
        scope: Scope::Server,
        proof: None,
    };

    /// A person at the control socket or on the locked data directory.
    pub const ADMINISTRATOR: Self = Self {
        user: UserId::SERVER,
        session: None,
        device: None,
        scope: Scope::Administrator,
        proof: None,
    };

    /// A user without a session: a request that carries its own credential.
    #[must_use]
    pub fn user(user: UserId, device: Option<DeviceId>) -> Self {
        Self {
            user,
            session: None,
            device,
            scope: Scope::User,
            proof: None,
        }
    }
}

/// How far an actor's powers reach. Never comes from a chat token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What rooms and the account itself allow.
    User,
    /// Accounts of others too.
    Administrator,
    /// The server's own acts.
    Server,
}

/// A room by id or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomRef {
    /// By id.
    Id(RoomId),
    /// By one of its names.
    Name(ChannelName),
}

/// What may be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Make an account, and log in at once if a device is given.
    Register {
        /// Nick and localpart.
        name: AccountName,
        /// The password's hash.
        password: PasswordHash,
        /// The first credential.
        device: Option<NewDevice>,
        /// An address for mail, to be kept.
        contact: Option<Arc<str>>,
    },
    /// Log in: a new credential for the actor.
    AddDevice {
        /// Whose.
        user: UserId,
        /// The credential.
        device: NewDevice,
    },
    /// A TLS certificate that the actor has is a credential of his account from now on.
    AddCertificate {
        /// The credential, which stands for the certificate.
        device: NewDevice,
    },
    /// Name a credential.
    RenameDevice {
        /// Which.
        device: DeviceId,
        /// The name.
        name: Arc<str>,
    },
    /// Log out: these credentials end, with everything that came from them.
    RemoveDevices {
        /// Whose.
        user: UserId,
        /// Which.
        devices: Vec<DeviceId>,
    },
    /// Log out everywhere: all of the actor's credentials end, the one that asks among them.
    RemoveAllDevices,
    /// A new password; every other credential ends if asked for.
    SetPassword {
        /// Whose.
        user: UserId,
        /// The hash.
        password: PasswordHash,
        /// What becomes of the account's credentials.
        others: OtherDevices,
    },
    /// Shut an account out, or let it in again.
    Disable {
        /// Whose.
        user: UserId,
        /// Out or in.
        state: AccountState,
    },
    /// Set or clear a profile field of the actor.
    SetProfile {
        /// Which.
        field: ProfileField,
        /// The value.
        value: Option<Arc<str>>,
    },
    /// Another nick for a guest, another case for an account.
    Rename {
        /// The nick.
        nick: Arc<str>,
    },
    /// One more nick that leads to the actor's account.
    GroupNick {
        /// The nick.
        nick: Arc<str>,
    },
    /// A grouped nick leads nowhere from now on. Nobody else gets it.
    UngroupNick {
        /// The nick.
        nick: Arc<str>,
    },
    /// Store account data of the actor.
    SetAccountData {
        /// Of which room.
        room: Option<RoomId>,
        /// The type.
        kind: Arc<str>,
        /// The content.
        content: Json,
        /// Under which condition.
        condition: PutCondition,
    },
    /// Store a document of the actor.
    PutDocument {
        /// What kind.
        kind: Arc<str>,
        /// Which one.
        key: Arc<str>,
        /// The content; nothing deletes it.
        blob: Option<Arc<[u8]>>,
        /// Under which condition.
        condition: PutCondition,
    },
    /// What somebody says does not reach the actor from now on, or does again.
    Silence {
        /// Who: a mask, complete.
        mask: Arc<str>,
        /// Silenced, or heard again.
        direction: Direction,
    },
    /// Something about keys, or messages from device to device.
    Keys(KeysCommand),
    /// The actor has read up to here.
    MarkRead {
        /// Where.
        room: RoomId,
        /// Up to which event; 0 is before the first.
        up_to: RoomSequence,
        /// The time of what was read last: that event's, or what the reader says.
        time: Timestamp,
        /// Who is told.
        audience: ReadAudience,
    },
    /// Make a room.
    CreateRoom(Box<CreateRoom>),
    /// Go in; an unknown published name is created if asked for.
    Join {
        /// Where.
        room: RoomRef,
        /// The channel key.
        key: Option<Arc<str>>,
        /// Whether an unknown name makes a new room (IRC) or is an error (Matrix).
        missing: MissingRoom,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Show something else of oneself in one room than everywhere: the content of the actor's membership.
    SetMember {
        /// Where.
        room: RoomId,
        /// Further `m.room.member` content.
        content: Json,
    },
    /// Go out, decline an invitation, or take back a knock.
    Leave {
        /// Where.
        room: RoomId,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Ask somebody in.
    Invite {
        /// Where.
        room: RoomId,
        /// Whom.
        user: UserId,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Put somebody out, or take his invitation back.
    Kick {
        /// Where.
        room: RoomId,
        /// Whom.
        user: UserId,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Shut somebody out.
    Ban {
        /// Where.
        room: RoomId,
        /// Whom.
        user: UserId,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Let somebody come again.
    Unban {
        /// Where.
        room: RoomId,
        /// Whom.
        user: UserId,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Ask to be let in.
    Knock {
        /// Where.
        room: RoomRef,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Say something to a room or a user.
    Say(Say),
    /// Take an event's content away.
    Redact {
        /// Where.
        room: RoomId,
        /// Which, read by the asker just before: neither place nor author of an event ever changes.
        target: EventRef,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Set state by Matrix type. Memberships, power levels and the creation have commands of their own.
    SetState {
        /// Where.
        room: RoomId,
        /// What.
        change: StateChange,
    },
    /// Set the topic; an empty one takes it away.
    SetTopic {
        /// Where.
        room: RoomId,
        /// The text.
        topic: Arc<str>,
    },
    /// Set all power levels, as Matrix does.
    SetPower {
        /// Where.
        room: RoomId,
        /// The levels.
        levels: Box<PowerLevels>,
        /// The levels that the author knew and changed: what he left as it was stays as it is now. Without them all levels are set.
        known: Option<Arc<PowerLevels>>,
        /// The content as its author wrote it.
        content: Option<Json>,
    },
    /// Give and take prefixes, as IRC does: one event, however many.
    SetPrefixes {
        /// Where.
        room: RoomId,
        /// To whom, which, given or taken.
        changes: Vec<PrefixChange>,
    },
    /// Change modes: each is a part of the state that it stands for, and the rest of that stays as it is when this is decided.
    SetModes {
        /// Where.
        room: RoomId,
        /// Which; all of them or none.
        changes: Vec<ModeChange>,
    },
    /// Own a room that nobody owns.
    TakeRoom {
        /// Which.
        room: RoomId,
    },
    /// Put everybody out of a room whom the actor may put out.
    ClearRoom {
        /// Which.
        room: RoomId,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Close a room that the actor owns, for good: everybody goes, nobody comes in any more.
    CloseRoom {
        /// Which.
        room: RoomId,
        /// Why.
        reason: Option<Arc<str>>,
    },
    /// Come back into a room that the actor may let others into: his ban is lifted, and he is invited.
    LetIn {
        /// Where.
        room: RoomId,
    },
    /// Put a mask on a list or take it off.
    SetMask {
        /// Where.
        room: RoomId,
        /// Which list.
        list: MaskList,
        /// The mask, complete.
        mask: Arc<str>,
        /// On or off.
        direction: Direction,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Change a setting outside the timeline: key, directory, names.
    SetSetting {
        /// Where.
        room: RoomId,
        /// What.
        setting: RoomSetting,
    },
    /// A connection begins to be somebody.
    Attach(Box<Attach>),
    /// A connection ends.
    Detach {
        /// Which.
        session: SessionId,
        /// What IRC shows as the reason.
        reason: Arc<str>,
        /// For how many milliseconds a guest stays in his rooms, so that he can come back into them.
        absence: u64,
    },
    /// A session of somebody is somebody else's from now on: a guest has logged in, or an account as another one. That he may is proven.
    LogIn {
        /// Which.
        session: SessionId,
        /// Whose it is to be.
        user: UserId,
        /// The credential it came with, if it was not the password.
        device: Option<DeviceId>,
        /// What others see of it then.
        presentation: Presentation,
    },
    /// A session of an account is a guest's from now on, under a nick that is free.
    LogOut {
        /// Which.
        session: SessionId,
        /// What others see of it then.
        presentation: Presentation,
    },
    /// End sessions of the actor.
    EndSessions {
        /// Which.
        sessions: Vec<SessionId>,
    },
    /// Others see something else of the actor's session.
    Present {
        /// Which.
        session: SessionId,
        /// What they see.
        presentation: Presentation,
    },
    /// The actor's session is away, or back.
    SetAway {
        /// Which session.
        session: SessionId,
        /// The text; nothing means back.
        text: Option<Arc<str>>,
    },
    /// The actor types, or stopped.
    Typing {
        /// Where.
        room: RoomId,
        /// For how many milliseconds it holds without another word; 0 means stopped.
        milliseconds: u64,
    },
    /// Something for those who are here now, never stored: CTCP, client tags.
    Transient(Transient),
    /// Something that concerns server operators.
    Operator(OperatorCommand),
    /// A timer is due.
    Timed {
        /// Its number.
        id: u64,
        /// What to do.
        command: TimedCommand,
    },
}

/// What a timer does. No permission or ban ever waits for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimedCommand {
    /// Tidy away a mask whose time is over.
    ExpireMask {
        /// Where.
        room: RoomId,
        /// Which list.
        list: MaskList,
        /// The mask.
        mask: Arc<str>,
    },
    /// A guest who is gone and did not come back leaves his rooms.
    GuestGone {
        /// Who.
        user: UserId,
        /// Why he went.
        reason: Arc<str>,
    },
    /// Forget that an account wrote to a stranger: until then it counts.
    StrangerCounts {
        /// Who wrote.
        user: UserId,
    },
    /// Tidy away a ban of the server whose time is over.
    ExpireServerBan {
        /// Whom it meant.
        target: BanTarget,
    },
}

/// A credential to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// What clients call it.
    pub label: Arc<str>,
    /// What people call it.
    pub name: Option<Arc<str>>,
    /// SHA-256 of its token.
    pub token: TokenHash,
}

/// What a password change does to credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherDevices {
    /// They go on.
    Keep,
    /// All but the actor's own end, and all sessions that were begun by password.
    LogOut,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// Yes.
    Enabled,
    /// No.
    Disabled,
}

/// Under which condition a value is stored: decided on what is there when it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutCondition {
    /// Whatever is there.
    Always,
    /// Only over this version; 0 = only if there is none.
    Version(Position),
    /// Only over a lower rank.
    Rank(i64),
}

/// Whether joining an unknown name makes a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingRoom {
    /// Make it (IRC `JOIN`).
    Create,
    /// Refuse.
    Refuse,
}

/// Given or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `+`
    Add,
    /// `-`
    Remove,
}

/// One mode of a room (IRC `MODE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeChange {
    /// One that is on or off.
    Flag(RoomFlag, Direction),
    /// `+l`: how many members there may be.
    Limit(Option<u32>),
}

/// What is on or off in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomFlag {
    /// `+t`: only operators set the topic.
    TopicLocked,
    /// `+m`: only those with a voice speak.
    Moderated,
    /// `+i`: only the invited come in; others may ask, unless `+K` is on (Matrix join rules `knock` and `invite`).
    Closed,
    /// `+K`: nobody may ask.
    NoKnock,
    /// `+R`: only accounts come in.
    AccountsOnly,
    /// `+C`
    NoCtcp,
    /// `+c`
    NoColour,
    /// `+M`
    AccountsSpeak,
    /// `+n`: only members speak.
    MembersSpeak,
    /// `+S`
    StripColour,
}

/// One prefix for one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixChange {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub prefix: Prefix,
    /// Given or taken.
    pub direction: Direction,
}

/// A room to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateRoom {
    /// What it starts with.
    pub preset: Preset,
    /// Its published name.
    pub alias: Option<ChannelName>,
    /// Its name for people.
    pub name: Option<Arc<str>>,
    /// Its topic.
    pub topic: Option<Arc<str>>,
    /// Whom to ask in.
    pub invite: Vec<UserId>,
    /// Whether it is the conversation of the creator with the one invited.
    pub direct: DirectRoom,
    /// Whether the directory lists it.
    pub listed: bool,
    /// Matrix room version.
    pub version: u8,
    /// State to set at once, after the preset's own.
    pub state: Vec<StateChange>,
    /// Power levels in place of the preset's.
    pub power: Option<Box<PowerLevels>>,
    /// Further `m.room.create` content.
    pub content: Option<Json>,
}

impl Default for CreateRoom {
    fn default() -> Self {
        Self {
            preset: Preset::Private,
            alias: None,
            name: None,
            topic: None,
            invite: Vec::new(),
            direct: DirectRoom::No,
            listed: false,
            version: 11,
            state: Vec::new(),
            power: None,
            content: None,
        }
    }
}

/// What a new room starts with (Matrix `createRoom`, "preset").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// By invitation; members see everything.
    Private,
    /// By invitation; the invited are as powerful as the creator.
    TrustedPrivate,
    /// Open to all.
    Public,
}

/// Whether a new room is a direct one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectRoom {
    /// No.
    No,
    /// With the single user invited.
    Yes,
}

/// Something said.
#[derive(Debug, Clone, PartialEq)]
pub struct Say {
    /// To whom.
    pub to: Destination,
    /// What.
    pub message: Message,
}

/// To whom something is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A room.
    Room(RoomId),
    /// A user: into the direct room of the two, which is made if there is none.
    User(UserId),
}

/// A connection that begins to be somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attach {
    /// The connection's number, given by the hub.
    pub session: SessionId,
    /// Who it is to be.
    pub who: Who,
    /// The credential it came with.
    pub device: Option<DeviceId>,
    /// What others see of the connection.
    pub presentation: Presentation,
    /// The away text, if it comes away.
    pub away: Option<Arc<str>>,
    /// Where it comes from, for bans of the server; nothing for a session that is known.
    pub address: Option<IpAddr>,
}

/// Who a connection is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// An account.
    Account(UserId),
    /// A guest under this name.
    Guest(AccountName),
}

/// Who operates a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Operator {
    /// A person.
    #[default]
    Person,
    /// A program, which says so (IRCv3 bot-mode).
    Program,
}

/// What others see of a connection. Never an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presentation {
    /// Which front-end.
    pub front: &'static str,
    /// The `user` of `nick!user@host`.
    pub username: Arc<str>,
    /// The `host` of `nick!user@host`: a cloak for guests, a constant for accounts.
    pub host: Arc<str>,
    /// The real name that the client gave.
    pub real_name: Arc<str>,
    /// When it began.
    pub since: Timestamp,
    /// Whether it makes its user look present.
    pub visible: bool,
    /// Who sits there.
    pub operator: Operator,
    /// What it tells of itself besides, by key (IRCv3 draft/metadata-2).
    pub metadata: OrdMap<Arc<str>, Arc<str>>,
    /// What its user says of himself while he is here (Matrix `status_msg`).
    pub status: Option<Arc<str>>,
}
