//! What is not in memory: commands wait for it in order of arrival, and rooms that nobody needs any more leave again.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use polylogue_core::command::Actor;
use polylogue_core::decide::{Context, rooms_needed};
use polylogue_core::room::Room;
use polylogue_core::{Command, DeviceId, Position, Refusal, RoomId, Timestamp};

use super::{Engine, Envelope};
use crate::batch::{Item, Receipt, Reply};

/// What the engine waits for before it can go on with some commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cold {
    /// A room that is not in memory.
    Room(RoomId),
    /// The exactly-once keys of a device.
    Keys(DeviceId),
}

/// Commands that wait for something that is being read.
#[derive(Debug)]
pub(super) struct Parked<T> {
    /// What was on disk when the reading was asked for: all that ever happened to a cold room.
    since: Position,
    queue: VecDeque<Envelope<T>>,
}

/// When the rooms in memory are looked through: it takes work that grows with their number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eviction {
    /// Rooms that nobody needs and that stay all the same.
    idle: usize,
    /// At this many rooms.
    crowded: usize,
    /// At this time.
    next: Timestamp,
}

/// How long idle rooms may be over their bound while their number does not grow.
const LOOK_EVERY: u64 = 60_000;

impl Eviction {
    pub(super) fn keeping(idle: usize) -> Self {
        Self {
            idle,
            crowded: idle,
            next: Timestamp(0),
        }
    }
}

impl<T> Engine<T> {
    /// What must be read from the store, each named once.
    pub fn take_wanted(&mut self) -> Vec<Cold> {
        std::mem::take(&mut self.wanted)
    }

    /// A room that was wanted has been read as it was at a position. A snapshot from before it was asked for may lack what happened to the
    /// room since: it is refused, and the room is read again.
    pub fn room_loaded(
        &mut self,
        id: RoomId,
        (at, room): (Position, Option<Room>),
        context: Context,
    ) {
        let cold = Cold::Room(id);
        if self
            .parked
            .get(&cold)
            .is_some_and(|parked| at < parked.since)
        {
            self.wanted.push(cold);
            return;
        }
        match room {
            Some(room) => self.world.state.install(room),
            // Every number below the next one was given to a room: this one's row is lost.
            None => {
                self.quarantined.insert(id);
            }
        }
        self.unpark(cold, context);
    }

    /// A room could not be read: it is set apart, and hurts nobody else.
    pub fn room_damaged(&mut self, id: RoomId, context: Context) {
        self.quarantined.insert(id);
        self.unpark(Cold::Room(id), context);
    }

    /// The keys of a device have been read.
    pub fn keys_loaded(
        &mut self,
        device: DeviceId,
        keys: Vec<([u8; 32], Receipt)>,
        context: Context,
    ) {
        for (key, receipt) in keys {
            self.keys.entry((device, key)).or_insert(receipt);
        }
        self.keyed.insert(device);
        self.unpark(Cold::Keys(device), context);
    }

    /// Something could not be read now: whoever waits for it is told to try again. Without its keys nothing of a device can be done once only.
    /// That a connection ends, or a time has come, is no wish that could be repeated: it waits on.
    pub fn unreadable(&mut self, cold: Cold, context: Context) {
        let waiting = self.parked.remove(&cold);
        for envelope in waiting.into_iter().flat_map(|parked| parked.queue) {
            if matches!(
                envelope.command,
                Command::Detach { .. } | Command::Timed { .. }
            ) {
                self.park(&[cold], envelope);
                continue;
            }
            let session = envelope.actor.session;
            let reply = Reply {
                ticket: envelope.ticket,
                result: Err(Refusal::Unavailable),
                hangs: false,
            };
            self.building.push(Item::Reply(reply));
            let followers = session
                .and_then(|session| self.waiting.remove(&session))
                .unwrap_or_default();
            for follower in followers {
                self.submit(follower, context);
            }
        }
    }

    /// Lets the rooms go that have been quiet for longest, once there are more than may be idle in memory: all rooms but those of users who are
    /// here and those that something waits for. Does so only between batches: then all of it is on disk.
    pub fn evict(&mut self, now: Timestamp) {
        let rooms = self.world.state.rooms.len();
        let Eviction {
            idle,
            crowded,
            next,
        } = self.eviction;
        if !self.building.is_empty() || rooms <= idle || (rooms < crowded && now < next) {
            return;
        }
        let needed = self.needed();
        let mut quiet: Vec<(Timestamp, RoomId)> = self
            .world
            .state
            .rooms
            .iter()
            .filter(|(id, _)| !needed.contains(id))
            .map(|(id, room)| (room.at, *id))
            .collect();
        if quiet.len() > idle {
            quiet.sort_unstable();
            // Down to half, so that the next look is not due at once.
            quiet.truncate(quiet.len() - idle / 2);
            for (_, id) in quiet {
                self.world.state.rooms.remove(&id);
                Arc::make_mut(&mut self.base.world).state.rooms.remove(&id);
            }
        }
        self.eviction.crowded = self.world.state.rooms.len() + (idle / 2).max(1);
        self.eviction.next = now.plus(LOOK_EVERY);
    }

    fn of_those_here(&self) -> impl Iterator<Item = RoomId> {
        let here = self.world.live.by_user.keys();
        here.filter_map(|user| self.world.state.user(*user))
            .flat_map(|user| user.joined_or_invited())
    }

    /// The rooms that must stay: of those who are here, whose views show them, and of what is parked.
    fn needed(&self) -> BTreeSet<RoomId> {
        let parked = self.parked.values().flat_map(|parked| &parked.queue);
        let of_parked = parked
            .flat_map(|envelope| rooms_needed(&self.world, &envelope.actor, &envelope.command));
        self.of_those_here().chain(of_parked).collect()
    }

    pub(super) fn is_cold(&self, room: RoomId) -> bool {
        // Numbers begin at 1.
        room > RoomId(0)
            && room < self.world.state.next_room
            && self.world.state.room(room).is_none()
            && !self.quarantined.contains(&room)
    }

    /// Whether something that is being read holds a timer's command up.
    pub(super) fn is_being_read(&self, room: RoomId) -> bool {
        self.is_cold(room) && self.parked.contains_key(&Cold::Room(room))
    }

    /// What a command has to wait for.
    pub(super) fn cold_for(&self, envelope: &Envelope<T>) -> Vec<Cold> {
        let keys = envelope
            .key
            .filter(|(device, _)| !self.keyed.contains(device))
            .map(|(device, _)| Cold::Keys(device));
        let rooms = rooms_needed(&self.world, &envelope.actor, &envelope.command);
        let rooms = rooms
            .into_iter()
            .filter(|room| self.is_cold(*room))
            .map(Cold::Room);
        keys.into_iter().chain(rooms).collect()
    }

    /// Sets a command aside until the first of `cold` is there, and has all of them read meanwhile; the same session's later commands wait
    /// behind it.
    pub(super) fn park(&mut self, cold: &[Cold], envelope: Envelope<T>) {
        if let Some(session) = envelope.actor.session {
            self.waiting.entry(session).or_default();
        }
        self.want(cold);
        if let Some(parked) = cold.first().and_then(|first| self.parked.get_mut(first)) {
            parked.queue.push_back(envelope);
        }
    }

    /// Has everything read that is not being read already.
    fn want(&mut self, cold: &[Cold]) {
        let since = self.base.world.state.head;
        for cold in cold {
            self.parked.entry(*cold).or_insert_with(|| {
                self.wanted.push(*cold);
                Parked {
                    since,
                    queue: VecDeque::new(),
                }
            });
        }
    }

    /// Goes on with what waited for `cold`, in order of arrival, each session's followers behind it.
    fn unpark(&mut self, cold: Cold, context: Context) {
        let parked = self.parked.remove(&cold);
        for envelope in parked.into_iter().flat_map(|parked| parked.queue) {
            let session = envelope.actor.session;
            // Its session's gate opens for this one; if it must wait again, it closes again.
            let followers = session
                .and_then(|session| self.waiting.remove(&session))
                .unwrap_or_default();
            let again = self.cold_for(&envelope);
            if again.is_empty() {
                self.run(envelope, context);
            } else {
                self.park(&again, envelope);
            }
            for follower in followers {
                self.submit(follower, context);
            }
        }
    }

    /// The room set apart that a command can't do without. Connections begin and end, and timers run, without it.
    pub(super) fn damaged_room(&self, actor: &Actor, command: &Command) -> Option<RoomId> {
        if self.quarantined.is_empty()
            || matches!(
                command,
                Command::Attach(_) | Command::Detach { .. } | Command::Timed { .. }
            )
        {
            return None;
        }
        rooms_needed(&self.world, actor, command)
            .into_iter()
            .find(|room| self.quarantined.contains(room))
    }
}
