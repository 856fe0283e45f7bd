//! What other events of a room say of some of its events, and the state at a place. Whatever is shown of them passes the gate like anything
//! else.

use polylogue_core::body::EventRef;
use polylogue_core::visibility::{Gate, SpanKind};
use polylogue_core::{Body, DeviceId, Refusal, RoomChange, RoomId, RoomSequence, UserId, facets};
use polylogue_store::{Direction, Reader, RelationKind, StateKey, StoreError, StoredEvent};

use crate::history::{Page, VisibleEvent};
use crate::open::Hub;

/// Edits of an event that are looked at for one that counts.
const EDITS: usize = 16;
/// Reactions to an event that are looked through for one.
const REACTIONS: usize = 1024;
/// Events of a thread that are counted.
const THREAD: usize = 1024;

/// What other events say of an event, as far as the viewer may see them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Related {
    /// The state event that it took the place of.
    pub replaced: Option<VisibleEvent>,
    /// What took its content away.
    pub redaction: Option<VisibleEvent>,
    /// The last edit by its author.
    pub edit: Option<VisibleEvent>,
    /// The thread that it is the root of.
    pub thread: Option<Thread>,
}

/// A thread in short.
#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    /// Its events, the root apart.
    pub count: usize,
    /// The last of them.
    pub latest: Box<VisibleEvent>,
    /// The last edit of that one.
    pub edit: Option<Box<VisibleEvent>>,
    /// Whether the viewer said any of it.
    pub took_part: bool,
}

impl Hub {
    /// What other events of a room say of these, one by one.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn related<'a>(
        &self,
        (viewer, room): (UserId, RoomId),
        events: impl IntoIterator<Item = &'a VisibleEvent>,
    ) -> Result<Vec<Related>, Refusal> {
        let about: Vec<_> = events.into_iter().map(About::of).collect();
        if about.is_empty() {
            return Ok(Vec::new());
        }
        self.readers
            .run(move |reader| {
                let gate = reader.gate(room, viewer)?;
                let context = Context {
                    reader,
                    gate: &gate,
                    viewer,
                    room,
                };
                about.iter().map(|about| context.related(about)).collect()
            })
            .await
    }

    /// A page of the events that refer to an event in these ways, beyond `from` (exclusive).
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn relations(
        &self,
        (viewer, room): (UserId, RoomId),
        (target, kinds): (RoomSequence, Vec<RelationKind>),
        (from, direction, limit): (RoomSequence, Direction, usize),
    ) -> Result<Page, Refusal> {
        self.readers
            .run(move |reader| {
                let gate = reader.gate(room, viewer)?;
                let mut places = Vec::new();
                for kind in kinds {
                    let page = (direction, limit.saturating_add(1));
                    places.extend(reader.relations((room, target, kind), from, page)?);
                }
                places.sort_unstable();
                if direction == Direction::Backward {
                    places.reverse();
                }
                let more = places.len() > limit;
                places.truncate(limit);
                let events = reader.events(room, &places)?;
                let last = events.last().map(|event| (event.sequence, event.position));
                let next = last.filter(|_| more);
                Ok(Page {
                    events: visible(&gate, events),
                    next: next.map(|(place, _)| place),
                    next_position: next.map(|(_, position)| position),
                })
            })
            .await
    }

    /// The reaction with a key that somebody gave to an event and did not take back; looked for among the newest.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn own_reaction(
        &self,
        (viewer, room): (UserId, RoomId),
        (target, key): (RoomSequence, &str),
    ) -> Result<Option<EventRef>, Refusal> {
        let newest = (RoomSequence(u64::MAX), Direction::Backward, REACTIONS);
        let about = (target, vec![RelationKind::Reaction]);
        let page = self.relations((viewer, room), about, newest).await?;
        let is_it = |event: &&VisibleEvent| match &event.change {
            RoomChange::Message(message) => {
                event.sender == viewer
                    && matches!(&message.body, Body::Reaction(given) if **given == *key)
            }
            RoomChange::Created(_)
            | RoomChange::Member(_)
            | RoomChange::Power(_)
            | RoomChange::State(_)
            | RoomChange::Redaction { .. }
            | RoomChange::Redacted(_) => false,
        };
        Ok(page.events.iter().find(is_it).map(|event| EventRef {
            sequence: event.sequence,
            position: event.position,
            author: event.sender,
        }))
    }

    /// Whether what was asked for under an exactly-once key was done.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn was_done(&self, (device, key): (DeviceId, [u8; 32])) -> Result<bool, Refusal> {
        let found = self.readers.run(move |reader| reader.key(device, &key));
        Ok(found.await?.is_some())
    }

    /// A page of the events of a room that have threads, those first in which something was said last, beyond `from` (exclusive); only those
    /// in which `by` took part, if he is named.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn threads(
        &self,
        (viewer, room): (UserId, RoomId),
        by: Option<UserId>,
        (from, limit): (RoomSequence, usize),
    ) -> Result<Page, Refusal> {
        self.readers
            .run(move |reader| {
                let gate = reader.gate(room, viewer)?;
                let found = reader.threads((room, from), limit)?;
                let last = found.last().filter(|_| found.len() == limit);
                let last = match last {
                    Some((_, latest)) => reader.event(room, *latest)?,
                    None => None,
                };
                let context = Context {
                    reader,
                    gate: &gate,
                    viewer,
                    room,
                };
                let mut events = Vec::new();
                for (root, _) in found {
                    let is_in = match by {
                        Some(_) => context.thread(root)?.is_some_and(|thread| thread.took_part),
                        None => true,
                    };
                    events.extend(
                        context
                            .event(root)?
                            .filter(|root| is_in || by == Some(root.sender)),
                    );
                }
                Ok(Page {
                    events,
                    next: last.as_ref().map(|event| event.sequence),
                    next_position: last.map(|event| event.position),
                })
            })
            .await
    }

    /// The places of all state in force in a room right after one of its events, memberships and all. They do not pass the gate: the asker
    /// must be one who may read the room's state there.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn state_at(
        &self,
        room: RoomId,
        at: RoomSequence,
    ) -> Result<Vec<RoomSequence>, Refusal> {
        self.readers
            .run(move |reader| reader.state_at(room, at))
            .await
    }
}

impl Hub {
    /// The place where a piece of state was set that is in force in a room right after one of its events.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn state_place(
        &self,
        room: RoomId,
        (key, at): (StateKey, RoomSequence),
    ) -> Result<Option<RoomSequence>, Refusal> {
        self.readers
            .run(move |reader| reader.state_before(room, &key, at.next()))
            .await
    }

    /// The rooms in which somebody has any standing, or had.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn rooms_of(&self, user: UserId) -> Result<Vec<RoomId>, Refusal> {
        self.readers.run(move |reader| reader.rooms_of(user)).await
    }

    /// The last event of a room that somebody saw as one who is in: where he went out, if he is out and was in.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn left_at(
        &self,
        viewer: UserId,
        room: RoomId,
    ) -> Result<Option<RoomSequence>, Refusal> {
        self.readers
            .run(move |reader| {
                let spans = reader.gate(room, viewer)?.spans;
                let joined = spans.iter().filter(|span| span.kind == SpanKind::Joined);
                Ok(joined.filter_map(|span| span.to).max())
            })
            .await
    }
}

/// What has to be known of an event to look for what is said of it.
struct About {
    place: RoomSequence,
    sender: UserId,
    what: What,
}

enum What {
    State(StateKey),
    Said,
    Redacted,
    Other,
}

impl About {
    fn of(event: &VisibleEvent) -> Self {
        let unnamed = |kind: &str| What::State(StateKey::Other(kind.to_owned(), String::new()));
        let what = match &event.change {
            RoomChange::Member(change) => What::State(StateKey::Member(change.user)),
            RoomChange::Power(_) => unnamed(facets::POWER_LEVELS),
            RoomChange::State(change) => {
                let (kind, key) = (change.kind.to_string(), change.key.to_string());
                What::State(StateKey::Other(kind, key))
            }
            RoomChange::Message(_) => What::Said,
            RoomChange::Redacted(_) => What::Redacted,
            RoomChange::Created(_) | RoomChange::Redaction { .. } => What::Other,
        };
        Self {
            place: event.sequence,
            sender: event.sender,
            what,
        }
    }
}

struct Context<'a> {
    reader: &'a Reader,
    gate: &'a Gate,
    viewer: UserId,
    room: RoomId,
}

impl Context<'_> {
    fn related(&self, about: &About) -> Result<Related, StoreError> {
        let mut related = Related::default();
        match &about.what {
            What::State(key) => {
                let before = self.reader.state_before(self.room, key, about.place)?;
                related.replaced = match before {
                    Some(place) => self.event(place)?,
                    None => None,
                };
            }
            What::Said => {
                related.edit = self.edit((about.place, about.sender))?;
                related.thread = self.thread(about.place)?;
            }
            What::Redacted => {
                let found = self.latest((about.place, RelationKind::Redaction), 1)?;
                related.redaction = match found.first() {
                    Some(place) => self.event(*place)?,
                    None => None,
                };
                related.thread = self.thread(about.place)?;
            }
            What::Other => {}
        }
        Ok(related)
    }

    /// The last edit by the author himself (Matrix client-server API "Validity of replacement events").
    fn edit(
        &self,
        (place, author): (RoomSequence, UserId),
    ) -> Result<Option<VisibleEvent>, StoreError> {
        for edit in self.latest((place, RelationKind::Edit), EDITS)? {
            let edit = self.event(edit)?.filter(|edit| edit.sender == author);
            if edit.is_some() {
                return Ok(edit);
            }
        }
        Ok(None)
    }

    fn thread(&self, root: RoomSequence) -> Result<Option<Thread>, StoreError> {
        let mut places = self.latest((root, RelationKind::Thread), THREAD)?;
        places.retain(|place| self.gate.visible(*place));
        let Some(newest) = places.first() else {
            return Ok(None);
        };
        let Some(latest) = self.event(*newest)? else {
            return Ok(None);
        };
        let edit = self.edit((latest.sequence, latest.sender))?.map(Box::new);
        // What others said is not read only to know who said it.
        let thread = (self.room, root, RelationKind::Thread);
        let own = self.reader.last_relation_by(thread, self.viewer)?;
        Ok(Some(Thread {
            count: places.len(),
            latest: Box::new(latest),
            edit,
            took_part: own.is_some_and(|own| self.gate.visible(own)),
        }))
    }

    fn latest(
        &self,
        (place, kind): (RoomSequence, RelationKind),
        limit: usize,
    ) -> Result<Vec<RoomSequence>, StoreError> {
        let newest = RoomSequence(u64::MAX);
        let page = (Direction::Backward, limit);
        self.reader
            .relations((self.room, place, kind), newest, page)
    }

    fn event(&self, place: RoomSequence) -> Result<Option<VisibleEvent>, StoreError> {
        let found = self.reader.event(self.room, place)?;
        Ok(found.filter(|event| self.gate.visible(event.sequence)))
    }
}

fn visible(gate: &Gate, events: Vec<StoredEvent>) -> Vec<VisibleEvent> {
    let visible = events.into_iter();
    visible
        .filter(|event| gate.visible(event.sequence))
        .collect()
}
