//! The store: its journal beside a bare SQLite loop of equal batches, a million events on disk, a cold start of the daemon on them, and an idle
//! daemon. Run with `cargo bench --bench store`, or `-- journal` or `-- million` for a part.

#[expect(dead_code, reason = "each benchmark uses its part of it")]
mod support;

use std::path::Path;
use std::sync::Arc;

use polylogue_core::body::{Body, Form, Message, Text, TextKind};
use polylogue_core::command::{Actor, MissingRoom, RoomRef};
use polylogue_core::decide::{Change, Context, decide};
use polylogue_core::name::{AccountName, ChannelName};
use polylogue_core::secret::PasswordHash;
use polylogue_core::state::World;
use polylogue_core::{Command, Event, RoomChange, RoomId, Timestamp, UserId};
use polylogue_store::{Batch, Directory, Record, Writer, load};
use tempfile::TempDir;

use support::daemon::{DATA, Daemon};
use support::disk::flush_p99;
use support::journal::{Cost, Load, bare_loop, blob_size, page_bytes, unindexed};
use support::process::Others;
use support::report::{Bound, Table, Targets, median, number};
use support::{Outcome, chosen, rounds, say, wants};

/// Rooms and people of the store that is written.
const ROOMS: u32 = 50;
const PEOPLE: u32 = 200;
/// Events in one transaction, from a quiet server to a flooded one.
const BATCHES: [usize; 4] = [1, 16, 64, 256];
/// Events and commits of one measurement at least: several times what the index table may be behind, so that its cost is in.
const EVENTS: usize = 32_768;
/// Events of the large store, and how many are written at once.
const MILLION: usize = 1_000_000;
const CHUNK: usize = 1_000;
/// Events that a crash leaves without an index.
const UNINDEXED: u32 = 7_000;
/// What each message says: 66 bytes.
const BODY: &str = "the quick brown fox jumps over a lazy dog, and sleeps for an hour.";

fn main() -> Outcome<()> {
    let Some(chosen) = chosen() else {
        return Ok(());
    };
    let mut targets = Targets::default();
    if wants(&chosen, "journal") {
        journal(&mut targets)?;
    }
    if wants(&chosen, "million") {
        million(&mut targets)?;
    }
    targets.print();
    Ok(())
}

/// The journal and the bare loop, alternating.
fn journal(targets: &mut Targets) -> Outcome<()> {
    let mut table = Table::new(&[
        "events a commit",
        "journal events/s",
        "bare events/s",
        "share",
        "journal us CPU",
        "bare us CPU",
        "flush p99 ms",
        "others' cores",
    ]);
    for batch in BATCHES {
        let mut shares = Vec::new();
        let mut columns: [Vec<f64>; 6] = Default::default();
        for _ in 0..rounds() {
            let others = Others::watch()?;
            let home = TempDir::with_prefix("polylogue-bench-")?;
            let flush = flush_p99(home.path())?;
            let (load, ours) = write_journal(home.path(), batch)?;
            let bare = bare_loop(home.path(), load)?;
            let rate = |cost: Cost| load.events as f64 / cost.elapsed.as_secs_f64();
            let each = |cost: Cost| cost.cpu.as_secs_f64() * 1e6 / load.events as f64;
            shares.push(rate(ours) / rate(bare));
            let measured = [
                rate(ours),
                rate(bare),
                each(ours),
                each(bare),
                flush,
                others.cores()?,
            ];
            for (column, value) in columns.iter_mut().zip(measured) {
                column.push(value);
            }
        }
        let share = median(shares);
        let [ours, bare, our_cpu, bare_cpu, flush, others] = columns.map(median).map(number);
        table.row(vec![
            batch.to_string(),
            ours,
            bare,
            number(share),
            our_cpu,
            bare_cpu,
            flush,
            others,
        ]);
        targets.check(
            format!("journal, {batch} a commit: share of the bare loop"),
            share,
            Bound::AtLeast(0.6),
        );
    }
    table.print(&format!(
        "Journal beside a bare SQLite loop (synchronous=FULL, medians of {})",
        rounds()
    ));
    Ok(())
}

/// Writes messages through the store's writer to a new database; only the commits are timed. Also says what a bare loop must write to be equal.
fn write_journal(home: &Path, batch: usize) -> Outcome<(Load, Cost)> {
    let directory = Directory::lock(&home.join(DATA))?;
    let mut writer = Writer::open(&directory.database())?;
    let mut chat = Chat::begin(&mut writer)?;
    let batches: Vec<_> = (0..EVENTS / batch).map(|_| chat.messages(batch)).collect();
    let cost = Cost::of(|| {
        for records in &batches {
            writer.commit(&of(records))?;
        }
        Ok(())
    })?;
    drop(writer);
    let load = Load {
        events: EVENTS / batch * batch,
        batch,
        blob: blob_size(&directory.database())?,
    };
    Ok((load, cost))
}

/// A large store: its size, and what a daemon on it needs.
fn million(targets: &mut Targets) -> Outcome<()> {
    let [home, crashed, empty] = [(), (), ()].map(|()| TempDir::with_prefix("polylogue-bench-"));
    let (home, crashed, empty) = (home?, crashed?, empty?);
    let mut chat = write_million(home.path())?;
    let database = Directory::lock(&home.path().join(DATA))?.database();
    let bytes = std::fs::metadata(&database)?.len() as f64;
    let mut table = Table::new(&["part", "MB", "bytes an event"]);
    for (name, bytes) in page_bytes(&database)?.into_iter().take(3) {
        table.row(sizes(name, bytes));
    }
    table.row(sizes("all of the file".to_owned(), bytes));
    table.print("A million events of 66 bytes on disk");
    targets.check(
        "1,000,000 events and their indexes: MB on disk",
        bytes / 1e6,
        Bound::AtMost(140.0),
    );

    crash(home.path(), &mut chat, crashed.path())?;
    let mut columns: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds() {
        let stopped = Daemon::development(home.path())?;
        // Killed when it is dropped: its store stays as the crash left it.
        let after_crash = Daemon::development(crashed.path())?;
        let new = Daemon::development(empty.path())?;
        let measured = [
            milliseconds(&stopped),
            milliseconds(&after_crash),
            new.process.resident()? / 1024.0,
            stopped.process.resident()? / 1024.0,
        ];
        for (column, value) in columns.iter_mut().zip(measured) {
            column.push(value);
        }
        stopped.process.stop()?;
    }
    let behind = unindexed(&Directory::lock(&crashed.path().join(DATA))?.database())?;
    let bounds = [
        ("cold start on 1,000,000 events: ms".to_owned(), 300.0),
        (
            format!("the same after a crash, {behind} of them not indexed: ms"),
            300.0,
        ),
        ("idle daemon, no events: MiB RSS".to_owned(), 30.0),
        ("idle daemon, 1,000,000 events: MiB RSS".to_owned(), 30.0),
    ];
    for ((what, bound), column) in bounds.into_iter().zip(columns) {
        targets.check(what, median(column), Bound::AtMost(bound));
    }
    Ok(())
}

fn sizes(name: String, bytes: f64) -> Vec<String> {
    vec![name, number(bytes / 1e6), number(bytes / MILLION as f64)]
}

fn milliseconds(daemon: &Daemon) -> f64 {
    daemon.start.as_secs_f64() * 1e3
}

/// Writes a million events to a new store in `home`.
fn write_million(home: &Path) -> Outcome<Chat> {
    let directory = Directory::lock(&home.join(DATA))?;
    let mut writer = Writer::open(&directory.database())?;
    let mut chat = Chat::begin(&mut writer)?;
    let cost = Cost::of(|| {
        for _ in 0..MILLION / CHUNK {
            writer.commit(&of(&chat.messages(CHUNK)))?;
        }
        Ok(())
    })?;
    writer.close()?;
    say(&format!(
        "\nWrote {MILLION} events, {CHUNK} a commit, in {:.1} s",
        cost.elapsed.as_secs_f64()
    ));
    Ok(chat)
}

/// Goes on with the store in `home` until its index table is far behind, and copies its files to `crashed` as they are then: what a crash at that
/// moment leaves.
fn crash(home: &Path, chat: &mut Chat, crashed: &Path) -> Outcome<()> {
    let (from, to) = (
        Directory::lock(&home.join(DATA))?,
        Directory::lock(&crashed.join(DATA))?,
    );
    let mut writer = Writer::open(&from.database())?;
    while unindexed(&from.database())? < UNINDEXED {
        writer.commit(&of(&chat.messages(CHUNK)))?;
    }
    copy_database(&from.database(), &to.database())?;
    Ok(writer.close()?)
}

/// The database and its write-ahead log.
fn copy_database(from: &Path, to: &Path) -> Outcome<()> {
    for ending in ["", "-wal"] {
        let [from, to] = [from, to].map(|path| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            name
        });
        std::fs::copy(from, to)?;
    }
    Ok(())
}

/// One commit of these.
fn of(records: &[Record]) -> Batch<'_> {
    Batch {
        records: records.iter().collect(),
        ..Batch::default()
    }
}

/// People in rooms who say something, one after another.
struct Chat {
    world: World,
    now: u64,
}

impl Chat {
    /// Makes the people and their rooms in a new store.
    fn begin(writer: &mut Writer) -> Outcome<Self> {
        let loaded = load(writer, Some("localhost"))?;
        let mut chat = Self {
            world: World::new(loaded.state),
            now: 1_700_000_000_000,
        };
        let mut batch = Vec::new();
        for person in 1..=PEOPLE {
            let name = AccountName::from_nick(&format!("person{person}"))
                .map_err(|error| format!("{error:?}"))?;
            let register = Command::Register {
                name,
                password: PasswordHash("".into()),
                device: None,
                contact: None,
            };
            chat.ask(&Actor::SERVER, register, &mut batch)?;
            let room = ChannelName::parse(&format!("#room{}", person % ROOMS))
                .map_err(|error| format!("{error:?}"))?;
            let join = Command::Join {
                room: RoomRef::Name(room),
                key: None,
                missing: MissingRoom::Create,
                reason: None,
            };
            chat.ask(&Actor::user(UserId(person), None), join, &mut batch)?;
        }
        writer.commit(&of(&batch))?;
        Ok(chat)
    }

    /// The next messages, each of somebody in one of his rooms.
    fn messages(&mut self, count: usize) -> Vec<Record> {
        (0..count)
            .map(|_| {
                self.now += 50;
                let turn = u32::try_from(self.now / 50 % u64::from(PEOPLE)).unwrap_or(0);
                let text = Text {
                    kind: TextKind::Text,
                    form: Form::Irc(BODY.into()),
                };
                let event = Event::Room {
                    room: RoomId(turn % ROOMS + 1),
                    sender: UserId(turn + 1),
                    change: RoomChange::Message(Message::plain(Body::Text(text))),
                };
                self.record(event)
            })
            .collect()
    }

    fn ask(&mut self, actor: &Actor, command: Command, batch: &mut Vec<Record>) -> Outcome<()> {
        let context = Context {
            now: Timestamp(self.now),
            random: 1,
        };
        let decision = decide(&self.world, actor, command, context)
            .map_err(|refusal| format!("refused: {refusal}"))?;
        for change in decision.changes {
            match change {
                Change::Event(event) => batch.push(self.record(event)),
                Change::Signal(signal) => self.world.live.apply(&signal),
            }
        }
        Ok(())
    }

    fn record(&mut self, event: Event) -> Record {
        let entry = Arc::new(self.world.state.stamp(event, Timestamp(self.now)));
        self.world.apply(&entry);
        let room = match &entry.event {
            Event::Room { room, .. } => self.world.state.room(*room),
            Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => None,
        };
        let notifying = room.map_or(0, |room| room.notifying);
        Record { entry, notifying }
    }
}
