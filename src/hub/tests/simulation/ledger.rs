//! What the store must hold: every entry that was committed, applied to a state of its own in which all rooms are always there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::OrdMap;
use polylogue_core::command::TimedCommand;
use polylogue_core::event::{ReadAudience, Redacted, UserChange};
use polylogue_core::keys::{KeyUse, KeysChange};
use polylogue_core::redaction::stripped;
use polylogue_core::room::{Membership, RoomKind};
use polylogue_core::state::World;
use polylogue_core::user::UserKind;
use polylogue_core::visibility::{Gate, Span, SpanKind};
use polylogue_core::{
    Body, DeviceId, Entry, Event, EventRef, Form, Message, Position, Room, RoomChange, RoomId,
    RoomSequence, State, Timestamp, UserId,
};
use polylogue_hub::Receipt;
use polylogue_store::{Batch, Direction, Reader, Writer, load};

/// The server's name in every simulation.
pub(crate) const SERVER: &str = "test";

/// Everything committed.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) state: State,
    entries: Vec<Arc<Entry>>,
    standings: BTreeMap<(RoomId, UserId), Vec<Standing>>,
    redacted: BTreeMap<(RoomId, RoomSequence), (EventRef, Timestamp)>,
    said_once: BTreeMap<String, Position>,
    keys: BTreeSet<(DeviceId, [u8; 32])>,
    /// One-time keys that were handed out.
    claimed: BTreeSet<Arc<str>>,
    /// Timers without a row.
    stranded: OrdMap<(Timestamp, u64), TimedCommand>,
}

/// A change of somebody's standing in a room.
#[derive(Debug, Clone, Copy)]
struct Standing {
    position: Position,
    sequence: RoomSequence,
    membership: Membership,
    /// What the room was for then.
    kind: RoomKind,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self {
            state: State::new(SERVER),
            entries: Vec::new(),
            standings: BTreeMap::new(),
            redacted: BTreeMap::new(),
            said_once: BTreeMap::new(),
            keys: BTreeSet::new(),
            claimed: BTreeSet::new(),
            stranded: OrdMap::new(),
        }
    }

    pub(crate) fn head(&self) -> Position {
        self.state.head
    }

    pub(crate) fn entry(&self, position: Position) -> &Entry {
        &self.entries[usize::try_from(position.0).unwrap() - 1]
    }

    /// Takes in what a commit wrote: positions and places must follow on each other, and a key must be new.
    pub(crate) fn commit(&mut self, batch: &Batch<'_>) {
        for key in batch.keys {
            assert!(
                self.keys.insert((key.device, key.key)),
                "a key was used twice"
            );
        }
        for record in &batch.records {
            let entry = &record.entry;
            assert_eq!(
                entry.position,
                self.state.head.next(),
                "positions have no gap"
            );
            if let Event::Room {
                room,
                sender,
                change,
            } = &entry.event
            {
                let before = self
                    .state
                    .room(*room)
                    .map_or((RoomSequence(0), Default::default()), |room| {
                        (room.sequence, room.at)
                    });
                assert_eq!(
                    entry.sequence,
                    before.0.next(),
                    "a room's places have no gap"
                );
                assert!(entry.at >= before.1, "a room's time does not go back");
                match change {
                    RoomChange::Member(member) => {
                        let standing = Standing {
                            position: entry.position,
                            sequence: entry.sequence,
                            membership: member.membership,
                            kind: self.state.room(*room).unwrap().state.kind,
                        };
                        self.standings
                            .entry((*room, member.user))
                            .or_default()
                            .push(standing);
                    }
                    RoomChange::Message(message) => {
                        if let Some(key) = once_of(message) {
                            assert_eq!(
                                self.said_once.insert(key.clone(), entry.position),
                                None,
                                "{key} was said twice"
                            );
                        }
                    }
                    RoomChange::Redaction { target, .. } => {
                        let by = EventRef {
                            sequence: entry.sequence,
                            position: entry.position,
                            author: *sender,
                        };
                        self.redacted
                            .entry((*room, target.sequence))
                            .or_insert((by, entry.at));
                    }
                    RoomChange::Created(_)
                    | RoomChange::Power(_)
                    | RoomChange::State(_)
                    | RoomChange::Redacted(_) => {}
                }
            }
            if let Event::User {
                change: UserChange::DeviceRemoved(device),
                ..
            } = &entry.event
            {
                self.keys.retain(|(known, _)| known != device);
            }
            if let Event::User {
                change:
                    UserChange::Keys(KeysChange::Claimed {
                        key,
                        kind: KeyUse::OneTime,
                        ..
                    }),
                ..
            } = &entry.event
            {
                assert!(
                    self.claimed.insert(key.blob.clone()),
                    "{key:?} was handed out twice"
                );
            }
            self.state.apply(entry);
            self.entries.push(entry.clone());
        }
        for key in batch.keys {
            let Some(place) = Receipt::from_blob(&key.result).event else {
                continue;
            };
            let written = batch
                .records
                .iter()
                .any(|record| record.entry.position == place.position);
            assert!(written, "a key was written without what was done under it");
        }
    }

    /// Where what was said under a key is.
    pub(crate) fn said_once(&self, key: &str) -> Option<Position> {
        self.said_once.get(key).copied()
    }

    /// An event of a room, as another one would refer to it.
    pub(crate) fn find(&self, room: RoomId, sequence: RoomSequence) -> Option<EventRef> {
        self.entries.iter().find_map(|entry| match &entry.event {
            Event::Room {
                room: known,
                sender,
                ..
            } if *known == room && entry.sequence == sequence => Some(EventRef {
                sequence,
                position: entry.position,
                author: *sender,
            }),
            Event::Room { .. }
            | Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => None,
        })
    }

    /// Whether what happens in a room reaches a user right before a position.
    fn reached_before(&self, room: RoomId, user: UserId, position: Position) -> bool {
        let standings = self
            .standings
            .get(&(room, user))
            .map_or(&[][..], Vec::as_slice);
        standings
            .iter()
            .rev()
            .find(|one| one.position < position)
            .is_some_and(|one| one.kind.reaches(user, one.membership))
    }

    /// Whether a session of this user is shown an entry of a timeline as it happens: those whom the room reaches, and whom a standing is about.
    pub(crate) fn shown(&self, user: UserId, position: Position) -> bool {
        match &self.entry(position).event {
            Event::Room {
                room,
                change: RoomChange::Member(member),
                ..
            } => member.user == user || self.reached_before(*room, user, position),
            Event::Room { room, .. } => self.reached_before(*room, user, position),
            Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => false,
        }
    }

    /// Whether an entry is what a user said in a room that he was not in.
    pub(crate) fn said_outside(&self, user: UserId, position: Position) -> bool {
        match &self.entry(position).event {
            Event::Room {
                room,
                sender,
                change: RoomChange::Message(_),
            } => *sender == user && !self.reached_before(*room, user, position),
            Event::Room { .. }
            | Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => false,
        }
    }

    /// Whether a user may be told of an entry outside the timelines.
    pub(crate) fn may_be_told(&self, user: UserId, position: Position) -> bool {
        match &self.entry(position).event {
            Event::Setting { room, .. } => self.reached_before(*room, user, position),
            Event::User {
                user: whose,
                change,
            } => match change {
                UserChange::Renamed(_) | UserChange::Profile { .. } => {
                    *whose == user || self.ever_met(*whose, user)
                }
                UserChange::Read {
                    room,
                    audience: ReadAudience::Room,
                    ..
                } => *whose == user || self.reached_before(*room, user, position),
                UserChange::Read {
                    audience: ReadAudience::Own,
                    ..
                }
                | UserChange::Created { .. }
                | UserChange::Password(_)
                | UserChange::Disabled(_)
                | UserChange::NickGrouped(_)
                | UserChange::NickUngrouped(_)
                | UserChange::DeviceAdded(_)
                | UserChange::Request { .. }
                | UserChange::AccountData { .. }
                | UserChange::Document(_)
                | UserChange::Keys(
                    KeysChange::OneTime { .. }
                    | KeysChange::Fallback { .. }
                    | KeysChange::Claimed { .. }
                    | KeysChange::Vouched { .. }
                    | KeysChange::ToDevice { .. }
                    | KeysChange::GaveWay { .. }
                    | KeysChange::Forgotten { .. },
                ) => *whose == user,
                // What others know a device by.
                UserChange::DeviceRenamed { .. }
                | UserChange::DeviceRemoved(_)
                | UserChange::Keys(KeysChange::Device { .. } | KeysChange::Signing { .. }) => {
                    *whose == user || self.ever_met(*whose, user)
                }
            },
            Event::Room { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => false,
        }
    }

    /// What a user may read of a room, from the changes of his standing.
    fn gate(&self, room: RoomId, user: UserId) -> Gate {
        let state = &self.state.room(room).unwrap().state;
        let mut spans: Vec<Span> = Vec::new();
        for one in self.standings.get(&(room, user)).into_iter().flatten() {
            if let Some(last) = spans.last_mut().filter(|last| last.to.is_none()) {
                last.to = Some(one.sequence);
            }
            let kind = match one.membership {
                Membership::Join => SpanKind::Joined,
                Membership::Invite => SpanKind::of_invited(one.kind, user),
                Membership::Knock | Membership::Leave | Membership::Ban => continue,
            };
            spans.push(Span {
                kind,
                from: one.sequence,
                to: None,
            });
        }
        Gate {
            spans,
            visibilities: state.visibilities.to_vec(),
        }
    }

    fn ever_met(&self, one: UserId, other: UserId) -> bool {
        let rooms = |user| {
            self.standings
                .keys()
                .filter(move |(_, known)| *known == user)
                .map(|(room, _)| *room)
        };
        rooms(one).any(|room| rooms(other).any(|known| known == room))
    }

    /// Guests whom no row of a timer takes out of their rooms: a crash strands them.
    pub(crate) fn guests_without_timer(&self) -> Vec<UserId> {
        let rows = self.state.timers.iter();
        let rows = rows.filter(|(key, _)| !self.stranded.contains_key(*key));
        let leaving: BTreeSet<UserId> = rows
            .filter_map(|(_, command)| match command {
                TimedCommand::GuestGone { user, .. } => Some(*user),
                TimedCommand::ExpireMask { .. }
                | TimedCommand::ExpireServerBan { .. }
                | TimedCommand::StrangerCounts { .. } => None,
            })
            .collect();
        let guests = self.guests_in_rooms();
        guests.filter(|guest| !leaving.contains(guest)).collect()
    }

    /// Guests with a standing that holds them in a room.
    pub(crate) fn guests_in_rooms(&self) -> impl Iterator<Item = UserId> {
        self.state
            .users
            .values()
            .filter(|user| user.kind == UserKind::Guest && !user.rooms.is_empty())
            .map(|user| user.id)
    }

    /// The server started again: what is to become of guests whom the crash left in rooms is in no row.
    pub(crate) fn started(&mut self, state: &State) {
        let old = std::mem::take(&mut self.stranded);
        let rows = self.state.timers.clone().relative_complement(old);
        self.state.timers = state.timers.clone();
        self.state.next_timer = state.next_timer;
        self.state.absent = state.absent.clone();
        self.stranded = state.timers.clone().relative_complement(rows);
    }

    /// The committed view is this ledger's state, as far as its rooms are hot.
    pub(crate) fn check_view(&self, world: &World) {
        self.check_state(&world.state);
        for room in world.state.rooms.values() {
            self.check_room(room);
        }
    }

    /// The store holds exactly this ledger: state, every room, every event.
    pub(crate) fn check_store(&self, writer: &Writer, reader: &Reader) {
        let mut stored = load(writer, Some(SERVER)).unwrap().state;
        for (key, command) in &self.stranded {
            if self.state.timers.contains_key(key) {
                stored.set_timer(*key, command.clone());
            }
        }
        self.check_state(&stored);
        for room in self.state.rooms.keys() {
            self.check_room(&reader.room(*room).unwrap().unwrap());
        }
        assert!(reader.room(self.state.next_room).unwrap().is_none());
        let mut stored = BTreeMap::new();
        for room in self.state.rooms.keys() {
            for event in reader
                .page((*room, RoomSequence(0)), (Direction::Forward, usize::MAX))
                .unwrap()
            {
                assert!(stored.insert(event.position, (*room, event)).is_none());
            }
        }
        for entry in &self.entries {
            let Event::Room {
                room,
                sender,
                change,
            } = &entry.event
            else {
                continue;
            };
            let (in_room, event) = stored.remove(&entry.position).unwrap();
            let gone = self.redacted.contains_key(&(*room, entry.sequence));
            let change = if let (true, RoomChange::Message(message)) = (gone, change) {
                let Some((by, at)) = self.redacted.get(&(*room, entry.sequence)).copied() else {
                    panic!("{entry:?}")
                };
                &RoomChange::Redacted(Redacted {
                    kind: message.body.event_type().into(),
                    by,
                    at,
                    reason: None,
                })
            } else {
                let version = self.state.room(*room).unwrap().state.creation.version;
                let left = stripped(change, version).filter(|_| gone);
                &left.unwrap_or_else(|| change.clone())
            };
            assert_eq!(
                (in_room, event.sequence, event.sender, event.at),
                (*room, entry.sequence, *sender, entry.at)
            );
            assert_eq!(event.change, *change);
        }
        assert!(
            stored.is_empty(),
            "the store holds what was never committed: {stored:?}"
        );
        for (room, user) in self.standings.keys() {
            let mut gate = reader.gate(*room, *user).unwrap();
            gate.spans.sort_by_key(|span| span.from);
            assert_eq!(
                gate,
                self.gate(*room, *user),
                "what {user:?} may see of {room:?}"
            );
        }
        for user in self.state.users.values() {
            for (device, keys) in &user.keys.devices {
                let waiting = reader.to_device(*device, Position(0), usize::MAX).unwrap();
                assert!(
                    waiting
                        .iter()
                        .map(|(position, _)| position)
                        .eq(keys.waiting.keys()),
                    "what waits for {device:?}"
                );
            }
        }
        let devices: BTreeSet<_> = self.keys.iter().map(|(device, _)| *device).collect();
        for device in devices {
            let found: BTreeSet<_> = reader
                .keys(device)
                .unwrap()
                .into_iter()
                .map(|(key, _)| (device, key))
                .collect();
            let known: BTreeSet<_> = self
                .keys
                .iter()
                .filter(|(known, _)| *known == device)
                .copied()
                .collect();
            assert_eq!(found, known, "the keys of {device:?}");
        }
    }

    fn check_state(&self, state: &State) {
        assert_eq!(state.head, self.state.head);
        assert_eq!(state.next_room, self.state.next_room);
        assert_eq!(state.names, self.state.names);
        assert_eq!(state.tokens, self.state.tokens);
        assert_eq!(state.timers, self.state.timers);
        assert_eq!(state.absent, self.state.absent);
        assert_eq!(state.key_changes, self.state.key_changes);
        assert_eq!(state.profile_changes, self.state.profile_changes);
        assert_eq!(
            format!("{:#?}", state.users.iter().collect::<BTreeMap<_, _>>()),
            format!("{:#?}", self.state.users.iter().collect::<BTreeMap<_, _>>())
        );
        let passwords = |state: &State| {
            state
                .users
                .values()
                .map(|user| (user.id, user.password.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        assert!(passwords(state) == passwords(&self.state));
    }

    fn check_room(&self, room: &Room) {
        let known = self.state.room(room.state.id).unwrap();
        assert_eq!(plain(room), plain(known));
    }
}

/// A room as text, its masks in an order of their own: within a millisecond they have none.
fn plain(room: &Room) -> String {
    let mut room = room.clone();
    let state = Arc::make_mut(&mut room.state);
    let mut masks = state.masks.to_vec();
    masks.sort_by_key(|mask| (mask.list, mask.mask.clone()));
    state.masks = masks.into();
    format!("{room:#?}")
}

/// The key that a message was said under, as its text tells: `once:<device>:<number>:<attempt>`.
fn once_of(message: &Message) -> Option<String> {
    let Body::Text(text) = &message.body else {
        return None;
    };
    let Form::Irc(text) = &text.form else {
        return None;
    };
    let (key, _) = text.strip_prefix("once:")?.rsplit_once(':')?;
    Some(key.to_owned())
}
