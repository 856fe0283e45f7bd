//! The journal: one transaction for everything that was decided while the last one ran, then the publication of what is on disk.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use polylogue_core::Timestamp;
use polylogue_store::{Batch as StoreBatch, Record, Reserve, StoreError, Writer};

use crate::batch::{Batch, Item};
use crate::latch::Latch;
use crate::publish::{Answer, Fate, View, publish};
use crate::stages::{Parcel, now};
use crate::ticket::Ticket;

/// How long exactly-once keys are kept is checked this often.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// How long redacted content may stay in the write-ahead log. Emptying that costs some commits' time, and it has to be grown again.
const SCRUB_EVERY: Duration = Duration::from_secs(30);
/// How long to wait before a full disk is tried again.
const FULL_DISK: Duration = Duration::from_secs(2);
/// How long to wait when not even the reserve was enough.
const NOTHING_LEFT: Duration = Duration::from_millis(100);
/// A reserve that was given up is taken again once there is room; how often that is tried.
const HOLD_EVERY: Duration = Duration::from_secs(10);

/// Writes batches, and shows them to everybody once they are on disk.
pub(crate) struct Journal {
    writer: Writer,
    view: View,
    lanes: Vec<SyncSender<Parcel>>,
    forgotten: Option<Instant>,
    scrubbed: Option<Instant>,
    reserve: Reserve,
    /// When it was last seen to that the reserve is there.
    held: Option<Instant>,
    /// The disk turned out to be full in the last transaction.
    full: bool,
}

impl Journal {
    /// Writes with `writer` and its reserve, publishes to `view` and to the lanes.
    pub(crate) fn new(
        (writer, reserve): (Writer, Reserve),
        view: View,
        lanes: Vec<SyncSender<Parcel>>,
    ) -> Self {
        Self {
            writer,
            view,
            lanes,
            forgotten: None,
            scrubbed: None,
            reserve,
            held: None,
            full: false,
        }
    }

    /// One transaction.
    ///
    /// # Errors
    /// What may be half on disk must not be answered: the process ends, and starts again from the store.
    pub(crate) fn write(&mut self, batch: &Batch<Ticket>) -> Result<Fate, StoreError> {
        let mut to_store = StoreBatch {
            records: records(batch),
            keys: &batch.keys,
            forget_keys_before: None,
        };
        if self.forgotten.is_none_or(|at| at.elapsed() > FORGET_EVERY) {
            self.forgotten = Some(Instant::now());
            let before = now().0.saturating_sub(polylogue_core::limits::KEY_AGE);
            to_store.forget_keys_before = Some(Timestamp(before));
        }
        let nothing_to_write = to_store.records.is_empty() && to_store.keys.is_empty();
        if nothing_to_write {
            return Ok(Fate::Committed);
        }
        match self.writer.commit(&to_store) {
            Ok(()) => {
                // A server that is never idle scrubs all the same.
                self.scrub()?;
                Ok(Fate::Committed)
            }
            Err(StoreError::Full) => self.on_full_disk(&to_store),
            Err(error @ StoreError::Busy(_)) => {
                tracing::error!(%error, "a commit failed: its changes are refused");
                Ok(Fate::Void)
            }
            Err(error) => Err(error),
        }
    }

    fn scrub(&mut self) -> Result<(), StoreError> {
        if self.writer.wants_scrub() && self.scrubbed.is_none_or(|at| at.elapsed() > SCRUB_EVERY) {
            self.scrubbed = Some(Instant::now());
            self.writer.scrub()?;
        }
        Ok(())
    }

    /// What is urgent gets the space that is kept for it. Everything else is void.
    fn on_full_disk(&mut self, batch: &StoreBatch<'_>) -> Result<Fate, StoreError> {
        let urgent = batch
            .records
            .iter()
            .all(|record| record.entry.event.is_urgent());
        if urgent && self.reserve.give_up() {
            tracing::warn!("the disk is full: its reserve is given up");
            match self.writer.commit(batch) {
                Ok(()) => return Ok(Fate::Committed),
                Err(StoreError::Full | StoreError::Busy(_)) => {}
                Err(error) => return Err(error),
            }
        }
        tracing::error!("the disk is full: changes are refused");
        self.full = true;
        if urgent {
            // What is urgent may be asked for again at once, by guests who left: not as fast as it can.
            std::thread::sleep(NOTHING_LEFT);
        }
        Ok(Fate::Void)
    }

    /// How long a disk that turned out to be full just now is left alone, but for what is urgent.
    pub(crate) fn wait_for_space(&mut self) -> Option<Duration> {
        std::mem::take(&mut self.full).then_some(FULL_DISK)
    }

    /// View, then lanes. False once the lanes are gone.
    pub(crate) fn publish(&self, batch: Batch<Ticket>) -> bool {
        let (delivery, answers) = publish(&self.view, batch);
        let by_lane = self.by_lane(answers);
        let closed = delivery
            .ends_others()
            .then(|| Arc::new(Latch::new(self.lanes.len())));
        let wanted = |answers: &Vec<_>| !delivery.changes.is_empty() || !answers.is_empty();
        self.lanes
            .iter()
            .zip(by_lane)
            .filter(|(_, answers)| wanted(answers))
            .all(|(lane, answers)| {
                let (delivery, closed) = (delivery.clone(), closed.clone());
                let parcel = Parcel {
                    delivery,
                    answers,
                    closed,
                };
                lane.send(parcel).is_ok()
            })
    }

    /// The answers of each lane's sessions.
    fn by_lane(&self, answers: Vec<Answer<Ticket>>) -> Vec<Vec<Answer<Ticket>>> {
        if self.lanes.len() == 1 {
            return vec![answers];
        }
        let mut by_lane: Vec<Vec<Answer<Ticket>>> = self.lanes.iter().map(|_| Vec::new()).collect();
        for answer in answers {
            if let Some(list) = by_lane.get_mut(answer.0.lane) {
                list.push(answer);
            }
        }
        by_lane
    }

    /// Nothing is to be written: time to clean up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn idle(&mut self) -> Result<(), StoreError> {
        self.scrub()?;
        if self.held.is_none_or(|at| at.elapsed() > HOLD_EVERY) {
            self.held = Some(Instant::now());
            self.reserve.hold();
        }
        Ok(())
    }

    /// For a clean stop.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn close(self) -> Result<(), StoreError> {
        self.writer.close()
    }
}

fn records(batch: &Batch<Ticket>) -> Vec<&Record> {
    let mut records = Vec::with_capacity(batch.items.len().div_ceil(2));
    records.extend(batch.items.iter().filter_map(|item| match item {
        Item::Event { record, .. } => Some(record),
        Item::Signal { .. } | Item::Reply(_) => None,
    }));
    records
}
