//! The Matrix front-end: the client-server API over the hub. Requests become commands and reads; committed events become client events.
//! It opens no socket: the daemon mounts [`Matrix::routes`].
//!
//! - `endpoints/`: one endpoint, one file; `routes` lists them.
//! - `access`, `extract`, `error`: who asks, what the body says, why not.
//! - `direct`, `forgotten`: what accounts keep of rooms beside being in them.
//! - `names`: ids and aliases to what they mean here, and back.
//! - `message`: what clients say, as the core takes it; `render`, `words`: committed events as clients get them.
//! - `keys`: keys for end-to-end encryption, taken apart and put together.
//! - `wishes`, `push`: what a user wants to hear.
//! - `state`, `timeline`: state in force, and pages of what happened.

mod access;
mod config;
mod datum;
mod direct;
mod endpoints;
mod error;
mod extract;
mod forgotten;
mod keys;
mod message;
mod names;
mod power;
mod proof;
mod push;
mod render;
mod routes;
mod state;
mod sync;
mod timeline;
mod transactions;
mod unsigned;
mod wishes;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use polylogue_hub::Hub;

pub use config::Config;

/// The front-end: what every request needs.
#[derive(Debug)]
pub struct Matrix {
    pub(crate) hub: Arc<Hub>,
    pub(crate) config: Config,
    /// The part of ids after the colon.
    pub(crate) server_name: Arc<str>,
    /// The devices that sync.
    pub(crate) sync: sync::Watches,
    pub(crate) transactions: transactions::Transactions,
}

impl Matrix {
    /// Over a hub.
    #[must_use]
    pub fn new(hub: Arc<Hub>, config: Config) -> Arc<Self> {
        let server_name = hub.world().state.server_name.clone();
        Arc::new(Self {
            hub,
            config,
            server_name,
            sync: sync::Watches::default(),
            transactions: transactions::Transactions::default(),
        })
    }

    /// The server goes down: requests that wait for news are answered with what there is.
    pub fn stop(&self) {
        self.sync.stop();
    }

    /// Everything below `/_matrix` and `/.well-known/matrix`.
    pub fn routes(self: Arc<Self>) -> axum::Router {
        routes::routes().with_state(self)
    }
}
