//! Messages that were asked for and not answered yet. A message that is said needs no answer, so its sender's task is not woken for one: it goes on
//! with the next line, and hears of what was refused or missed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polylogue_core::{Refusal, UserId};
use polylogue_hub::{Outbox, Receipt};
use polylogue_irc::Message;
use tokio::sync::Notify;

/// Messages of one connection that may be on their way; with more it waits.
pub(crate) const MOST: usize = 1024;

/// The messages of one connection that are on their way.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    inner: Mutex<Inner>,
    settled: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    unanswered: usize,
    awaited: bool,
    answered: Vec<Answered>,
}

/// What a line asked for at one of its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Which line of its run.
    pub(crate) line: usize,
    /// Which of the comma-separated targets.
    pub(crate) target: usize,
    /// Who will not see it, as far as is known.
    pub(crate) missed: Option<Missed>,
}

/// Who does not see a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    /// He whom it is for is away.
    Away(UserId),
    /// So many of those whom it is for.
    Unseen(usize),
}

/// A message of which something must be told.
#[derive(Debug)]
pub(crate) struct Answered {
    /// Its line.
    pub(crate) message: Message,
    /// For which of the line's targets.
    pub(crate) target: usize,
    /// What.
    pub(crate) fate: Fate,
}

/// What became of a message, if its echo does not say all.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It was refused.
    Refused(Refusal),
    /// Not everybody whom it was for saw it.
    Missed(Missed),
}

impl Asked {
    /// What must be told of it.
    pub(crate) fn fate(&self, result: Result<Receipt, Refusal>) -> Option<Fate> {
        match result {
            Err(refusal) => Some(Fate::Refused(refusal)),
            Ok(_) => self.missed.map(Fate::Missed),
        }
    }
}

impl Pending {
    /// So many messages are on their way now.
    pub(crate) fn asked(&self, count: usize) {
        self.lock().unanswered += count;
    }

    /// What came of a run of lines. The connection's task is woken if it waits for this, or if there is something to tell.
    pub(crate) fn answered(
        &self,
        (run, asked): (&[Message], &[Asked]),
        results: Vec<Result<Receipt, Refusal>>,
        outbox: &Arc<Outbox>,
    ) {
        let mut inner = self.lock();
        inner.unanswered = inner.unanswered.saturating_sub(asked.len());
        for (asked, result) in asked.iter().zip(results) {
            if let (Some(fate), Some(message)) = (asked.fate(result), run.get(asked.line)) {
                inner.answered.push(Answered {
                    message: message.clone(),
                    target: asked.target,
                    fate,
                });
            }
        }
        if !inner.answered.is_empty() {
            outbox.wake();
        }
        if inner.unanswered == 0 && std::mem::take(&mut inner.awaited) {
            self.settled.notify_one();
        }
    }

    /// Waits until everything is answered.
    pub(crate) async fn settle(&self) {
        loop {
            {
                let mut inner = self.lock();
                if inner.unanswered == 0 {
                    return;
                }
                inner.awaited = true;
            }
            self.settled.notified().await;
        }
    }

    /// How many are on their way.
    pub(crate) fn unanswered(&self) -> usize {
        self.lock().unanswered
    }

    /// Takes out what must be told since the last time, in order.
    pub(crate) fn take_answered(&self) -> Vec<Answered> {
        std::mem::take(&mut self.lock().answered)
    }

    // Every change is complete before its guard is dropped.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
