//! The native front-end: what frames of JSON mean here. Connections are automata that turn requests into commands of the hub; committed
//! changes become frames in `render`. The wire itself is `polylogue-native`'s business, the rules are the core's.

mod client;
mod config;
mod connection;
mod names;
mod refusal;
mod render;
mod requests;
mod subscribe;
mod websocket;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use polylogue_hub::{Frontend, Hub, Peer, Stream};
use tokio_util::sync::CancellationToken;

pub use config::Config;
use render::NativeRenderer;

/// The front-end.
#[derive(Debug)]
pub struct Native {
    hub: Arc<Hub>,
    config: Config,
    renderer: Arc<NativeRenderer>,
    stopping: CancellationToken,
}

impl Native {
    /// Serves a hub with these numbers.
    #[must_use]
    pub fn new(hub: Arc<Hub>, config: Config) -> Arc<Self> {
        let renderer = Arc::new(NativeRenderer::new(hub.sealer()));
        Arc::new(Self {
            hub,
            config,
            renderer,
            stopping: CancellationToken::new(),
        })
    }

    /// The protocol over WebSocket, at `/native`. Whoever mounts the routes says in an extension of each request who the [`Peer`] is.
    pub fn routes(self: Arc<Self>) -> axum::Router {
        websocket::routes().with_state(self)
    }

    /// Tells every connection that the server is going down, and ends it once it has been told. Later connections end the same way.
    pub fn stop(&self) {
        self.stopping.cancel();
    }
}

impl Frontend for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn connection(
        self: Arc<Self>,
        stream: Stream,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(connection::run(self, stream.into(), peer))
    }
}

#[cfg(test)]
mod tests;
