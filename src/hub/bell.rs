//! Tells one thread, which works behind the others, that there is something to do. Ringing again before it has looked costs next to nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

type Wake = Box<dyn Fn() + Send>;

/// Rings once until it is silenced.
#[derive(Default)]
pub(crate) struct Bell {
    rung: AtomicBool,
    wake: Mutex<Option<Wake>>,
}

impl Bell {
    /// Says what to do when it rings. It may ring at once.
    pub(crate) fn connect(&self, wake: impl Fn() + Send + 'static) {
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(wake));
        if self.rung.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    /// There is something to do.
    pub(crate) fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            self.wake();
        }
    }

    /// From now on it rings again: to be called before looking, so that what comes meanwhile is not missed.
    pub(crate) fn silence(&self) {
        self.rung.store(false, Ordering::SeqCst);
    }

    fn wake(&self) {
        if let Some(wake) = &*self.wake.lock().unwrap_or_else(PoisonError::into_inner) {
            wake();
        }
    }
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Bell").field(&self.rung).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn it_wakes_once_until_it_is_silenced() {
        let bell = Bell::default();
        bell.ring();
        let (heard, rings) = channel();
        bell.connect(move || heard.send(()).unwrap());
        assert_eq!(rings.try_iter().count(), 1, "rung before anybody listened");
        bell.ring();
        assert_eq!(rings.try_iter().count(), 0);
        bell.silence();
        bell.ring();
        bell.ring();
        assert_eq!(rings.try_iter().count(), 1);
    }
}
