//! Starting and stopping the hub: the directory's lock, the store, the threads.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use polylogue_core::event_id::{IdCipher, Place};
use polylogue_core::live::Passing;
use polylogue_core::network::Network;
use polylogue_core::state::World;
use polylogue_core::{Epoch, EventId, Position, RoomId};
use polylogue_store::{Directory, DirectoryError, Loaded, Reserve, StoreError, Writer, load};
use sha2::Digest;
use tokio::sync::{Notify, Semaphore};

use crate::attempts::Attempts;
use crate::budget::Budget;
use crate::config::Config;
use crate::engine::Engine;
use crate::inbox::{Inbox, Mail};
use crate::journal::Journal;
use crate::login_token::LoginTokens;
use crate::operator::Operator;
use crate::password::Passwords;
use crate::publish::View;
use crate::readers::Readers;
use crate::registration::Registration;
use crate::search::{Archive, Searches};
use crate::stages::{Arrivals, now, run_hub, run_lane};
use crate::ticket::Ticket;
use crate::watch::Watches;

/// Commands that may be on their way at the same time; further senders wait.
pub(crate) const IN_FLIGHT: usize = 32_768;
/// Bytes of an event besides its content: the rest of Matrix's 65,536 for the whole (client-server API "Size limits").
const ENVELOPE: usize = 65_536 - polylogue_core::limits::CONTENT;
/// Batches that may wait between two stages.
const BETWEEN_STAGES: usize = 64;

/// The core, the store and the threads around them, as front-ends see them.
#[derive(Debug)]
pub struct Hub {
    pub(crate) view: View,
    pub(crate) inbox: Arc<Inbox<Ticket>>,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) searches: Searches,
    pub(crate) passwords: Passwords,
    pub(crate) arrivals: Vec<Arc<Arrivals>>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) next_session: AtomicU64,
    pub(crate) registration: ArcSwap<Registration>,
    pub(crate) operators: Vec<Operator>,
    pub(crate) trusted: Vec<Network>,
    pub(crate) reload: Notify,
    pub(crate) budget: Budget,
    pub(crate) attempts: Attempts,
    pub(crate) login_tokens: LoginTokens,
    /// For how many milliseconds a guest who is gone stays in his rooms.
    pub(crate) guest_absence: u64,
    /// Bytes of an event's content, the envelope apart.
    pub(crate) content_bytes: usize,
    ids: IdCipher,
    cloak_key: [u8; 32],
    pub(crate) salt_key: [u8; 32],
    epochs: Vec<(Epoch, Position)>,
    failed: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    directory: Directory,
}

/// Why the hub can't start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The store in it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread.
    #[error("can't start a thread: {0}")]
    Thread(std::io::Error),
    /// The password hasher.
    #[error("password hashing does not work: {0}")]
    Passwords(argon2::password_hash::Error),
}

impl Hub {
    /// Locks the data directory, reads what is always in memory, and starts the threads.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: &Config) -> Result<Arc<Self>, OpenError> {
        let directory = Directory::lock(&config.data_dir)?;
        let writer = Writer::open(&directory.database())?;
        let mut loaded = load(&writer, config.server_name.as_deref())?;
        let guest_absence = config.limits.guest_absence_seconds.saturating_mul(1000);
        for guest in &loaded.stranded_guests {
            loaded.state.strand(*guest, now().plus(guest_absence));
        }
        let view = View::new(World::new(loaded.state.clone()));
        let inbox = Arc::new(Inbox::new());
        let (readers, mut threads) =
            Readers::start(&directory.database(), &writer.tail(), config.readers.max(1))?;
        let readers = Arc::new(readers);
        let (searches, searching) = Searches::start(Archive {
            path: directory.search_index(),
            identity: search_identity(&loaded),
            database: directory.database(),
            tail: writer.tail(),
            view: view.clone(),
        })?;
        threads.extend(searching);
        let failed = Arc::new(AtomicBool::new(false));
        let watches = Arc::new(Watches::default());
        let mut lanes = Vec::new();
        let mut arrivals = Vec::new();
        for number in 0..config.lane_count() {
            let (parcels, queue) = sync_channel(BETWEEN_STAGES);
            let here = Arc::new(Arrivals::default());
            lanes.push(parcels);
            arrivals.push(here.clone());
            let watches = watches.clone();
            threads.push(thread(&format!("lane-{number}"), &failed, move || {
                run_lane(&queue, &here, watches)
            })?);
        }
        let journal = Journal::new(
            (writer, Reserve::in_directory(directory.path())),
            view.clone(),
            lanes,
        );
        let (hub_inbox, hub_readers, engine) =
            (inbox.clone(), readers.clone(), Engine::new(loaded.state));
        let broken = failed.clone();
        threads.push(thread("hub", &failed, move || {
            if let Err(error) = run_hub(engine, &hub_inbox, &hub_readers, journal) {
                tracing::error!(%error, "the store failed: nothing more is answered");
                broken.store(true, std::sync::atomic::Ordering::SeqCst);
            }
            hub_inbox.close();
        })?);
        Ok(Arc::new(Self {
            view,
            inbox,
            places: Arc::new(Semaphore::new(IN_FLIGHT)),
            readers,
            searches,
            passwords: Passwords::new(config.limits.password_hashes)
                .map_err(OpenError::Passwords)?,
            arrivals,
            watches,
            next_session: AtomicU64::new(1),
            registration: ArcSwap::from_pointee(config.registration.clone()),
            operators: config.operators.clone(),
            trusted: config.trusted.clone(),
            reload: Notify::new(),
            budget: Budget::new(&config.limits),
            attempts: Attempts::new(config.limits.clone()),
            login_tokens: LoginTokens::default(),
            guest_absence,
            content_bytes: config.limits.event_bytes.saturating_sub(ENVELOPE),
            ids: IdCipher::new(&loaded.secret),
            cloak_key: key(&loaded.secret, b"cloaks"),
            salt_key: key(&loaded.secret, b"salts"),
            epochs: loaded.epochs,
            failed,
            threads: Mutex::new(threads),
            directory,
        }))
    }

    /// The committed state at this moment.
    #[must_use]
    pub fn world(&self) -> Arc<World> {
        self.view.load()
    }

    /// The last committed position.
    #[must_use]
    pub fn head(&self) -> Position {
        self.view.load().state.head
    }

    /// Whether a stage ended that must not end: nothing is answered any more, and the process has to go.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// The id of the event at a position.
    #[must_use]
    pub fn event_id(&self, position: Position) -> EventId {
        self.ids.event_id(self.place(position))
    }

    /// The position that an event id names. It may belong to any room: read it together with its room.
    #[must_use]
    pub fn event_position(&self, id: &EventId) -> Option<Position> {
        self.checked(self.ids.event(id)?)
    }

    /// An opaque token for "everything up to here has been seen".
    #[must_use]
    pub fn cursor(&self, position: Position) -> String {
        self.ids.cursor(self.place(position))
    }

    /// The position that a token means; nothing if it is not ours, or of a timeline that was lost.
    #[must_use]
    pub fn open_cursor(&self, token: &str) -> Option<Position> {
        let place = self.ids.open_cursor(token)?;
        // Position 0 is before the first event of every epoch.
        if place.position == Position(0) {
            Some(place.position)
        } else {
            self.checked(place)
        }
    }

    /// The opaque name of a room, for protocols that name rooms by id.
    #[must_use]
    pub fn room_key(&self, room: RoomId) -> String {
        self.ids.room_key(self.view.load().state.lane, room)
    }

    /// The room that an opaque name means; whether there still is one is for the reader of the room to find.
    #[must_use]
    pub fn open_room_key(&self, key: &str) -> Option<RoomId> {
        let (lane, room) = self.ids.open_room_key(key)?;
        (lane == self.view.load().state.lane).then_some(room)
    }

    /// What stands for an address in hosts and masks: 65 bits of a keyed hash of the address (IPv6: of its /64), so that it can be banned and
    /// not be found out.
    #[must_use]
    pub fn cloak(&self, address: std::net::IpAddr) -> String {
        let mut hash = sha2::Sha256::new().chain_update(self.cloak_key);
        match address.to_canonical() {
            std::net::IpAddr::V4(v4) => hash.update(v4.octets()),
            std::net::IpAddr::V6(v6) => hash.update(v6.octets().get(..8).unwrap_or_default()),
        }
        let digest: [u8; 32] = hash.chain_update(self.cloak_key).finalize().into();
        let bits = digest
            .iter()
            .take(16)
            .fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        (0..13u32)
            .filter_map(|i| {
                char::from_digit(u32::try_from((bits >> (5 * i)) & 31).unwrap_or(0), 32)
            })
            .collect()
    }

    /// Ids are sealed by the store's key alone, so renderers get the sealing part without the hub.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        Sealer {
            ids: self.ids.clone(),
            lane: self.world().state.lane,
            epochs: self.epochs.clone().into(),
        }
    }

    /// The data directory.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Decides and writes what is in the inbox, then ends the threads. Blocks until they are done.
    pub fn stop(&self) {
        self.inbox.put(Mail::Stop);
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        self.searches.stop(&self.view);
        self.readers.stop();
        for thread in threads {
            // A panic was logged where it happened.
            let _ = thread.join();
        }
    }

    fn place(&self, position: Position) -> Place {
        Place {
            lane: self.view.load().state.lane,
            epoch: epoch_of(&self.epochs, position),
            position,
        }
    }

    /// A place is real if its lane is ours and its epoch is the one in which that position was given out.
    fn checked(&self, place: Place) -> Option<Position> {
        let state = &self.view.load().state;
        let real = place.lane == state.lane
            && place.position.0 > 0
            && place.position <= state.head
            && epoch_of(&self.epochs, place.position) == place.epoch;
        real.then_some(place.position)
    }
}

/// Turns positions into event ids and cursors: for renderers.
#[derive(Debug, Clone)]
pub struct Sealer {
    ids: IdCipher,
    lane: polylogue_core::Lane,
    epochs: Arc<[(Epoch, Position)]>,
}

impl Sealer {
    /// The id of the event at a position.
    #[must_use]
    pub fn event_id(&self, position: Position) -> EventId {
        self.ids.event_id(self.place(position))
    }

    /// The id of something transient, which names no event.
    #[must_use]
    pub fn passing_id(&self, stamp: Passing) -> EventId {
        self.ids.passing_id(self.lane, stamp)
    }

    /// The cursor after a position.
    #[must_use]
    pub fn cursor(&self, position: Position) -> String {
        self.ids.cursor(self.place(position))
    }

    /// The opaque name of a room.
    #[must_use]
    pub fn room_key(&self, room: RoomId) -> String {
        self.ids.room_key(self.lane, room)
    }

    fn place(&self, position: Position) -> Place {
        Place {
            lane: self.lane,
            epoch: epoch_of(&self.epochs, position),
            position,
        }
    }
}

fn epoch_of(epochs: &[(Epoch, Position)], position: Position) -> Epoch {
    epochs
        .iter()
        .rev()
        .find(|(_, first)| *first <= position)
        .or(epochs.first())
        .map_or(Epoch(1), |(epoch, _)| *epoch)
}

/// What an index of words must have been made of: this store, since its last restore.
fn search_identity(loaded: &Loaded) -> [u8; 32] {
    let epoch = loaded.epochs.last().map_or(0, |(epoch, _)| epoch.0);
    let hash = sha2::Sha256::new().chain_update(key(&loaded.secret, b"search"));
    hash.chain_update(epoch.to_be_bytes()).finalize().into()
}

/// A key for one purpose, from the store's secret.
fn key(secret: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    let hash = sha2::Sha256::new().chain_update(secret);
    hash.chain_update(purpose).finalize().into()
}

/// Starts a stage. If it panics, the process must not go on without it.
fn thread(
    name: &str,
    failed: &Arc<AtomicBool>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    let failed = failed.clone();
    let guarded = move || {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
            tracing::error!("a stage panicked");
            failed.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(guarded)
        .map_err(OpenError::Thread)
}
