//! What can go wrong with the store, by what the caller can do about it.

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full: wait, and try again.
    #[error("the disk is full")]
    Full,
    /// Nothing was written, and the connection is usable: try again.
    #[error("the store is busy: {0}")]
    Busy(rusqlite::Error),
    /// The file, the disk or a row is damaged, or cannot be synced: nothing that was written since may be trusted.
    #[error("the store failed: {0}")]
    Broken(rusqlite::Error),
    /// A row that this version can't read.
    #[error("damaged row: {0}")]
    Row(&'static str),
    /// Written by a newer version.
    #[error(
        "the data directory was written by a newer version (schema {found}; this one knows {known}): use that version"
    )]
    Newer {
        /// The schema version found.
        found: i64,
        /// The newest that this binary knows.
        known: i64,
    },
    /// Made for another server name.
    #[error(
        "this data directory belongs to {stored:?}, not {configured:?}: set server.name to the former, or use an empty directory"
    )]
    OtherServer {
        /// The name in the store.
        stored: String,
        /// The name in the configuration.
        configured: String,
    },
    /// No randomness for the first keys.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

impl StoreError {
    /// Whether the same would be read again: a row or the file is not what it should be. Anything else, such as a busy file or a disk that does
    /// not answer, may pass.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode;
        match self {
            Self::Row(_) | Self::Newer { .. } | Self::OtherServer { .. } => true,
            Self::Full | Self::Busy(_) | Self::Randomness(_) => false,
            Self::Broken(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => true,
                Some(_) => false,
                // Not SQLite's: a column that holds something else.
                None => true,
            },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error),
            Some(_) | None => Self::Broken(error),
        }
    }
}
