//! Lanes wait for each other before they release what was answered to the end of a credential: nobody hears that it is gone while a session
//! of it is still open in another lane.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A lane that does not come at all is broken, and the process about to end: the others do not wait for ever.
const PATIENCE: Duration = Duration::from_secs(1);

/// Opens when so many have come.
#[derive(Debug)]
pub(crate) struct Latch {
    missing: Mutex<usize>,
    opened: Condvar,
}

impl Latch {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            missing: Mutex::new(count),
            opened: Condvar::new(),
        }
    }

    /// One has come, and waits for the others.
    pub(crate) fn wait(&self) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        *missing = missing.saturating_sub(1);
        if *missing == 0 {
            drop(missing);
            self.opened.notify_all();
        } else {
            drop(
                self.opened
                    .wait_timeout_while(missing, PATIENCE, |missing| *missing > 0),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn nobody_goes_on_before_the_last_has_come() {
        let (latch, come) = (Arc::new(Latch::new(3)), Arc::new(AtomicUsize::new(0)));
        let all: Vec<_> = (0..3)
            .map(|_| {
                let (latch, come) = (latch.clone(), come.clone());
                std::thread::spawn(move || {
                    come.fetch_add(1, Ordering::SeqCst);
                    latch.wait();
                    come.load(Ordering::SeqCst)
                })
            })
            .collect();
        for one in all {
            assert_eq!(one.join().unwrap(), 3);
        }
    }
}
