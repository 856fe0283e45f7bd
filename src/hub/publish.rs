//! The third stage: makes committed state visible. First the view, then the changes go to the lanes, then the answers are released: whoever
//! has an answer finds what it speaks of in every view.

use std::sync::Arc;

use arc_swap::ArcSwap;
use polylogue_core::Refusal;
use polylogue_core::state::World;

use crate::batch::{Batch, Item, Receipt};
use crate::bell::Bell;
use crate::lane::{Change, Delivery};

/// The committed view, for everybody who reads.
#[derive(Debug, Clone)]
pub struct View {
    world: Arc<ArcSwap<World>>,
    bell: Arc<Bell>,
}

impl View {
    /// Starts with what the store holds.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self {
            world: Arc::new(ArcSwap::from_pointee(world)),
            bell: Arc::default(),
        }
    }

    /// The state as of the last published commit: one consistent cut, for as long as it is held.
    #[must_use]
    pub fn load(&self) -> Arc<World> {
        self.world.load_full()
    }

    /// What rings when there is something new to index.
    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }
}

/// An answer ready to be released.
pub type Answer<T> = (T, Result<Receipt, Refusal>);

/// What became of a batch in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is on disk.
    Committed,
    /// It is not, and never happened.
    Void,
}

/// Publishes a batch that is settled: swaps the view, and splits the batch into what the lanes deliver and the answers to release after that.
pub fn publish<T>(view: &View, batch: Batch<T>) -> (Arc<Delivery>, Vec<Answer<T>>) {
    let (before, world) = (view.load(), batch.world);
    let mut changes = Vec::with_capacity(batch.items.len());
    // A change and an answer for nearly every command.
    let mut answers = Vec::with_capacity(batch.items.len().div_ceil(2));
    for item in batch.items {
        match item {
            Item::Event { record, origin } => changes.push(Change::Event(record, origin)),
            Item::Signal { signal, at, origin } => changes.push(Change::Signal(signal, at, origin)),
            Item::Reply(reply) => answers.push((reply.ticket, reply.result)),
        }
    }
    view.world.store(world.clone());
    if !changes.is_empty() {
        view.bell.ring();
    }
    (
        Arc::new(Delivery {
            changes,
            before,
            world,
        }),
        answers,
    )
}
