//! The one HTTP server: connections become requests of the front-ends' routes, with limits in time and size around each. It accepts no
//! connection and answers no path itself.
//!
//! - `connection`: HTTP/1.1 and HTTP/2 over a socket; `watch` tells when a socket has been quiet for too long.
//! - `request`: what every request must pass before it reaches a route; `body` bounds what it carries.
//! - `client`, `local`: for whom a proxy asks; what a development server does not answer.

mod body;
mod client;
mod connection;
mod local;
mod request;
mod socket;
mod watch;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use polylogue_hub::{Frontend, Peer, Security, Stream};
use tokio_util::sync::CancellationToken;

use self::client::Source;
use crate::config::Network;

/// The routes of all front-ends as one. What none of them knows is not found.
///
/// # Panics
/// When two front-ends claim the same path: a mistake in this program, which every start meets.
pub fn mount(routes: impl IntoIterator<Item = Router>) -> Router {
    routes
        .into_iter()
        .fold(Router::new(), Router::merge)
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is nothing here\n") })
}

/// The server behind one listener.
pub struct Http {
    routes: Router,
    /// Sources whose `X-Forwarded-For` is believed.
    proxy: Vec<Network>,
    stopping: CancellationToken,
}

impl Http {
    /// Serves routes until `stopping` is cancelled; from then on it finishes what it has begun, and refuses what takes long.
    pub fn new(routes: Router, proxy: Vec<Network>, stopping: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            routes,
            proxy,
            stopping,
        })
    }

    /// Which rules requests of a connection are under.
    fn source(&self, peer: &Peer) -> Source {
        match peer.security {
            Security::Development => Source::Local,
            Security::Secure | Security::Plain => {
                let proxied = self
                    .proxy
                    .iter()
                    .any(|network| network.contains(peer.address));
                if proxied {
                    Source::Proxy
                } else {
                    Source::Client
                }
            }
        }
    }
}

impl Frontend for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn connection(
        self: Arc<Self>,
        stream: Stream,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(connection::run(self, stream, peer))
    }
}

#[cfg(test)]
mod tests;
