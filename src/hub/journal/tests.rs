//! A disk that is full, as far as a file that may not grow can show it.

use polylogue_core::command::{Actor, NewDevice, Say};
use polylogue_core::decide::Context;
use polylogue_core::name::AccountName;
use polylogue_core::secret::{PasswordHash, TokenHash};
use polylogue_core::state::World;
use polylogue_core::{Command, DeviceId, UserId};
use polylogue_store::load;

use super::*;
use crate::engine::{Engine, Envelope};

const ALICE: UserId = UserId(1);

struct Disk {
    home: tempfile::TempDir,
    journal: Journal,
    engine: Engine<Ticket>,
    now: u64,
}

impl Disk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let writer = Writer::open(&home.path().join("db")).unwrap();
        let state = load(&writer, Some("test")).unwrap().state;
        let reserve = Reserve::in_directory(home.path());
        let view = View::new(World::new(state.clone()));
        Self {
            journal: Journal::new((writer, reserve), view, Vec::new()),
            engine: Engine::new(state),
            home,
            now: 1_000,
        }
    }

    fn context(&self) -> Context {
        Context {
            now: Timestamp(self.now),
            random: 1,
        }
    }

    /// Decides and writes; whether something changed.
    fn ask(&mut self, actor: Actor, command: Command) -> bool {
        self.ask_all(vec![(actor, command)])
    }

    fn ask_all(&mut self, commands: Vec<(Actor, Command)>) -> bool {
        let before = self.engine.world().state.head;
        for (actor, command) in commands {
            let envelope = Envelope {
                actor,
                command,
                key: None,
                label: None,
                tags: None,
                ticket: Ticket::nobody(),
            };
            self.engine.submit(envelope, self.context());
        }
        let (context, journal) = (self.context(), &mut self.journal);
        self.engine
            .settle(context, Ticket::nobody, |batch| journal.write(batch))
            .unwrap();
        if let Some(wait) = self.journal.wait_for_space() {
            let until = self.now + u64::try_from(wait.as_millis()).unwrap();
            self.engine.disk_is_full(Timestamp(until));
        }
        self.engine.world().state.head > before
    }

    fn has_reserve(&self) -> bool {
        self.home.path().join("reserve").exists()
    }
}

fn alice() -> Actor {
    Actor::user(ALICE, None)
}

fn register() -> Command {
    Command::Register {
        name: AccountName::from_nick("alice").unwrap(),
        password: PasswordHash("hash".into()),
        device: Some(device("phone")),
        contact: None,
    }
}

fn device(label: &str) -> NewDevice {
    NewDevice {
        label: label.into(),
        name: None,
        token: TokenHash::of(label),
    }
}

fn long() -> Command {
    let content = format!("{{\"text\":\"{}\"}}", "x".repeat(200_000));
    Command::SetAccountData {
        room: None,
        kind: "org.example.long".into(),
        content: polylogue_core::Json::parse(&content).unwrap(),
        condition: polylogue_core::command::PutCondition::Always,
    }
}

fn rename(name: &str) -> Command {
    Command::RenameDevice {
        device: DeviceId(1),
        name: name.into(),
    }
}

#[test]
fn on_a_full_disk_only_what_is_urgent_is_done_until_there_is_room_again() {
    let mut disk = Disk::new();
    assert!(disk.ask(Actor::ADMINISTRATOR, register()));
    assert!(disk.ask(alice(), rename("one")));
    disk.journal.writer.limit_pages(1).unwrap();
    assert!(!disk.ask(alice(), long()), "there is no place for it");
    assert!(
        !disk.ask(alice(), rename("two")),
        "nothing else is tried for a while"
    );
    let logout = Command::RemoveDevices {
        user: ALICE,
        devices: vec![DeviceId(1)],
    };
    assert!(
        disk.ask(Actor::user(ALICE, Some(DeviceId(1))), logout),
        "a logout is"
    );
    assert!(disk.has_reserve(), "it did not need the reserve");
    disk.now += 5_000;
    assert!(!disk.ask(alice(), long()), "there is still no place");
    disk.journal.writer.limit_pages(1_000_000).unwrap();
    assert!(!disk.ask(alice(), long()), "it is not tried again so soon");
    disk.now += 5_000;
    assert!(disk.ask(alice(), long()));
}

#[test]
fn the_reserve_is_given_up_for_what_is_urgent_and_taken_again() {
    let mut disk = Disk::new();
    assert!(disk.ask(Actor::ADMINISTRATOR, register()));
    let room = polylogue_core::RoomId(1);
    let join = Command::Join {
        room: polylogue_core::command::RoomRef::Name(
            polylogue_core::name::ChannelName::parse("#a").unwrap(),
        ),
        key: None,
        missing: polylogue_core::command::MissingRoom::Create,
        reason: None,
    };
    assert!(disk.ask(alice(), join));
    let said = polylogue_core::body::Text {
        kind: polylogue_core::body::TextKind::Text,
        form: polylogue_core::body::Form::Irc("hello".into()),
    };
    let say = Say {
        to: polylogue_core::command::Destination::Room(room),
        message: polylogue_core::body::Message::plain(polylogue_core::Body::Text(said)),
    };
    assert!(disk.ask(alice(), Command::Say(say)));
    let target = {
        let known = disk.engine.world().state.room(room).unwrap();
        polylogue_core::EventRef {
            sequence: known.sequence,
            position: known.position,
            author: ALICE,
        }
    };
    disk.journal.writer.limit_pages(1).unwrap();
    let redact = || Command::Redact {
        room,
        target,
        reason: Some("because ".repeat(60).into()),
    };
    let many = || (0..200).map(|_| (alice(), redact())).collect();
    assert!(!disk.ask_all(many()));
    assert!(!disk.has_reserve(), "it is given up");
    disk.journal.writer.limit_pages(1_000_000).unwrap();
    assert!(disk.ask_all(many()));
    disk.journal.idle().unwrap();
    assert!(disk.has_reserve(), "and taken again");
}
