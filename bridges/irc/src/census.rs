//! How many are here, and how many there have been at once: what `LUSERS` tells beyond the committed state.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts of one front-end since its start.
#[derive(Debug, Default)]
pub(crate) struct Census {
    unregistered: AtomicUsize,
    most: AtomicUsize,
}

impl Census {
    /// Connections that have not said who they are.
    pub(crate) fn unregistered(&self) -> usize {
        self.unregistered.load(Ordering::Relaxed)
    }

    /// So many users are here now; the most there have been at once.
    pub(crate) fn most(&self, now: usize) -> usize {
        self.most.fetch_max(now, Ordering::Relaxed).max(now)
    }
}

/// One connection that has not said who it is, until this is dropped.
#[derive(Debug)]
pub(crate) struct Stranger(Arc<Census>);

impl Stranger {
    /// Counts a new connection.
    pub(crate) fn new(census: Arc<Census>) -> Self {
        census.unregistered.fetch_add(1, Ordering::Relaxed);
        Self(census)
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.unregistered.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_and_the_most_at_once() {
        let census = Arc::new(Census::default());
        let (one, two) = (Stranger::new(census.clone()), Stranger::new(census.clone()));
        assert_eq!(census.unregistered(), 2);
        drop(one);
        assert_eq!(census.unregistered(), 1);
        drop(two);
        assert_eq!(census.unregistered(), 0);
        assert_eq!([census.most(2), census.most(5), census.most(1)], [2, 5, 5]);
    }
}
