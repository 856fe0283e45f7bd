//! The hub thread's inbox: filled from everywhere, drained in one swap. Bounded by the permits that senders hold until they are answered.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polylogue_core::room::Room;
use polylogue_core::{DeviceId, Position, RoomId};

use crate::batch::Receipt;
use crate::engine::Envelope;

/// What reaches the hub thread.
#[derive(Debug)]
pub(crate) enum Mail<T> {
    /// A command. Boxed, as what waits is moved more than once.
    Command(Box<Envelope<T>>),
    /// Commands that were asked for together.
    Run(Vec<Envelope<T>>),
    /// Somebody waits until everything before this is delivered.
    Turn(T),
    /// A room was read as of a position, or is not there.
    Room(RoomId, Position, Option<Box<Room>>),
    /// A room can't be read, now or later.
    Damaged(RoomId),
    /// A room could not be read now.
    RoomUnreadable(RoomId),
    /// A device's exactly-once keys were read.
    Keys(DeviceId, Vec<([u8; 32], Receipt)>),
    /// A device's exactly-once keys could not be read.
    KeysUnreadable(DeviceId),
    /// No more will come.
    Stop,
}

/// The inbox itself.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    inner: Mutex<Inner<T>>,
    arrived: Condvar,
}

#[derive(Debug)]
struct Inner<T> {
    mail: Vec<Mail<T>>,
    /// The hub thread waits.
    asleep: bool,
    /// Nobody will take anything any more.
    closed: bool,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                mail: Vec::new(),
                asleep: false,
                closed: false,
            }),
            arrived: Condvar::new(),
        }
    }

    /// Puts one thing in.
    pub(crate) fn put(&self, mail: Mail<T>) {
        let mut inner = self.lock();
        if !inner.closed {
            inner.mail.push(mail);
            self.wake(inner);
        }
    }

    /// The hub thread is gone: what is here and what still comes is dropped, and its senders find out by their tickets.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        let dropped = std::mem::take(&mut inner.mail);
        drop(inner);
        drop(dropped);
    }

    /// Swaps everything that is there into `taken`, which must be empty; waits for something at most so long.
    pub(crate) fn take(&self, taken: &mut Vec<Mail<T>>, at_most: Duration) {
        let mut inner = self.lock();
        if inner.mail.is_empty() {
            inner.asleep = true;
            (inner, _) = self
                .arrived
                .wait_timeout(inner, at_most)
                .unwrap_or_else(PoisonError::into_inner);
            inner.asleep = false;
        }
        std::mem::swap(&mut inner.mail, taken);
    }

    fn wake(&self, inner: MutexGuard<'_, Inner<T>>) {
        let asleep = inner.asleep;
        // Unlocked first, or the woken thread would wait for the lock.
        drop(inner);
        if asleep {
            self.arrived.notify_one();
        }
    }

    // Every change is complete before its guard is dropped.
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
