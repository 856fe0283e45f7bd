//! Message requests: how often one party of a conversation of two was asked into it, and what he made of it. Follows from the changes of his
//! standing, live and when the room is read from the store, so that nothing of it has to be kept apart.

use crate::event::MemberChange;
use crate::ids::{Timestamp, UserId};
use crate::limits;
use crate::room::Membership;

/// What became of asking somebody since he was last in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Request {
    /// When he was asked last.
    pub asked: Option<Timestamp>,
    /// When he left or declined last.
    pub declined: Option<Timestamp>,
    /// How often he did.
    pub refusals: u32,
}

impl Request {
    /// Takes a change of his standing in. Whoever comes in has answered: nothing of before counts any more.
    pub fn note(&mut self, (at, sender): (Timestamp, UserId), change: &MemberChange) {
        match change.membership {
            Membership::Join => *self = Self::default(),
            Membership::Invite => self.asked = Some(at),
            // That he was never there to refuse anything, or that somebody else took it back, is no refusal.
            Membership::Leave if sender == change.user => {
                self.declined = Some(at);
                self.refusals = self.refusals.saturating_add(1);
            }
            Membership::Leave | Membership::Knock | Membership::Ban => {}
        }
    }

    /// Whether he may be asked (again): once in a day, and not for a month after he has refused twice.
    #[must_use]
    pub fn may_ask(&self, now: Timestamp) -> bool {
        let passed = |since: Option<Timestamp>, time| since.is_none_or(|at| at.plus(time) <= now);
        passed(self.asked, limits::ASKED_AGAIN)
            && (self.refusals < limits::REFUSALS || passed(self.declined, limits::LEFT_ALONE))
    }
}
