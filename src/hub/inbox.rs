//! The hub thread's inbox: filled from everywhere, drained in one swap. Bounded by the permits that senders hold until they are answered.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use polylogue_core::room::Room;
use polylogue_core::{DeviceId, RoomId};

use crate::batch::Receipt;
use crate::engine::Envelope;

/// What reaches the hub thread.
#[derive(Debug)]
pub(crate) enum Mail<T> {
    /// A command.
    Command(Envelope<T>),
    /// The batch in flight is on disk.
    Committed,
    /// The batch in flight was not written.
    Voided,
    /// A room was read, or is not there.
    Room(RoomId, Option<Room>),
    /// A room could not be read.
    Damaged(RoomId),
    /// A device's exactly-once keys were read.
    Keys(DeviceId, Vec<([u8; 32], Receipt)>),
    /// No more will come.
    Stop,
}

/// The inbox itself.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    mail: Mutex<Vec<Mail<T>>>,
    arrived: Condvar,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self { mail: Mutex::new(Vec::new()), arrived: Condvar::new() }
    }

    /// Puts one thing in.
    pub(crate) fn put(&self, mail: Mail<T>) {
        let mut all = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(mail);
        // Only the first one finds the thread waiting.
        if all.len() == 1 {
            self.arrived.notify_one();
        }
    }

    /// Puts several commands in, next to each other.
    pub(crate) fn put_all(&self, mail: impl Iterator<Item = Mail<T>>) {
        let mut all = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = all.is_empty();
        all.extend(mail);
        if was_empty && !all.is_empty() {
            self.arrived.notify_one();
        }
    }

    /// Swaps everything that is there into `taken`, which must be empty; waits for something at most so long.
    pub(crate) fn take(&self, taken: &mut Vec<Mail<T>>, at_most: Duration) {
        let mut all = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            (all, _) = self.arrived.wait_timeout(all, at_most).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut *all, taken);
    }
}

impl<T> Inbox<T> {
    /// Puts mail back in front of what has arrived since it was taken.
    pub(crate) fn put_back(&self, mut earlier: Vec<Mail<T>>) {
        let mut all = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.append(&mut all);
        *all = earlier;
    }
}
