//! The deciding stage step by step: what waits, what is void, what is answered and in which order.

use polylogue_core::body::{Body, Form, Message, Text, TextKind};
use polylogue_core::command::{
    AccountState, Attach, Destination, MissingRoom, NewDevice, Presentation, RoomRef, Say, Scope,
    Who,
};
use polylogue_core::name::{AccountName, ChannelName};
use polylogue_core::room::Room;
use polylogue_core::secret::{PasswordHash, TokenHash};
use polylogue_core::{Position, Signal, UserId};

use super::*;

const ALICE: UserId = UserId(1);

/// An engine whose answers and events are kept as text, and a journal that is a list.
struct Bench {
    engine: Engine<&'static str>,
    now: u64,
    /// The rooms of before, as a reader would find them.
    stored: Vec<Room>,
}

/// The rooms of a state, in the order in which they were made.
fn stored(state: &State) -> Vec<Room> {
    let mut rooms: Vec<Room> = state.rooms.values().cloned().collect();
    rooms.sort_unstable_by_key(|room| room.state.id);
    rooms
}

impl Bench {
    /// Alice is registered, has a device and made the channels named; all rooms are cold.
    fn new(channels: &[&str]) -> Self {
        let mut bench = Self {
            engine: Engine::new(State::new("test")),
            now: 1_000,
            stored: Vec::new(),
        };
        let name = AccountName::from_nick("alice").unwrap();
        let device = NewDevice {
            label: "phone".into(),
            name: None,
            token: TokenHash::of("t"),
        };
        bench.ask(
            "",
            Actor::SERVER,
            Command::Register {
                name,
                password: PasswordHash("h".into()),
                device: Some(device),
                contact: None,
            },
        );
        for channel in channels {
            bench.ask("", Actor::user(ALICE, None), join(channel));
        }
        bench.commit();
        let mut state = bench.engine.world().state.clone();
        bench.stored = stored(&state);
        state.rooms.clear();
        bench.engine = Engine::new(state);
        bench
    }

    fn context(&mut self) -> Context {
        self.now += 1;
        Context {
            now: Timestamp(self.now),
            random: u128::from(self.now),
        }
    }

    fn ask(&mut self, ticket: &'static str, actor: Actor, command: Command) {
        self.ask_once(ticket, actor, (command, None));
    }

    fn ask_once(
        &mut self,
        ticket: &'static str,
        actor: Actor,
        (command, key): (Command, Option<u8>),
    ) {
        let context = self.context();
        let key = key.map(|key| (DeviceId(1), [key; 32]));
        self.engine.submit(
            Envelope {
                actor,
                command,
                key,
                label: None,
                tags: None,
                ticket,
            },
            context,
        );
    }

    /// Attaches a session and commits it.
    fn attach(&mut self, session: u64, who: Who) -> UserId {
        self.ask("attach", of(UserId::SERVER, session), attach(session, who));
        let session = SessionId(session);
        self.load_all();
        self.commit();
        self.engine
            .world()
            .live
            .sessions
            .get(&session)
            .unwrap()
            .user
    }

    /// Sessions of alice's that are here already, while her rooms are cold all the same.
    fn here(&mut self, sessions: &[u64]) {
        for id in sessions {
            let session = polylogue_core::live::LiveSession {
                address: None,
                user: ALICE,
                device: None,
                presentation: presentation(),
                away: None,
                operator: None,
                hears: false,
            };
            self.engine.world.live.apply(&Signal::Attached {
                id: SessionId(*id),
                session,
                guest: None,
            });
        }
        self.settled();
    }

    /// As if everything had been so at the last commit.
    fn settled(&mut self) {
        self.engine.base.world = Arc::new(self.engine.world.clone());
    }

    fn load(&mut self, room: u32) {
        let context = self.context();
        let room = RoomId(room);
        let found = self
            .stored
            .iter()
            .find(|known| known.state.id == room)
            .cloned();
        let head = self.engine.world().state.head;
        self.engine.room_loaded(room, (head, found), context);
    }

    fn load_all(&mut self) {
        loop {
            let wanted = self.engine.take_wanted();
            if wanted.is_empty() {
                return;
            }
            for cold in wanted {
                match cold {
                    Cold::Room(room) => self.load(room.0),
                    Cold::Keys(device) => {
                        let context = self.context();
                        self.engine.keys_loaded(device, Vec::new(), context);
                    }
                }
            }
        }
    }

    /// Commits what there is; returns the answers, as `ticket` or `ticket: refusal`.
    fn commit(&mut self) -> Vec<String> {
        self.settle(Fate::Committed)
            .map(|batch| answers(&batch))
            .unwrap_or_default()
    }

    /// The commit of what there is fails; the answers.
    fn void(&mut self) -> Vec<String> {
        self.settle(Fate::Void)
            .map(|batch| answers(&batch))
            .unwrap_or_default()
    }

    fn settle(&mut self, fate: Fate) -> Option<Batch<&'static str>> {
        let context = self.context();
        let write = |_: &Batch<_>| Ok::<_, std::convert::Infallible>(fate);
        self.engine.settle(context, || "hub", write).unwrap()
    }
}

fn answers(batch: &Batch<&'static str>) -> Vec<String> {
    let answer = |item: &Item<&'static str>| match item {
        Item::Reply(reply) => Some(match &reply.result {
            Ok(_) => reply.ticket.to_owned(),
            Err(refusal) => format!("{}: {refusal:?}", reply.ticket),
        }),
        Item::Event { .. } | Item::Signal { .. } => None,
    };
    batch.items.iter().filter_map(answer).collect()
}

fn of(user: UserId, session: u64) -> Actor {
    Actor {
        user,
        session: Some(SessionId(session)),
        device: None,
        scope: Scope::User,
        proof: None,
    }
}

fn presentation() -> Presentation {
    Presentation {
        front: "test",
        username: "u".into(),
        host: "h".into(),
        real_name: "r".into(),
        since: Timestamp(0),
        visible: true,
        status: None,
        operator: polylogue_core::command::Operator::Person,
        metadata: Default::default(),
    }
}

fn join(channel: &str) -> Command {
    let room = RoomRef::Name(ChannelName::parse(channel).unwrap());
    Command::Join {
        room,
        key: None,
        missing: MissingRoom::Create,
        reason: None,
    }
}

fn say(room: u32) -> Command {
    let body = Body::Text(Text {
        kind: TextKind::Text,
        form: Form::Irc("hello".into()),
    });
    Command::Say(Say {
        to: Destination::Room(RoomId(room)),
        message: Message::plain(body),
    })
}

fn detach(session: u64) -> Command {
    Command::Detach {
        session: SessionId(session),
        reason: "bye".into(),
        absence: 0,
    }
}

fn attach(session: u64, who: Who) -> Command {
    Command::Attach(Box::new(Attach {
        address: None,
        away: None,
        session: SessionId(session),
        who,
        device: None,
        presentation: presentation(),
    }))
}

fn guest(nick: &str) -> Who {
    Who::Guest(AccountName::guest(nick, 1).unwrap())
}

#[test]
fn a_command_on_a_cold_room_waits_and_is_done() {
    let mut bench = Bench::new(&["#a"]);
    bench.ask("one", Actor::user(ALICE, None), say(1));
    bench.ask("two", Actor::user(ALICE, None), say(1));
    assert_eq!(bench.commit(), [""; 0]);
    assert_eq!(
        bench.engine.take_wanted(),
        [Cold::Room(RoomId(1))],
        "asked for once"
    );
    bench.load(1);
    assert_eq!(bench.commit(), ["one", "two"]);
}

#[test]
fn what_a_session_asks_later_waits_behind_what_waits() {
    let mut bench = Bench::new(&["#a", "#b"]);
    bench.here(&[7, 8]);
    bench.engine.world.state.install(bench.stored[1].clone());
    bench.ask("cold", of(ALICE, 7), say(1));
    bench.ask("hot behind it", of(ALICE, 7), say(2));
    bench.ask("of another session", of(ALICE, 8), say(2));
    bench.ask("cold of another session", of(ALICE, 8), say(1));
    bench.ask("last", of(ALICE, 7), say(2));
    assert_eq!(bench.commit(), ["of another session"]);
    bench.load(1);
    assert_eq!(
        bench.commit(),
        ["cold", "hot behind it", "last", "cold of another session"]
    );
}

#[test]
fn what_waits_for_one_room_after_the_other_keeps_its_place() {
    let mut bench = Bench::new(&["#a", "#b"]);
    bench.here(&[7]);
    bench.ask("a", of(ALICE, 7), say(1));
    bench.ask("b", of(ALICE, 7), say(2));
    bench.ask("a again", of(ALICE, 7), say(1));
    bench.engine.take_wanted();
    bench.load(1);
    assert_eq!(bench.commit(), ["a"]);
    assert_eq!(bench.engine.take_wanted(), [Cold::Room(RoomId(2))]);
    bench.ask("meanwhile", of(ALICE, 7), say(1));
    assert_eq!(bench.commit(), [""; 0]);
    bench.load(2);
    assert_eq!(bench.commit(), ["b", "a again", "meanwhile"]);
}

#[test]
fn a_room_whose_row_is_lost_is_set_apart_and_holds_nobody_up() {
    let mut bench = Bench::new(&["#a"]);
    bench.here(&[7]);
    bench.ask("nowhere", of(ALICE, 7), say(1));
    bench.ask("behind", of(ALICE, 7), say(99));
    bench.engine.take_wanted();
    let context = bench.context();
    let head = bench.engine.world().state.head;
    bench.engine.room_loaded(RoomId(1), (head, None), context);
    assert_eq!(
        bench.commit(),
        ["nowhere: Quarantined(RoomId(1))", "behind: NoSuchRoom"]
    );
}

#[test]
fn a_room_that_could_not_be_read_is_read_again_for_the_next_who_asks() {
    let mut bench = Bench::new(&["#a", "#b"]);
    bench.here(&[7]);
    bench.ask("first", of(ALICE, 7), say(1));
    bench.ask("behind", of(ALICE, 7), say(2));
    bench.engine.take_wanted();
    let context = bench.context();
    bench.engine.unreadable(Cold::Room(RoomId(1)), context);
    assert_eq!(bench.engine.take_wanted(), [Cold::Room(RoomId(2))]);
    bench.load(2);
    assert_eq!(bench.commit(), ["first: Unavailable", "behind"]);
    bench.ask("again", of(ALICE, 7), say(1));
    assert_eq!(bench.engine.take_wanted(), [Cold::Room(RoomId(1))]);
    bench.load(1);
    assert_eq!(bench.commit(), ["again"]);
}

#[test]
fn a_damaged_room_hurts_nobody_else() {
    let mut bench = Bench::new(&["#a", "#b"]);
    bench.here(&[7]);
    bench.ask("damaged", of(ALICE, 7), say(1));
    bench.ask("sound", of(ALICE, 7), say(2));
    bench.engine.take_wanted();
    let context = bench.context();
    bench.engine.room_damaged(RoomId(1), context);
    bench.load_all();
    assert_eq!(bench.commit(), ["damaged: Quarantined(RoomId(1))", "sound"]);
    // Its members still come and go.
    assert_eq!(bench.attach(9, Who::Account(ALICE)), ALICE);
    bench.ask("bye", of(ALICE, 9), detach(9));
    bench.load_all();
    assert_eq!(bench.commit(), ["bye"]);
}

#[test]
fn a_key_is_looked_up_before_it_is_used() {
    let mut bench = Bench::new(&["#a"]);
    bench.ask_once(
        "first",
        Actor::user(ALICE, Some(DeviceId(1))),
        (say(1), Some(1)),
    );
    bench.ask_once(
        "repeat in flight",
        Actor::user(ALICE, Some(DeviceId(1))),
        (say(1), Some(1)),
    );
    assert_eq!(
        bench.engine.take_wanted(),
        [Cold::Keys(DeviceId(1)), Cold::Room(RoomId(1))]
    );
    let known = Receipt {
        outcome: Outcome::Done,
        event: None,
        claimed: None,
    };
    let context = bench.context();
    bench
        .engine
        .keys_loaded(DeviceId(1), vec![([2; 32], known)], context);
    bench.load(1);
    let head = bench.engine.world().state.head;
    assert_eq!(bench.commit(), ["first", "repeat in flight"]);
    bench.ask_once(
        "known from before",
        Actor::user(ALICE, Some(DeviceId(1))),
        (say(1), Some(2)),
    );
    bench.ask_once(
        "repeat later",
        Actor::user(ALICE, Some(DeviceId(1))),
        (say(1), Some(1)),
    );
    assert_eq!(bench.commit(), ["known from before", "repeat later"]);
    assert_eq!(bench.engine.world().state.head, head, "one line in all");
}

#[test]
fn a_void_batch_never_happened() {
    let mut bench = Bench::new(&["#a"]);
    let before = bench.engine.world().state.head;
    bench.ask_once(
        "said",
        Actor::user(ALICE, Some(DeviceId(1))),
        (say(1), Some(1)),
    );
    bench.load_all();
    bench.ask("made", Actor::user(ALICE, None), join("#new"));
    bench.ask("refused on it", Actor::user(UserId(9), None), say(1));
    bench.engine.turn("turn");
    assert_eq!(
        bench.void(),
        [
            "said: Unavailable",
            "made: Unavailable",
            "refused on it: Unavailable",
            "turn"
        ],
        "all of them are told to try again"
    );
    assert_eq!(bench.engine.world().state.head, before);
    assert_eq!(bench.engine.world().state.next_room, RoomId(2));
    assert_eq!(bench.commit(), [""; 0]);
    // The keys were not used.
    bench.ask_once(
        "again",
        Actor::user(ALICE, Some(DeviceId(1))),
        (say(1), Some(1)),
    );
    bench.load_all();
    let batch = bench.settle(Fate::Committed).unwrap();
    assert_eq!(answers(&batch), ["again"]);
    assert_eq!(
        batch.keys.iter().map(|key| key.key).collect::<Vec<_>>(),
        [[1; 32]]
    );
    assert_eq!(bench.engine.world().state.head, before.next());
}

#[test]
fn what_waits_survives_a_void_batch() {
    let mut bench = Bench::new(&["#a", "#b"]);
    bench.here(&[7]);
    bench.engine.world.state.install(bench.stored[0].clone());
    bench.settled();
    bench.ask("void", Actor::user(ALICE, None), say(1));
    bench.ask("waits", of(ALICE, 7), say(2));
    bench.ask("behind", of(ALICE, 7), say(2));
    bench.engine.take_wanted();
    assert_eq!(bench.void(), ["void: Unavailable"]);
    bench.load(2);
    assert_eq!(bench.commit(), ["waits", "behind"]);
}

#[test]
fn whoever_went_on_a_void_batch_did_go() {
    let mut bench = Bench::new(&["#a"]);
    let gale = bench.attach(5, guest("gale"));
    bench.ask("in", of(gale, 5), join("#a"));
    bench.load_all();
    bench.commit();
    bench.ask("said", Actor::user(ALICE, None), say(1));
    bench.ask("out", of(gale, 5), detach(5));
    assert_eq!(bench.void(), ["said: Unavailable", "out: Unavailable"]);
    assert!(!bench.engine.world().live.guests.contains_key(&gale));
    let batch = bench.settle(Fate::Committed).unwrap();
    let detached = |item: &Item<_>| matches!(item, Item::Signal { signal, .. } if matches!(**signal, Signal::Detached { .. }));
    assert!(batch.items.iter().any(detached), "the others are told");
    let left = batch
        .items
        .iter()
        .filter(|item| matches!(item, Item::Event { .. }))
        .count();
    assert_eq!(left, 1, "what his end leaves to do is written again");
}

#[test]
fn whoever_came_on_a_void_batch_did_not_come() {
    let mut bench = Bench::new(&[]);
    let state = |state| Command::Disable { user: ALICE, state };
    bench.ask("out", Actor::ADMINISTRATOR, state(AccountState::Disabled));
    bench.commit();
    bench.ask("in", Actor::ADMINISTRATOR, state(AccountState::Enabled));
    bench.ask(
        "here",
        of(UserId::SERVER, 7),
        attach(7, Who::Account(ALICE)),
    );
    assert_eq!(bench.engine.world().live.sessions_of(ALICE).len(), 1);
    assert_eq!(bench.void(), ["in: Unavailable", "here: Unavailable"]);
    assert_eq!(bench.engine.world().live.sessions_of(ALICE), []);
}

#[test]
fn a_login_and_what_becomes_of_a_nick_hang_on_their_commit() {
    let log_in = || Command::LogIn {
        session: SessionId(5),
        user: ALICE,
        device: None,
        presentation: presentation(),
    };
    let register = || Command::Register {
        name: AccountName::from_nick("gale").unwrap(),
        password: PasswordHash("h".into()),
        device: None,
        contact: None,
    };
    // Somebody else's commit fails with it, and his own, where he was in a room.
    for in_a_room in [false, true] {
        let mut bench = Bench::new(&["#a"]);
        let gale = bench.attach(5, guest("gale"));
        if in_a_room {
            bench.ask("in", of(gale, 5), join("#a"));
            bench.load_all();
            bench.commit();
        }
        let nick = |bench: &Bench| {
            let name = bench.engine.world().live.guests.get(&gale);
            name.map(|name| name.nick().clone())
        };
        bench.ask("said", Actor::user(ALICE, None), say(1));
        bench.ask("login", of(gale, 5), log_in());
        bench.load_all();
        let told = bench.void();
        assert!(told.contains(&"login: Unavailable".to_owned()), "{told:?}");
        let session = &bench.engine.world().live.sessions[&SessionId(5)];
        assert_eq!(session.user, gale, "he is who he was");

        bench.ask("registered", Actor::ADMINISTRATOR, register());
        assert_ne!(nick(&bench).as_deref(), Some("gale"));
        assert_eq!(bench.void(), ["registered: Unavailable"]);
        assert_eq!(nick(&bench).as_deref(), Some("gale"));

        bench.ask("registered", Actor::ADMINISTRATOR, register());
        bench.ask("login", of(gale, 5), log_in());
        bench.load_all();
        assert_eq!(bench.commit(), ["registered", "login"]);
        let world = bench.engine.world();
        assert_eq!(world.live.sessions[&SessionId(5)].user, ALICE);
        assert!(!world.live.guests.contains_key(&gale));
    }
}

#[test]
fn a_timer_on_a_cold_room_runs_once() {
    let mut bench = Bench::new(&["#a"]);
    let mask = Command::SetMask {
        room: RoomId(1),
        list: polylogue_core::room::MaskList::Quiet,
        mask: "*!*@x".into(),
        direction: polylogue_core::command::Direction::Add,
        until: Some(Timestamp(5_000)),
    };
    bench.ask("mask", Actor::user(ALICE, None), mask);
    bench.load_all();
    bench.commit();
    let mut state = bench.engine.world().state.clone();
    bench.stored = stored(&state);
    state.rooms.clear();
    bench.engine = Engine::new(state);
    let context = |now| Context {
        now: Timestamp(now),
        random: 1,
    };
    assert_eq!(
        bench.engine.run_timers(context(4_999), || "timer"),
        Some(Timestamp(5_000))
    );
    for now in 5_000..5_003 {
        assert!(bench.engine.run_timers(context(now), || "timer") > Some(Timestamp(now)));
    }
    assert_eq!(bench.engine.take_wanted(), [Cold::Room(RoomId(1))]);
    bench.now = 5_003;
    bench.load(1);
    assert_eq!(bench.commit(), ["timer"]);
    assert_eq!(bench.engine.run_timers(context(9_000), || "timer"), None);
    assert!(
        bench
            .engine
            .world()
            .state
            .room(RoomId(1))
            .unwrap()
            .state
            .masks
            .is_empty()
    );
}

#[test]
fn all_steps_of_a_command_are_in_one_batch() {
    let mut bench = Bench::new(&[]);
    // A name, a room, its state, a member: five owners' rows.
    bench.ask("made", Actor::user(ALICE, None), join("#a"));
    let steps = bench.engine.pending() - 1;
    assert!(steps > 4, "{steps}");
    let batch = bench.settle(Fate::Committed).unwrap();
    assert_eq!(batch.items.len(), steps + 1);
    assert_eq!(answers(&batch), ["made"]);
    assert!(bench.settle(Fate::Committed).is_none());
}

/// Rooms in memory, by number.
fn hot(bench: &Bench) -> Vec<u32> {
    let rooms = stored(&bench.engine.world().state);
    rooms.iter().map(|room| room.state.id.0).collect()
}

#[test]
fn rooms_that_nobody_needs_leave_and_come_back() {
    let mut bench = Bench::new(&["#a", "#b", "#c"]);
    bench.engine = bench.engine.keeping(1);
    for room in 1..=3 {
        bench.ask("", Actor::user(ALICE, None), say(room));
        bench.load_all();
    }
    bench.engine.evict(Timestamp(100_000));
    assert_eq!(
        hot(&bench),
        [1, 2, 3],
        "what was said in them is not on disk"
    );
    bench.commit();
    bench.stored = stored(&bench.engine.world().state);
    bench.engine.evict(Timestamp(300_000));
    assert_eq!(hot(&bench), [0; 0]);
    bench.ask("again", Actor::user(ALICE, None), say(1));
    assert_eq!(bench.engine.take_wanted(), [Cold::Room(RoomId(1))]);
    bench.load(1);
    assert_eq!(bench.commit(), ["again"]);
}

#[test]
fn rooms_of_who_is_here_stay() {
    let mut bench = Bench::new(&["#a", "#b"]);
    bench.engine = bench.engine.keeping(0);
    bench.attach(5, Who::Account(ALICE));
    bench.engine.evict(Timestamp(1));
    assert_eq!(hot(&bench), [1, 2]);
    bench.ask("bye", of(ALICE, 5), detach(5));
    bench.commit();
    bench.engine.evict(Timestamp(2));
    assert_eq!(hot(&bench), [1, 2], "their number did not grow: later");
    bench.engine.evict(Timestamp(1_000_000));
    assert_eq!(hot(&bench), [0; 0]);
}

#[test]
fn a_room_that_was_let_go_is_not_brought_back_by_a_void_batch() {
    let mut bench = Bench::new(&["#a", "#b"]);
    bench.engine = bench.engine.keeping(0);
    bench.ask("", Actor::user(ALICE, None), say(1));
    bench.load_all();
    bench.commit();
    bench.stored = stored(&bench.engine.world().state);
    bench.engine.evict(Timestamp(1));
    assert_eq!(hot(&bench), [0; 0]);
    bench.ask("made", Actor::user(ALICE, None), join("#new"));
    bench.void();
    assert_eq!(hot(&bench), [0; 0]);
}

#[test]
fn whoever_comes_has_all_his_rooms_read_at_once() {
    let mut bench = Bench::new(&["#a", "#b", "#c"]);
    bench.engine = bench.engine.keeping(0);
    bench.ask(
        "here",
        of(UserId::SERVER, 7),
        attach(7, Who::Account(ALICE)),
    );
    assert_eq!(
        bench.engine.take_wanted(),
        [1, 2, 3].map(|room| Cold::Room(RoomId(room)))
    );
    for room in [3, 2] {
        bench.load(room);
        bench.engine.evict(Timestamp(1));
    }
    assert_eq!(hot(&bench), [2, 3], "they are waited for");
    assert_eq!(bench.commit(), [""; 0]);
    bench.load(1);
    assert_eq!(bench.engine.take_wanted(), [], "none is read twice");
    assert_eq!(bench.commit(), ["here"]);
}

#[test]
fn two_rooms_whose_rows_are_lost_do_not_keep_anybody_out() {
    let mut bench = Bench::new(&["#a", "#b"]);
    bench.stored.clear();
    assert_eq!(bench.attach(7, Who::Account(ALICE)), ALICE);
}

#[test]
fn a_snapshot_from_before_it_was_asked_for_is_refused() {
    let mut bench = Bench::new(&["#a"]);
    bench.ask("said", Actor::user(ALICE, None), say(1));
    bench.engine.take_wanted();
    let context = bench.context();
    let old = Position(bench.engine.world().state.head.0 - 1);
    let room = bench.stored.first().cloned();
    bench.engine.room_loaded(RoomId(1), (old, room), context);
    assert_eq!(bench.commit(), [""; 0]);
    assert_eq!(bench.engine.take_wanted(), [Cold::Room(RoomId(1))]);
    bench.load(1);
    assert_eq!(bench.commit(), ["said"]);
}
