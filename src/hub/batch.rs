//! What travels from stage to stage: a batch of changes and replies, in the order in which they were decided.

use std::sync::Arc;

use polylogue_core::decide::Outcome;
use polylogue_core::event::UserChange;
use polylogue_core::keys::{HandedKey, KeysChange};
use polylogue_core::state::World;
use polylogue_core::{
    Entry, Event, Position, Refusal, RoomId, RoomSequence, SessionId, Signal, Timestamp, UserId,
};
use polylogue_store::{KeyRow, Record};
use serde::{Deserialize, Serialize};

/// Everything decided between two commits.
#[derive(Debug)]
pub struct Batch<T> {
    /// Changes and replies, in order.
    pub items: Vec<Item<T>>,
    /// Exactly-once keys used.
    pub keys: Vec<KeyRow>,
    /// The state after all of it: the view that is published.
    pub world: Arc<World>,
}

/// One thing in a batch.
#[derive(Debug)]
pub enum Item<T> {
    /// A durable change.
    Event {
        /// The event.
        record: Record,
        /// The session that caused it.
        origin: Option<Origin>,
    },
    /// A change that flickers.
    Signal {
        /// The signal.
        signal: Arc<Signal>,
        /// When.
        at: Timestamp,
        /// The session that caused it.
        origin: Option<Origin>,
    },
    /// An answer, released when everything before it has been committed and delivered.
    Reply(Reply<T>),
}

/// The session that caused a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which.
    pub session: SessionId,
    /// The label for its echo.
    pub label: Option<Arc<str>>,
    /// What goes with it to those who are here.
    pub tags: Option<Tags>,
}

/// Keys and values that go beside what is said to those who are here, and are not kept (IRC client-only tags, unescaped).
pub type Tags = Arc<[(Arc<str>, Arc<str>)]>;

/// An answer.
#[derive(Debug)]
pub struct Reply<T> {
    /// How the sender is told.
    pub ticket: T,
    /// What.
    pub result: Result<Receipt, Refusal>,
    /// Whether it hangs on its batch, as nearly all do: if that is void, so is the answer.
    pub hangs: bool,
}

/// What a sender is told of a command that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What it came to.
    pub outcome: Outcome,
    /// The event that it made, if that is what the sender wants to know.
    pub event: Option<EventPlace>,
    /// The key that was handed out to the sender, if he asked for one. Not remembered with an exactly-once key.
    pub claimed: Option<Arc<HandedKey>>,
}

/// Where an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPlace {
    /// Its room.
    pub room: RoomId,
    /// Its position in the log.
    pub position: Position,
    /// Its place in the room.
    pub sequence: RoomSequence,
    /// Its time.
    pub at: Timestamp,
}

/// The stored form of a receipt.
#[derive(Serialize, Deserialize)]
enum StoredReceipt {
    Done,
    Room(RoomId),
    User(UserId),
    Event(EventPlace),
}

impl Receipt {
    /// Notes the event that the sender wants to know.
    pub(crate) fn note(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Room { room, .. } => {
                self.event = Some(EventPlace {
                    room: *room,
                    position: entry.position,
                    sequence: entry.sequence,
                    at: entry.at,
                });
            }
            Event::User {
                change: UserChange::Keys(KeysChange::Claimed { key, .. }),
                ..
            } => self.claimed = Some(Arc::new(key.clone())),
            Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => {}
        }
    }

    /// For the table of exactly-once keys.
    pub(crate) fn to_blob(&self) -> Vec<u8> {
        let stored = match (self.event, self.outcome) {
            (Some(event), _) => StoredReceipt::Event(event),
            (None, Outcome::Room(room)) => StoredReceipt::Room(room),
            (None, Outcome::User(user)) => StoredReceipt::User(user),
            (None, Outcome::Done | Outcome::Event(_)) => StoredReceipt::Done,
        };
        // A row of four integers always fits.
        postcard::to_allocvec(&stored).unwrap_or_default()
    }

    /// From the table of exactly-once keys; a row that can't be read still says "done".
    #[must_use]
    pub fn from_blob(blob: &[u8]) -> Self {
        let outcome = |outcome| Self {
            outcome,
            event: None,
            claimed: None,
        };
        match postcard::from_bytes(blob) {
            Ok(StoredReceipt::Event(event)) => Self {
                outcome: Outcome::Event(0),
                event: Some(event),
                claimed: None,
            },
            Ok(StoredReceipt::Room(room)) => outcome(Outcome::Room(room)),
            Ok(StoredReceipt::User(user)) => outcome(Outcome::User(user)),
            Ok(StoredReceipt::Done) | Err(_) => outcome(Outcome::Done),
        }
    }

    /// The room made, joined or found.
    #[must_use]
    pub fn room(&self) -> Option<RoomId> {
        match self.outcome {
            Outcome::Room(room) => Some(room),
            Outcome::Done | Outcome::User(_) | Outcome::Event(_) => None,
        }
    }

    /// The user made, or who the session is now.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self.outcome {
            Outcome::User(user) => Some(user),
            Outcome::Done | Outcome::Room(_) | Outcome::Event(_) => None,
        }
    }
}
