//! How long a connection may be quiet, and since when it is: facts come in, a deadline comes out. It holds no timer and touches no socket.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// From the first byte of a request's head to its last; from the connection to the first request.
pub const HEAD: Duration = Duration::from_secs(10);
/// Between two requests of one connection.
pub const IDLE: Duration = Duration::from_secs(75);
/// How long a client may take not one byte of what is written to it.
pub const STALL: Duration = Duration::from_secs(60);

/// One connection's clock, shared by its socket and its requests.
#[derive(Debug)]
pub struct Watch {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Requests whose responses have not been handed over in full.
    requests: usize,
    /// Since when the socket takes nothing.
    stalled: Option<Instant>,
}

/// What the server waits for while no request is being answered.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The first byte of a request, since then.
    Idle(Instant),
    /// The rest of a head, since then.
    Head(Instant),
}

/// A request being answered; over when dropped.
#[derive(Debug)]
pub struct Answering(Arc<Watch>);

impl Watch {
    /// A connection that begins now.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                phase: Phase::Head(Instant::now()),
                requests: 0,
                stalled: None,
            }),
        })
    }

    /// Bytes came in.
    pub fn heard(&self) {
        let mut state = self.lock();
        if let (Phase::Idle(_), 0) = (state.phase, state.requests) {
            state.phase = Phase::Head(Instant::now());
        }
    }

    /// The socket took bytes.
    pub fn written(&self) {
        self.lock().stalled = None;
    }

    /// The socket took none of the bytes that it was given.
    pub fn stalled(&self) {
        self.lock().stalled.get_or_insert_with(Instant::now);
    }

    /// A head is complete.
    pub fn answering(self: &Arc<Self>) -> Answering {
        self.lock().requests += 1;
        Answering(Arc::clone(self))
    }

    /// When the connection is to be closed, unless something happens before.
    pub fn deadline(&self) -> Option<Instant> {
        let state = self.lock();
        let quiet = match (state.requests, state.phase) {
            (0, Phase::Idle(since)) => Some(since + IDLE),
            (0, Phase::Head(since)) => Some(since + HEAD),
            (1.., Phase::Idle(_) | Phase::Head(_)) => None,
        };
        let stalled = state.stalled.map(|since| since + STALL);
        quiet.into_iter().chain(stalled).min()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements that could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.requests = state.requests.saturating_sub(1);
        if state.requests == 0 {
            state.phase = Phase::Idle(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds from now to the deadline.
    fn left(watch: &Watch) -> Option<u64> {
        watch
            .deadline()
            .map(|deadline| (deadline - Instant::now()).as_secs())
    }

    async fn seconds(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_must_arrive_in_time_however_it_trickles() {
        let watch = Watch::new();
        assert_eq!(left(&watch), Some(10));
        seconds(4).await;
        watch.heard();
        assert_eq!(left(&watch), Some(6));
        let request = watch.answering();
        assert_eq!(left(&watch), None);
        seconds(1000).await;
        // A body, or the next request.
        watch.heard();
        assert_eq!(left(&watch), None);
        drop(request);
        assert_eq!(left(&watch), Some(75));
        seconds(70).await;
        watch.heard();
        assert_eq!(left(&watch), Some(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_its_last_request_ends() {
        let watch = Watch::new();
        let (first, second) = (watch.answering(), watch.answering());
        drop(first);
        assert_eq!(left(&watch), None);
        drop(second);
        assert_eq!(left(&watch), Some(75));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_not_waited_for() {
        let watch = Watch::new();
        let _request = watch.answering();
        watch.stalled();
        seconds(50).await;
        watch.stalled();
        assert_eq!(left(&watch), Some(10));
        watch.written();
        assert_eq!(left(&watch), None);
    }
}
