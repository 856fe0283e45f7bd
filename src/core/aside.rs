//! Asides: what was said in private lately from and to guests. It is in no log; while the guest is here both can still read it.

use imbl::{OrdMap, Vector};

use crate::ids::UserId;
use crate::limits;
use crate::live::{Passing, TransientKind};

/// One thing that was said in private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// By whom.
    pub sender: UserId,
    /// When.
    pub stamp: Passing,
    /// What.
    pub kind: TransientKind,
}

/// All of them, by whose they are and with whom: each conversation has a row for either side.
#[derive(Debug, Clone, Default)]
pub struct Asides(OrdMap<(UserId, UserId), Vector<Aside>>);

impl Asides {
    /// Keeps what somebody said to somebody; the oldest of a conversation goes when there are [`limits::ASIDES`] of them.
    pub(crate) fn note(&mut self, peer: UserId, aside: Aside) {
        let sender = aside.sender;
        let mut all = self.0.get(&(sender, peer)).cloned().unwrap_or_default();
        all.push_back(aside);
        if all.len() > limits::ASIDES {
            all.pop_front();
        }
        self.0.insert((peer, sender), all.clone());
        self.0.insert((sender, peer), all);
    }

    /// A guest is gone, and what he said and heard with him.
    pub(crate) fn forget(&mut self, guest: UserId) {
        let peers: Vec<UserId> = self.with(guest).map(|(peer, _)| peer).collect();
        for peer in peers {
            self.0.remove(&(guest, peer));
            self.0.remove(&(peer, guest));
        }
    }

    /// What two said to each other, in order.
    pub fn between(&self, one: UserId, other: UserId) -> impl Iterator<Item = &Aside> {
        self.0.get(&(one, other)).into_iter().flatten()
    }

    /// With whom somebody has spoken, and what was said last.
    pub fn with(&self, user: UserId) -> impl Iterator<Item = (UserId, &Aside)> {
        self.0
            .range((user, UserId(0))..)
            .take_while(move |((whose, _), _)| *whose == user)
            .filter_map(|((_, peer), all)| Some((*peer, all.back()?)))
    }

    /// Whether somebody has said anything to another.
    #[must_use]
    pub fn has_said(&self, sender: UserId, peer: UserId) -> bool {
        self.between(sender, peer)
            .any(|aside| aside.sender == sender)
    }
}
