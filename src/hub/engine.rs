//! The first stage: decides commands on speculative state, in memory, and collects what they come to into the next batch. No thread, no
//! clock, no I/O, no wait: a loop around it feeds it, and a simulation can step it.

mod cold;
#[cfg(test)]
mod tests;

pub use cold::Cold;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use cold::{Eviction, Parked};
use imbl::{OrdMap, OrdSet};
use polylogue_core::command::Actor;
use polylogue_core::decide::{Change, Context, Decision, Outcome, decide, rooms_needed};
use polylogue_core::state::World;
use polylogue_core::{
    Command, DeviceId, Event, Refusal, RoomId, SessionId, State, Timestamp, limits,
};
use polylogue_store::{KeyRow, Record};

use crate::batch::{Batch, Item, Origin, Receipt, Reply, Tags};
use crate::publish::Fate;

/// A command on its way in. `T` is how its sender is told; the engine only carries it.
#[derive(Debug)]
pub struct Envelope<T> {
    /// Who asks.
    pub actor: Actor,
    /// For what.
    pub command: Command,
    /// The exactly-once key, hashed with operation and target.
    pub key: Option<(DeviceId, [u8; 32])>,
    /// The label that the echo to its own session carries (IRCv3 labeled-response).
    pub label: Option<Arc<str>>,
    /// What goes with it to those who are here.
    pub tags: Option<Tags>,
    /// How its sender is told.
    pub ticket: T,
}

/// What a failed commit falls back to: how everything was after the last one.
#[derive(Debug, Clone)]
struct Settled {
    world: Arc<World>,
    keys: OrdMap<(DeviceId, [u8; 32]), Receipt>,
    keyed: OrdSet<DeviceId>,
}

/// Keys in memory beyond which they are dropped at the next quiet moment; the store still has them.
const KEYS_IN_MEMORY: usize = 100_000;

/// Milliseconds that a full disk is waited for at most before the next try.
const FULL_AT_MOST: u64 = 60_000;

/// The deciding stage.
#[derive(Debug)]
pub struct Engine<T> {
    world: World,
    keys: OrdMap<(DeviceId, [u8; 32]), Receipt>,
    keyed: OrdSet<DeviceId>,
    base: Settled,
    /// What ended connections since then: no failed commit brings them back.
    ended: Vec<Command>,
    building: Vec<Item<T>>,
    new_keys: Vec<KeyRow>,
    parked: BTreeMap<Cold, Parked<T>>,
    waiting: BTreeMap<SessionId, VecDeque<Envelope<T>>>,
    quarantined: BTreeSet<RoomId>,
    wanted: Vec<Cold>,
    eviction: Eviction,
    /// Until when only what is urgent is done, because the disk was full.
    full_until: Option<Timestamp>,
    /// Commands that met a fault.
    faults: u64,
}

impl<T> Engine<T> {
    /// Starts from what the store holds.
    #[must_use]
    pub fn new(state: State) -> Self {
        let world = World::new(state);
        let base = Settled {
            world: Arc::new(world.clone()),
            keys: OrdMap::new(),
            keyed: OrdSet::new(),
        };
        Self {
            world,
            keys: OrdMap::new(),
            keyed: OrdSet::new(),
            base,
            ended: Vec::new(),
            building: Vec::new(),
            new_keys: Vec::new(),
            parked: BTreeMap::new(),
            waiting: BTreeMap::new(),
            quarantined: BTreeSet::new(),
            wanted: Vec::new(),
            eviction: Eviction::keeping(limits::IDLE_ROOMS),
            full_until: None,
            faults: 0,
        }
    }

    /// With another bound on the rooms in memory that nobody needs.
    #[must_use]
    pub fn keeping(mut self, idle_rooms: usize) -> Self {
        self.eviction = Eviction::keeping(idle_rooms);
        self
    }

    /// The speculative state: for the loop's own timers, and for tests.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Takes a command. What comes of it, a refusal included, is in a later batch.
    pub fn submit(&mut self, envelope: Envelope<T>, context: Context) {
        if let Some(queue) = envelope
            .actor
            .session
            .and_then(|session| self.waiting.get_mut(&session))
        {
            queue.push_back(envelope);
            return;
        }
        let cold = self.cold_for(&envelope);
        if cold.is_empty() {
            self.run(envelope, context);
        } else {
            self.park(&cold, envelope);
        }
    }

    /// Answers when everything that was decided before has been delivered.
    pub fn turn(&mut self, ticket: T) {
        let receipt = Receipt {
            outcome: Outcome::Done,
            event: None,
            claimed: None,
        };
        self.building.push(Item::Reply(Reply {
            ticket,
            result: Ok(receipt),
            hangs: false,
        }));
    }

    /// How much is waiting to be handed over.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.building.len()
    }

    /// Has everything written that was decided since the last time, and hands it over to be published: with the state after it, or, if it was
    /// not written, with none of its changes and the state as it was before. Nothing if nothing was decided.
    ///
    /// # Errors
    /// What `write` fails with: what may be half on disk must not be answered, and this engine is of no use any more.
    pub fn settle<E>(
        &mut self,
        context: Context,
        nobody: impl Fn() -> T,
        write: impl FnOnce(&Batch<T>) -> Result<Fate, E>,
    ) -> Result<Option<Batch<T>>, E> {
        if self.building.is_empty() {
            return Ok(None);
        }
        // The next batch is about as long as this one, but room for a long one is not kept in a quiet server.
        let next = Vec::with_capacity(self.building.len().min(1024));
        let batch = Batch {
            items: std::mem::replace(&mut self.building, next),
            keys: std::mem::take(&mut self.new_keys),
            world: Arc::new(self.world.clone()),
        };
        Ok(Some(match write(&batch)? {
            Fate::Committed => {
                self.committed(batch.world.clone());
                batch
            }
            Fate::Void => self.voided(batch.items, context, nobody),
        }))
    }

    fn committed(&mut self, world: Arc<World>) {
        self.ended.clear();
        if self.keys.len() > KEYS_IN_MEMORY {
            self.keys = OrdMap::new();
            self.keyed = OrdSet::new();
        }
        self.base = Settled {
            world,
            keys: self.keys.clone(),
            keyed: self.keyed.clone(),
        };
    }

    /// What was decided since the last commit never happened, and whoever asked is told to try again. Nobody has seen any of it, so there is
    /// nothing to undo but the speculation. Only that connections ended is no wish that could be repeated: it is decided once more.
    fn voided(
        &mut self,
        items: Vec<Item<T>>,
        context: Context,
        nobody: impl Fn() -> T,
    ) -> Batch<T> {
        let Settled { world, keys, keyed } = self.base.clone();
        (self.world, self.keys, self.keyed) = ((*world).clone(), keys, keyed);
        let answer = |item| match item {
            Item::Reply(reply) if reply.hangs => Some(Item::Reply(Reply {
                result: Err(Refusal::Unavailable),
                ..reply
            })),
            Item::Reply(reply) => Some(Item::Reply(reply)),
            Item::Event { .. } | Item::Signal { .. } => None,
        };
        let void = Batch {
            items: items.into_iter().filter_map(answer).collect(),
            keys: Vec::new(),
            world,
        };
        for command in std::mem::take(&mut self.ended) {
            self.submit(by_server(command, nobody()), context);
        }
        void
    }

    /// The disk is full: until then only what is urgent is done. The first command after that is the next try.
    pub fn disk_is_full(&mut self, until: Timestamp) {
        self.full_until = Some(until);
    }

    /// Whether a decision has to wait for a place on the disk. Without the limit of [`Event::is_urgent`] the reserve would soon be gone.
    fn has_no_place(&self, decision: &Decision, now: Timestamp) -> bool {
        // A clock that went back must not make the wait longer.
        let full = self
            .full_until
            .is_some_and(|until| now < until && until <= now.plus(FULL_AT_MOST));
        if !full {
            return false;
        }
        let events = || decision.changes.iter().filter_map(Change::event);
        let is_urgent = events().any(Event::is_urgent);
        !events().all(|event| event.is_urgent() || (is_urgent && event.goes_along()))
    }

    /// Runs what is due at `context.now`. Returns when the next timer is due.
    pub fn run_timers(&mut self, context: Context, ticket: impl Fn() -> T) -> Option<Timestamp> {
        loop {
            let ((due, id), command) = self
                .world
                .state
                .timers
                .get_min()
                .map(|(key, command)| (*key, command.clone()))?;
            let cold = rooms_needed(
                &self.world,
                &Actor::SERVER,
                &Command::Timed {
                    id,
                    command: command.clone(),
                },
            );
            if due > context.now || cold.into_iter().any(|room| self.is_being_read(room)) {
                return Some(due.max(context.now.plus(1)));
            }
            self.submit(by_server(Command::Timed { id, command }, ticket()), context);
            if self.world.state.timers.contains_key(&(due, id)) {
                // It waits for a cold room.
                return Some(context.now.plus(10));
            }
        }
    }

    fn run(&mut self, envelope: Envelope<T>, context: Context) {
        let Envelope {
            actor,
            command,
            key,
            label,
            tags,
            ticket,
        } = envelope;
        if let Some(room) = self.damaged_room(&actor, &command) {
            self.building.push(Item::Reply(Reply {
                ticket,
                result: Err(Refusal::Quarantined(room)),
                hangs: false,
            }));
            return;
        }
        if let Some(receipt) = key.and_then(|key| self.keys.get(&key)) {
            // A repeat: the same answer, released no earlier than the first one's commit.
            self.building.push(Item::Reply(Reply {
                ticket,
                result: Ok(receipt.clone()),
                hangs: true,
            }));
            return;
        }
        let ended = matches!(command, Command::Detach { .. }).then(|| command.clone());
        match self.decide(&actor, command, context) {
            // It may be refused by what was decided just before: if that is void, so is the refusal.
            Err(refusal) => self.building.push(Item::Reply(Reply {
                ticket,
                result: Err(refusal),
                hangs: true,
            })),
            Ok(decision) if self.has_no_place(&decision, context.now) => {
                self.building.push(Item::Reply(Reply {
                    ticket,
                    result: Err(Refusal::Unavailable),
                    hangs: false,
                }));
            }
            Ok(decision) => {
                self.ended.extend(ended);
                let origin = actor.session.map(|session| Origin {
                    session,
                    label,
                    tags,
                });
                let receipt = self.take_in(decision, origin.as_ref(), context);
                if let Some((device, key)) = key {
                    self.keys.insert((device, key), receipt.clone());
                    self.new_keys.push(KeyRow {
                        device,
                        key,
                        at: context.now,
                        result: receipt.to_blob(),
                    });
                }
                self.building.push(Item::Reply(Reply {
                    ticket,
                    result: Ok(receipt),
                    hangs: true,
                }));
            }
        }
    }

    /// Deciding changes nothing, so a fault in it costs the one command that met it.
    fn decide(
        &mut self,
        actor: &Actor,
        command: Command,
        context: Context,
    ) -> Result<Decision, Refusal> {
        let deciding =
            std::panic::AssertUnwindSafe(|| decide(&self.world, actor, command, context));
        std::panic::catch_unwind(deciding).unwrap_or_else(|_| {
            self.faults += 1;
            tracing::error!(user = ?actor.user, faults = self.faults, "a command met a fault in the rules");
            Err(Refusal::Internal)
        })
    }

    /// Stamps and applies every change of a decision; returns what the asker is told.
    fn take_in(
        &mut self,
        decision: Decision,
        origin: Option<&Origin>,
        context: Context,
    ) -> Receipt {
        let mut receipt = Receipt {
            outcome: decision.outcome,
            event: None,
            claimed: None,
        };
        for (index, change) in decision.changes.into_iter().enumerate() {
            match change {
                Change::Signal(signal) => {
                    self.world.live.apply(&signal);
                    self.building.push(Item::Signal {
                        signal: Arc::new(signal),
                        at: context.now,
                        origin: origin.cloned(),
                    });
                }
                Change::Event(event) => {
                    let entry = Arc::new(self.world.state.stamp(event, context.now));
                    self.world.apply(&entry);
                    let notifying = match &entry.event {
                        Event::Room { room, .. } => self
                            .world
                            .state
                            .room(*room)
                            .map_or(0, |room| room.notifying),
                        Event::Setting { .. }
                        | Event::User { .. }
                        | Event::Name { .. }
                        | Event::ServerBan { .. }
                        | Event::Timer { .. } => 0,
                    };
                    if decision.outcome == Outcome::Event(index) {
                        receipt.note(&entry);
                    }
                    self.building.push(Item::Event {
                        record: Record { entry, notifying },
                        origin: origin.cloned(),
                    });
                }
            }
        }
        receipt
    }
}

fn by_server<T>(command: Command, ticket: T) -> Envelope<T> {
    Envelope {
        actor: Actor::SERVER,
        command,
        key: None,
        label: None,
        tags: None,
        ticket,
    }
}
