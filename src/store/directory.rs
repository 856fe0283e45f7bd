//! The data directory: one daemon (or one offline command) at a time, kept by a lock that the operating system drops with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A data directory that this process holds alone.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    // Held for its lock.
    _lock: File,
}

/// Why a data directory can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another process has it.
    #[error("{path}: in use by process {pid}")]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The process that holds it, as far as it wrote its number down.
        pid: String,
    },
    /// It can't be made or opened.
    #[error("{path}: {error}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl Directory {
    /// Makes the directory if it is not there, readable for its owner alone, and takes its lock.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn lock(path: &Path) -> Result<Self, DirectoryError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| DirectoryError::Io { path, error }
        };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(io(path))?;
        let lock_path = path.join("lock");
        let mut options = OpenOptions::new();
        let mut lock = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = Read::by_ref(&mut lock).take(20).read_to_string(&mut pid);
                return Err(DirectoryError::InUse {
                    path: path.to_owned(),
                    pid: pid.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(DirectoryError::Io {
                    path: lock_path,
                    error,
                });
            }
        }
        let write = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            writeln!(lock, "{}", std::process::id())
        };
        write(&mut lock).map_err(io(&lock_path))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// The database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("polylogue.db")
    }

    /// The index of words: derived from the database, and made again if it is not there.
    #[must_use]
    pub fn search_index(&self) -> PathBuf {
        self.path.join("search.db")
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
