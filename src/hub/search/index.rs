//! Keeping the index of words behind the log: piece by piece, each with the place up to which it goes, so that a restart goes on from there.

use polylogue_core::body::Relation;
use polylogue_core::search::{Search, text_of};
use polylogue_core::{EventRef, Position, RoomChange, RoomId, RoomSequence, UserId};
use polylogue_store::{
    Direction, Found, Indexing, Reader, RelationKind, SearchIndex, StoreError, StoredEvent,
};

use super::Archive;

/// Events of the log that are indexed in one transaction.
const PIECE: usize = 1024;
/// Edits of a message that are looked at for one that is left.
const EDITS: usize = 16;

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Everything that is committed is in it.
    UpToDate,
    /// There is more.
    Behind,
}

/// The index, once it could be opened.
pub(super) struct Index<'a> {
    archive: &'a Archive,
    reader: &'a Reader,
    open: Option<SearchIndex>,
}

impl<'a> Index<'a> {
    /// Not opened yet.
    pub(super) fn closed(archive: &'a Archive, reader: &'a Reader) -> Self {
        Self {
            archive,
            reader,
            open: None,
        }
    }

    /// Indexes the next piece.
    pub(super) fn go_on(&mut self) -> Result<Progress, StoreError> {
        let index = match self.open.take() {
            Some(index) => index,
            None => SearchIndex::open(&self.archive.path, self.archive.identity)?,
        };
        // An index that can't be written is opened again next time: a damaged one begins anew then.
        let mut index = index;
        let progress = self.piece(&mut index)?;
        self.open = Some(index);
        Ok(progress)
    }

    /// Hands over what matches; see [`SearchIndex::find`].
    pub(super) fn find(
        &self,
        search: &Search,
        wanted: impl FnMut(Position, RoomId) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        match &self.open {
            Some(index) => index.find(search, wanted),
            None => Ok(()),
        }
    }

    fn piece(&self, index: &mut SearchIndex) -> Result<Progress, StoreError> {
        self.archive.view.bell().silence();
        let head = self.archive.view.load().state.head;
        let from = index.watermark()?;
        if from >= head {
            return Ok(Progress::UpToDate);
        }
        let (events, reached) = self.reader.log((from, head), PIECE)?;
        let changes = index.begin()?;
        let mut taken = false;
        for (room, event) in &events {
            taken |= self.note(&changes, *room, event)?;
        }
        changes.commit(reached)?;
        if taken {
            index.scrub()?;
        }
        Ok(if reached >= head {
            Progress::UpToDate
        } else {
            Progress::Behind
        })
    }

    /// Notes what an event says; whether it took something away.
    fn note(
        &self,
        changes: &Indexing<'_>,
        room: RoomId,
        event: &StoredEvent,
    ) -> Result<bool, StoreError> {
        match &event.change {
            RoomChange::Message(_) => {
                if let Some(found) = found(room, event) {
                    changes.add(&found)?;
                }
                Ok(false)
            }
            RoomChange::Redaction { target, .. } => {
                if let Some(root) = changes.take(target.position)? {
                    self.restore(changes, (room, root))?;
                }
                Ok(true)
            }
            RoomChange::Created(_)
            | RoomChange::Member(_)
            | RoomChange::Power(_)
            | RoomChange::State(_)
            | RoomChange::Redacted(_) => Ok(false),
        }
    }

    /// A message without its last edit says what the edit before it said, or what it said at first.
    fn restore(
        &self,
        changes: &Indexing<'_>,
        (room, root): (RoomId, Position),
    ) -> Result<(), StoreError> {
        let Some(message) = self.reader.event_at(room, root)? else {
            return Ok(());
        };
        let about = (room, message.sequence, RelationKind::Edit);
        let newest = (Direction::Backward, EDITS);
        let edits = self
            .reader
            .relations(about, RoomSequence(u64::MAX), newest)?;
        let mut versions = self.reader.events(room, &edits)?;
        versions.push(message);
        let mut versions = versions.iter().filter_map(|event| found(room, event));
        match versions.find(|version| version.root == root) {
            Some(version) => changes.add(&version),
            None => Ok(()),
        }
    }
}

/// What is noted of a message, unless it has no words or is an edit that does not count.
fn found(room: RoomId, event: &StoredEvent) -> Option<Found> {
    let RoomChange::Message(message) = &event.change else {
        return None;
    };
    let root = match message.relation {
        Some(Relation::Edit(target)) => edited(target, event.sender)?,
        Some(Relation::Reply(_) | Relation::Thread { .. } | Relation::Reaction(_)) | None => {
            event.position
        }
    };
    Some(Found {
        position: event.position,
        room,
        sender: event.sender,
        at: event.at,
        root,
        text: text_of(&event.change)?,
    })
}

/// Only the author's own edits count (Matrix client-server API, "Validity of replacement events").
fn edited(target: EventRef, sender: UserId) -> Option<Position> {
    (target.author == sender).then_some(target.position)
}
