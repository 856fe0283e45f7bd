//! Threads with read-only connections: cold rooms, history, keys. Bounded by the permits that their askers hold.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use polylogue_core::Refusal;
use polylogue_store::{Reader, StoreError, Tail};
use tokio::sync::{Semaphore, oneshot};

/// Reads that may wait at the same time; further askers wait for one to be done.
const WAITING: usize = 1024;

type Job = Box<dyn FnOnce(&Reader) + Send>;

/// The pool of readers.
#[derive(Debug)]
pub(crate) struct Readers {
    jobs: Mutex<Option<Sender<Job>>>,
    places: Semaphore,
}

impl Readers {
    /// Starts `count` threads on the database.
    pub(crate) fn start(
        database: &Path,
        tail: &Arc<Tail>,
        count: usize,
    ) -> Result<(Self, Vec<JoinHandle<()>>), StoreError> {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            let reader = Reader::open(database, tail.clone())?;
            let queue = queue.clone();
            let thread = std::thread::Builder::new().name(format!("reader-{number}"));
            threads.extend(thread.spawn(move || serve(&reader, &queue)));
        }
        Ok((
            Self {
                jobs: Mutex::new(Some(jobs)),
                places: Semaphore::new(WAITING),
            },
            threads,
        ))
    }

    /// Runs a query on one of the threads.
    pub(crate) async fn run<R: Send + 'static>(
        &self,
        query: impl FnOnce(&Reader) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, Refusal> {
        let _place = self
            .places
            .acquire()
            .await
            .map_err(|_| Refusal::Unavailable)?;
        let (done, result) = oneshot::channel();
        self.post(Box::new(move |reader| {
            let _ = done.send(query(reader));
        }));
        match result.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => {
                tracing::error!(%error, "a query failed");
                Err(Refusal::Unavailable)
            }
            Err(_) => Err(Refusal::Unavailable),
        }
    }

    /// Hands a job to the threads; after [`stop`](Self::stop) it is dropped, and its asker finds out.
    pub(crate) fn post(&self, job: Job) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(jobs) = &*jobs {
            let _ = jobs.send(job);
        }
    }

    /// Lets the threads end once the queue is empty.
    pub(crate) fn stop(&self) {
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

fn serve(reader: &Reader, queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A panic in a query loses that query alone: its asker's channel closes.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(reader))).is_err() {
            tracing::error!("a query panicked");
        }
    }
}
