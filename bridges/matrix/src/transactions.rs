//! Which transaction id a device gave to an event that it sent, for `unsigned.transaction_id`. Kept in memory and bounded: it only helps a
//! client to know its own event again when sync brings it, moments after it was sent. Doing things once is for the hub's keys.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polylogue_core::{DeviceId, Position};
use polylogue_hub::Receipt;
use tokio::sync::Notify;

/// Transactions that are remembered; beyond them the oldest is forgotten.
const BOUND: usize = 8192;
/// How long sync waits at most for the answers to what its device is sending.
const SETTLING: Duration = Duration::from_millis(200);

/// The transactions of all devices.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    known: Mutex<Known>,
    settled: Notify,
}

#[derive(Debug, Default)]
struct Known {
    ids: HashMap<(DeviceId, Position), Arc<str>>,
    order: VecDeque<(DeviceId, Position)>,
    /// How many of a device's transactions are without an answer.
    open: HashMap<DeviceId, usize>,
}

/// A transaction without an answer yet. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Open<'a> {
    transactions: &'a Transactions,
    device: DeviceId,
    id: &'a str,
}

impl Transactions {
    /// A device begins to send something.
    pub(crate) fn open<'a>(&'a self, device: DeviceId, id: &'a str) -> Open<'a> {
        *self.lock().open.entry(device).or_default() += 1;
        Open {
            transactions: self,
            device,
            id,
        }
    }

    /// The id that a device gave to the event at a position.
    pub(crate) fn of(&self, device: DeviceId, position: Position) -> Option<Arc<str>> {
        self.lock().ids.get(&(device, position)).cloned()
    }

    /// Waits until what a device is sending has its answers, so that their ids are known. Not for long: an event without its id is better
    /// than none.
    pub(crate) async fn settle(&self, device: DeviceId) {
        let all_answered = async {
            loop {
                let settled = self.settled.notified();
                tokio::pin!(settled);
                settled.as_mut().enable();
                if !self.lock().open.contains_key(&device) {
                    return;
                }
                settled.await;
            }
        };
        // Late is as good as answered.
        let _ = tokio::time::timeout(SETTLING, all_answered).await;
    }

    // Every change is complete before its guard is dropped.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open<'_> {
    /// The transaction made the event that its receipt speaks of.
    pub(crate) fn done(self, receipt: &Receipt) {
        let Some(event) = receipt.event else { return };
        let place = (self.device, event.position);
        let mut known = self.transactions.lock();
        if known.ids.insert(place, self.id.into()).is_none() {
            known.order.push_back(place);
        }
        if known.order.len() > BOUND
            && let Some(oldest) = known.order.pop_front()
        {
            known.ids.remove(&oldest);
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let mut known = self.transactions.lock();
        if let Some(open) = known.open.get_mut(&self.device) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                known.open.remove(&self.device);
            }
        }
        drop(known);
        self.transactions.settled.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use polylogue_core::decide::Outcome;
    use polylogue_core::{RoomId, RoomSequence, Timestamp};
    use polylogue_hub::EventPlace;

    use super::*;

    fn receipt(position: u64) -> Receipt {
        let (room, sequence, at) = (RoomId(1), RoomSequence(position), Timestamp(0));
        let event = EventPlace {
            room,
            position: Position(position),
            sequence,
            at,
        };
        Receipt {
            outcome: Outcome::Event(0),
            event: Some(event),
            claimed: None,
        }
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let transactions = Transactions::default();
        for position in 0..=u64::try_from(BOUND).unwrap() {
            transactions.open(DeviceId(1), "t").done(&receipt(position));
        }
        assert_eq!(transactions.of(DeviceId(1), Position(0)), None);
        assert_eq!(
            transactions.of(DeviceId(1), Position(1)).as_deref(),
            Some("t")
        );
        assert_eq!(transactions.of(DeviceId(2), Position(1)), None);
        assert!(transactions.lock().open.is_empty());
    }

    #[tokio::test]
    async fn a_device_is_settled_when_its_last_answer_is_there() {
        let transactions = Transactions::default();
        transactions.settle(DeviceId(1)).await;
        let open = transactions.open(DeviceId(1), "t");
        transactions.settle(DeviceId(2)).await;
        let answered = async {
            tokio::task::yield_now().await;
            open.done(&receipt(1));
        };
        tokio::join!(transactions.settle(DeviceId(1)), answered);
        assert_eq!(
            transactions.of(DeviceId(1), Position(1)).as_deref(),
            Some("t")
        );
    }
}
