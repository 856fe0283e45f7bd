//! The hub with its real threads, as front-ends use it: answers, lines, pages, an end and a new beginning.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use polylogue_core::body::{Body, Form, Message, Text, TextKind};
use polylogue_core::command::{Actor, Destination, MissingRoom, Presentation, RoomRef, Say, Who};
use polylogue_core::name::{AccountName, ChannelName};
use polylogue_core::search::{Order, Search};
use polylogue_core::secret::PasswordHash;
use polylogue_core::visibility::HistoryVisibility;
use polylogue_core::{
    Command, DeviceId, Event, EventRef, Position, Refusal, RoomId, RoomSequence, Timestamp, UserId,
    facets,
};
use polylogue_hub::{
    Config, Connecting, Delivered, DeliveryKind, Direction, Hub, Mode, Outbox, Receipt, Renderer,
    Rendering, Request, Session,
};

const ALICE: UserId = UserId(1);
const BOB: UserId = UserId(2);
const ROOM: RoomId = RoomId(1);

/// One line for each change: the place of an event in its room, or the name of a signal.
#[derive(Debug)]
struct Lines;

impl Renderer for Lines {
    fn render(&self, what: Rendering<'_>, out: &mut BytesMut) {
        match what.change {
            Delivered::Event(record) => match record.entry.event {
                Event::Room { .. } => {
                    out.put_slice(format!("{}\n", record.entry.sequence.0).as_bytes())
                }
                Event::Setting { .. }
                | Event::User { .. }
                | Event::Name { .. }
                | Event::ServerBan { .. }
                | Event::Timer { .. } => {}
            },
            Delivered::Signal(signal, ..) => {
                let name = format!("{signal:?}");
                out.put_slice(format!("{}\n", name.split(' ').next().unwrap()).as_bytes());
            }
        }
    }

    fn follows_neighbours(&self) -> bool {
        true
    }

    fn delivery(&self) -> DeliveryKind {
        DeliveryKind::Lines
    }
}

/// A connection: its session and what has come out so far.
struct Connection {
    session: Session,
    outbox: Arc<Outbox>,
    lines: Vec<String>,
}

impl Connection {
    async fn attach(hub: &Arc<Hub>, who: Who, device: Option<DeviceId>) -> Result<Self, Refusal> {
        let outbox = Outbox::woken(Mode::Live);
        let presentation = Presentation {
            front: "test",
            username: "user".into(),
            host: "host".into(),
            real_name: "name".into(),
            since: Timestamp(0),
            visible: true,
            status: None,
            operator: polylogue_core::command::Operator::Person,
            metadata: Default::default(),
        };
        let connecting = Connecting {
            address: None,
            away: None,
            who,
            device,
            proof: None,
            presentation,
            renderer: Arc::new(Lines),
            outbox: outbox.clone(),
        };
        Ok(Self {
            session: Session::attach(hub, connecting).await?,
            outbox,
            lines: Vec::new(),
        })
    }

    async fn account(hub: &Arc<Hub>, user: UserId) -> Self {
        Self::attach(hub, Who::Account(user), None).await.unwrap()
    }

    async fn ask(&self, command: Command) -> Result<Receipt, Refusal> {
        self.session
            .hub()
            .submit(Request::new(self.session.actor(), command))
            .await
    }

    fn read(&mut self) -> &[String] {
        for bytes in self.outbox.take() {
            self.lines.extend(
                std::str::from_utf8(&bytes)
                    .unwrap()
                    .lines()
                    .map(str::to_owned),
            );
        }
        &self.lines
    }

    /// Reads until a line comes, however long that takes.
    async fn wait_for(&mut self, line: &str) {
        let wait = async {
            while !self.read().iter().any(|known| known == line) {
                self.outbox.woken_up().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .unwrap_or_else(|_| panic!("{line:?} never came"));
    }
}

/// A hub in a directory of its own, where alice and bob have accounts.
struct House {
    home: tempfile::TempDir,
    hub: Option<Arc<Hub>>,
}

impl House {
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut house = Self { home, hub: None };
        house.open();
        for name in ["alice", "bob"] {
            let name = AccountName::from_nick(name).unwrap();
            let register = Command::Register {
                name,
                password: PasswordHash("hash".into()),
                device: None,
                contact: None,
            };
            house
                .hub()
                .submit(Request::new(Actor::ADMINISTRATOR, register))
                .await
                .unwrap();
        }
        house
    }

    fn open(&mut self) {
        let config = Config {
            data_dir: self.home.path().join("data"),
            server_name: Some("test".into()),
            lanes: 2,
            ..Config::default()
        };
        self.hub = Some(Hub::open(&config).unwrap());
    }

    fn hub(&self) -> &Arc<Hub> {
        self.hub.as_ref().unwrap()
    }

    /// Stops the hub; nobody may hold it any more.
    fn close(&mut self) {
        let hub = self.hub.take().unwrap();
        hub.stop();
        Arc::try_unwrap(hub).unwrap();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(hub) = &self.hub {
            hub.stop();
        }
    }
}

fn join() -> Command {
    let room = RoomRef::Name(ChannelName::parse("#garden").unwrap());
    Command::Join {
        room,
        key: None,
        missing: MissingRoom::Create,
        reason: None,
    }
}

fn say(text: &str) -> Command {
    let body = Body::Text(Text {
        kind: TextKind::Text,
        form: Form::Irc(text.into()),
    });
    Command::Say(Say {
        to: Destination::Room(ROOM),
        message: Message::plain(body),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_an_answer_finds_what_it_speaks_of() {
    let house = House::new().await;
    let hub = house.hub();
    let mut alice = Connection::account(hub, ALICE).await;
    alice.ask(join()).await.unwrap();
    for number in 0..30 {
        let place = alice
            .ask(say(&number.to_string()))
            .await
            .unwrap()
            .event
            .unwrap();
        assert!(hub.head() >= place.position);
        assert!(hub.world().state.room(ROOM).unwrap().sequence >= place.sequence);
        assert!(
            alice.read().contains(&place.sequence.0.to_string()),
            "its line is in the outbox"
        );
        let event = hub
            .event(ALICE, ROOM, &hub.event_id(place.position))
            .await
            .unwrap();
        assert_eq!(event.sequence, place.sequence);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_together_is_done_in_order() {
    let house = House::new().await;
    let hub = house.hub();
    let alice = Connection::account(hub, ALICE).await;
    alice.ask(join()).await.unwrap();
    let requests = (0..500)
        .map(|number| Request::new(alice.session.actor(), say(&number.to_string())))
        .collect();
    let places: Vec<_> = hub
        .submit_all(requests)
        .await
        .into_iter()
        .map(|result| result.unwrap().event.unwrap().sequence.0)
        .collect();
    let first = *places.first().unwrap();
    assert_eq!(places, (first..first + 500).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_may_be_asked_together_than_may_be_on_its_way() {
    let house = House::new().await;
    let hub = house.hub();
    // Refused at once, so that it is only the queues that work.
    let request = || {
        Request::new(
            Actor::user(UserId(99), None),
            Command::Leave {
                room: ROOM,
                reason: None,
            },
        )
    };
    let together = hub.submit_all((0..40_000).map(|_| request()).collect());
    let results = tokio::time::timeout(Duration::from_secs(60), together)
        .await
        .unwrap();
    assert_eq!(results.len(), 40_000);
    assert!(
        results
            .iter()
            .all(|result| *result == Err(Refusal::Forbidden))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_the_same_order() {
    let house = House::new().await;
    let hub = house.hub();
    let mut alice = Connection::account(hub, ALICE).await;
    let mut bob = Connection::account(hub, BOB).await;
    alice.ask(join()).await.unwrap();
    bob.ask(join()).await.unwrap();
    let talk = |connection: &Connection| {
        let (hub, actor) = (hub.clone(), connection.session.actor());
        tokio::spawn(async move {
            for number in 0..100 {
                hub.submit(Request::new(actor.clone(), say(&number.to_string())))
                    .await
                    .unwrap();
            }
        })
    };
    let (one, other) = (talk(&alice), talk(&bob));
    one.await.unwrap();
    other.await.unwrap();
    let last = hub.world().state.room(ROOM).unwrap().sequence.0;
    let from = last - 199;
    alice.wait_for(&last.to_string()).await;
    bob.wait_for(&last.to_string()).await;
    let want: Vec<_> = (from..=last).map(|sequence| sequence.to_string()).collect();
    for connection in [&alice, &bob] {
        let seen: Vec<_> = connection
            .lines
            .iter()
            .filter(|line| line.parse::<u64>().is_ok_and(|line| line >= from))
            .cloned()
            .collect();
        assert_eq!(seen, want);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_session_is_gone_for_the_others() {
    let house = House::new().await;
    let hub = house.hub();
    let mut alice = Connection::account(hub, ALICE).await;
    alice.ask(join()).await.unwrap();
    let name = AccountName::guest("gale", 5).unwrap();
    let guest = Connection::attach(hub, Who::Guest(name.clone()), None)
        .await
        .unwrap();
    guest.ask(join()).await.unwrap();
    assert_eq!(
        Connection::attach(hub, Who::Guest(name.clone()), None)
            .await
            .map(drop)
            .unwrap_err(),
        Refusal::NameTaken
    );
    let left = hub.world().state.room(ROOM).unwrap().sequence.0 + 1;
    drop(guest);
    alice.wait_for(&left.to_string()).await;
    assert_eq!(hub.world().state.room(ROOM).unwrap().state.joined, 1);
    // The refused one left nothing either: the name is free.
    Connection::attach(hub, Who::Guest(name), None)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_credential_closes_its_sessions_before_it_is_answered() {
    let house = House::new().await;
    let hub = house.hub();
    let login = hub
        .log_in(hub.proof_of(ALICE).unwrap(), Some("phone".into()), None)
        .await
        .unwrap();
    let phone = Connection::attach(hub, Who::Account(ALICE), Some(login.device))
        .await
        .unwrap();
    let other = Connection::account(hub, ALICE).await;
    let actor = Actor {
        device: Some(login.device),
        ..phone.session.actor()
    };
    let remove = Command::RemoveDevices {
        user: ALICE,
        devices: vec![login.device],
    };
    hub.submit(Request::new(actor, remove)).await.unwrap();
    assert!(phone.outbox.closed().is_some());
    assert!(other.outbox.closed().is_none());
    assert_eq!(hub.token_owner(&login.token), None);
}

/// Sessions in every lane, some of them only just there, and a busy room.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_logout_reaches_every_session_however_busy_the_lanes_are() {
    let house = House::new().await;
    let hub = house.hub();
    let mut chatter = Connection::account(hub, BOB).await;
    chatter.ask(join()).await.unwrap();
    let mut alice = Connection::account(hub, ALICE).await;
    alice.ask(join()).await.unwrap();
    let talking = std::sync::atomic::AtomicBool::new(true);
    let talk = async {
        while talking.load(std::sync::atomic::Ordering::SeqCst) {
            let lines = (0..50).map(|_| Request::new(chatter.session.actor(), say("x")));
            hub.submit_all(lines.collect()).await;
            chatter.read();
            alice.read();
        }
    };
    let come_and_go = async {
        for _ in 0..60 {
            let login = hub
                .log_in(hub.proof_of(ALICE).unwrap(), Some("phone".into()), None)
                .await
                .unwrap();
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..6 {
                let (hub, device) = (hub.clone(), login.device);
                tasks.spawn(async move {
                    Connection::attach(&hub, Who::Account(ALICE), Some(device)).await
                });
            }
            // The first is there; the others may be there, on their way, or too late.
            let mut came = vec![tasks.join_next().await.unwrap().unwrap()];
            let actor = Actor::user(ALICE, Some(login.device));
            let remove = Command::RemoveDevices {
                user: ALICE,
                devices: vec![login.device],
            };
            hub.submit(Request::new(actor, remove)).await.unwrap();
            let closed = |one: &Result<Connection, Refusal>| match one {
                Ok(one) => one.outbox.closed().is_some(),
                Err(refusal) => *refusal == Refusal::NoSuchDevice,
            };
            assert!(came.iter().all(closed), "when the logout was answered");
            while let Some(one) = tasks.join_next().await {
                came.push(one.unwrap());
            }
            assert!(came.iter().all(closed), "one came in after the logout");
        }
        talking.store(false, std::sync::atomic::Ordering::SeqCst);
    };
    tokio::join!(talk, come_and_go);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_after_a_stop_and_what_comes_later_is_told_so() {
    let mut house = House::new().await;
    let hub = house.hub().clone();
    let alice = Connection::account(&hub, ALICE).await;
    alice.ask(join()).await.unwrap();
    let actor = alice.session.actor();
    let asked: Vec<_> = (0..200)
        .map(|number| {
            let (hub, actor) = (hub.clone(), actor.clone());
            tokio::spawn(async move {
                hub.submit(Request::new(actor, say(&number.to_string())))
                    .await
            })
        })
        .collect();
    let stopping = hub.clone();
    tokio::task::spawn_blocking(move || stopping.stop())
        .await
        .unwrap();
    let mut done = BTreeSet::new();
    for one in asked {
        let answer = tokio::time::timeout(Duration::from_secs(20), one)
            .await
            .expect("everyone is answered")
            .unwrap();
        match answer {
            Ok(receipt) => assert!(done.insert(receipt.event.unwrap().sequence)),
            Err(refusal) => assert_eq!(refusal, Refusal::Unavailable),
        }
    }
    let late = tokio::time::timeout(Duration::from_secs(20), alice.ask(say("late")))
        .await
        .expect("whoever comes late is told");
    assert_eq!(late.map(drop), Err(Refusal::Unavailable));
    assert_eq!(
        hub.history(ALICE, (ROOM, RoomSequence(0)), (Direction::Forward, 10))
            .await
            .map(drop),
        Err(Refusal::Unavailable)
    );
    hub.stop();
    drop(alice);
    drop(hub);
    house.close();
    house.open();
    let page = house
        .hub()
        .history(ALICE, (ROOM, RoomSequence(0)), (Direction::Forward, 10_000))
        .await
        .unwrap();
    let stored: BTreeSet<_> = page.events.iter().map(|event| event.sequence).collect();
    assert!(done.is_subset(&stored));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_is_the_same_line_over_a_restart() {
    let mut house = House::new().await;
    let hub = house.hub();
    let proof = hub.proof_of(ALICE).unwrap();
    let login = hub.log_in(proof, Some("phone".into()), None).await.unwrap();
    let actor = Actor::user(ALICE, Some(login.device));
    house
        .hub()
        .submit(Request::new(actor.clone(), join()))
        .await
        .unwrap();
    let once = |text: &str, key: &str| {
        Request::new(actor.clone(), say(text)).once(login.device, "say", ("#garden", key))
    };
    let first = house.hub().submit(once("hello", "k1")).await.unwrap().event;
    assert_eq!(
        house.hub().submit(once("hello", "k1")).await.unwrap().event,
        first
    );
    house.close();
    house.open();
    assert_eq!(
        house
            .hub()
            .submit(once("another text", "k1"))
            .await
            .unwrap()
            .event,
        first
    );
    assert_ne!(
        house.hub().submit(once("hello", "k2")).await.unwrap().event,
        first
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_and_cursors_last_and_name_nothing_that_is_not_there() {
    let mut house = House::new().await;
    let actor = Actor::user(ALICE, None);
    house
        .hub()
        .submit(Request::new(actor.clone(), join()))
        .await
        .unwrap();
    let place = house
        .hub()
        .submit(Request::new(actor, say("hello")))
        .await
        .unwrap()
        .event
        .unwrap();
    let id = house.hub().event_id(place.position);
    let cursor = house.hub().cursor(place.position);
    let beyond = house.hub().event_id(Position(place.position.0 + 100));
    house.close();
    house.open();
    let hub = house.hub();
    assert_eq!(hub.event_position(&id), Some(place.position));
    assert_eq!(hub.open_cursor(&cursor), Some(place.position));
    assert_eq!(hub.open_cursor(&hub.cursor(Position(0))), Some(Position(0)));
    assert_eq!(hub.event_position(&beyond), None);
    // The right room, another room, and somebody who may not see it: one answer for the last two.
    assert!(hub.event(ALICE, ROOM, &id).await.is_ok());
    assert_eq!(
        hub.event(ALICE, RoomId(2), &id).await.map(drop),
        Err(Refusal::NoSuchEvent)
    );
    assert_eq!(
        hub.event(BOB, ROOM, &id).await.map(drop),
        Err(Refusal::NoSuchEvent)
    );
}

/// Two rooms of alice's; in the first one bob came and went and sees only some.
async fn patchy(house: &House) -> Vec<RoomId> {
    let hub = house.hub();
    let ask = async |user, command| {
        hub.submit(Request::new(Actor::user(user, None), command))
            .await
            .unwrap()
    };
    ask(ALICE, join()).await;
    let other = RoomRef::Name(ChannelName::parse("#shed").unwrap());
    let shed = Command::Join {
        room: other,
        key: None,
        missing: MissingRoom::Create,
        reason: None,
    };
    ask(ALICE, shed.clone()).await;
    ask(BOB, shed).await;
    let change = facets::history_visibility(HistoryVisibility::Joined);
    ask(ALICE, Command::SetState { room: ROOM, change }).await;
    for round in 0..6 {
        for _ in 0..70 {
            ask(ALICE, say("x")).await;
        }
        ask(
            ALICE,
            Command::Say(Say {
                to: Destination::Room(RoomId(2)),
                message: Message::plain(text("y")),
            }),
        )
        .await;
        if round % 2 == 0 {
            ask(BOB, join()).await;
        } else {
            ask(
                BOB,
                Command::Leave {
                    room: ROOM,
                    reason: None,
                },
            )
            .await;
        }
    }
    vec![ROOM, RoomId(2)]
}

fn text(text: &str) -> Body {
    Body::Text(Text {
        kind: TextKind::Text,
        form: Form::Irc(text.into()),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_leave_nothing_out_whatever_their_size() {
    let house = House::new().await;
    let rooms = patchy(&house).await;
    let hub = house.hub();
    let whole = hub
        .history(BOB, (ROOM, RoomSequence(0)), (Direction::Forward, 10_000))
        .await
        .unwrap();
    assert!(
        whole.next.is_none() && whole.events.len() > 200 && whole.events.len() < 300,
        "{}",
        whole.events.len()
    );
    for limit in [1, 7, 100, 10_000] {
        let mut forward = Vec::new();
        let mut from = Some(RoomSequence(0));
        while let Some(at) = from {
            let page = hub
                .history(BOB, (ROOM, at), (Direction::Forward, limit))
                .await
                .unwrap();
            assert!(page.events.len() <= limit);
            forward.extend(page.events);
            from = page.next;
        }
        assert_eq!(forward, whole.events, "forward by {limit}");
        let mut backward = Vec::new();
        let mut from = Some(RoomSequence(u64::MAX));
        while let Some(at) = from {
            let page = hub
                .history(BOB, (ROOM, at), (Direction::Backward, limit))
                .await
                .unwrap();
            backward.extend(page.events);
            from = page.next;
        }
        backward.reverse();
        assert_eq!(backward, whole.events, "backward by {limit}");
    }
    let head = hub.head();
    let (all, complete) = hub
        .since(BOB, rooms.clone(), (Position(0), head), 10_000)
        .await
        .unwrap();
    assert_eq!(complete, head);
    assert!(all.is_sorted_by_key(|(_, event)| event.position));
    assert!(
        whole
            .events
            .iter()
            .all(|event| all.contains(&(ROOM, event.clone())))
    );
    for limit in [1, 5, 50] {
        let (mut found, mut after) = (Vec::new(), Position(0));
        while after < head {
            let (page, complete) = hub
                .since(BOB, rooms.clone(), (after, head), limit)
                .await
                .unwrap();
            assert!(complete > after && page.len() <= limit);
            found.extend(page);
            after = complete;
        }
        assert_eq!(found, all, "since by {limit}");
    }
}

/// What a search for a text finds, the newest first, by place.
async fn found(hub: &Hub, viewer: UserId, text: &str) -> Vec<u64> {
    let search = Search {
        text: text.to_owned(),
        rooms: Vec::new(),
        senders: Vec::new(),
        since: None,
        until: None,
        order: Order::NewestFirst(Position(u64::MAX)),
        limit: 10,
    };
    let matches = hub.search(viewer, search).await.unwrap();
    assert!(matches.complete && matches.next.is_none());
    let places = matches.events.iter().map(|(_, event)| event.sequence.0);
    places.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_finds_what_was_just_said_and_nothing_that_was_taken_away() {
    let mut house = House::new().await;
    let hub = house.hub().clone();
    let alice = Connection::account(&hub, ALICE).await;
    let event = |receipt: Receipt| {
        let place = receipt.event.unwrap();
        EventRef {
            sequence: place.sequence,
            position: place.position,
            author: ALICE,
        }
    };
    let edit = |target: EventRef, text: &str| {
        let Command::Say(mut say) = say(text) else {
            unreachable!()
        };
        say.message.relation = Some(polylogue_core::Relation::Edit(target));
        Command::Say(say)
    };
    alice.ask(join()).await.unwrap();
    let roses = event(alice.ask(say("roses are red")).await.unwrap());
    let place = roses.sequence.0;
    assert_eq!(found(&hub, ALICE, "roses").await, [place]);
    assert_eq!(
        found(&hub, BOB, "roses").await,
        [] as [u64; 0],
        "bob was never there"
    );
    // An edit takes its place, and gives it back.
    let tulips = event(alice.ask(edit(roses, "tulips are red")).await.unwrap());
    assert_eq!(found(&hub, ALICE, "roses").await, [] as [u64; 0]);
    assert_eq!(found(&hub, ALICE, "red").await, [tulips.sequence.0]);
    let redact = |target| Command::Redact {
        room: ROOM,
        target,
        reason: None,
    };
    alice.ask(redact(tulips)).await.unwrap();
    assert_eq!(found(&hub, ALICE, "red").await, [place]);
    // Who comes later finds what he may read.
    let bob = Connection::account(&hub, BOB).await;
    bob.ask(join()).await.unwrap();
    assert_eq!(found(&hub, BOB, "roses").await, [place]);
    let late = event(alice.ask(say("late roses")).await.unwrap());
    drop((alice, bob, hub));
    // The index goes on where it was, and is made again if somebody removes it.
    house.close();
    house.open();
    assert_eq!(
        found(house.hub(), BOB, "roses").await,
        [late.sequence.0, place]
    );
    house.close();
    std::fs::remove_file(house.home.path().join("data/search.db")).unwrap();
    house.open();
    let hub = house.hub().clone();
    assert_eq!(found(&hub, BOB, "roses").await, [late.sequence.0, place]);
    let alice = Connection::account(&hub, ALICE).await;
    alice.ask(redact(roses)).await.unwrap();
    assert_eq!(found(&hub, BOB, "roses").await, [late.sequence.0]);
    drop((alice, hub));
    let files = std::fs::read_dir(house.home.path().join("data")).unwrap();
    for file in files.map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).unwrap();
        let is_there = bytes.windows(13).any(|window| window == b"roses are red");
        assert!(!(is_there && name.starts_with("search")), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_in_use_is_refused_and_a_stop_sets_it_free() {
    let mut house = House::new().await;
    let config = Config {
        data_dir: house.home.path().join("data"),
        server_name: Some("test".into()),
        ..Config::default()
    };
    assert!(Hub::open(&config).map(drop).is_err());
    house.close();
    let hub = Hub::open(&config).unwrap();
    assert!(!hub.has_failed());
    assert_eq!(hub.world().user_named("alice"), Some(ALICE));
    hub.stop();
}
