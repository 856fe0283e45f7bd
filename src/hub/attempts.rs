//! Wrong passwords and new accounts, counted where they come from. Only failures count, and a count only slows the source that made it: nobody
//! can shut somebody else's account out. It knows no clock: times are arguments.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use polylogue_core::{Refusal, Timestamp};
use sha2::{Digest, Sha256};

use crate::config::Limits;

/// Counters of one kind before those whose window is over are forgotten.
const REMEMBERED: usize = 4096;
const HOUR: u64 = 3600 * 1000;
const DAY: u64 = 24 * HOUR;

/// An IPv4 address, or an IPv6 /64: what one customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Source([u8; 8]);

impl Source {
    fn of(address: IpAddr) -> Self {
        let mut bytes = [0; 8];
        match address.to_canonical() {
            // No IPv6 address that is handed out begins with a zero byte.
            IpAddr::V4(v4) => bytes
                .iter_mut()
                .skip(4)
                .zip(v4.octets())
                .for_each(|(to, from)| *to = from),
            IpAddr::V6(v6) => bytes
                .iter_mut()
                .zip(v6.octets())
                .for_each(|(to, from)| *to = from),
        }
        Self(bytes)
    }
}

/// The counters.
#[derive(Debug)]
pub(crate) struct Attempts {
    limits: Limits,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_account: Counters<(Source, [u8; 32])>,
    by_source: Counters<Source>,
    registrations: Counters<Source>,
}

#[derive(Debug)]
struct Counters<K>(HashMap<K, Counter>);

#[derive(Debug, Clone, Copy)]
struct Counter {
    since: Timestamp,
    count: u64,
    /// The last wrong password, hashed: the same again tells nobody anything, and a client that retries is no attack.
    last: [u8; 32],
}

impl<K> Default for Counters<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Counters<K> {
    fn check(&self, key: &K, (limit, window): (u64, u64), now: Timestamp) -> Result<(), Refusal> {
        match self.0.get(key) {
            Some(counter) if counter.count >= limit && now < counter.since.plus(window) => {
                Err(Refusal::Throttled {
                    until: counter.since.plus(window),
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn add(&mut self, key: K, (window, last): (u64, [u8; 32]), now: Timestamp) {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&key) {
            self.0.retain(|_, counter| now < counter.since.plus(window));
        }
        let counter = self.0.entry(key).or_insert(Counter {
            since: now,
            count: 0,
            last: [0; 32],
        });
        if now >= counter.since.plus(window) {
            (counter.since, counter.count) = (now, 0);
        }
        if counter.last != last {
            counter.count = counter.count.saturating_add(1);
            counter.last = last;
        }
    }
}

impl Attempts {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            inner: Mutex::default(),
        }
    }

    /// Whether a password for an account may be tried from an address.
    ///
    /// # Errors
    /// [`Refusal::Throttled`].
    pub(crate) fn may_log_in(
        &self,
        (name, from): (&str, IpAddr),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let source = Source::of(from);
        let name = name.to_ascii_lowercase();
        let inner = self.lock();
        let per_account = (self.limits.login_failures, self.window());
        inner
            .by_account
            .check(&(source, digest(&[&name])), per_account, now)?;
        inner
            .by_source
            .check(&source, (self.limits.login_failures_per_day, DAY), now)
    }

    /// A password for an account was wrong.
    pub(crate) fn failed(&self, (name, from): (&str, IpAddr), password: &str, now: Timestamp) {
        let source = Source::of(from);
        let name = name.to_ascii_lowercase();
        let last = digest(&[&name, password]);
        let mut inner = self.lock();
        let window = self.window();
        inner
            .by_account
            .add((source, digest(&[&name])), (window, last), now);
        inner.by_source.add(source, (DAY, last), now);
    }

    /// Whether an account may be made from an address.
    ///
    /// # Errors
    /// [`Refusal::Throttled`].
    pub(crate) fn may_register(&self, from: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        let limit = (self.limits.registrations_per_hour, HOUR);
        self.lock()
            .registrations
            .check(&Source::of(from), limit, now)
    }

    /// An account was made.
    pub(crate) fn registered(&self, name: &str, from: IpAddr, now: Timestamp) {
        let each = (HOUR, digest(&[&name.to_ascii_lowercase()]));
        self.lock().registrations.add(Source::of(from), each, now);
    }

    fn window(&self) -> u64 {
        self.limits.login_window_seconds.saturating_mul(1000)
    }

    // Every change is complete before its guard is dropped.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn until(result: Result<(), Refusal>) -> Option<u64> {
        match result {
            Ok(()) => None,
            Err(Refusal::Throttled { until }) => Some(until.0),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn failures_slow_the_source_that_made_them() {
        let attempts = Attempts::new(Limits {
            login_failures: 2,
            login_window_seconds: 60,
            login_failures_per_day: 4,
            ..Limits::NONE
        });
        let check = |name: &str, from, now, expected| {
            let may = attempts.may_log_in((name, from), Timestamp(now));
            assert_eq!(until(may), expected, "{name} from {from} at {now}");
        };
        let fail = |name: &str, password: &str, now| {
            attempts.failed((name, HERE), password, Timestamp(now));
        };
        fail("alice", "one", 1_000);
        fail("alice", "one", 1_500);
        check("alice", HERE, 2_000, None);
        fail("Alice", "two", 2_000);
        check("alice", HERE, 2_000, Some(61_000));
        check("alice", THERE, 2_000, None);
        check("bob", HERE, 2_000, None);
        check("alice", HERE, 61_000, None);
        fail("alice", "three", 61_000);
        check("alice", HERE, 61_000, None);
        fail("carol", "x", 61_000);
        check("bob", HERE, 61_000, Some(1_000 + DAY));
        check("bob", THERE, 61_000, None);
    }

    #[test]
    fn a_password_in_other_letters_is_another_guess() {
        let attempts = Attempts::new(Limits {
            login_failures: 2,
            login_window_seconds: 60,
            ..Limits::NONE
        });
        attempts.failed(("alice", HERE), "guess", Timestamp(1));
        attempts.failed(("ALICE", HERE), "guess", Timestamp(1));
        let may = || until(attempts.may_log_in(("alice", HERE), Timestamp(2)));
        assert_eq!(may(), None);
        attempts.failed(("alice", HERE), "Guess", Timestamp(1));
        assert_eq!(may(), Some(60_001));
    }

    #[test]
    fn accounts_are_counted_by_address() {
        let attempts = Attempts::new(Limits {
            registrations_per_hour: 1,
            ..Limits::NONE
        });
        let may = |from, now| until(attempts.may_register(from, Timestamp(now)));
        assert_eq!(may(HERE, 1), None);
        attempts.registered("alice", HERE, Timestamp(1));
        assert_eq!(may(HERE, 2), Some(1 + HOUR));
        assert_eq!(may(THERE, 2), None);
        assert_eq!(may(HERE, 1 + HOUR), None);
        // Neighbours in one IPv6 /64 are one.
        let address = |text: &str| text.parse().unwrap();
        attempts.registered("bob", address("2001:db8::1"), Timestamp(1));
        assert_eq!(may(address("2001:db8::2"), 2), Some(1 + HOUR));
        assert_eq!(may(address("2001:db8:0:1::1"), 2), None);
    }
}
