//! What the hub must be told.

use std::path::PathBuf;

/// What the hub must be told at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The part of user ids after the colon; nothing for the one that the store remembers.
    pub server_name: Option<String>,
    /// Whether anybody may make an account.
    pub registration: Registration,
    /// Threads that deliver; 0 = one for every two cores, at most 8.
    pub lanes: usize,
    /// Threads that read for history and cold rooms.
    pub readers: usize,
}

/// Whether anybody may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anybody.
    Open,
    /// Only the administrator makes accounts.
    Closed,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("polylogue-data"),
            server_name: Some("localhost".to_owned()),
            registration: Registration::Closed,
            lanes: 0,
            readers: 2,
        }
    }
}

impl Config {
    /// How many lanes that makes on this machine.
    pub(crate) fn lane_count(&self) -> usize {
        if self.lanes > 0 {
            return self.lanes;
        }
        std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(1, 8))
    }
}
