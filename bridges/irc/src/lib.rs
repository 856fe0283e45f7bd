//! The IRC front-end: what the bytes of IRC mean here. Connections are automata that turn lines into commands; committed changes become lines
//! in `render`; both go through the hub. The wire itself is `polylogue-irc`'s business, the rules are the core's.

mod catch_up;
mod census;
mod client;
mod commands;
mod config;
mod connection;
mod dialect;
mod duration;
mod former;
mod isupport;
mod login;
mod mentions;
mod metadata;
mod names;
mod past;
mod pending;
mod refusal;
mod registration;
mod render;
mod replay;
mod reply;
mod services;
mod websocket;
mod welcome;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use polylogue_core::Timestamp;
use polylogue_hub::{Frontend, Hub, Peer, Stream};

use census::Census;
pub use commands::webirc::Gateway;
pub use config::Config;
use former::Former;
use polylogue_irc::tag_deny::TagDeny;
use render::IrcRenderer;
use tokio_util::sync::CancellationToken;

/// The name of this front-end in what connections present.
pub(crate) const FRONT: &str = "irc";

/// What the server says of itself.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// One line about it, as `WHOIS` tells.
    pub description: String,
    /// The message of the day, if there is one.
    pub motd: Option<String>,
    /// Where it listens for IRC over TLS, if it does.
    pub secure_port: Option<u16>,
}

/// The front-end.
#[derive(Debug)]
pub struct Irc {
    hub: Arc<Hub>,
    config: Config,
    denied: TagDeny,
    description: String,
    secure_port: Option<u16>,
    gateways: Vec<Gateway>,
    started: Timestamp,
    census: Arc<Census>,
    former: Former,
    renderer: Arc<IrcRenderer>,
    stopping: CancellationToken,
}

impl Irc {
    /// Serves a hub with these numbers and texts, and takes these gateways' word for who their clients are.
    #[must_use]
    pub fn new(hub: Arc<Hub>, config: Config, texts: Texts, gateways: Vec<Gateway>) -> Arc<Self> {
        let renderer = Arc::new(IrcRenderer::new(&hub, &config, texts.motd));
        Arc::new(Self {
            denied: config.tag_deny(),
            hub,
            config,
            description: texts.description,
            secure_port: texts.secure_port,
            gateways,
            started: registration::now(),
            census: Arc::default(),
            former: Former::default(),
            renderer,
            stopping: CancellationToken::new(),
        })
    }

    /// IRC over WebSocket, at its configured path. Whoever mounts the routes says in an extension of each request who the [`Peer`] is.
    pub fn routes(self: Arc<Self>) -> axum::Router {
        websocket::routes(self)
    }

    /// Takes leave of every client: the server is going down.
    pub fn stop(&self) {
        self.stopping.cancel();
    }
}

impl Frontend for Irc {
    fn name(&self) -> &'static str {
        "irc"
    }

    fn connection(
        self: Arc<Self>,
        stream: Stream,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(connection::run(self, stream, peer))
    }
}
