//! Space of the write-ahead log, taken before it is needed. A commit that makes a file longer has to wait for the file system's own journal, and
//! with it for whatever others write to the same disk: tens of milliseconds at times. One that writes over what is there waits for its data only.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes taken. SQLite begins the log anew after 1,000 pages and the commit that reached them (`wal_autocheckpoint`), which is 4.1 MB.
const SIZE: u64 = 6 * 1024 * 1024;
/// Bytes written at once.
const CHUNK: usize = 64 * 1024;

/// The log of a database: the file beside it.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Makes the log as long as it will be, with zeros behind what it holds: no frame, to SQLite. On a disk that has no space for it the log is what
/// it was, and grows as it must.
pub(crate) fn take(log: &Path) {
    let _ = extend(log);
}

fn extend(log: &Path) -> io::Result<()> {
    // Appending: nothing that is there is ever written over.
    let mut file = OpenOptions::new().append(true).open(log)?;
    let length = file.metadata()?.len();
    if length >= SIZE {
        return Ok(());
    }
    let before = length;
    let filled = fill(&mut file, length);
    if filled.is_err() {
        // Half of it would only take what others need.
        file.set_len(before)?;
    }
    filled
}

/// Writes zeros behind what there is.
fn fill(file: &mut File, mut length: u64) -> io::Result<()> {
    let zeros = vec![0; CHUNK];
    while length < SIZE {
        file.write_all(&zeros)?;
        length += CHUNK as u64;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_log_stays_there() {
        let home = tempfile::tempdir().unwrap();
        let log = log_of(&home.path().join("polylogue.db"));
        std::fs::write(&log, b"frames").unwrap();
        take(&log);
        let bytes = std::fs::read(&log).unwrap();
        assert!(bytes.len() as u64 >= SIZE, "{} bytes", bytes.len());
        assert!(bytes.starts_with(b"frames"));
        assert!(bytes.iter().skip(6).all(|byte| *byte == 0));
        take(&log);
        assert_eq!(std::fs::metadata(&log).unwrap().len(), bytes.len() as u64);
    }
}
