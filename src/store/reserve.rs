//! Space that is kept for what must be written even on a full disk: a file of no content, beside the database, given up when it comes to that.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes kept: some hundreds of small commits.
const SIZE: u64 = 4 * 1024 * 1024;
/// Bytes written at once.
const CHUNK: usize = 64 * 1024;

/// The file, there or given up.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    held: bool,
}

impl Reserve {
    /// Takes the space in a data directory; where there is none, [`hold`](Self::hold) tries again later.
    #[must_use]
    pub fn in_directory(directory: &Path) -> Self {
        let mut reserve = Self {
            path: directory.join("reserve"),
            held: false,
        };
        reserve.hold();
        reserve
    }

    /// Takes the space unless it is held; whether it is now.
    pub fn hold(&mut self) -> bool {
        if !self.held {
            self.held = take(&self.path).is_ok();
            if !self.held {
                // Half a reserve would only take what others need.
                let _ = std::fs::remove_file(&self.path);
            }
        }
        self.held
    }

    /// Gives the space up; whether there was any.
    pub fn give_up(&mut self) -> bool {
        let given = self.held && std::fs::remove_file(&self.path).is_ok();
        self.held = false;
        given
    }
}

/// Writes what no file system makes smaller, and waits until it has its place.
fn take(path: &Path) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|known| known.len() == SIZE) {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    let mut file: File = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    let mut chunk = vec![0; CHUNK];
    let mut left = SIZE;
    while left > 0 {
        getrandom::fill(&mut chunk).map_err(io::Error::other)?;
        file.write_all(&chunk)?;
        left = left.saturating_sub(u64::try_from(CHUNK).unwrap_or(SIZE));
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_given_up_once_and_taken_again() {
        let home = tempfile::tempdir().unwrap();
        let size = || std::fs::metadata(home.path().join("reserve")).map_or(0, |file| file.len());
        let mut reserve = Reserve::in_directory(home.path());
        assert_eq!(size(), SIZE);
        assert!(reserve.give_up());
        assert_eq!(size(), 0);
        assert!(!reserve.give_up(), "there is nothing left of it");
        assert!(reserve.hold());
        assert_eq!(size(), SIZE);
        assert!(
            Reserve::in_directory(home.path()).give_up(),
            "of a start before"
        );
    }

    #[test]
    fn without_a_place_there_is_none() {
        let home = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::in_directory(&home.path().join("gone"));
        assert!(!reserve.hold());
        assert!(!reserve.give_up());
    }
}
