//! The loops around the stages: one thread that decides, writes and publishes, one for each lane. The stages themselves know no threads.

use std::collections::HashMap;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use polylogue_core::decide::Context;
use polylogue_core::{DeviceId, Position, RoomId, SessionId, Timestamp};
use polylogue_store::StoreError;

use crate::batch::Receipt;
use crate::engine::{Cold, Engine};
use crate::inbox::{Inbox, Mail};
use crate::journal::Journal;
use crate::lane::{Arrival, Delivery, Lane};
use crate::latch::Latch;
use crate::publish::Answer;
use crate::readers::Readers;
use crate::ticket::Ticket;
use crate::watch::Watches;

/// How long a thread without work waits before it looks around: nothing depends on it but the watchdog.
const IDLE: Duration = Duration::from_millis(500);
/// A busy server commits at most this often. Each commit costs every stage its wake-up and every socket its own system call; a millisecond is
/// below what anybody notices, and what a commit takes on many disks anyway.
const PERIOD: Duration = Duration::from_millis(1);
/// Commands in one batch from which on the server is busy.
const MANY: usize = 32;

/// How often a room is read before whoever waits for it is told to come again.
const ATTEMPTS: usize = 3;
/// And after how long each time.
const AGAIN: Duration = Duration::from_millis(50);

/// What the publisher hands to a lane.
pub(crate) struct Parcel {
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) answers: Vec<Answer<Ticket>>,
    /// Where sessions end by another's doing: opens when every lane has closed its own.
    pub(crate) closed: Option<Arc<Latch>>,
}

/// Sessions on their way into a lane, until the batch with their attachment gets there.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<HashMap<SessionId, Arrival>>);

impl Arrivals {
    pub(crate) fn announce(&self, arrival: Arrival) {
        self.lock().insert(arrival.session, arrival);
    }

    pub(crate) fn take(&self, session: SessionId) -> Option<Arrival> {
        self.lock().remove(&session)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Arrival>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hub thread: drains the inbox, decides, has it written, publishes.
///
/// One thread does all three. Nothing that is decided is told before it is on disk, so a command that comes in during a commit loses nothing by
/// being decided after it; and in a quiet server a thread of its own for the journal would cost as much in wake-ups as the commit itself.
///
/// # Errors
/// The store failed in a way after which nothing may be answered.
pub(crate) fn run_hub(
    mut engine: Engine<Ticket>,
    inbox: &Arc<Inbox<Ticket>>,
    readers: &Arc<Readers>,
    mut journal: Journal,
) -> Result<(), StoreError> {
    let mut mail = Vec::new();
    let mut stopping = false;
    let mut pace = Pace::default();
    while !stopping {
        let due = engine.run_timers(context(), Ticket::nobody);
        inbox.take(&mut mail, wait(due, engine.pending()));
        if mail.is_empty() && engine.pending() == 0 {
            journal.idle()?;
        }
        // One reading of the clock and one draw of chance serve a whole drain; ids and order come from positions.
        let mut now = context();
        let mut taken = 0;
        for one in mail.drain(..) {
            now = next(now);
            match one {
                Mail::Command(envelope) => {
                    taken += 1;
                    engine.submit(*envelope, now);
                }
                Mail::Run(envelopes) => {
                    taken += envelopes.len();
                    for envelope in envelopes {
                        now = next(now);
                        engine.submit(envelope, now);
                    }
                }
                Mail::Turn(ticket) => engine.turn(ticket),
                Mail::Room(id, at, room) => {
                    engine.room_loaded(id, (at, room.map(|room| *room)), now);
                }
                Mail::Damaged(id) => engine.room_damaged(id, now),
                Mail::RoomUnreadable(id) => engine.unreadable(Cold::Room(id), now),
                Mail::Keys(device, keys) => engine.keys_loaded(device, keys, now),
                Mail::KeysUnreadable(device) => engine.unreadable(Cold::Keys(device), now),
                Mail::Stop => stopping = true,
            }
        }
        for cold in engine.take_wanted() {
            fetch(cold, inbox, readers);
        }
        let settled = engine.settle(now, Ticket::nobody, |batch| {
            pace.begin(taken);
            journal.write(batch)
        })?;
        if let Some(batch) = settled {
            if let Some(wait) = journal.wait_for_space() {
                let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                engine.disk_is_full(context().now.plus(milliseconds));
            }
            if !journal.publish(batch) {
                stopping = true;
            }
        }
        engine.evict(now.now);
        pace.hold();
    }
    journal.close()
}

/// How long to wait for mail: not at all if something is decided already, and no longer than until the next timer.
fn wait(due: Option<Timestamp>, pending: usize) -> Duration {
    if pending > 0 {
        return Duration::ZERO;
    }
    due.map_or(IDLE, |due| {
        Duration::from_millis(due.0.saturating_sub(now().0)).min(IDLE)
    })
}

/// How often a busy server commits.
#[derive(Debug, Default)]
struct Pace {
    /// When the last commit began, and after how many commands.
    last: Option<(Instant, usize)>,
}

impl Pace {
    fn begin(&mut self, commands: usize) {
        self.last = Some((Instant::now(), commands));
    }

    /// Waits out the rest of the period if many talk at the same time: what comes meanwhile shares the next commit, and the next write to each
    /// socket. Who talks alone never waits.
    fn hold(&mut self) {
        if let Some((began, commands)) = self.last.take()
            && commands >= MANY
            && let Some(rest) = PERIOD.checked_sub(began.elapsed())
        {
            std::thread::sleep(rest);
        }
    }
}

fn fetch(cold: Cold, inbox: &Arc<Inbox<Ticket>>, readers: &Readers) {
    let inbox = inbox.clone();
    match cold {
        Cold::Room(room) => readers.post(Box::new(move |reader| {
            let mut found = reader.snapshot(room);
            for _ in 1..ATTEMPTS {
                if !matches!(&found, Err(error) if !error.is_damage()) {
                    break;
                }
                std::thread::sleep(AGAIN);
                found = reader.snapshot(room);
            }
            inbox.put(load_room(found, room));
        })),
        Cold::Keys(device) => readers.post(Box::new(move |reader| {
            inbox.put(load_keys(reader.keys(device), device));
        })),
    }
}

fn load_room(
    found: Result<(Position, Option<polylogue_core::Room>), StoreError>,
    room: RoomId,
) -> Mail<Ticket> {
    match found {
        Ok((at, found)) => Mail::Room(room, at, found.map(Box::new)),
        Err(error) if error.is_damage() => {
            tracing::error!(?room, %error, "a room can't be read and is set apart");
            Mail::Damaged(room)
        }
        Err(error) => {
            tracing::error!(?room, %error, "a room could not be read now");
            Mail::RoomUnreadable(room)
        }
    }
}

fn load_keys(
    found: Result<Vec<polylogue_store::UsedKey>, StoreError>,
    device: DeviceId,
) -> Mail<Ticket> {
    let keys = match found {
        Ok(keys) => keys,
        Err(error) => {
            tracing::error!(?device, %error, "exactly-once keys can't be read");
            return Mail::KeysUnreadable(device);
        }
    };
    Mail::Keys(
        device,
        keys.into_iter()
            .map(|(key, blob)| (key, Receipt::from_blob(&blob)))
            .collect(),
    )
}

/// A lane's thread: deliver, then release the answers of its sessions.
pub(crate) fn run_lane(parcels: &Receiver<Parcel>, arrivals: &Arrivals, watches: Arc<Watches>) {
    let mut lane = Lane::watching(watches);
    while let Ok(first) = parcels.recv() {
        let mut next = Some(first);
        // Everything that came while the last sockets were written is delivered before any is written again.
        while let Some(parcel) = next.take() {
            lane.deliver(&parcel.delivery, |session| arrivals.take(session));
            if let Some(closed) = &parcel.closed {
                closed.wait();
            }
            for (ticket, result) in parcel.answers {
                ticket.tell(result);
            }
            next = parcels.try_recv().ok();
        }
        lane.flush();
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The same moment for the next command, with chance of its own.
fn next(context: Context) -> Context {
    let random = context
        .random
        .rotate_left(7)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    Context { random, ..context }
}

fn context() -> Context {
    let mut random = [0; 16];
    // Chance in the core decides nothing that must not be guessed; without any, ids of guests repeat at worst.
    let _ = getrandom::fill(&mut random);
    Context {
        now: now(),
        random: u128::from_le_bytes(random),
    }
}
