//! What this disk costs: the time that a flush takes. It knows no database.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use super::Outcome;
use super::report::p99;

/// Flushes in one measurement.
const FLUSHES: usize = 500;

/// The 99th percentile, in milliseconds, of appending a page to a file in this directory and flushing it.
pub fn flush_p99(directory: &Path) -> Outcome<f64> {
    let path = directory.join("flushes");
    let mut file = File::create(&path)?;
    let page = [7_u8; 4096];
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let start = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(path)?;
    Ok(p99(times))
}
