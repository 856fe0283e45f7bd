//! What the service manager is told (sd_notify(3)). Without one, nothing happens.

use sd_notify::NotifyState;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tracing::warn;

/// The service manager that started this process, if any.
pub struct ServiceManager {
    /// Ticks when a sign of life is due: at half of what the service manager allows.
    watchdog: Option<Interval>,
}

impl ServiceManager {
    /// Reads from the environment whether there is one.
    #[must_use]
    pub fn new() -> Self {
        let watchdog = sd_notify::watchdog_enabled()
            .map(|allowed| allowed / 2)
            .filter(|half| !half.is_zero())
            .map(|half| {
                let mut ticks = interval_at(Instant::now() + half, half);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                ticks
            });
        Self { watchdog }
    }

    /// Everything listens.
    pub fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// Something is being read again; `ready` says when that is done.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => warn!(%error, "no monotonic clock"),
        }
    }

    /// The daemon drains.
    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }

    /// The daemon works.
    pub fn alive(&self) {
        tell(&[NotifyState::Watchdog]);
    }

    /// Waits until the next sign of life is due; for ever if none is wanted.
    pub async fn watchdog(&mut self) {
        match &mut self.watchdog {
            Some(ticks) => drop(ticks.tick().await),
            None => std::future::pending().await,
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!(%error, "the service manager cannot be told");
    }
}
