//! An answer that is not there yet: how a front-end's route says that the client has to wait. It knows no protocol.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// What is waited for, on the heap.
pub type Waiting<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The answer to a request that waits, such as a long poll. A route puts it into the extensions of the response that it returns; the HTTP server
/// drops that response with all else that it kept of the request, waits for this one and sends it instead. What waits is then no larger than
/// what it waits for.
///
/// There is no limit of time around it: it has to end by itself, and soon once the server stops.
pub struct Later<T>(Arc<Mutex<Option<Waiting<T>>>>);

impl<T> Later<T> {
    /// The answer is what comes out of this.
    pub fn new(answer: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::pin(answer)))))
    }

    /// What is to be waited for, unless somebody else has taken it.
    #[must_use]
    pub fn take(self) -> Option<Waiting<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Extensions want to be cloned; there is one answer all the same.
impl<T> Clone for Later<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Later<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Later").finish_non_exhaustive()
    }
}
