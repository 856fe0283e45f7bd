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

/// Commands that are answered together: one channel for all of them.
#[derive(Debug)]
pub(crate) struct Group {
    answers: Mutex<Answers>,
    _places: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Answers {
    results: Vec<Result<Receipt, Refusal>>,
    left: usize,
    done: Option<oneshot::Sender<Vec<Result<Receipt, Refusal>>>>,
}

impl Group {
    /// A group of so many.
    pub(crate) fn new(
        count: usize,
        places: OwnedSemaphorePermit,
    ) -> (Arc<Self>, oneshot::Receiver<Vec<Result<Receipt, Refusal>>>) {
        let (done, heard) = oneshot::channel();
        let results = vec![Err(Refusal::Unavailable); count];
        let answers = Mutex::new(Answers {
            results,
            left: count,
            done: Some(done),
        });
        (
            Arc::new(Self {
                answers,
                _places: places,
            }),
            heard,
        )
    }

    fn tell(&self, index: usize, result: Result<Receipt, Refusal>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = answers.results.get_mut(index) {
            *place = result;
        }
        answers.left = answers.left.saturating_sub(1);
        if answers.left == 0 {
            let results = std::mem::take(&mut answers.results);
            if let Some(done) = answers.done.take() {
                let _ = done.send(results);
            }
        }
    }
}

impl Drop for Group {
    /// Some will never be answered: the others hear what came of theirs all the same.
    fn drop(&mut self) {
        let answers = self
            .answers
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(done) = answers.done.take() {
            let _ = done.send(std::mem::take(&mut answers.results));
        }
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
        let (group, heard) = Group::new(count, places);
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
