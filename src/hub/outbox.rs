//! What is still to be written to one connection. Delivery puts lines in and never waits; whoever may write takes everything out in one
//! vectored write. Over its bound it is dropped: the connection has fallen behind, and catches up from the log.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, Bytes};
use polylogue_core::Position;
use polylogue_core::state::World;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Bytes that may wait for one connection before it has fallen behind.
pub const BOUND: usize = 1024 * 1024;
/// Buffers handed to one vectored write (Linux takes at most 1,024).
const SLICES: usize = 64;

/// The outgoing side of one connection.
#[derive(Debug)]
pub struct Outbox {
    queue: Mutex<Queue>,
    /// The socket of a connection without TLS: delivery writes to it itself, without waking a task.
    socket: Option<Arc<TcpStream>>,
    dialect: AtomicU64,
    wake: Notify,
}

#[derive(Debug)]
struct Queue {
    lines: VecDeque<Bytes>,
    bytes: usize,
    mode: Mode,
    writing: bool,
    /// The socket took no more: the connection's task waits until it does.
    stalled: bool,
    /// Why the connection is to end.
    closed: Option<Arc<str>>,
    /// Up to here the connection has read the log: what delivery still brings of it is dropped.
    read: Position,
    /// The state of which everything was told before delivery passed by.
    told: Option<Arc<World>>,
    /// What came while lines are held back.
    held: Option<Vec<(Bytes, Heard)>>,
}

/// Where delivery is with the lines that it puts in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress<'a> {
    /// Up to here everything was delivered before them.
    pub(crate) before: Position,
    /// Where they bring the connection to.
    pub(crate) now: Position,
    /// The state before the batch that they are of.
    pub(crate) world: &'a Arc<World>,
}

/// How a connection comes to hear a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It answers what the connection itself asked for.
    Reply,
    /// It happened.
    News,
}

/// Whether delivery reaches the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Lines come as they happen.
    Live,
    /// The connection reads the log instead, from after `cursor`. `missed` is the last position that delivery had for it.
    Behind {
        /// Everything up to here was delivered.
        cursor: Position,
        /// Delivery passed by up to here.
        missed: Position,
    },
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing is left.
    All,
    /// The socket takes no more for now.
    Stalled,
    /// Somebody else is writing; what was put in goes with it.
    Elsewhere,
    /// The connection is gone.
    Broken,
}

impl Outbox {
    /// For a connection whose bytes go to the socket as they are.
    #[must_use]
    pub fn direct(socket: Arc<TcpStream>, mode: Mode) -> Arc<Self> {
        Self::new(Some(socket), mode)
    }

    /// For a connection whose task writes: TLS, WebSocket.
    #[must_use]
    pub fn woken(mode: Mode) -> Arc<Self> {
        Self::new(None, mode)
    }

    fn new(socket: Option<Arc<TcpStream>>, mode: Mode) -> Arc<Self> {
        let queue = Queue {
            lines: VecDeque::new(),
            bytes: 0,
            mode,
            writing: false,
            stalled: false,
            closed: None,
            read: Position(0),
            told: None,
            held: None,
        };
        Arc::new(Self {
            queue: Mutex::new(queue),
            socket,
            dialect: AtomicU64::new(0),
            wake: Notify::new(),
        })
    }

    /// What the connection's lines look like: bits of its front-end's own.
    #[must_use]
    pub fn dialect(&self) -> u64 {
        self.dialect.load(Ordering::Relaxed)
    }

    /// Lines from now on look like this.
    pub fn set_dialect(&self, dialect: u64) {
        self.dialect.store(dialect, Ordering::Relaxed);
    }

    /// Puts a line in, whatever the mode: a direct reply, or the last words of a connection that is to end. Does not write.
    pub fn push(&self, line: Bytes) {
        if !line.is_empty() {
            self.lock().put(line, Heard::Reply);
        }
    }

    /// Keeps back what comes from now on, until [`release`](Self::release): the reply to one command is put in shape as a whole. Tells whether
    /// nothing was kept back before.
    pub fn hold(&self) -> bool {
        let mut queue = self.lock();
        let begins = queue.held.is_none();
        queue.held.get_or_insert_default();
        begins
    }

    /// Lets go of what was kept back, in the shape that `shape` gives it. Does not write.
    pub fn release(&self, shape: impl FnOnce(Vec<(Bytes, Heard)>) -> Vec<Bytes>) {
        let mut queue = self.lock();
        let held = queue.held.take().unwrap_or_default();
        let before: usize = held.iter().map(|(line, _)| line.len()).sum();
        let shaped = shape(held);
        let after: usize = shaped.iter().map(Bytes::len).sum();
        queue.bytes = queue.bytes.saturating_sub(before) + after;
        // A write of nothing would look like a connection that takes nothing any more.
        let lines = shaped.into_iter().filter(|line| !line.is_empty());
        queue.lines.extend(lines);
    }

    /// Whether lines are kept back.
    pub(crate) fn is_holding(&self) -> bool {
        self.lock().held.is_some()
    }

    /// Puts delivered lines in, if the connection is live; over the bound it falls behind, to where it was before them. Returns the bytes that
    /// wait.
    pub(crate) fn deliver(&self, (line, heard): (Bytes, Heard), progress: Progress<'_>) -> usize {
        let Progress { before, now, world } = progress;
        let mut queue = self.lock();
        if queue.closed.is_some() {
            return 0;
        }
        match queue.mode {
            Mode::Behind { cursor, missed } => {
                queue.mode = Mode::Behind {
                    cursor,
                    missed: missed.max(now),
                }
            }
            // Delivery comes after publication: the log may have been read further than delivery has come.
            Mode::Live if before < now && now <= queue.read => {}
            Mode::Live if before < now && before < queue.read => {
                queue.mode = Mode::Behind {
                    cursor: queue.read,
                    missed: now,
                }
            }
            Mode::Live if queue.bytes > 0 && queue.bytes + line.len() > BOUND => {
                // What was read from the log already is not read again.
                let cursor = before.max(queue.read);
                queue.mode = Mode::Behind {
                    cursor,
                    missed: now.max(cursor),
                };
            }
            Mode::Live => queue.put(line, heard),
        }
        if matches!(queue.mode, Mode::Behind { .. }) {
            queue.told.get_or_insert_with(|| world.clone());
        }
        queue.bytes
    }

    /// The mode at this moment.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.lock().mode
    }

    /// Before the connection is attached: whether it begins behind the log.
    pub fn set_mode(&self, mode: Mode) {
        let mut queue = self.lock();
        queue.mode = mode;
        queue.told = None;
    }

    /// The connection has read the log up to `cursor`: it is live again if delivery has passed by no further.
    pub fn caught_up(&self, cursor: Position) -> Mode {
        self.lock().caught_up(cursor)
    }

    /// The same for one that also tells what is in no log: it is not live before it has [taken](Self::take_told) the state from which that has
    /// to be told.
    pub fn caught_up_and_told(&self, cursor: Position) -> Mode {
        let mut queue = self.lock();
        if queue.told.is_some() {
            return queue.mode;
        }
        queue.caught_up(cursor)
    }

    /// The state of which everything was told before delivery passed by, if it did since this was taken last.
    #[must_use]
    pub fn take_told(&self) -> Option<Arc<World>> {
        self.lock().told.take()
    }

    /// The connection is to end, with this reason, once it has been told.
    pub(crate) fn close(&self, reason: Arc<str>) {
        let mut queue = self.lock();
        queue.closed.get_or_insert(reason);
        drop(queue);
        self.wake.notify_one();
    }

    /// Why the connection is to end, if it is.
    #[must_use]
    pub fn closed(&self) -> Option<Arc<str>> {
        self.lock().closed.clone()
    }

    /// Bytes that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().bytes
    }

    /// Waits until the connection's task has something to do: lines to write over TLS, a socket that stalled, a mode that changed, an end.
    pub async fn woken_up(&self) {
        self.wake.notified().await;
    }

    /// Wakes the connection's task.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Takes everything out, for a task that writes itself.
    #[must_use]
    pub fn take(&self) -> VecDeque<Bytes> {
        let mut queue = self.lock();
        queue.bytes = 0;
        std::mem::take(&mut queue.lines)
    }

    /// Writes what is there, or sees to it that the connection's task does.
    pub fn flush(&self) -> Flushed {
        let Some(socket) = &self.socket else {
            self.wake.notify_one();
            return Flushed::Elsewhere;
        };
        loop {
            let mut lines = {
                let mut queue = self.lock();
                if queue.writing {
                    return Flushed::Elsewhere;
                }
                if queue.lines.is_empty() {
                    if matches!(queue.mode, Mode::Behind { .. }) {
                        self.wake.notify_one();
                    }
                    queue.stalled = false;
                    return Flushed::All;
                }
                queue.writing = true;
                std::mem::take(&mut queue.lines)
            };
            // The lock is not held while the socket is written to.
            let (written, outcome) = write_all(socket, &mut lines);
            let mut queue = self.lock();
            queue.writing = false;
            queue.bytes = queue.bytes.saturating_sub(written);
            for line in lines.into_iter().rev() {
                queue.lines.push_front(line);
            }
            match outcome {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !queue.stalled {
                        queue.stalled = true;
                        self.wake.notify_one();
                    }
                    return Flushed::Stalled;
                }
                Err(_) => {
                    queue.closed.get_or_insert_with(|| "Connection lost".into());
                    queue.lines.clear();
                    queue.bytes = 0;
                    self.wake.notify_one();
                    return Flushed::Broken;
                }
            }
        }
    }

    /// Whether the socket took no more and the task must wait for it.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.lock().stalled
    }

    // Every change of the queue is complete before its guard is dropped.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn caught_up(&mut self, cursor: Position) -> Mode {
        if let Mode::Behind { missed, .. } = self.mode {
            self.read = cursor;
            self.mode = if missed <= cursor {
                self.told = None;
                Mode::Live
            } else {
                Mode::Behind { cursor, missed }
            };
        }
        self.mode
    }

    fn put(&mut self, line: Bytes, heard: Heard) {
        self.bytes += line.len();
        match &mut self.held {
            Some(held) => held.push((line, heard)),
            None => self.lines.push_back(line),
        }
    }
}

/// Writes lines until none is left or the socket takes no more; what is left stays in `lines`. Returns the bytes written.
fn write_all(socket: &TcpStream, lines: &mut VecDeque<Bytes>) -> (usize, io::Result<()>) {
    let mut total = 0;
    while let Some(first) = lines.front() {
        // A single line, the usual case of a quiet room, goes the shorter way through the kernel.
        if lines.len() == 1 {
            match socket.try_write(first) {
                Ok(0) => return (total, Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => {
                    total += written;
                    advance(lines, written);
                    continue;
                }
                Err(error) => return (total, Err(error)),
            }
        }
        let slices: [IoSlice<'_>; SLICES] = {
            let mut waiting = lines.iter();
            std::array::from_fn(|_| IoSlice::new(waiting.next().map_or(&[], |line| line)))
        };
        let used = lines.len().min(SLICES);
        let result = socket.try_write_vectored(slices.get(..used).unwrap_or(&slices));
        match result {
            Ok(0) => return (total, Err(io::ErrorKind::WriteZero.into())),
            Ok(written) => {
                total += written;
                advance(lines, written);
            }
            Err(error) => return (total, Err(error)),
        }
    }
    (total, Ok(()))
}

fn advance(lines: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(first) = lines.front_mut() {
        if written < first.len() {
            first.advance(written);
            return;
        }
        written -= first.len();
        lines.pop_front();
    }
}
