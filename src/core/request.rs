//! Message requests: how often one user was asked into a conversation by another, what he made of it, and what was said to him meanwhile. It
//! is of the pair, not of one of its rooms: a refusal holds in all of them.

use serde::{Deserialize, Serialize};

use crate::event::MemberChange;
use crate::ids::{Timestamp, UserId};
use crate::limits;
use crate::room::Membership;

/// What became of asking somebody since he answered last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Request {
    /// When he was asked last.
    pub asked: Option<Timestamp>,
    /// When he left or declined last.
    pub declined: Option<Timestamp>,
    /// How often he did.
    pub refusals: u32,
    /// What was said to him since he was asked: text, notices, CTCP, tags and all.
    pub said: u32,
}

impl Request {
    /// After a change of his standing in a conversation of the two. Whoever comes in has answered: nothing of before counts any more.
    #[must_use]
    pub fn after(mut self, (at, sender): (Timestamp, UserId), change: &MemberChange) -> Self {
        match change.membership {
            Membership::Join => return Self::default(),
            Membership::Invite => return self.again(at),
            // That he was never there to refuse anything, or that somebody else took it back, is no refusal.
            Membership::Leave if sender == change.user => {
                self.declined = Some(at);
                self.refusals = self.refusals.saturating_add(1);
            }
            Membership::Leave | Membership::Knock | Membership::Ban => {}
        }
        self
    }

    /// After he was asked.
    #[must_use]
    pub fn again(mut self, at: Timestamp) -> Self {
        // What was said before the first time counts.
        if self.asked.is_some() {
            self.said = 0;
        }
        self.asked = Some(at);
        self
    }

    /// After one thing more was said to him.
    #[must_use]
    pub fn said(mut self) -> Self {
        self.said = self.said.saturating_add(1);
        self
    }

    /// Whether the last that he did was to refuse.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        self.declined
            .is_some_and(|declined| self.asked.is_none_or(|asked| asked <= declined))
    }

    /// Whether something may be said to him who has not answered.
    #[must_use]
    pub fn may_say(&self) -> bool {
        self.said < limits::PENDING_DIRECT_MESSAGES
    }

    /// Whether he may be asked (again): once in a day, and not for a month after he has refused twice.
    #[must_use]
    pub fn may_ask(&self, now: Timestamp) -> bool {
        let passed = |since: Option<Timestamp>, time| since.is_none_or(|at| at.plus(time) <= now);
        passed(self.asked, limits::ASKED_AGAIN)
            && (self.refusals < limits::REFUSALS || passed(self.declined, limits::LEFT_ALONE))
    }
}
