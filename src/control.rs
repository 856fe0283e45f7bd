//! The control socket: how `polylogue user` and its like talk to a running daemon. One JSON object per line in either direction, on a Unix socket in the data directory.
//! It checks who asks; what is asked is done by the hub.

mod client;
mod secret;
mod server;

pub use self::client::Client;
pub use self::secret::Secret;
pub use self::server::Control;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Bytes of one line.
const LINE: u64 = 65_536;

/// Where the socket of a data directory lies.
#[must_use]
pub fn socket(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// What an administrator asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Make an account.
    AddUser {
        /// Its name.
        name: String,
        /// Its password.
        password: Secret,
    },
    /// Give an account a new password.
    SetPassword {
        /// Its name.
        name: String,
        /// The new password.
        password: Secret,
    },
    /// Close an account: it cannot log in, its sessions end, its name stays taken.
    DisableUser {
        /// Its name.
        name: String,
    },
    /// Tell all accounts.
    ListUsers {},
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case", deny_unknown_fields)]
pub enum Response {
    /// It is done, and on disk.
    Done {},
    /// The accounts, by name.
    Users {
        /// All of them.
        users: Vec<User>,
    },
    /// It is not done.
    Refused {
        /// Why not, in words for the administrator.
        reason: String,
    },
}

/// One account, as `polylogue user list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Whether it may log in.
    pub enabled: bool,
}

#[cfg(test)]
mod tests;
