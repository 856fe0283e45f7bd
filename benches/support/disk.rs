//! What this disk costs: the time that a flush takes. It knows no database.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Outcome;
use super::report::p99;

/// Flushes in one measurement.
const FLUSHES: usize = 500;
/// Time between flushes beside a measurement: rare enough not to be a load of their own.
const EVERY: Duration = Duration::from_millis(25);

/// The 99th percentile, in milliseconds, of appending a page to a file in this directory and flushing it.
pub fn flush_p99(directory: &Path) -> Outcome<f64> {
    let mut pages = Pages::in_directory(directory)?;
    let times: io::Result<Vec<f64>> = (0..FLUSHES).map(|_| pages.append()).collect();
    pages.remove()?;
    Ok(p99(times?))
}

/// A file that grows by a page with every flush.
struct Pages {
    path: PathBuf,
    file: File,
}

impl Pages {
    fn in_directory(directory: &Path) -> io::Result<Self> {
        let path = directory.join("flushes");
        let file = File::create(&path)?;
        Ok(Self { path, file })
    }

    /// Milliseconds that a page took.
    fn append(&mut self) -> io::Result<f64> {
        let start = Instant::now();
        self.file.write_all(&[7; 4096])?;
        self.file.sync_data()?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }

    fn remove(self) -> io::Result<()> {
        std::fs::remove_file(self.path)
    }
}

/// Flushes made now and then beside a measurement: what the disk takes while that runs, which is not what it takes when nothing else does.
pub struct Beside {
    stop: Sender<()>,
    flushing: JoinHandle<io::Result<Vec<f64>>>,
}

impl Beside {
    /// Begins, in a directory on the disk in question.
    pub fn begin(directory: &Path) -> Outcome<Self> {
        let mut pages = Pages::in_directory(directory)?;
        let (stop, stopped) = channel();
        let flushing = std::thread::spawn(move || {
            let mut times = Vec::new();
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
                times.push(pages.append()?);
            }
            pages.remove()?;
            Ok(times)
        });
        Ok(Self { stop, flushing })
    }

    /// Ends; the 99th percentile in milliseconds.
    pub fn end(self) -> Outcome<f64> {
        drop(self.stop);
        let times = self
            .flushing
            .join()
            .map_err(|_| "the flushing thread fell")?;
        Ok(p99(times?))
    }
}
