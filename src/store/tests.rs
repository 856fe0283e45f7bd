//! The store as its users see it: what was written is there again, whatever happened between, and what was taken away is gone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use polylogue_core::body::{Body, EventRef, Form, Message, Text, TextKind};
use polylogue_core::command::{
    self, Actor, Destination, MissingRoom, PrefixChange, PutCondition, RoomRef, Say,
};
use polylogue_core::decide::{Change, Context, decide};
use polylogue_core::event::{MemberChange, ReadAudience};
use polylogue_core::name::{AccountName, ChannelName};
use polylogue_core::power::Prefix;
use polylogue_core::room::Membership;
use polylogue_core::secret::PasswordHash;
use polylogue_core::state::World;
use polylogue_core::visibility::{HistoryVisibility, SpanKind};
use polylogue_core::{
    Command, DeviceId, Event, Json, Position, RoomChange, RoomId, RoomSequence, Timestamp, UserId,
    facets,
};

use crate::tail::BOUND;
use crate::{
    Batch, Direction, Directory, DirectoryError, KeyRow, Reader, Record, StoreError, Writer, load,
};

const ALICE: UserId = UserId(1);
const BOB: UserId = UserId(2);
const ROOM: RoomId = RoomId(1);

/// A store in a directory of its own, and the state that was written into it.
struct House {
    home: tempfile::TempDir,
    writer: Option<Writer>,
    world: World,
}

impl House {
    /// Alice's channel, with bob in it.
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let writer = Writer::open(&database(&home)).unwrap();
        let loaded = load(&writer, Some("test")).unwrap();
        let mut house = Self {
            home,
            writer: Some(writer),
            world: World::new(loaded.state),
        };
        for name in ["alice", "bob"] {
            let name = AccountName::from_nick(name).unwrap();
            house.ask(
                UserId::SERVER,
                Command::Register {
                    name,
                    password: PasswordHash("hash".into()),
                    device: None,
                    contact: None,
                },
            );
        }
        for user in [ALICE, BOB] {
            let room = RoomRef::Name(ChannelName::parse("#garden").unwrap());
            house.ask(
                user,
                Command::Join {
                    room,
                    key: None,
                    missing: MissingRoom::Create,
                    reason: None,
                },
            );
        }
        house
    }

    fn records(&mut self, user: UserId, command: Command) -> Vec<Record> {
        let actor = if user == UserId::SERVER {
            Actor::SERVER
        } else {
            Actor::user(user, None)
        };
        self.records_by(&actor, command)
    }

    fn records_by(&mut self, actor: &Actor, command: Command) -> Vec<Record> {
        let decision = decide(
            &self.world,
            actor,
            command,
            Context {
                now: Timestamp(1_000),
                random: 1,
            },
        )
        .unwrap();
        let mut records = Vec::new();
        for change in decision.changes {
            let Change::Event(event) = change else {
                panic!("{change:?}")
            };
            records.push(self.record(event));
        }
        records
    }

    fn record(&mut self, event: Event) -> Record {
        let entry = Arc::new(self.world.state.stamp(event, Timestamp(1_000)));
        self.world.apply(&entry);
        let notifying = self.world.state.room(ROOM).map_or(0, |room| room.notifying);
        Record { entry, notifying }
    }

    fn ask(&mut self, user: UserId, command: Command) {
        let records = self.records(user, command);
        self.commit(Batch {
            records: records.iter().collect(),
            ..Batch::default()
        })
        .unwrap();
    }

    fn commit(&mut self, batch: Batch<'_>) -> Result<(), StoreError> {
        self.writer().commit(&batch)
    }

    fn say(&mut self, text: &str) -> EventRef {
        self.ask(ALICE, say(text));
        let room = self.world.state.room(ROOM).unwrap();
        EventRef {
            sequence: room.sequence,
            position: room.position,
            author: ALICE,
        }
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap()
    }

    fn reader(&self) -> Reader {
        Reader::open(&database(&self.home), self.writer.as_ref().unwrap().tail()).unwrap()
    }

    /// The process dies, and another one opens the store.
    fn crash(&mut self) {
        self.writer = None;
        self.writer = Some(Writer::open(&database(&self.home)).unwrap());
    }

    /// The process stops cleanly, and another one opens the store.
    fn restart(&mut self) {
        self.writer.take().unwrap().close().unwrap();
        self.crash();
    }

    /// What the store holds is what was written.
    fn check(&mut self) {
        let state = load(self.writer(), Some("test")).unwrap().state;
        let known = &self.world.state;
        assert_eq!((state.head, state.next_room), (known.head, known.next_room));
        assert_eq!(
            (&state.names, &state.tokens, &state.timers),
            (&known.names, &known.tokens, &known.timers)
        );
        assert_eq!(state.key_changes, known.key_changes);
        assert_eq!(state.profile_changes, known.profile_changes);
        assert_eq!(format!("{:?}", state.users), format!("{:?}", known.users));
        assert_eq!(state.directory, known.directory);
        let reader = self.reader();
        for room in known.rooms.values() {
            assert_eq!(
                format!("{:?}", reader.room(room.state.id).unwrap().unwrap()),
                format!("{room:?}")
            );
        }
    }
}

fn database(home: &tempfile::TempDir) -> PathBuf {
    home.path().join("polylogue.db")
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

fn sequences(reader: &Reader, from: u64, direction: (Direction, usize)) -> Vec<u64> {
    reader
        .page((ROOM, RoomSequence(from)), direction)
        .unwrap()
        .into_iter()
        .map(|event| event.sequence.0)
        .collect()
}

#[test]
fn everything_is_there_again() {
    let mut house = House::new();
    house.ask(
        ALICE,
        Command::SetTopic {
            room: ROOM,
            topic: "roses".into(),
        },
    );
    house.ask(
        ALICE,
        Command::SetState {
            room: ROOM,
            change: facets::history_visibility(HistoryVisibility::Joined),
        },
    );
    house.say("hello");
    house.ask(
        BOB,
        Command::MarkRead {
            room: ROOM,
            up_to: RoomSequence(3),
            time: Timestamp(900),
            audience: ReadAudience::Room,
        },
    );
    house.check();
    house.crash();
    house.check();
    house.restart();
    house.check();
}

#[test]
fn the_directory_reads_no_cold_rooms() {
    let mut house = House::new();
    let set = |change| Command::SetState { room: ROOM, change };
    house.ask(ALICE, set(facets::topic("Roses")));
    house.ask(ALICE, set(facets::name("Garden")));
    let leave = Command::Leave {
        room: ROOM,
        reason: None,
    };
    house.ask(BOB, leave);
    let shown = house.world.state.directory.clone();
    let listing = &shown[&ROOM];
    assert_eq!(
        (listing.name.as_deref(), listing.joined),
        (Some("Garden"), 1)
    );
    house.writer = None;
    let writer = Writer::open(&database(&house.home)).unwrap();
    let loaded = load(&writer, Some("test")).unwrap();
    assert!(loaded.state.rooms.is_empty());
    assert_eq!(loaded.state.directory, shown);
}

#[test]
fn read_marks_outlive_the_membership() {
    let mut house = House::new();
    house.ask(
        BOB,
        Command::MarkRead {
            room: ROOM,
            up_to: RoomSequence(3),
            time: Timestamp(900),
            audience: ReadAudience::Own,
        },
    );
    house.ask(
        BOB,
        Command::Leave {
            room: ROOM,
            reason: None,
        },
    );
    house.ask(
        BOB,
        Command::Join {
            room: RoomRef::Id(ROOM),
            key: None,
            missing: MissingRoom::Refuse,
            reason: None,
        },
    );
    house.crash();
    house.check();
}

#[test]
fn prefixes_end_with_the_membership() {
    let mut house = House::new();
    let voice = PrefixChange {
        user: BOB,
        prefix: Prefix::Voice,
        direction: command::Direction::Add,
    };
    house.ask(
        ALICE,
        Command::SetPrefixes {
            room: ROOM,
            changes: vec![voice],
        },
    );
    house.check();
    house.ask(
        BOB,
        Command::Leave {
            room: ROOM,
            reason: None,
        },
    );
    house.check();
    house.ask(
        BOB,
        Command::Join {
            room: RoomRef::Id(ROOM),
            key: None,
            missing: MissingRoom::Refuse,
            reason: None,
        },
    );
    house.check();
}

#[test]
fn pages_are_the_same_from_the_table_and_from_the_tail() {
    let mut house = House::new();
    let first = house.world.state.room(ROOM).unwrap().sequence.0;
    let fill = |house: &mut House, count: usize| {
        let mut records = Vec::new();
        for _ in 0..count {
            records.extend(house.records(ALICE, say("x")));
        }
        house
            .commit(Batch {
                records: records.iter().collect(),
                ..Batch::default()
            })
            .unwrap();
    };
    let check = |house: &House| {
        let reader = house.reader();
        let last = house.world.state.room(ROOM).unwrap().sequence.0;
        assert_eq!(
            sequences(&reader, 0, (Direction::Forward, usize::MAX)),
            (1..=last).collect::<Vec<_>>()
        );
        assert_eq!(
            sequences(&reader, u64::MAX, (Direction::Backward, 3)),
            [last, last - 1, last - 2]
        );
        assert_eq!(
            sequences(&reader, last - 2, (Direction::Forward, 10)),
            [last - 1, last]
        );
        assert_eq!(sequences(&reader, 3, (Direction::Backward, 10)), [2, 1]);
        let room = reader.room(ROOM).unwrap().unwrap();
        assert_eq!((room.sequence.0, room.notifying), (last, last - first));
        // Where a position lies in the room, at every seam.
        for event in reader
            .page((ROOM, RoomSequence(0)), (Direction::Forward, usize::MAX))
            .unwrap()
            .iter()
            .step_by(997)
        {
            assert_eq!(
                reader.sequence_at(ROOM, event.position).unwrap(),
                event.sequence
            );
            assert_eq!(
                reader.event(ROOM, event.sequence).unwrap().as_ref(),
                Some(event)
            );
            assert_eq!(
                reader.event_at(ROOM, event.position).unwrap().as_ref(),
                Some(event)
            );
            assert_eq!(
                reader.event_at(RoomId(9), event.position).unwrap(),
                None,
                "another room's"
            );
            let next = reader.after(ROOM, event.position, 1).unwrap();
            assert_eq!(
                next.first().map(|next| next.sequence),
                Some(event.sequence.next()).filter(|next| next.0 <= last)
            );
        }
        assert_eq!(
            reader.sequence_at(ROOM, Position(0)).unwrap(),
            RoomSequence(0)
        );
    };
    check(&house);
    fill(&mut house, BOUND - 100);
    check(&house);
    // One more batch carries it over the bound: everything is in the table.
    fill(&mut house, 200);
    assert!(house.writer().tail().all().is_empty());
    check(&house);
    fill(&mut house, 5);
    check(&house);
    house.crash();
    assert_eq!(
        house.writer().tail().all().len(),
        5,
        "only what is not in the table is read again"
    );
    check(&house);
    house.restart();
    assert!(house.writer().tail().all().is_empty());
    check(&house);
}

/// Whether any file of the directory holds these bytes.
fn on_disk(home: &Path, needle: &str) -> bool {
    std::fs::read_dir(home).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    })
}

#[test]
fn nothing_is_left_of_what_was_redacted() {
    // Short ones share a page, long ones have pages of their own.
    for length in [40, 900, 30_000] {
        let mut house = House::new();
        let secret = format!("{}secret-{length}", "s".repeat(length));
        let said: Vec<_> = (0..20).map(|_| house.say(&secret)).collect();
        house.say("kept");
        house.restart();
        assert!(on_disk(house.home.path(), &format!("secret-{length}")));
        for target in said {
            house.ask(
                ALICE,
                Command::Redact {
                    room: ROOM,
                    target,
                    reason: None,
                },
            );
        }
        assert!(house.writer().wants_scrub());
        house.writer().scrub().unwrap();
        assert!(!house.writer().wants_scrub());
        assert!(
            !on_disk(house.home.path(), &format!("secret-{length}")),
            "{length}"
        );
        assert!(
            !on_disk(house.home.path(), &"s".repeat(30)),
            "{length}: a piece of it"
        );
        assert!(on_disk(house.home.path(), "kept"));
    }
}

#[test]
fn what_is_redacted_in_its_own_batch_is_gone_too() {
    let mut house = House::new();
    let mut records = house.records(ALICE, say("a secret of one batch"));
    let room = house.world.state.room(ROOM).unwrap();
    let target = EventRef {
        sequence: room.sequence,
        position: room.position,
        author: ALICE,
    };
    records.extend(house.records(
        ALICE,
        Command::Redact {
            room: ROOM,
            target,
            reason: None,
        },
    ));
    house
        .commit(Batch {
            records: records.iter().collect(),
            ..Batch::default()
        })
        .unwrap();
    house.writer().scrub().unwrap();
    assert!(!on_disk(house.home.path(), "a secret of one batch"));
    let event = house
        .reader()
        .event(ROOM, target.sequence)
        .unwrap()
        .unwrap();
    assert_eq!(event.sender, ALICE, "its place, author and time stay");
    let RoomChange::Redacted(redacted) = event.change else {
        panic!("{event:?}")
    };
    assert_eq!(&*redacted.kind, "m.room.message");
    assert_eq!(
        (redacted.by.sequence, redacted.by.author),
        (target.sequence.next(), ALICE)
    );
}

#[test]
fn a_reader_keeps_a_scrub_waiting_and_it_is_tried_again() {
    let mut house = House::new();
    let target = house.say("a hidden word");
    house.ask(
        ALICE,
        Command::Redact {
            room: ROOM,
            target,
            reason: None,
        },
    );
    // A read transaction that is still open needs the old pages.
    let other = rusqlite::Connection::open(database(&house.home)).unwrap();
    other
        .execute_batch("BEGIN; SELECT count(*) FROM event;")
        .unwrap();
    house
        .writer()
        .connection()
        .busy_timeout(std::time::Duration::ZERO)
        .unwrap();
    house.say("meanwhile");
    house.writer().scrub().unwrap();
    assert!(house.writer().wants_scrub());
    other.execute_batch("COMMIT").unwrap();
    house.writer().scrub().unwrap();
    assert!(!house.writer().wants_scrub());
    assert!(!on_disk(house.home.path(), "a hidden word"));
}

#[test]
fn a_commit_that_finds_the_disk_full_leaves_nothing() {
    let mut house = House::new();
    let before = house.world.clone();
    let pages: i64 = house
        .writer()
        .connection()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    house
        .writer()
        .connection()
        .pragma_update(None, "max_page_count", pages)
        .unwrap();
    let key = KeyRow {
        device: DeviceId(1),
        key: [1; 32],
        at: Timestamp(1),
        result: vec![1],
    };
    let mut records = Vec::new();
    for _ in 0..50 {
        records.extend(house.records(ALICE, say(&"long ".repeat(1_000))));
    }
    let batch = Batch {
        records: records.iter().collect(),
        keys: &[key],
        forget_keys_before: None,
    };
    assert!(matches!(house.commit(batch), Err(StoreError::Full)));
    house.world = before;
    house.check();
    assert_eq!(house.reader().keys(DeviceId(1)).unwrap(), []);
    house
        .writer()
        .connection()
        .pragma_update(None, "max_page_count", 1_000_000)
        .unwrap();
    house.say("room again");
    house.check();
    house.crash();
    house.check();
}

#[test]
fn a_commit_that_another_one_blocks_may_be_tried_again() {
    let mut house = House::new();
    house
        .writer()
        .connection()
        .busy_timeout(std::time::Duration::ZERO)
        .unwrap();
    let other = rusqlite::Connection::open(database(&house.home)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let records = house.records(ALICE, say("wait"));
    let batch = Batch {
        records: records.iter().collect(),
        ..Batch::default()
    };
    assert!(matches!(
        house.writer().commit(&batch),
        Err(StoreError::Busy(_))
    ));
    other.execute_batch("ROLLBACK").unwrap();
    house.writer().commit(&batch).unwrap();
    house.check();
}

#[test]
fn keys_are_remembered_until_they_are_forgotten() {
    let mut house = House::new();
    let key = |number: u8, at| KeyRow {
        device: DeviceId(7),
        key: [number; 32],
        at: Timestamp(at),
        result: vec![number],
    };
    house
        .commit(Batch {
            keys: &[key(1, 100), key(2, 200)],
            ..Batch::default()
        })
        .unwrap();
    house.crash();
    let reader = house.reader();
    assert_eq!(reader.key(DeviceId(7), &[1; 32]).unwrap(), Some(vec![1]));
    assert_eq!(reader.keys(DeviceId(7)).unwrap().len(), 2);
    assert_eq!(
        reader.key(DeviceId(8), &[1; 32]).unwrap(),
        None,
        "another device's"
    );
    house
        .commit(Batch {
            forget_keys_before: Some(Timestamp(200)),
            ..Batch::default()
        })
        .unwrap();
    let reader = house.reader();
    assert_eq!(reader.key(DeviceId(7), &[1; 32]).unwrap(), None);
    assert_eq!(reader.key(DeviceId(7), &[2; 32]).unwrap(), Some(vec![2]));
}

#[test]
fn a_devices_keys_end_with_it_even_in_one_batch() {
    let mut house = House::new();
    let new = polylogue_core::command::NewDevice {
        label: "d".into(),
        name: None,
        token: polylogue_core::secret::TokenHash::of("t"),
    };
    house.ask(
        ALICE,
        Command::AddDevice {
            user: ALICE,
            device: new,
        },
    );
    let device = DeviceId(1);
    let key = |number: u8| KeyRow {
        device,
        key: [number; 32],
        at: Timestamp(1),
        result: Vec::new(),
    };
    house
        .commit(Batch {
            keys: &[key(1)],
            ..Batch::default()
        })
        .unwrap();
    let records = [house.record(Event::User {
        user: ALICE,
        change: polylogue_core::event::UserChange::DeviceRemoved(device),
    })];
    house
        .commit(Batch {
            records: records.iter().collect(),
            keys: &[key(2)],
            forget_keys_before: None,
        })
        .unwrap();
    assert_eq!(
        house.reader().keys(device).unwrap(),
        [],
        "the next device of that number must not find them"
    );
}

#[test]
fn who_was_in_when() {
    let mut house = House::new();
    let stand = |house: &mut House, membership| {
        let change = MemberChange {
            user: UserId(9),
            membership,
            previous: None,
            reason: None,
            content: None,
        };
        let record = house.record(Event::Room {
            room: ROOM,
            sender: ALICE,
            change: RoomChange::Member(change),
        });
        let sequence = record.entry.sequence;
        house
            .commit(Batch {
                records: vec![&record],
                ..Batch::default()
            })
            .unwrap();
        sequence
    };
    house.ask(
        ALICE,
        Command::SetState {
            room: ROOM,
            change: facets::history_visibility(HistoryVisibility::Joined),
        },
    );
    let invited = stand(&mut house, Membership::Invite);
    let joined = stand(&mut house, Membership::Join);
    house.say("one");
    let banned = stand(&mut house, Membership::Ban);
    house.say("two");
    stand(&mut house, Membership::Leave);
    let again = stand(&mut house, Membership::Join);
    let gate = house.reader().gate(ROOM, UserId(9)).unwrap();
    let mut spans: Vec<_> = gate
        .spans
        .iter()
        .map(|span| (span.from, span.to, span.kind))
        .collect();
    spans.sort_by_key(|(from, ..)| *from);
    let want = [
        (invited, Some(joined), SpanKind::Invited),
        (joined, Some(banned), SpanKind::Joined),
        (again, None, SpanKind::Joined),
    ];
    assert_eq!(spans, want);
    let seen = |sequence: RoomSequence| gate.visible(sequence);
    assert_eq!(
        [
            seen(invited),
            seen(joined),
            seen(banned),
            seen(banned.next()),
            seen(again)
        ],
        [false, true, true, false, true]
    );
    assert!(
        house
            .reader()
            .gate(ROOM, UserId(77))
            .unwrap()
            .spans
            .is_empty()
    );
}

#[test]
fn documents_and_account_data() {
    let mut house = House::new();
    let put = |blob: Option<&[u8]>, condition| Command::PutDocument {
        kind: "filter".into(),
        key: "k".into(),
        blob: blob.map(Arc::from),
        condition,
    };
    let read = |house: &House, user| house.reader().document(user, "filter", "k").unwrap();
    house.ask(ALICE, put(Some(b"one"), PutCondition::Version(Position(0))));
    assert_eq!(read(&house, ALICE).as_deref(), Some(&b"one"[..]));
    assert_eq!(read(&house, BOB), None);
    house.ask(ALICE, put(Some(b"two"), PutCondition::Rank(7)));
    house.check();
    house.ask(ALICE, put(None, PutCondition::Always));
    assert_eq!(read(&house, ALICE), None);
    house.check();
    let before = house.world.state.head;
    let content = Json::parse(r#"{"a":1}"#).unwrap();
    house.ask(
        ALICE,
        Command::SetAccountData {
            room: None,
            kind: "m.x".into(),
            content: content.clone(),
            condition: PutCondition::Always,
        },
    );
    house.check();
    assert_eq!(
        house.reader().account_data(ALICE, before).unwrap(),
        [(None, "m.x".to_owned(), content)]
    );
    assert_eq!(
        house
            .reader()
            .account_data(ALICE, house.world.state.head)
            .unwrap(),
        []
    );
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let mut house = House::new();
    house.say("hello");
    house.writer.take().unwrap().close().unwrap();
    let file = database(&house.home);
    rusqlite::Connection::open(&file)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let before = std::fs::read(&file).unwrap();
    let error = Writer::open(&file).map(drop).unwrap_err();
    assert!(
        matches!(error, StoreError::Newer { found: 99, .. }),
        "{error}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_store_belongs_to_one_server_name() {
    let mut house = House::new();
    house.crash();
    let error = load(house.writer(), Some("elsewhere"))
        .map(drop)
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::OtherServer { stored, .. } if stored == "test"),
        "{error}"
    );
    assert_eq!(
        &*load(house.writer(), None).unwrap().state.server_name,
        "test",
        "without a name it is the one remembered"
    );
}

#[test]
fn the_secret_behind_the_ids_is_made_once() {
    let mut house = House::new();
    let secret = load(house.writer(), Some("test")).unwrap().secret;
    house.restart();
    assert_eq!(load(house.writer(), Some("test")).unwrap().secret, secret);
    assert_ne!(
        load(House::new().writer(), Some("test")).unwrap().secret,
        secret
    );
}

#[test]
fn a_directory_has_one_master() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("data");
    let first = Directory::lock(&path).unwrap();
    match Directory::lock(&path) {
        Err(DirectoryError::InUse { pid, .. }) => assert_eq!(pid, std::process::id().to_string()),
        other => panic!("{other:?}"),
    }
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o700
    );
    drop(first);
    Directory::lock(&path).unwrap();
}

#[test]
fn a_row_of_an_unknown_version_is_damage_and_no_guess() {
    let mut house = House::new();
    let said = house.say("hello");
    house
        .writer()
        .connection()
        .execute(
            "UPDATE event SET blob = CAST(x'63' || substr(blob, 2) AS BLOB) WHERE position = ?1",
            [i64::try_from(said.position.0).unwrap()],
        )
        .unwrap();
    assert!(matches!(
        house.reader().event(ROOM, said.sequence),
        Err(StoreError::Row(_))
    ));
    assert!(matches!(house.reader().room(ROOM), Err(StoreError::Row(_))));
    assert!(
        house
            .reader()
            .event(ROOM, RoomSequence(said.sequence.0 - 1))
            .unwrap()
            .is_some(),
        "the others can be read"
    );
}

/// What accounts have for end-to-end encryption, through every kind of change.
mod keys {
    use polylogue_core::command::NewDevice;
    use polylogue_core::keys::{
        Addressee, HandedKey, KeyName, KeyObject, KeysCommand, Parcel, SigningRole, Upload,
    };
    use polylogue_core::limits;
    use polylogue_core::secret::TokenHash;

    use super::*;

    impl House {
        fn keys(&mut self, (user, device): (UserId, DeviceId), command: KeysCommand) {
            let actor = Actor::user(user, Some(device));
            let records = self.records_by(&actor, Command::Keys(command));
            let batch = Batch {
                records: records.iter().collect(),
                ..Batch::default()
            };
            self.commit(batch).unwrap();
        }
    }

    #[test]
    fn keys_and_messages_to_devices_are_there_again() {
        let mut house = House::new();
        for (user, label) in [(ALICE, "PHONE"), (ALICE, "LAPTOP"), (BOB, "BOBS")] {
            let (label, token) = (label.into(), TokenHash::of(label));
            let device = NewDevice {
                label,
                name: None,
                token,
            };
            house.ask(UserId::SERVER, Command::AddDevice { user, device });
        }
        let (phone, laptop) = ((ALICE, DeviceId(1)), (ALICE, DeviceId(2)));
        let bobs = (BOB, DeviceId(3));
        let key = |id: String| HandedKey {
            algorithm: "sc".into(),
            id: id.as_str().into(),
            blob: format!("{{\"{id}\":1}}").into(),
        };
        let object = |name: &str| KeyObject {
            blob: Json::parse(&format!("{{\"name\":\"{name}\"}}")).unwrap(),
            signatures: [("ed25519:A".into(), "signature".into())].into(),
        };
        let upload = |identity: &str| {
            KeysCommand::Upload(Upload {
                identity: Some(object(identity)),
                one_time: Vec::new(),
                fallback: vec![key("f".to_owned())],
            })
        };
        let claim = || KeysCommand::Claim {
            user: ALICE,
            device: DeviceId(1),
            algorithm: "sc".into(),
        };
        house.keys(phone, upload("phone"));
        house.keys(laptop, upload("laptop"));
        for round in ["first", "second"] {
            let one_time =
                (0..limits::ONE_TIME_KEYS).map(|number| key(format!("{round} {number}")));
            let upload = Upload {
                one_time: one_time.collect(),
                ..Upload::default()
            };
            house.keys(phone, KeysCommand::Upload(upload));
            house.check();
            for _ in 1..limits::ONE_TIME_KEYS {
                house.keys(bobs, claim());
            }
            house.check();
            house.keys(bobs, claim());
        }
        house.keys(bobs, claim());
        house.check();
        let signing = [
            (SigningRole::Master, object("m")),
            (SigningRole::UserSigning, object("u")),
        ];
        house.keys(phone, KeysCommand::UploadSigning(signing.into()));
        let signed = KeyObject {
            signatures: [("ed25519:B".into(), "bob's".into())].into(),
            ..object("m")
        };
        let (owner, name) = (ALICE, KeyName::Signing(SigningRole::Master));
        let sign = KeysCommand::Sign {
            owner,
            name,
            signed,
        };
        house.keys(bobs, sign);
        let content = |text: &str| Json::parse(&format!("{{\"body\":\"{text}\"}}")).unwrap();
        for text in ["one", "two", "three"] {
            let parcel = Parcel {
                user: ALICE,
                to: Addressee::All,
                content: content(text),
            };
            let (kind, messages) = ("m.test".into(), vec![parcel]);
            house.keys(bobs, KeysCommand::Send { kind, messages });
        }
        house.check();
        let messages = house
            .reader()
            .to_device(DeviceId(1), Position(0), 2)
            .unwrap();
        let texts: Vec<_> = messages
            .iter()
            .map(|(_, message)| (message.sender, message.content.clone()))
            .collect();
        assert_eq!(texts, [(BOB, content("one")), (BOB, content("two"))]);
        let up_to = messages.last().unwrap().0;
        house.keys(phone, KeysCommand::Acknowledge { up_to });
        let left = |house: &House, device| {
            let left = house.reader().to_device(device, Position(0), 10);
            left.unwrap().len()
        };
        assert_eq!(left(&house, DeviceId(1)), 1);
        assert_eq!(left(&house, DeviceId(2)), 3);
        house.check();
        let (device, name) = (DeviceId(2), "new".into());
        house.ask(ALICE, Command::RenameDevice { device, name });
        house.check();
        let (user, devices) = (ALICE, vec![DeviceId(1)]);
        house.ask(UserId::SERVER, Command::RemoveDevices { user, devices });
        assert_eq!(left(&house, DeviceId(1)), 0);
        house.check();
        house.crash();
        house.check();
    }
}

#[test]
fn what_may_pass_is_no_damage() {
    let check = |code: std::os::raw::c_int, damage: bool| {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        assert_eq!(StoreError::from(error).is_damage(), damage, "{code}");
    };
    check(rusqlite::ffi::SQLITE_CORRUPT, true);
    check(rusqlite::ffi::SQLITE_NOTADB, true);
    check(rusqlite::ffi::SQLITE_BUSY, false);
    check(rusqlite::ffi::SQLITE_IOERR, false);
    check(rusqlite::ffi::SQLITE_CANTOPEN, false);
    check(rusqlite::ffi::SQLITE_FULL, false);
    assert!(StoreError::Row("membership").is_damage());
    assert!(StoreError::from(rusqlite::Error::InvalidQuery).is_damage());
}
