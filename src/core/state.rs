//! The whole state of a lane: what is durable, and beside it what flickers. Rooms are here only while they are hot; everything is persistent,
//! so that a snapshot of all of it is a handful of pointer copies. A committed view is such a snapshot, and so is what a failed commit falls
//! back to.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use imbl::{HashMap, OrdMap, OrdSet};

use crate::command::TimedCommand;
use crate::event::Claim;
use crate::ids::{ByNumber, DeviceId, Epoch, Lane, Position, RoomId, Timestamp, UserId};
use crate::ignore::Ignores;
use crate::listing::Listing;
use crate::live::{Live, Presence};
use crate::name::{AccountName, NameKey, account_key};
use crate::room::{Membership, Room};
use crate::secret::TokenHash;
use crate::server_ban::{BanTarget, ServerBan};
use crate::user::{User, UserKind, UserRoom};

/// What is durable.
#[derive(Debug, Clone)]
pub struct State {
    /// The server's name: the part of user ids after the colon.
    pub server_name: Arc<str>,
    /// The lane whose log this is.
    pub lane: Lane,
    /// The present epoch.
    pub epoch: Epoch,
    /// The last position given out.
    pub head: Position,
    /// The number for the next room.
    pub next_room: RoomId,
    /// The number for the next device.
    pub next_device: DeviceId,
    /// The number for the next timer.
    pub next_timer: u64,
    /// Accounts, and guests who did something durable.
    pub users: ByNumber<UserId, Arc<User>>,
    /// Guests among them, by localpart: it is claimed by nobody, as it is never given out again.
    pub guests: HashMap<Arc<str>, UserId>,
    /// Who has which name.
    pub names: HashMap<NameKey, Claim>,
    /// How many names who has claimed.
    pub claims: HashMap<Claim, usize>,
    /// Whose credential a token is.
    pub tokens: OrdMap<TokenHash, (UserId, DeviceId)>,
    /// What the directory shows, of rooms hot and cold.
    pub directory: OrdMap<RoomId, Arc<Listing>>,
    /// Rooms that are hot.
    pub rooms: ByNumber<RoomId, Room>,
    /// Whose devices and keys changed last at a position: each account once.
    pub key_changes: OrdMap<Position, UserId>,
    /// Whose profile changed last at a position: each account once.
    pub profile_changes: OrdMap<Position, UserId>,
    /// Whom an account ignores, for those that ignore somebody.
    pub ignores: OrdMap<UserId, Arc<Ignores>>,
    /// Who may not use the server.
    pub server_bans: OrdMap<BanTarget, ServerBan>,
    /// Until when strangers count for whom: what the timers of [`TimedCommand::StrangerCounts`] say.
    pub strangers: OrdSet<(UserId, Timestamp, u64)>,
    /// What is due when.
    pub timers: OrdMap<(Timestamp, u64), TimedCommand>,
    /// Guests who are gone and still in their rooms, by their nicks, and the timers that end that.
    pub absent: HashMap<NameKey, (UserId, (Timestamp, u64))>,
}

/// Everything: what [`decide`](crate::decide::decide) looks at.
#[derive(Debug, Clone)]
pub struct World {
    /// What is durable.
    pub state: State,
    /// What flickers.
    pub live: Live,
}

impl State {
    /// An empty lane.
    #[must_use]
    pub fn new(server_name: &str) -> Self {
        Self {
            server_name: server_name.into(),
            lane: Lane(0),
            epoch: Epoch(1),
            head: Position(0),
            next_room: RoomId(1),
            next_device: DeviceId(1),
            next_timer: 1,
            users: ByNumber::default(),
            guests: HashMap::new(),
            names: HashMap::new(),
            claims: HashMap::new(),
            tokens: OrdMap::new(),
            directory: OrdMap::new(),
            rooms: ByNumber::default(),
            key_changes: OrdMap::new(),
            profile_changes: OrdMap::new(),
            ignores: OrdMap::new(),
            server_bans: OrdMap::new(),
            strangers: OrdSet::new(),
            timers: OrdMap::new(),
            absent: HashMap::new(),
        }
    }

    /// An account, or a guest who did something durable.
    #[must_use]
    pub fn user(&self, user: UserId) -> Option<&Arc<User>> {
        self.users.get(&user)
    }

    /// A hot room.
    #[must_use]
    pub fn room(&self, room: RoomId) -> Option<&Room> {
        self.rooms.get(&room)
    }

    /// The rooms of a user, as he is or was, of which what is said reaches him: those that he is in, and the conversations that he is asked
    /// into, as far as they are hot.
    pub fn rooms_that_reach<'a>(&'a self, user: &'a User) -> impl Iterator<Item = RoomId> + 'a {
        let reaches = |entry: &&UserRoom| match entry.membership {
            Membership::Join => true,
            Membership::Invite | Membership::Knock | Membership::Leave | Membership::Ban => self
                .room(entry.room)
                .is_some_and(|room| room.state.kind.reaches(user.id, entry.membership)),
        };
        user.rooms.iter().filter(reaches).map(|entry| entry.room)
    }

    /// Takes in a user who was made, or was read from the store.
    pub fn admit(&mut self, user: User) {
        match user.kind {
            UserKind::Guest => {
                self.guests.insert(user.name.localpart().clone(), user.id);
            }
            UserKind::Account => {}
        }
        self.users.insert(user.id, Arc::new(user));
    }

    /// Takes in a claim that was made, or was read from the store.
    pub fn claim(&mut self, key: NameKey, claim: Claim) {
        let before = match claim {
            Claim::User(_) | Claim::Room(_) | Claim::Tombstone => {
                *self.claims.entry(claim).or_default() += 1;
                self.names.insert(key, claim)
            }
            Claim::Nobody => self.names.remove(&key),
        };
        if let Some(before) = before
            && let Some(count) = self.claims.get_mut(&before)
        {
            *count = count.saturating_sub(1);
        }
    }

    /// How many names somebody has claimed, those that he gave up included.
    #[must_use]
    pub fn claimed_by(&self, claim: Claim) -> usize {
        self.claims.get(&claim).copied().unwrap_or(0)
    }

    /// When the strangers that count for a user count no more, in order.
    pub fn strangers_of(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> impl Iterator<Item = Timestamp> + '_ {
        let after = (user, now, u64::MAX);
        self.strangers
            .range((Bound::Excluded(after), Bound::Unbounded))
            .take_while(move |(of, ..)| *of == user)
            .map(|(_, due, _)| *due)
    }

    /// The room that has a name, hot or cold.
    #[must_use]
    pub fn room_named(&self, name: &NameKey) -> Option<RoomId> {
        match self.names.get(name)? {
            Claim::Room(room) => Some(*room),
            Claim::User(_) | Claim::Tombstone | Claim::Nobody => None,
        }
    }

    /// Whose credential a token is.
    #[must_use]
    pub fn device_of(&self, token: &TokenHash) -> Option<(UserId, DeviceId)> {
        self.tokens.get(token).copied()
    }

    /// A guest whom a crash left in his rooms leaves them at a time. There is no row of it: the next start would find him again.
    pub fn strand(&mut self, guest: UserId, due: Timestamp) {
        let command = TimedCommand::GuestGone {
            user: guest,
            reason: "Connection lost".into(),
        };
        self.set_timer((due, self.next_timer), command);
    }

    /// Takes in a room that was read from the store. One that is hot already is newer, and stays.
    pub fn install(&mut self, room: Room) {
        self.rooms.entry(room.state.id).or_insert(room);
    }
}

impl World {
    /// An empty lane with nobody there.
    #[must_use]
    pub fn new(state: State) -> Self {
        let next_user = state
            .users
            .keys()
            .max()
            .map_or(UserId(1), |user| user.next());
        let mut live = Live::default();
        live.next_user = next_user;
        Self { state, live }
    }

    /// A user's name: account or guest.
    #[must_use]
    pub fn name_of(&self, user: UserId) -> Option<&AccountName> {
        self.live
            .guests
            .get(&user)
            .or_else(|| self.state.user(user).map(|user| &user.name))
    }

    /// Who goes by a nick or localpart: an account, or a guest that is here. Exact but for case; a look-alike is not that user.
    #[must_use]
    pub fn user_named(&self, name: &str) -> Option<UserId> {
        let key = account_key(name);
        let user = match self.state.names.get(key.as_str()) {
            Some(Claim::User(user)) => *user,
            Some(Claim::Room(_) | Claim::Tombstone | Claim::Nobody) => return None,
            None => *self.live.guest_names.get(key.as_str())?,
        };
        let known = self.name_of(user)?;
        let is_own = known.nick().eq_ignore_ascii_case(name) || **known.localpart() == *name;
        let is_grouped = || {
            let nicks = self.state.user(user).map(|user| &user.nicks);
            nicks.is_some_and(|nicks| nicks.iter().any(|nick| nick.eq_ignore_ascii_case(name)))
        };
        (is_own || is_grouped()).then_some(user)
    }

    /// The guest who has a localpart: one who is here, or one of whom something durable is left. Exact.
    #[must_use]
    pub fn guest_with(&self, localpart: &str) -> Option<UserId> {
        let here = self.live.guest_localparts.get(localpart);
        here.or_else(|| self.state.guests.get(localpart)).copied()
    }

    /// Who hears what is said to a nick: who goes by it, or who did as a guest before he logged in.
    #[must_use]
    pub fn reached_by(&self, nick: &str) -> Option<UserId> {
        let alias = || self.live.aliases.named(nick).map(|alias| alias.user);
        self.user_named(nick).or_else(alias)
    }

    /// Whether a user is a guest who is gone: he may still be in rooms, into which he can come back for a while.
    #[must_use]
    pub fn is_gone(&self, user: UserId) -> bool {
        let is_guest = |user: &Arc<User>| user.kind == crate::user::UserKind::Guest;
        self.state.user(user).is_some_and(is_guest) && !self.live.guests.contains_key(&user)
    }

    /// What a guest who is gone said as he went, for as long as he may come back.
    #[must_use]
    pub fn farewell(&self, user: UserId) -> Option<Arc<str>> {
        let name = NameKey::account(self.state.user(user)?.name.nick());
        let (_, timer) = self.state.absent.get(&name)?;
        match self.state.timers.get(timer)? {
            TimedCommand::GuestGone {
                user: known,
                reason,
            } => (*known == user).then(|| reason.clone()),
            TimedCommand::ExpireMask { .. }
            | TimedCommand::ExpireServerBan { .. }
            | TimedCommand::StrangerCounts { .. } => None,
        }
    }

    /// How many members of each room are guests who are gone.
    #[must_use]
    pub fn gone_from(&self) -> BTreeMap<RoomId, usize> {
        let mut rooms = BTreeMap::new();
        let guests = self.state.absent.values();
        for guest in guests.filter_map(|(user, _)| self.state.user(*user)) {
            for room in guest.joined() {
                *rooms.entry(room).or_default() += 1;
            }
        }
        rooms
    }

    /// Whether a user may see how another one is here: whether at all, since when, and what he says of himself meanwhile. It is for whoever
    /// shares a room with him, as in Matrix (client-server API, "Presence"). A guest is only while he is here: everybody knows that of him.
    #[must_use]
    pub fn is_acquainted(&self, viewer: UserId, user: UserId) -> bool {
        viewer == user || !self.is_account(user) || self.share_a_room(viewer, user)
    }

    /// How a user shows to another one. Whether a nick that one knows is in use (IRC `ISON`, `MONITOR`) is no part of it: that is public.
    #[must_use]
    pub fn presence_for(&self, viewer: UserId, user: UserId) -> Presence {
        if self.is_acquainted(viewer, user) {
            self.live.presence(user)
        } else {
            Presence::Offline
        }
    }

    /// Whether a user has an account.
    #[must_use]
    pub fn is_account(&self, user: UserId) -> bool {
        !self.live.guests.contains_key(&user)
            && self
                .state
                .user(user)
                .is_some_and(|user| user.kind == UserKind::Account)
    }
}
