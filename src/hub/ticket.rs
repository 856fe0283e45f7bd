//! How a sender is told what came of its command: by the lane of its own session, so that its lines come first. A ticket holds its sender's
//! place in the bounded inbox until then.

use std::sync::{Arc, Mutex, PoisonError};

use polylogue_core::Refusal;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::batch::Receipt;

/// How one sender is told.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// By which lane.
    pub(crate) lane: usize,
    /// How.
    pub(crate) answer: Answer,
}

/// How an answer gets to whom it is for.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nobody wants to hear.
    Nobody,
    /// Alone.
    One(
        oneshot::Sender<Result<Receipt, Refusal>>,
        OwnedSemaphorePermit,
    ),
    /// With the others that were asked for together, at this place.
    InGroup(Arc<Group>, usize),
}

impl Ticket {
    /// For commands of which nobody wants to hear.
    pub(crate) fn nobody() -> Self {
        Self {
            lane: 0,
            answer: Answer::Nobody,
        }
    }

    /// Tells the sender. Who went away meanwhile does not want to know.
    pub(crate) fn tell(self, result: Result<Receipt, Refusal>) {
        match self.answer {
            Answer::Nobody => {}
            Answer::One(answer, _place) => drop(answer.send(result)),
            Answer::InGroup(group, index) => group.tell(index, result),
        }
    }
}

/// What is done with the answers of a group, on the thread of the session's lane: it must not wait.
pub(crate) type Then = Box<dyn FnOnce(Vec<Result<Receipt, Refusal>>) + Send>;

/// Commands that are answered together.
pub(crate) struct Group(Mutex<Answers>);

struct Answers {
    results: Vec<Result<Receipt, Refusal>>,
    left: usize,
    then: Option<Then>,
    _places: OwnedSemaphorePermit,
}

impl Group {
    /// A group of so many.
    pub(crate) fn new(count: usize, places: OwnedSemaphorePermit, then: Then) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Answers {
            results: vec![Err(Refusal::Unavailable); count],
            left: count,
            then: Some(then),
            _places: places,
        })))
    }

    pub(crate) fn tell(&self, index: usize, result: Result<Receipt, Refusal>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = answers.results.get_mut(index) {
            *place = result;
        }
        answers.left = answers.left.saturating_sub(1);
        if answers.left == 0 {
            answers.finish();
        }
    }
}

impl Answers {
    fn finish(&mut self) {
        if let Some(then) = self.then.take() {
            then(std::mem::take(&mut self.results));
        }
    }
}

impl Drop for Answers {
    /// Some will never be answered: the others hear what came of theirs all the same.
    fn drop(&mut self) {
        self.finish();
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Group")
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    fn group(
        count: usize,
    ) -> (
        Vec<Ticket>,
        oneshot::Receiver<Vec<Result<Receipt, Refusal>>>,
    ) {
        let places = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let (done, heard) = oneshot::channel();
        let group = Group::new(count, places, Box::new(|all| drop(done.send(all))));
        let ticket = |index| Ticket {
            lane: 0,
            answer: Answer::InGroup(group.clone(), index),
        };
        ((0..count).map(ticket).collect(), heard)
    }

    fn done() -> Result<Receipt, Refusal> {
        // What a row without content reads as.
        Ok(Receipt::from_blob(&[]))
    }

    #[test]
    fn a_group_is_told_when_the_last_of_it_is() {
        let (mut tickets, mut heard) = group(2);
        tickets.pop().unwrap().tell(Err(Refusal::Forbidden));
        assert!(heard.try_recv().is_err());
        tickets.pop().unwrap().tell(done());
        assert_eq!(heard.try_recv(), Ok(vec![done(), Err(Refusal::Forbidden)]));
    }

    #[test]
    fn what_was_done_is_told_even_if_the_others_are_never_answered() {
        let (mut tickets, mut heard) = group(3);
        tickets.remove(1).tell(done());
        drop(tickets);
        let unavailable = || Err(Refusal::Unavailable);
        assert_eq!(
            heard.try_recv(),
            Ok(vec![unavailable(), done(), unavailable()])
        );
    }
}
