//! The stages, stepped one at a time in an order drawn from a seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use polylogue_core::command::{
    AccountState, Actor, Attach, Command, PasswordProof, Presentation, Scope, Who,
};
use polylogue_core::decide::{Context, decide};
use polylogue_core::room::Room;
use polylogue_core::state::World;
use polylogue_core::user::UserKind;
use polylogue_core::{DeviceId, Event, Position, Refusal, RoomId, SessionId, Signal, Timestamp};
use polylogue_hub::batch::{Batch, Item};
use polylogue_hub::engine::{Cold, Engine, Envelope};
use polylogue_hub::lane::{Arrival, Change, Delivery, Lane};
use polylogue_hub::publish::{Answer, Fate, publish};
use polylogue_hub::{DeliveryKind, Mode, Receipt, View};
use polylogue_store::{Batch as StoreBatch, Reader, StoreError, Writer, load};
use tempfile::TempDir;

use crate::client::{Client, Lines, Part};
use crate::commands::{self, Known};
use crate::ledger::{Ledger, SERVER};
use crate::random::Random;

const LANES: usize = 2;

/// Everything: the node, its clients, and what is known to be true.
pub(crate) struct Simulation {
    random: Random,
    now: Timestamp,
    node: Node,
    clients: BTreeMap<SessionId, Client>,
    asked: BTreeMap<u64, Asked>,
    /// Said under a key, and never answered: to be said again.
    unanswered: Vec<(DeviceId, [u8; 32], Command, String)>,
    ledger: Ledger,
    /// The last command of each session that was answered.
    answered: BTreeMap<SessionId, u64>,
    next: u64,
    totals: Totals,
    /// Whether commits and reads fail now and then.
    failures: bool,
    /// How often rooms were looked through, and how many clients are here at most.
    looks: u64,
    crowd: usize,
    home: TempDir,
}

/// What ends with a crash.
struct Node {
    engine: Engine<u64>,
    writer: Writer,
    reader: Reader,
    view: View,
    written: VecDeque<Batch<u64>>,
    lanes: Vec<OneLane>,
    mail: VecDeque<Mail>,
    reads: Vec<Cold>,
    /// Rooms that could not be read since the start.
    damaged: BTreeSet<RoomId>,
}

#[derive(Default)]
struct OneLane {
    lane: Lane,
    parcels: VecDeque<(Arc<Delivery>, Vec<Answer<u64>>)>,
    arrivals: BTreeMap<SessionId, Arrival>,
    delivered: Position,
}

enum Mail {
    Room(RoomId, (Position, Option<Room>)),
    Damaged(RoomId),
    Unreadable(Cold),
    Keys(DeviceId, Vec<([u8; 32], Receipt)>),
}

/// A command on its way.
struct Asked {
    session: Option<SessionId>,
    lane: usize,
    attaching: bool,
    once: Option<(DeviceId, [u8; 32], Command, String)>,
}

/// What a run did: to see that it did something.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Totals {
    events: u64,
    rooms: u64,
    done: u64,
    refused: BTreeMap<String, u64>,
    unavailable: u64,
    repeats: u64,
    commits: u64,
    voids: u64,
    crashes: u64,
    loads: u64,
    parked: u64,
    evicted: u64,
    damaged: u64,
    timers: u64,
    lines: usize,
    catch_ups: usize,
    checks: u64,
    /// Sessions that asked to go on as somebody else's.
    handed_over: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: Self) {
        self.events += other.events;
        self.rooms += other.rooms;
        self.done += other.done;
        for (name, count) in other.refused {
            *self.refused.entry(name).or_default() += count;
        }
        self.unavailable += other.unavailable;
        self.repeats += other.repeats;
        self.commits += other.commits;
        self.voids += other.voids;
        self.crashes += other.crashes;
        self.loads += other.loads;
        self.parked += other.parked;
        self.evicted += other.evicted;
        self.damaged += other.damaged;
        self.timers += other.timers;
        self.lines += other.lines;
        self.catch_ups += other.catch_ups;
        self.checks += other.checks;
        self.handed_over += other.handed_over;
    }
}

impl Node {
    fn open(home: &TempDir, (idle_rooms, now): (usize, Timestamp)) -> Self {
        let database = home.path().join("polylogue.db");
        let writer = Writer::open(&database).unwrap();
        let mut loaded = load(&writer, Some(SERVER)).unwrap();
        for guest in &loaded.stranded_guests {
            loaded.state.strand(*guest, now);
        }
        let reader = Reader::open(&database, writer.tail()).unwrap();
        let view = View::new(World::new(loaded.state.clone()));
        let lanes = (0..LANES)
            .map(|_| OneLane {
                delivered: loaded.state.head,
                ..OneLane::default()
            })
            .collect();
        Self {
            engine: Engine::new(loaded.state).keeping(idle_rooms),
            writer,
            reader,
            view,
            written: VecDeque::new(),
            lanes,
            mail: VecDeque::new(),
            reads: Vec::new(),
            damaged: BTreeSet::new(),
        }
    }
}

impl Simulation {
    pub(crate) fn new(seed: u64) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut random = Random::new(seed);
        let idle_rooms = random.below(4);
        let crowd = 1 + random.below(10);
        let now = Timestamp(1_000_000);
        Self {
            random,
            now,
            node: Node::open(&home, (idle_rooms, now)),
            clients: BTreeMap::new(),
            asked: BTreeMap::new(),
            unanswered: Vec::new(),
            ledger: Ledger::new(),
            answered: BTreeMap::new(),
            next: 1,
            totals: Totals::default(),
            failures: true,
            looks: 0,
            crowd,
            home,
        }
    }

    /// Runs so many steps, then lets everything come to rest and checks all of it.
    pub(crate) fn run(mut self, steps: usize) -> Totals {
        for _ in 0..steps {
            self.step();
        }
        self.settle();
        self.check_all();
        self.crash();
        self.settle();
        self.check_all();
        self.totals.events = self.ledger.head().0;
        self.totals.rooms = u64::try_from(self.ledger.state.rooms.len()).unwrap();
        self.totals
    }

    fn step(&mut self) {
        self.now = self.now.plus(u64::try_from(self.random.below(40)).unwrap());
        match self.random.below(40) {
            0..=1 => self.attach(),
            2..=11 => self.ask(),
            12 => self.change_hands(),
            13..=14 => self.ask_without_session(),
            15..=16 => self.say_once(),
            17 if self.random.one_in(2) => self.detach(),
            17 => self.read_clients(),
            18 => self.look(),
            19..=24 => self.commit(),
            25..=27 => self.publish(),
            28..=31 => self.deliver(),
            32..=33 => self.read_mail(),
            34..=35 => self.read_cold(),
            36 => self.run_timers(),
            37..=38 => self.read_clients(),
            _ if self.random.one_in(5) => self.crash(),
            _ => self.check_view(),
        }
    }

    /// Clocks go back sometimes.
    fn context(&mut self) -> Context {
        let back = if self.random.one_in(8) {
            self.random.below(200)
        } else {
            0
        };
        let now = Timestamp(self.now.0 - u64::try_from(back).unwrap());
        Context {
            now,
            random: u128::from(self.random.next()),
        }
    }

    fn unique(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    // What clients do.

    fn attach(&mut self) {
        if self
            .clients
            .values()
            .filter(|client| !client.leaving)
            .count()
            > self.crowd
        {
            return self.look();
        }
        let session = SessionId(self.unique());
        let world = self.node.view.load();
        let accounts: Vec<_> = world
            .state
            .users
            .values()
            .filter(|user| user.kind == UserKind::Account)
            .cloned()
            .collect();
        let (who, device) = match self.random.pick(&accounts).cloned() {
            Some(user) if !self.random.one_in(3) => (
                Who::Account(user.id),
                self.random.pick(&user.devices).map(|device| device.id),
            ),
            Some(_) | None => (Who::Guest(commands::guest(&mut self.random)), None),
        };
        let kind = if self.random.one_in(8) {
            DeliveryKind::Wake
        } else {
            DeliveryKind::Lines
        };
        let client = Client::new(session, device, kind);
        client.outbox.set_dialect(u64::from(self.random.one_in(4)));
        let renderer = Arc::new(Lines {
            kind,
            neighbours: self.random.one_in(2),
        });
        let lane = lane_of(Some(session));
        self.node.lanes[lane].arrivals.insert(
            session,
            Arrival {
                session,
                renderer,
                outbox: client.outbox.clone(),
            },
        );
        self.clients.insert(session, client);
        let presentation = Presentation {
            front: "test",
            username: "user".into(),
            host: "guest.example".into(),
            real_name: "A Person".into(),
            since: self.now,
            visible: true,
            status: None,
            operator: polylogue_core::command::Operator::Person,
            metadata: Default::default(),
        };
        let actor = Actor {
            user: polylogue_core::UserId::SERVER,
            session: Some(session),
            device,
            scope: Scope::User,
            proof: None,
        };
        let command = Command::Attach(Box::new(Attach {
            address: None,
            away: None,
            session,
            who,
            device,
            presentation,
        }));
        let ticket = self.ticket(Asked {
            session: Some(session),
            lane,
            attaching: true,
            once: None,
        });
        self.submit(Envelope {
            actor,
            command,
            key: None,
            label: None,
            tags: None,
            ticket,
        });
    }

    fn a_client(&mut self) -> Option<SessionId> {
        let ready: Vec<_> = self
            .clients
            .values()
            .filter(|client| client.ready && !client.leaving)
            .map(|client| client.session)
            .collect();
        self.random.pick(&ready).copied()
    }

    fn ask(&mut self) {
        let Some(session) = self.a_client() else {
            return self.attach();
        };
        for _ in 0..=self.random.below(3) {
            let unique = self.unique();
            let client = &self.clients[&session];
            let world = self.node.view.load();
            let known = world.state.user(client.user);
            let proof = known.filter(|_| self.random.one_in(2)).map(|known| {
                let stale = self.random.one_in(8);
                PasswordProof {
                    user: client.user,
                    version: if stale {
                        Position(0)
                    } else {
                        known.password_changed
                    },
                    at: self.now,
                }
            });
            let actor = client.actor(proof);
            let known = Known {
                world: &world,
                ledger: &self.ledger,
                now: self.now,
                user: client.user,
                session,
                unique,
            };
            let command = commands::any(&known, &mut self.random);
            let ticket = self.ticket(Asked {
                session: Some(session),
                lane: lane_of(Some(session)),
                attaching: false,
                once: None,
            });
            self.submit(Envelope {
                actor,
                command,
                key: None,
                label: None,
                tags: None,
                ticket,
            });
        }
    }

    /// A session goes on as an account's, or as a guest's.
    fn change_hands(&mut self) {
        let Some(session) = self.a_client() else {
            return self.attach();
        };
        let world = self.node.view.load();
        let Some(presentation) =
            (world.live.sessions.get(&session)).map(|session| session.presentation.clone())
        else {
            return;
        };
        let accounts: Vec<_> = world.state.users.values().collect();
        let account = self.random.pick(&accounts).map(|user| user.id);
        let command = match account {
            Some(user) if !self.random.one_in(3) => Command::LogIn {
                session,
                user,
                device: None,
                presentation,
            },
            Some(_) | None => Command::LogOut {
                session,
                presentation,
            },
        };
        let actor = self.clients[&session].actor(None);
        let ticket = self.ticket(Asked {
            session: Some(session),
            lane: lane_of(Some(session)),
            attaching: false,
            once: None,
        });
        self.totals.handed_over += 1;
        if let Some(client) = self.clients.get_mut(&session) {
            client.changing = Some(ticket);
        }
        self.submit(Envelope {
            actor,
            command,
            key: None,
            label: None,
            tags: None,
            ticket,
        });
    }

    /// A registration, or a request with a credential of its own.
    fn ask_without_session(&mut self) {
        let world = self.node.view.load();
        let devices: Vec<_> = world.state.tokens.values().copied().collect();
        let unique = self.unique();
        let disabled = world.state.users.values().filter(|user| user.disabled);
        let shut_out = disabled.min_by_key(|user| user.id);
        if let Some(user) = shut_out.filter(|_| self.random.one_in(2)) {
            let command = Command::Disable {
                user: user.id,
                state: AccountState::Enabled,
            };
            let ticket = self.ticket(Asked {
                session: None,
                lane: 0,
                attaching: false,
                once: None,
            });
            return self.submit(Envelope {
                actor: Actor::ADMINISTRATOR,
                command,
                key: None,
                label: None,
                tags: None,
                ticket,
            });
        }
        let (actor, command) = match self.random.pick(&devices).copied() {
            Some((user, device)) if self.random.one_in(2) => {
                let known = Known {
                    world: &world,
                    ledger: &self.ledger,
                    now: self.now,
                    user,
                    session: SessionId(0),
                    unique,
                };
                (
                    Actor::user(user, Some(device)),
                    commands::any(&known, &mut self.random),
                )
            }
            Some(_) | None if !self.random.one_in(world.state.names.len() + 1) => {
                return self.ask();
            }
            Some(_) | None => (
                Actor {
                    scope: Scope::Administrator,
                    ..Actor::SERVER
                },
                commands::register(&mut self.random),
            ),
        };
        let ticket = self.ticket(Asked {
            session: None,
            lane: 0,
            attaching: false,
            once: None,
        });
        self.submit(Envelope {
            actor,
            command,
            key: None,
            label: None,
            tags: None,
            ticket,
        });
    }

    /// Says something under a key, sometimes one that was used before, or one whose answer was lost.
    fn say_once(&mut self) {
        let world = self.node.view.load();
        let tokens: Vec<_> = world
            .state
            .tokens
            .iter()
            .map(|(token, owner)| (*token, *owner))
            .collect();
        let Some(mut chosen) = self.random.pick(&tokens).copied() else {
            return;
        };
        // Whoever got no answer asks again, mostly.
        let owed = self
            .unanswered
            .iter()
            .find_map(|(device, ..)| tokens.iter().find(|(_, (_, known))| known == device));
        if let Some(owed) = owed.filter(|_| !self.random.one_in(4)) {
            chosen = *owed;
        }
        let (token, (user, device)) = chosen;
        let number = u8::try_from(self.random.below(6)).unwrap();
        // Numbers of devices may be given again after a restart; tokens never are.
        let owner = format!("{}-", u32::from_be_bytes(token.0[..4].try_into().unwrap()));
        let again = self
            .unanswered
            .iter()
            .position(|(known, _, _, name)| *known == device && name.starts_with(&owner));
        let (key, command, name) = match again {
            Some(index) if !self.random.one_in(4) => {
                let (_, key, command, name) = self.unanswered.remove(index);
                (key, command, name)
            }
            Some(_) | None => {
                let name = format!("{owner}{number}");
                let unique = self.unique();
                let known = Known {
                    world: &world,
                    ledger: &self.ledger,
                    now: self.now,
                    user,
                    session: SessionId(0),
                    unique,
                };
                (
                    [number; 32],
                    commands::once(&known, &mut self.random, &name),
                    name,
                )
            }
        };
        let session = self
            .clients
            .values()
            .find(|client| client.ready && !client.leaving && client.device == Some(device));
        let session = session
            .map(|client| client.session)
            .filter(|_| !self.random.one_in(3));
        let actor = Actor {
            session,
            ..Actor::user(user, Some(device))
        };
        for _ in 0..=self.random.below(2) {
            let once = Some((device, key, command.clone(), name.clone()));
            let ticket = self.ticket(Asked {
                session,
                lane: lane_of(session),
                attaching: false,
                once,
            });
            let envelope = Envelope {
                actor: actor.clone(),
                command: command.clone(),
                key: Some((device, key)),
                label: None,
                tags: None,
                ticket,
            };
            self.submit(envelope);
        }
    }

    fn detach(&mut self) {
        if let Some(session) = self.a_client() {
            self.tell_end(session);
        }
    }

    /// As a dropped session does.
    fn tell_end(&mut self, session: SessionId) {
        let client = self.clients.get_mut(&session).unwrap();
        client.leaving = true;
        let actor = client.actor(None);
        let ticket = self.ticket(Asked {
            session: None,
            lane: 0,
            attaching: false,
            once: None,
        });
        let command = Command::Detach {
            session,
            reason: "bye".into(),
            absence: u64::try_from(self.random.below(4_000)).unwrap(),
        };
        self.submit(Envelope {
            actor,
            command,
            key: None,
            label: None,
            tags: None,
            ticket,
        });
    }

    fn ticket(&mut self, asked: Asked) -> u64 {
        let ticket = self.unique();
        self.asked.insert(ticket, asked);
        ticket
    }

    /// Hands a command to the engine; one that the rules refuse changes nothing there.
    fn submit(&mut self, envelope: Envelope<u64>) {
        let context = self.context();
        let engine = &mut self.node.engine;
        let actor = envelope.actor.clone();
        let ended = actor.session.is_some_and(|id| {
            let ends = matches!(
                envelope.command,
                Command::Attach(_) | Command::Detach { .. }
            );
            !ends && !engine.world().live.sessions.contains_key(&id)
        });
        let refused = decide(
            engine.world(),
            &envelope.actor,
            envelope.command.clone(),
            context,
        )
        .is_err();
        let before = engine.world().clone();
        engine.submit(envelope, context);
        assert!(refused || !ended, "{actor:?} is not here any more");
        if refused {
            assert_eq!(
                engine.world().state.head,
                before.state.head,
                "a refusal changed something"
            );
            assert_eq!(engine.world().live.sessions, before.live.sessions);
        }
        self.check_sessions();
        self.take_wanted();
    }

    /// Nobody is here by what has ended.
    fn check_sessions(&self) {
        let world = self.node.engine.world();
        for (id, session) in &world.live.sessions {
            if world.live.guests.contains_key(&session.user) {
                continue;
            }
            let user = world.state.user(session.user).unwrap();
            let device = session
                .device
                .is_none_or(|device| user.device(device).is_some());
            assert!(device && !user.disabled, "{id:?} should have ended");
        }
    }

    /// The rooms of those who are here are in memory, or on their way into it.
    fn check_rooms_of_those_here(&self) {
        let node = &self.node;
        let world = node.engine.world();
        let on_its_way = |room: RoomId| {
            let in_mail = |mail: &Mail| matches!(mail, Mail::Room(id, _) if *id == room);
            node.reads.contains(&Cold::Room(room)) || node.mail.iter().any(in_mail)
        };
        let here = world.live.by_user.keys();
        for user in here.filter_map(|user| world.state.user(*user)) {
            for room in user.joined() {
                assert!(
                    world.state.room(room).is_some()
                        || node.damaged.contains(&room)
                        || on_its_way(room),
                    "{room:?} of {:?}, who is here, is cold",
                    user.id
                );
            }
        }
    }

    fn take_wanted(&mut self) {
        let wanted = self.node.engine.take_wanted();
        for cold in &wanted {
            assert!(!self.node.reads.contains(cold), "{cold:?} is wanted twice");
        }
        self.totals.parked += u64::try_from(wanted.len()).unwrap();
        self.node.reads.extend(wanted);
    }

    // What the stages do.

    /// Lets rooms go that nobody needs.
    fn look(&mut self) {
        let before = self.node.engine.world().state.rooms.len();
        self.looks += 1;
        // Each time as if it were due.
        self.node.engine.evict(Timestamp(self.looks * 100_000));
        let after = self.node.engine.world().state.rooms.len();
        if before > after {
            self.check_rooms_of_those_here();
        }
        self.totals.evicted += u64::try_from(before - after).unwrap();
    }

    fn commit(&mut self) {
        self.look();
        let context = self.context();
        let (random, ledger, totals) = (&mut self.random, &mut self.ledger, &mut self.totals);
        let (writer, failures) = (&mut self.node.writer, self.failures);
        let write = |batch: &Batch<u64>| {
            check_refusals(batch);
            let records = batch.items.iter().filter_map(|item| match item {
                Item::Event { record, .. } => Some(record),
                Item::Signal { .. } | Item::Reply(_) => None,
            });
            let to_store = StoreBatch {
                records: records.collect(),
                keys: &batch.keys,
                forget_keys_before: None,
            };
            if to_store.records.is_empty() && to_store.keys.is_empty() {
                return Ok(Fate::Committed);
            }
            let odds = if to_store.keys.is_empty() { 10 } else { 3 };
            if failures && random.one_in(odds) {
                totals.voids += 1;
                return Ok(Fate::Void);
            }
            totals.commits += 1;
            writer.commit(&to_store)?;
            ledger.commit(&to_store);
            Ok::<_, StoreError>(Fate::Committed)
        };
        let settled = self.node.engine.settle(context, || 0, write).unwrap();
        let Some(batch) = settled else { return };
        self.node.written.push_back(batch);
        self.check_sessions();
        self.check_rooms_of_those_here();
        self.take_wanted();
        if self.node.writer.wants_scrub() && self.random.one_in(10) {
            self.node.writer.scrub().unwrap();
        }
    }

    fn publish(&mut self) {
        let Some(batch) = self.node.written.pop_front() else {
            return;
        };
        let before = self.node.view.load().state.head;
        let events = batch
            .items
            .iter()
            .filter(|item| matches!(item, Item::Event { .. }))
            .count();
        let (delivery, answers) = publish(&self.node.view, batch);
        let published = u64::try_from(events).unwrap();
        let head = self.node.view.load().state.head;
        assert_eq!(
            head,
            Position(before.0 + published),
            "what is published follows on what was"
        );
        assert!(
            head <= self.ledger.head(),
            "nothing is visible before its commit"
        );
        let mut answers: Vec<Option<Answer<u64>>> = answers.into_iter().map(Some).collect();
        for (number, lane) in self.node.lanes.iter_mut().enumerate() {
            let own = answers.iter_mut().filter_map(|answer| {
                let ticket = answer.as_ref()?.0;
                (self.asked.get(&ticket).map_or(0, |asked| asked.lane) == number)
                    .then(|| answer.take())?
            });
            let own: Vec<_> = own.collect();
            if !delivery.changes.is_empty() || !own.is_empty() {
                lane.parcels.push_back((delivery.clone(), own));
            }
        }
    }

    fn deliver(&mut self) {
        let number = self.random.below(LANES);
        self.deliver_on(number);
    }

    fn deliver_on(&mut self, number: usize) {
        let lane = &mut self.node.lanes[number];
        let Some((delivery, answers)) = lane.parcels.pop_front() else {
            return;
        };
        let mut position = delivery.before.state.head;
        assert!(position >= lane.delivered, "a lane goes back");
        for change in &delivery.changes {
            match change {
                Change::Event(record, _) => {
                    assert_eq!(
                        record.entry.position,
                        position.next(),
                        "a delivery has a gap"
                    );
                    position = record.entry.position;
                }
                Change::Signal(signal, ..) => match &**signal {
                    Signal::Attached { id, session, .. } if lane.arrivals.contains_key(id) => {
                        self.clients
                            .get_mut(id)
                            .unwrap()
                            .begin(session.user, position);
                    }
                    Signal::Detached { id, .. } => {
                        if let Some(client) = self
                            .clients
                            .get_mut(id)
                            .filter(|client| lane_of(Some(client.session)) == number)
                        {
                            client.ends = Some(position);
                        }
                    }
                    // What it was told before is the one's, what it is told from here on the other's.
                    Signal::Left { id, next, .. } => {
                        let here = lane_of(Some(*id)) == number;
                        if let Some(client) = self.clients.get_mut(id).filter(|_| here) {
                            client.goes_on_as(*next, position);
                        }
                    }
                    Signal::Attached { .. }
                    | Signal::GuestRenamed { .. }
                    | Signal::Presented { .. }
                    | Signal::Away { .. }
                    | Signal::Typing { .. }
                    | Signal::Transient { .. }
                    | Signal::Operator { .. }
                    | Signal::Hearing { .. }
                    | Signal::Announcement { .. } => {}
                },
            }
        }
        lane.delivered = position;
        let arrivals = &mut lane.arrivals;
        lane.lane
            .deliver(&delivery, |session| arrivals.remove(&session));
        lane.lane.flush();
        for (ticket, result) in answers {
            self.answer(ticket, result);
        }
    }

    fn read_mail(&mut self) {
        let Some(mail) = self.node.mail.pop_front() else {
            return;
        };
        let context = self.context();
        let engine = &mut self.node.engine;
        match mail {
            Mail::Room(id, room) => engine.room_loaded(id, room, context),
            Mail::Damaged(id) => engine.room_damaged(id, context),
            Mail::Unreadable(cold) => engine.unreadable(cold, context),
            Mail::Keys(device, keys) => engine.keys_loaded(device, keys, context),
        }
        self.take_wanted();
    }

    /// A reader reads something that is wanted; its answer goes into the mail behind what is there.
    fn read_cold(&mut self) {
        if self.node.reads.is_empty() {
            return;
        }
        let cold = self
            .node
            .reads
            .swap_remove(self.random.below(self.node.reads.len()));
        self.totals.loads += 1;
        self.node.mail.push_back(match cold {
            Cold::Room(room) if self.failures && self.random.one_in(60) => {
                self.totals.damaged += 1;
                self.node.damaged.insert(room);
                Mail::Damaged(room)
            }
            cold if self.failures && self.random.one_in(30) => Mail::Unreadable(cold),
            Cold::Room(room) => Mail::Room(room, self.node.reader.snapshot(room).unwrap()),
            Cold::Keys(device) => {
                let keys = self.node.reader.keys(device).unwrap();
                Mail::Keys(
                    device,
                    keys.into_iter()
                        .map(|(key, blob)| (key, Receipt::from_blob(&blob)))
                        .collect(),
                )
            }
        });
    }

    fn run_timers(&mut self) {
        self.now = self
            .now
            .plus(u64::try_from(self.random.below(2_000)).unwrap());
        let context = self.context();
        let before = self.node.engine.world().state.timers.len();
        let due = self.node.engine.run_timers(context, || 0);
        self.totals.timers +=
            u64::try_from(before - self.node.engine.world().state.timers.len()).unwrap();
        assert!(
            due.is_none_or(|due| due > context.now),
            "a timer that is due in the past would spin"
        );
        self.take_wanted();
    }

    fn read_clients(&mut self) {
        let head = self.node.view.load().state.head;
        for client in self
            .clients
            .values_mut()
            .filter(|client| client.begins.is_some() && client.kind == DeliveryKind::Lines)
        {
            if self.random.one_in(3) {
                let part = *self
                    .random
                    .pick(&[Part::All, Part::Half, Part::Ahead])
                    .unwrap();
                let part = match part {
                    Part::Ahead if client.changing.is_some() => Part::All,
                    Part::Ahead | Part::All | Part::Half => part,
                };
                client.read(&self.ledger, &self.node.reader, (part, head));
            }
        }
        let closed: Vec<_> = self
            .clients
            .values()
            .filter(|client| client.outbox.closed().is_some())
            .map(|client| client.session)
            .collect();
        for session in closed {
            if !self.clients[&session].leaving {
                self.tell_end(session);
            }
            self.finish(session);
        }
    }

    /// A session that has ended got everything up to its end, unless it had fallen behind.
    fn finish(&mut self, session: SessionId) {
        let mut client = self.clients.remove(&session).unwrap();
        if client.kind == DeliveryKind::Lines {
            client.read(&self.ledger, &self.node.reader, (Part::All, Position(0)));
            if client.outbox.mode() == Mode::Live {
                client.check_nothing_missed(&self.ledger, client.ends.unwrap());
            }
        }
        self.totals.lines += client.lines;
        self.totals.catch_ups += client.catch_ups;
    }

    // What is checked.

    fn answer(&mut self, ticket: u64, result: Result<Receipt, Refusal>) {
        if ticket == 0 {
            return;
        }
        let asked = self
            .asked
            .remove(&ticket)
            .unwrap_or_else(|| panic!("{ticket} was answered twice"));
        if let Some(client) = asked.session.and_then(|id| self.clients.get_mut(&id))
            && client.changing == Some(ticket)
        {
            client.changing = None;
        }
        let world = self.node.view.load();
        if let Some(session) = asked
            .session
            .filter(|_| !matches!(result, Err(Refusal::Unavailable)))
        {
            let before = self.answered.insert(session, ticket);
            assert!(
                before < Some(ticket),
                "{session:?}: {ticket} was answered after {before:?}"
            );
        }
        match &result {
            Ok(receipt) => {
                self.totals.done += 1;
                if let Some(place) = receipt.event {
                    assert!(
                        world.state.head >= place.position,
                        "an answer came before its view"
                    );
                    let entry = self.ledger.entry(place.position);
                    assert_eq!((entry.sequence, entry.at), (place.sequence, place.at));
                    assert!(matches!(entry.event, Event::Room { room, .. } if room == place.room));
                    self.check_own_line(asked.session, place.position);
                }
            }
            Err(Refusal::Unavailable) => self.totals.unavailable += 1,
            Err(refusal) => {
                let name = format!("{refusal:?}");
                let name = name.split([' ', '(']).next().unwrap().to_owned();
                *self.totals.refused.entry(name).or_default() += 1;
            }
        }
        if let Some((device, key, command, name)) = asked.once {
            let said = self.ledger.said_once(&name);
            match &result {
                Ok(receipt) => {
                    self.totals.repeats += u64::from(said.is_some());
                    assert_eq!(
                        receipt.event.map(|place| place.position),
                        said,
                        "{name} was answered with something else"
                    );
                }
                Err(Refusal::Unavailable) => self.unanswered.push((device, key, command, name)),
                Err(_) => {}
            }
        }
        if asked.attaching {
            self.attached(asked.session.unwrap(), &result);
        }
    }

    /// Whoever has an answer has the line it speaks of in his outbox.
    fn check_own_line(&mut self, session: Option<SessionId>, position: Position) {
        let Some(client) = session.and_then(|session| self.clients.get_mut(&session)) else {
            return;
        };
        let lines = client.kind == DeliveryKind::Lines
            && client.begins.is_some()
            && client.outbox.mode() == Mode::Live;
        if lines
            && client.ends.is_none()
            && client.begins.is_some_and(|from| from < position)
            && self.ledger.shown(client.user_at(position), position)
        {
            client.read(&self.ledger, &self.node.reader, (Part::All, Position(0)));
            assert!(client.has_seen(position), "an answer came before its line");
        }
    }

    fn attached(&mut self, session: SessionId, result: &Result<Receipt, Refusal>) {
        match result {
            Ok(receipt) => {
                let client = self.clients.get_mut(&session).unwrap();
                assert_eq!(
                    receipt.user(),
                    Some(client.user),
                    "a session is somebody else"
                );
                client.ready = true;
            }
            Err(_) => {
                self.node.lanes[lane_of(Some(session))]
                    .arrivals
                    .remove(&session);
                self.tell_end(session);
                let client = self.clients.remove(&session).unwrap();
                assert!(client.begins.is_none(), "a refused session is in a lane");
            }
        }
    }

    fn check_view(&mut self) {
        if self.node.view.load().state.head == self.ledger.head() {
            self.totals.checks += 1;
            self.ledger.check_view(&self.node.view.load());
        }
    }

    /// When everything is at rest: nothing is owed to anybody, and view, store and ledger are one.
    fn check_all(&mut self) {
        assert!(
            self.asked.is_empty(),
            "never answered: {:?}",
            self.asked.keys()
        );
        self.check_view();
        self.ledger
            .check_store(&self.node.writer, &self.node.reader);
        for room in self.ledger.state.rooms.keys() {
            Client::check_pages(&self.node.reader, *room);
        }
        let world = self.node.view.load();
        for room in self.node.engine.world().state.rooms.keys() {
            assert!(
                self.ledger.state.room(*room).is_some(),
                "{room:?} was never made"
            );
        }
        for guest in self.ledger.guests_in_rooms() {
            let rooms = &self.ledger.state.users[&guest].rooms;
            let held = rooms
                .iter()
                .any(|entry| self.node.damaged.contains(&entry.room));
            let may_return = || {
                let mut absent = world.state.absent.values();
                absent.any(|(user, _)| *user == guest)
            };
            assert!(
                held || world.live.guests.contains_key(&guest) || may_return(),
                "{guest:?} is gone for good and still in a room"
            );
        }
        for client in self
            .clients
            .values_mut()
            .filter(|client| client.kind == DeliveryKind::Lines)
        {
            let lane = &self.node.lanes[lane_of(Some(client.session))];
            assert_eq!(client.outbox.mode(), Mode::Live);
            client.check_nothing_missed(&self.ledger, lane.delivered);
        }
        let here: BTreeSet<_> = self.clients.keys().copied().collect();
        let live: BTreeSet<_> = world.live.sessions.keys().copied().collect();
        assert_eq!(here, live, "who is here, and who is said to be");
        for (id, client) in &self.clients {
            assert_eq!(
                world.live.sessions[id].user, client.user,
                "{id:?} was told something else of whose it is"
            );
        }
        self.check_rooms_of_those_here();
        let in_lanes: usize = self
            .node
            .lanes
            .iter()
            .map(|lane| lane.lane.sessions())
            .sum();
        assert_eq!(in_lanes, here.len(), "sessions left behind in the lanes");
    }

    /// Lets everything that is under way come to its end, without a failure.
    fn settle(&mut self) {
        self.failures = false;
        for round in 0.. {
            while !self.node.mail.is_empty() {
                self.read_mail();
            }
            self.read_cold();
            self.run_timers();
            self.commit();
            self.publish();
            (0..LANES).for_each(|number| self.deliver_on(number));
            self.read_clients();
            let node = &self.node;
            let timers = &node.engine.world().state.timers;
            let idle = node.mail.is_empty()
                && node.reads.is_empty()
                && node.written.is_empty()
                && node.engine.pending() == 0
                && (timers.get_min()).is_none_or(|((due, _), _)| *due > self.now)
                && node.lanes.iter().all(|lane| lane.parcels.is_empty());
            let unrest = self.clients.values().find(|client| {
                client.leaving
                    || client.outbox.closed().is_some()
                    || client.outbox.waiting() > 0
                    || client.outbox.mode() != Mode::Live
            });
            if idle && unrest.is_none() {
                self.failures = true;
                return;
            }
            assert!(round < 5_000, "it never comes to rest: {unrest:?}");
        }
    }

    /// The process dies between two stages, and starts again from the store.
    fn crash(&mut self) {
        self.totals.crashes += 1;
        for asked in std::mem::take(&mut self.asked).into_values() {
            self.unanswered.extend(asked.once);
        }
        for client in std::mem::take(&mut self.clients).into_values() {
            self.totals.lines += client.lines;
            self.totals.catch_ups += client.catch_ups;
        }
        let idle_rooms = self.random.below(4);
        let directory = self.node.view.load().state.directory.clone();
        let head = self.node.view.load().state.head;
        self.node = Node::open(&self.home, (idle_rooms, self.now));
        let loaded = self.node.view.load();
        if loaded.state.head == head {
            assert_eq!(
                loaded.state.directory, directory,
                "what the directory shows"
            );
        }
        self.ledger
            .check_store(&self.node.writer, &self.node.reader);
        let mut stranded = self.ledger.guests_without_timer();
        stranded.sort_unstable();
        assert_eq!(
            load(&self.node.writer, Some(SERVER))
                .unwrap()
                .stranded_guests,
            stranded
        );
        self.ledger.started(&self.node.engine.world().state);
    }
}

/// A refusal in a batch has no change of its own before it.
fn check_refusals(batch: &Batch<u64>) {
    let mut changed = false;
    for item in &batch.items {
        match item {
            Item::Event { .. } | Item::Signal { .. } => changed = true,
            Item::Reply(reply) => {
                assert!(
                    !(changed && reply.result.is_err() && reply.ticket != 0),
                    "a refusal comes with changes"
                );
                changed = false;
            }
        }
    }
}

fn lane_of(session: Option<SessionId>) -> usize {
    session.map_or(0, |session| usize::try_from(session.0).unwrap() % LANES)
}
