//! The loops around the stages: one thread for the hub, one for journal and publisher, one for each lane. The stages themselves
//! know no threads.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use polylogue_core::decide::Context;
use polylogue_core::{DeviceId, Refusal, RoomId, SessionId, Timestamp};
use polylogue_store::{Batch as StoreBatch, StoreError, Writer};

use crate::batch::{Batch, Item, Receipt};
use crate::engine::{Cold, Engine};
use crate::inbox::{Inbox, Mail};
use crate::lane::{Arrival, Delivery, Lane};
use crate::publish::{Answer, Fate, View, publish};
use crate::readers::Readers;
use crate::ticket::Ticket;

/// How long a thread without work waits before it looks around: nothing depends on it but the watchdog.
const IDLE: Duration = Duration::from_millis(500);
/// Items in the batch being built beyond which the hub takes no more mail until the journal has caught up.
const BUILDING: usize = 16_384;
/// How long exactly-once keys are kept is checked this often.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// How long redacted content may stay in the write-ahead log of a busy server.
const SCRUB_EVERY: Duration = Duration::from_secs(30);
/// Bytes that a lane renders at most before it writes: far below the bound of an outbox.
const UNFLUSHED: usize = 128 * 1024;
/// How long to wait before a full disk is tried again.
const FULL_DISK: Duration = Duration::from_millis(500);

/// What the publisher hands to a lane.
pub(crate) type Parcel = (Arc<Delivery>, Vec<Answer<Ticket>>);

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

/// The hub thread: drains the inbox, decides, hands over.
pub(crate) fn run_hub(
    mut engine: Engine<Ticket>,
    inbox: &Arc<Inbox<Ticket>>,
    readers: &Arc<Readers>,
    journal: &SyncSender<Batch<Ticket>>,
) {
    let mut mail = Vec::new();
    let mut stopping = false;
    loop {
        let now = context();
        let due = engine.run_timers(now, Ticket::nobody);
        let wait = due.map_or(IDLE, |due| {
            Duration::from_millis(due.0.saturating_sub(now.now.0)).min(IDLE)
        });
        inbox.take(&mut mail, (wait, engine.pending() > 0));
        // One reading of the clock and one draw of chance serve a whole drain; ids and order come from positions.
        let mut now = context();
        for one in mail.drain(..) {
            now.random = now
                .random
                .rotate_left(7)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            match one {
                Mail::Command(envelope) => engine.submit(envelope, now),
                Mail::Committed => engine.committed(),
                Mail::Voided => {
                    if let Some(void) = engine.voided(now, Ticket::nobody) {
                        answer_void(void);
                    }
                }
                Mail::Room(id, room) => engine.room_loaded(id, room, now),
                Mail::Damaged(id) => engine.room_damaged(id, now),
                Mail::Keys(device, keys) => engine.keys_loaded(device, keys, now),
                Mail::KeysUnreadable(device) => engine.keys_unreadable(device, now),
                Mail::Stop => stopping = true,
            }
        }
        for cold in engine.take_wanted() {
            fetch(cold, inbox, readers);
        }
        loop {
            if let Some(batch) = engine.take_batch()
                && journal.send(batch).is_err()
            {
                return;
            }
            if engine.pending() < BUILDING {
                break;
            }
            // Too much undecided fate: wait for the journal alone.
            wait_for_journal(&mut engine, inbox, &mut mail);
        }
        if stopping && engine.pending() == 0 {
            return;
        }
    }
}

/// Takes mail until the batch in flight has met its fate; everything else is kept for later, in order.
fn wait_for_journal(
    engine: &mut Engine<Ticket>,
    inbox: &Inbox<Ticket>,
    kept: &mut Vec<Mail<Ticket>>,
) {
    let mut later = Vec::new();
    loop {
        inbox.take(kept, (IDLE, true));
        let mut settled = false;
        for one in kept.drain(..) {
            match one {
                Mail::Committed => {
                    engine.committed();
                    settled = true;
                }
                Mail::Voided => {
                    if let Some(void) = engine.voided(context(), Ticket::nobody) {
                        answer_void(void);
                    }
                    settled = true;
                }
                Mail::Command(_)
                | Mail::Room(..)
                | Mail::Damaged(_)
                | Mail::Keys(..)
                | Mail::KeysUnreadable(_)
                | Mail::Stop => later.push(one),
            }
        }
        if settled {
            // In front of what arrived since: they were first.
            inbox.put_back(later);
            return;
        }
    }
}

/// What was being built on void state never happened either.
fn answer_void(void: Batch<Ticket>) {
    for item in void.items {
        match item {
            Item::Reply(reply) => reply.ticket.tell(Err(Refusal::Unavailable)),
            Item::Event { .. } | Item::Signal { .. } => {}
        }
    }
}

fn fetch(cold: Cold, inbox: &Arc<Inbox<Ticket>>, readers: &Readers) {
    let inbox = inbox.clone();
    match cold {
        Cold::Room(room) => readers.post(Box::new(move |reader| {
            inbox.put(load_room(reader.room(room), room));
        })),
        Cold::Keys(device) => readers.post(Box::new(move |reader| {
            inbox.put(load_keys(reader.keys(device), device));
        })),
    }
}

fn load_room(
    found: Result<Option<polylogue_core::Room>, StoreError>,
    room: RoomId,
) -> Mail<Ticket> {
    match found {
        Ok(found) => Mail::Room(room, found),
        Err(error) => {
            tracing::error!(?room, %error, "a room can't be read and is set apart");
            Mail::Damaged(room)
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

/// The journal thread: one transaction for everything that was decided while the last one ran.
pub(crate) fn run_journal(
    mut writer: Writer,
    batches: &Receiver<Batch<Ticket>>,
    inbox: &Inbox<Ticket>,
    publisher: &Publisher,
) -> Result<(), StoreError> {
    let mut forgotten: Option<Instant> = None;
    let mut scrubbed = Instant::now();
    loop {
        let batch = match batches.recv_timeout(IDLE) {
            Ok(batch) => batch,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                if writer.wants_scrub() {
                    writer.scrub()?;
                }
                continue;
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return writer.close(),
        };
        let mut to_store = StoreBatch {
            records: records(&batch),
            keys: batch.keys.clone(),
            forget_keys_before: None,
        };
        if forgotten.is_none_or(|at| at.elapsed() > FORGET_EVERY) {
            forgotten = Some(Instant::now());
            let before = now().0.saturating_sub(polylogue_core::limits::KEY_AGE);
            to_store.forget_keys_before = Some(Timestamp(before));
        }
        let nothing_to_write = to_store.records.is_empty() && to_store.keys.is_empty();
        let fate = if nothing_to_write {
            Fate::Committed
        } else {
            match writer.commit(&to_store) {
                Ok(()) => Fate::Committed,
                Err(error @ (StoreError::Full | StoreError::Busy(_))) => {
                    tracing::error!(%error, "a commit failed: its changes are refused");
                    std::thread::sleep(FULL_DISK);
                    Fate::Void
                }
                // What may be half on disk must not be answered: the process ends, and starts again from the store.
                Err(error) => return Err(error),
            }
        };
        inbox.settle(match fate {
            Fate::Committed => Mail::Committed,
            Fate::Void => Mail::Voided,
        });
        if !publisher.publish(batch, fate) {
            return writer.close();
        }
        // A server that is never idle scrubs all the same.
        if !writer.wants_scrub() {
            scrubbed = Instant::now();
        } else if scrubbed.elapsed() > SCRUB_EVERY {
            scrubbed = Instant::now();
            writer.scrub()?;
        }
    }
}

fn records(batch: &Batch<Ticket>) -> Vec<polylogue_store::Record> {
    batch
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Event { record, .. } => Some(record.clone()),
            Item::Signal { .. } | Item::Reply(_) => None,
        })
        .collect()
}

/// The publishing stage. It runs on the journal's thread: a thread of its own would cost a wake-up per batch and do next to nothing.
pub(crate) struct Publisher {
    pub(crate) view: View,
    pub(crate) lanes: Vec<SyncSender<Parcel>>,
}

impl Publisher {
    /// View, then lanes. False once the lanes are gone.
    fn publish(&self, batch: Batch<Ticket>, fate: Fate) -> bool {
        let (delivery, answers) = publish(&self.view, batch, fate);
        let mut by_lane: Vec<Vec<Answer<Ticket>>> = self.lanes.iter().map(|_| Vec::new()).collect();
        for answer in answers {
            if let Some(list) = by_lane.get_mut(answer.0.lane) {
                list.push(answer);
            }
        }
        let wanted = |answers: &Vec<_>| !delivery.changes.is_empty() || !answers.is_empty();
        self.lanes
            .iter()
            .zip(by_lane)
            .filter(|(_, answers)| wanted(answers))
            .all(|(lane, answers)| lane.send((delivery.clone(), answers)).is_ok())
    }
}

/// A lane's thread: deliver, then release the answers of its sessions.
pub(crate) fn run_lane(parcels: &Receiver<Parcel>, arrivals: &Arrivals) {
    let mut lane = Lane::default();
    while let Ok(first) = parcels.recv() {
        let mut next = Some(first);
        // Everything that came while the last sockets were written is delivered before any is written again.
        while let Some((delivery, answers)) = next.take() {
            lane.deliver(&delivery, |session| arrivals.take(session));
            for (ticket, result) in answers {
                ticket.tell(result);
            }
            if lane.unflushed() < UNFLUSHED {
                next = parcels.try_recv().ok();
            }
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

fn context() -> Context {
    let mut random = [0; 16];
    // Chance in the core decides nothing that must not be guessed; without any, ids of guests repeat at worst.
    let _ = getrandom::fill(&mut random);
    Context {
        now: now(),
        random: u128::from_le_bytes(random),
    }
}
