//! The one place where the daemon touches the hub: it opens it for a configuration, asks it what administrators ask, and stops it.

use crate::config::Config;
use crate::control::{Request, Response};

/// The open hub of one data directory.
pub struct House;

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {}

impl House {
    /// Opens the data directory that a configuration names, and makes it if it is absent. May take long after a crash or an upgrade.
    ///
    /// # Errors
    /// When the directory is in use, belongs to another server name, or cannot be read.
    pub fn open(_config: &Config) -> Result<Self, OpenError> {
        Ok(Self)
    }

    /// Does what an administrator asks.
    pub async fn administer(&self, _request: Request) -> Response {
        std::future::ready(Response::Refused {
            reason: "this daemon has no accounts yet".to_owned(),
        })
        .await
    }

    /// Tells every session to end; new commands are refused from now on.
    pub fn drain(&self) {}

    /// Whether commands are being decided and committed: what the watchdog of the service manager may be told.
    pub fn is_alive(&self) -> bool {
        true
    }

    /// Writes what is left and closes the directory.
    pub fn stop(self) {}
}
