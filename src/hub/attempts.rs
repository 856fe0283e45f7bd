//! Wrong passwords, wrong channel keys and new accounts, counted where they come from. Each try holds a place from its start, so that many at once
//! are no more than one after the other; a right one gives it back. A count only slows the source that made it. It knows no clock: times are
//! arguments.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use polylogue_core::{Refusal, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::config::Limits;

/// Counters of one kind before those whose window is over are forgotten.
const REMEMBERED: usize = 4096;
/// Wrong keys for one channel in an hour, from one account, or from one address for guests.
const KEYS_PER_HOUR: u64 = 5;
/// How long to wait while others' tries hold all places, in milliseconds.
const SOON: u64 = 1000;
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

type Digest = [u8; 32];

/// The counters.
#[derive(Debug)]
pub(crate) struct Attempts {
    limits: Limits,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_account: Counters<(Source, Digest)>,
    by_source: Counters<Source>,
    registrations: Counters<Source>,
    keys: Counters<Digest>,
}

#[derive(Debug)]
struct Counters<K>(HashMap<K, Counter>);

#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    since: Timestamp,
    count: u64,
    /// Tries that are under way.
    pending: u64,
    /// The last wrong password, hashed: the same again tells nobody anything, and a client that retries is no attack.
    last: Digest,
    /// When a wrong proof that looks different each time counted for the day.
    told: Timestamp,
}

impl<K> Default for Counters<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Counters<K> {
    /// A try begins.
    fn begin(
        &mut self,
        key: K,
        (limit, window): (u64, u64),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&key) {
            self.0
                .retain(|_, counter| counter.pending > 0 || now < counter.since.plus(window));
        }
        let counter = self.0.entry(key).or_default();
        let end = counter.since.plus(window);
        let count = if now < end { counter.count } else { 0 };
        let until = if count >= limit {
            end
        } else if count.saturating_add(counter.pending) >= limit {
            now.plus(SOON)
        } else {
            counter.pending = counter.pending.saturating_add(1);
            return Ok(());
        };
        Err(Refusal::Throttled { until })
    }

    /// A try is over.
    fn end(&mut self, key: &K) {
        if let Some(counter) = self.0.get_mut(key) {
            counter.pending = counter.pending.saturating_sub(1);
            if counter.pending == 0 && counter.count == 0 {
                self.0.remove(key);
            }
        }
    }

    /// It counts.
    fn add(&mut self, key: K, window: u64, now: Timestamp) -> &mut Counter {
        let counter = self.0.entry(key).or_default();
        if counter.count == 0 || now >= counter.since.plus(window) {
            (counter.since, counter.count) = (now, 0);
        }
        counter.count = counter.count.saturating_add(1);
        counter
    }
}

/// A try that is under way. Dropped, it was none.
#[must_use]
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    attempts: &'a Attempts,
    what: What,
}

/// What is tried.
#[derive(Debug, Clone, Copy)]
enum What {
    Password(Source, Digest),
    Registration(Source),
    Key(Digest),
}

impl Attempt<'_> {
    /// The password was wrong. The last wrong one again does not count.
    pub(crate) fn wrong_password(self, password: &str, now: Timestamp) {
        if let What::Password(source, account) = self.what {
            let window = self.attempts.window();
            let last = digest(&[password]);
            let mut inner = self.attempts.lock();
            let known = inner.by_account.0.get(&(source, account));
            if known.is_some_and(|known| known.count > 0 && known.last == last) {
                return;
            }
            inner.by_account.add((source, account), window, now).last = last;
            inner.by_source.add(source, DAY, now);
        }
    }

    /// The proof of a password was wrong. A client that repeats an old one can't be told from one that guesses: it counts for the day once.
    pub(crate) fn wrong_proof(self, now: Timestamp) {
        if let What::Password(source, account) = self.what {
            let window = self.attempts.window();
            let mut inner = self.attempts.lock();
            let counter = inner.by_account.add((source, account), window, now);
            if counter.told == Timestamp(0) || now >= counter.told.plus(DAY) {
                counter.told = now;
                inner.by_source.add(source, DAY, now);
            }
        }
    }

    /// It counts: an account was made, or a key was wrong.
    pub(crate) fn counts(self, now: Timestamp) {
        let mut inner = self.attempts.lock();
        match self.what {
            What::Password(..) => {}
            What::Registration(source) => drop(inner.registrations.add(source, HOUR, now)),
            What::Key(key) => drop(inner.keys.add(key, HOUR, now)),
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut inner = self.attempts.lock();
        match &self.what {
            What::Password(source, account) => {
                inner.by_account.end(&(*source, *account));
                inner.by_source.end(source);
            }
            What::Registration(source) => inner.registrations.end(source),
            What::Key(key) => inner.keys.end(key),
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

    /// A password for an account is about to be tried from an address.
    ///
    /// # Errors
    /// [`Refusal::Throttled`].
    pub(crate) fn log_in(
        &self,
        (name, from): (&str, IpAddr),
        now: Timestamp,
    ) -> Result<Attempt<'_>, Refusal> {
        let source = Source::of(from);
        let account = digest(&[&name.to_ascii_lowercase()]);
        let per_account = (self.limits.login_failures, self.window());
        let per_day = (self.limits.login_failures_per_day, DAY);
        let mut inner = self.lock();
        inner
            .by_account
            .begin((source, account), per_account, now)?;
        if let Err(refusal) = inner.by_source.begin(source, per_day, now) {
            inner.by_account.end(&(source, account));
            return Err(refusal);
        }
        Ok(Attempt {
            attempts: self,
            what: What::Password(source, account),
        })
    }

    /// An account is about to be made from an address.
    ///
    /// # Errors
    /// [`Refusal::Throttled`].
    pub(crate) fn register(&self, from: IpAddr, now: Timestamp) -> Result<Attempt<'_>, Refusal> {
        let source = Source::of(from);
        let limit = (self.limits.registrations_per_hour, HOUR);
        self.lock().registrations.begin(source, limit, now)?;
        Ok(Attempt {
            attempts: self,
            what: What::Registration(source),
        })
    }

    /// Somebody is about to try a key of a channel.
    ///
    /// # Errors
    /// [`Refusal::Throttled`].
    pub(crate) fn try_key(
        &self,
        (who, channel): (&str, &str),
        now: Timestamp,
    ) -> Result<Attempt<'_>, Refusal> {
        let key = digest(&[who, channel]);
        self.lock().keys.begin(key, (KEYS_PER_HOUR, HOUR), now)?;
        Ok(Attempt {
            attempts: self,
            what: What::Key(key),
        })
    }

    fn window(&self) -> u64 {
        self.limits.login_window_seconds.saturating_mul(1000)
    }

    // Every change is complete before its guard is dropped.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(parts: &[&str]) -> Digest {
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

    fn login(attempts: &Attempts, of: (&str, IpAddr), now: u64) -> Option<u64> {
        until(attempts.log_in(of, Timestamp(now)).map(drop))
    }

    fn fail(attempts: &Attempts, of: (&str, IpAddr), (password, now): (&str, u64)) {
        let attempt = attempts.log_in(of, Timestamp(now)).unwrap();
        attempt.wrong_password(password, Timestamp(now));
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
            let got = login(&attempts, (name, from), now);
            assert_eq!(got, expected, "{name} from {from} at {now}");
        };
        let fail = |name, password, now| fail(&attempts, (name, HERE), (password, now));
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
    fn clients_with_old_passwords_do_not_shut_their_address_out() {
        let attempts = Attempts::new(Limits {
            login_failures: 10,
            login_window_seconds: 60,
            login_failures_per_day: 5,
            ..Limits::NONE
        });
        for round in 0..20 {
            let now = 1_000 + round * 100_000;
            fail(&attempts, ("alice", HERE), ("old", now));
            fail(&attempts, ("bob", HERE), ("older", now));
            // A proof looks different each time.
            let attempt = attempts.log_in(("carol", HERE), Timestamp(now)).unwrap();
            attempt.wrong_proof(Timestamp(now));
        }
        assert_eq!(login(&attempts, ("dave", HERE), 3_000_000), None);
    }

    #[test]
    fn many_tries_at_once_are_no_more_than_one_after_the_other() {
        let attempts = Attempts::new(Limits {
            login_failures: 2,
            login_window_seconds: 60,
            registrations_per_hour: 1,
            ..Limits::NONE
        });
        let now = Timestamp(5_000);
        let first = attempts.log_in(("alice", HERE), now).unwrap();
        let second = attempts.log_in(("alice", HERE), now).unwrap();
        assert_eq!(login(&attempts, ("alice", HERE), 5_000), Some(6_000));
        assert_eq!(login(&attempts, ("alice", THERE), 5_000), None);
        // A right one gives its place back.
        drop(first);
        assert_eq!(login(&attempts, ("alice", HERE), 5_000), None);
        second.wrong_password("x", now);
        fail(&attempts, ("alice", HERE), ("y", 5_000));
        assert_eq!(login(&attempts, ("alice", HERE), 5_000), Some(65_000));
        let made = attempts.register(HERE, now).unwrap();
        assert_eq!(until(attempts.register(HERE, now).map(drop)), Some(6_000));
        made.counts(now);
        let again = until(attempts.register(HERE, now).map(drop));
        assert_eq!(again, Some(5_000 + HOUR));
    }

    #[test]
    fn a_channels_key_is_not_guessed() {
        let attempts = Attempts::new(Limits::NONE);
        let may = |who, channel| until(attempts.try_key((who, channel), Timestamp(1)).map(drop));
        for _ in 0..KEYS_PER_HOUR {
            let attempt = attempts.try_key(("alice", "#a"), Timestamp(1)).unwrap();
            attempt.counts(Timestamp(1));
        }
        assert_eq!(may("alice", "#a"), Some(1 + HOUR));
        assert_eq!((may("alice", "#b"), may("bob", "#a")), (None, None));
    }

    #[test]
    fn a_password_in_other_letters_is_another_guess() {
        let attempts = Attempts::new(Limits {
            login_failures: 2,
            login_window_seconds: 60,
            ..Limits::NONE
        });
        fail(&attempts, ("alice", HERE), ("guess", 1));
        fail(&attempts, ("ALICE", HERE), ("guess", 1));
        assert_eq!(login(&attempts, ("alice", HERE), 2), None);
        fail(&attempts, ("alice", HERE), ("Guess", 1));
        assert_eq!(login(&attempts, ("alice", HERE), 2), Some(60_001));
    }

    #[test]
    fn accounts_are_counted_by_address() {
        let attempts = Attempts::new(Limits {
            registrations_per_hour: 1,
            ..Limits::NONE
        });
        let may = |from, now| until(attempts.register(from, Timestamp(now)).map(drop));
        let made = |from| {
            attempts
                .register(from, Timestamp(1))
                .unwrap()
                .counts(Timestamp(1))
        };
        assert_eq!(may(HERE, 1), None);
        made(HERE);
        assert_eq!(may(HERE, 2), Some(1 + HOUR));
        assert_eq!(may(THERE, 2), None);
        assert_eq!(may(HERE, 1 + HOUR), None);
        // Neighbours in one IPv6 /64 are one.
        let address = |text: &str| text.parse().unwrap();
        made(address("2001:db8::1"));
        assert_eq!(may(address("2001:db8::2"), 2), Some(1 + HOUR));
        assert_eq!(may(address("2001:db8:0:1::1"), 2), None);
    }
}
