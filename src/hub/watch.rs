//! Which sessions asked to be told when a name comes, goes or changes (IRC `MONITOR`). Names and not users: one can wait for somebody who is
//! not here yet. It lives as long as the session, and is no state of the core: nothing is decided by it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use polylogue_core::SessionId;

/// Names that one session may watch.
pub const LIMIT: usize = 100;

/// Watched names, folded, and who watches them.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<HashMap<Box<str>, HashSet<SessionId>>>);

impl Watches {
    pub(crate) fn add(&self, name: &str, session: SessionId) {
        self.lock().entry(fold(name)).or_default().insert(session);
    }

    pub(crate) fn remove(&self, name: &str, session: SessionId) {
        let (name, mut names) = (fold(name), self.lock());
        if let Some(sessions) = names.get_mut(&name) {
            sessions.remove(&session);
            if sessions.is_empty() {
                names.remove(&name);
            }
        }
    }

    /// Who watches a name, in order.
    pub(crate) fn of(&self, name: &str) -> Vec<SessionId> {
        let names = self.lock();
        if names.is_empty() {
            return Vec::new();
        }
        let mut sessions: Vec<_> = names
            .get(&fold(name))
            .into_iter()
            .flatten()
            .copied()
            .collect();
        sessions.sort_unstable();
        sessions
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, HashSet<SessionId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nicks are compared as `CASEMAPPING=ascii` says.
pub(crate) fn fold(name: &str) -> Box<str> {
    name.to_ascii_lowercase().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_watched_in_any_case_until_they_are_not() {
        let watches = Watches::default();
        assert!(watches.of("bob").is_empty());
        watches.add("Bob", SessionId(2));
        watches.add("bOB", SessionId(1));
        watches.add("bob", SessionId(1));
        assert_eq!(watches.of("BOB"), [SessionId(1), SessionId(2)]);
        watches.remove("BOB", SessionId(1));
        assert_eq!(watches.of("bob"), [SessionId(2)]);
        watches.remove("bob", SessionId(2));
        assert!(watches.of("bob").is_empty() && watches.lock().is_empty());
    }
}
