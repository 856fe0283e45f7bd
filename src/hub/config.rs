//! What the hub must be told.

use std::path::PathBuf;

use polylogue_core::network::Network;

use crate::operator::Operator;
use crate::registration::Registration;

/// What the hub must be told at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The part of user ids after the colon; nothing for the one that the store remembers.
    pub server_name: Option<String>,
    /// Whether anybody may make an account.
    pub registration: Registration,
    /// How much people may do.
    pub limits: Limits,
    /// Who may become a server operator.
    pub operators: Vec<Operator>,
    /// Networks that are never banned: proxies speak for everybody.
    pub trusted: Vec<Network>,
    /// Threads that deliver; 0 = one for every two cores, at most 8.
    pub lanes: usize,
    /// Threads that read for history and cold rooms.
    pub readers: usize,
}

/// How much people may do. The numbers are the operator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Messages that an account may say at once.
    pub message_burst: u64,
    /// Messages per second that an account may say on and on; 0 for no bounds.
    pub messages_per_second: u64,
    /// Wrong passwords for one account from one address within the window.
    pub login_failures: u64,
    /// The window, in seconds.
    pub login_window_seconds: u64,
    /// Wrong passwords from one address in a day.
    pub login_failures_per_day: u64,
    /// Password hashes computed at once.
    pub password_hashes: usize,
    /// Accounts made from one address in an hour.
    pub registrations_per_hour: u64,
    /// Bytes of one event as canonical JSON.
    pub event_bytes: usize,
    /// For how long a guest who is gone stays in his rooms, in seconds.
    pub guest_absence_seconds: u64,
}

impl Limits {
    /// Nothing is counted.
    pub const NONE: Self = Self {
        message_burst: 0,
        messages_per_second: 0,
        login_failures: u64::MAX,
        login_window_seconds: 0,
        login_failures_per_day: u64::MAX,
        password_hashes: 2,
        registrations_per_hour: u64::MAX,
        event_bytes: 65_536,
        guest_absence_seconds: 0,
    };
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("polylogue-data"),
            server_name: Some("localhost".to_owned()),
            registration: Registration::Closed,
            limits: Limits::NONE,
            operators: Vec::new(),
            trusted: Vec::new(),
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
