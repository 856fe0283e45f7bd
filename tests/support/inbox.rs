//! What a connection received: filled by a thread that reads, waited for by the test.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Everything that came over one connection, in order.
pub struct Inbox<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

/// What is known of a connection.
pub struct State<T> {
    /// What came.
    pub items: Vec<T>,
    /// Why nothing more will come.
    pub ended: Option<String>,
}

impl<T> Clone for Inbox<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        let state = Mutex::new(State {
            items: Vec::new(),
            ended: None,
        });
        Self {
            shared: Arc::new(Shared {
                state,
                changed: Condvar::new(),
            }),
        }
    }
}

impl<T> Inbox<T> {
    /// What came so far.
    pub fn lock(&self) -> MutexGuard<'_, State<T>> {
        // A test that panicked elsewhere is no reason to fail here.
        self.shared
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Something came.
    pub fn push(&self, item: T) {
        self.lock().items.push(item);
        self.shared.changed.notify_all();
    }

    /// Nothing more will come.
    pub fn end(&self, why: impl Into<String>) {
        self.lock().ended.get_or_insert(why.into());
        self.shared.changed.notify_all();
    }

    /// Waits until `look` finds something; nothing once the time is over, or the connection with everything looked at.
    pub fn wait<R>(
        &self,
        time: Duration,
        mut look: impl FnMut(&State<T>) -> Option<R>,
    ) -> Option<R> {
        let deadline = Instant::now() + time;
        let mut state = self.lock();
        loop {
            if let Some(found) = look(&state) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.ended.is_some() {
                return None;
            }
            state = match self.shared.changed.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}
