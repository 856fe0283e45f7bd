//! Searching by words: one thread keeps the index of words behind the log and answers from it. Nobody waits for it but who searches, and what
//! it finds passes the gate like any page of history.

mod index;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use polylogue_core::search::{Order, Search, text_of};
use polylogue_core::visibility::Gate;
use polylogue_core::{Refusal, RoomId, UserId};
use polylogue_store::{Reader, StoreError, Tail};
use tokio::sync::{Semaphore, oneshot};

use crate::history::VisibleEvent;
use crate::open::Hub;
use crate::publish::View;
use index::{Index, Progress};

/// Searches that may wait at the same time; further askers wait for one to be done.
const WAITING: usize = 64;
/// Matches that are looked at for one page: beyond that it is handed out as it is, with a place to go on from.
const LOOK: usize = 16_384;
/// New messages are indexed this long after the first of them, all at once: each round costs a commit of its own, and who searches does not
/// wait for it, as the index is brought up to date for him first.
const SOON: Duration = Duration::from_secs(10);
/// After each piece of work the thread rests this many times as long, so that a busy server has its processors for itself.
const REST: u32 = 9;
/// How long a search waits for what was said just before it to be in the index.
const PATIENCE: Duration = Duration::from_secs(2);
/// An index that could not be written is tried again after this.
const AGAIN: Duration = Duration::from_secs(60);

/// A page of what a search found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matches {
    /// The events that the asker may see, in the order asked for.
    pub events: Vec<(RoomId, VisibleEvent)>,
    /// Where to go on; nothing if that was all.
    pub next: Option<Order>,
    /// Whether the index was up to date. If not, what was said last may be missing.
    pub complete: bool,
}

impl Hub {
    /// What `viewer` may see of what matches. Without rooms it is looked for in all rooms in which he has, or had, any standing.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the index can't be read now.
    pub async fn search(&self, viewer: UserId, search: Search) -> Result<Matches, Refusal> {
        let _place = self
            .searches
            .places
            .acquire()
            .await
            .map_err(|_| Refusal::Unavailable)?;
        let (done, found) = oneshot::channel();
        self.searches.post(Mail::Search(viewer, search, done));
        found.await.map_err(|_| Refusal::Unavailable)?
    }
}

/// The way to the searching thread.
#[derive(Debug)]
pub(crate) struct Searches {
    mail: Mutex<Option<Sender<Mail>>>,
    places: Semaphore,
}

enum Mail {
    Behind,
    Search(UserId, Search, oneshot::Sender<Result<Matches, Refusal>>),
}

/// What the searching thread needs.
pub(crate) struct Archive {
    /// The file of the index.
    pub(crate) path: PathBuf,
    /// What the index must have been made of.
    pub(crate) identity: [u8; 32],
    /// The database of the log.
    pub(crate) database: PathBuf,
    /// What of it is not in its tables.
    pub(crate) tail: Arc<Tail>,
    /// What is committed, and says when there is more.
    pub(crate) view: View,
}

impl Searches {
    /// Starts the thread. Should it end before [`stop`](Self::stop), searches are refused and everything else goes on.
    ///
    /// # Errors
    /// [`StoreError`] if the log can't be read.
    pub(crate) fn start(archive: Archive) -> Result<(Self, Option<JoinHandle<()>>), StoreError> {
        let (mail, inbox) = channel();
        let bell = mail.clone();
        archive.view.bell().connect(move || {
            let _ = bell.send(Mail::Behind);
        });
        let reader = Reader::open(&archive.database, archive.tail.clone())?;
        let searches = Self {
            mail: Mutex::new(Some(mail)),
            places: Semaphore::new(WAITING),
        };
        let thread = std::thread::Builder::new().name("search".to_owned());
        let thread = thread.spawn(move || run(&archive, &reader, &inbox));
        Ok((searches, thread.ok()))
    }

    /// Lets the thread end.
    pub(crate) fn stop(&self, view: &View) {
        self.mail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        view.bell().connect(|| {});
    }

    fn post(&self, mail: Mail) {
        let sender = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = &*sender {
            let _ = sender.send(mail);
        }
    }
}

fn run(archive: &Archive, reader: &Reader, inbox: &Receiver<Mail>) {
    let mut index = Index::closed(archive, reader);
    let mut due = Some(Instant::now() + SOON);
    loop {
        let mail = match due {
            Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match mail {
            Ok(Mail::Behind) => due = due.or(Some(Instant::now() + SOON)),
            Ok(Mail::Search(viewer, search, done)) => {
                let found = answer(&mut index, reader, (viewer, search));
                let _ = done.send(found.map_err(|error| {
                    tracing::error!(%error, "a search failed");
                    Refusal::Unavailable
                }));
            }
            Err(RecvTimeoutError::Timeout) => due = work(&mut index),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Indexes a piece; says when to go on.
fn work(index: &mut Index<'_>) -> Option<Instant> {
    let begun = Instant::now();
    match index.go_on() {
        Ok(Progress::UpToDate) => None,
        Ok(Progress::Behind) => Some(Instant::now() + begun.elapsed() * REST),
        Err(error) => {
            tracing::warn!(%error, "the index of words can't be written: searches miss what is new");
            Some(Instant::now() + AGAIN)
        }
    }
}

fn answer(
    index: &mut Index<'_>,
    reader: &Reader,
    (viewer, mut search): (UserId, Search),
) -> Result<Matches, StoreError> {
    let until = Instant::now() + PATIENCE;
    let complete = loop {
        match index.go_on()? {
            Progress::UpToDate => break true,
            Progress::Behind if Instant::now() >= until => break false,
            Progress::Behind => {}
        }
    };
    if search.rooms.is_empty() {
        search.rooms = reader.rooms_of(viewer)?;
    }
    let mut gates: HashMap<RoomId, Gate> = HashMap::new();
    let mut matches = Matches {
        complete,
        ..Matches::default()
    };
    let mut looked = 0;
    index.find(&search, |position, room| {
        if matches.events.len() == search.limit || looked == LOOK {
            return Ok(false);
        }
        looked += 1;
        let gate = match gates.entry(room) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(reader.gate(room, viewer)?)
            }
        };
        // The log is what counts: what was taken away a moment ago may still be in the index.
        let event = reader
            .event_at(room, position)?
            .filter(|event| gate.visible(event.sequence) && text_of(&event.change).is_some());
        matches.events.extend(event.map(|event| (room, event)));
        matches.next = Some(match search.order {
            Order::NewestFirst(_) => Order::NewestFirst(position),
            Order::OldestFirst(_) => Order::OldestFirst(position),
        });
        Ok(true)
    })?;
    if matches.events.len() < search.limit && looked < LOOK {
        matches.next = None;
    }
    Ok(matches)
}
