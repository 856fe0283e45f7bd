//! The list of front-ends: one line each for what it speaks over its own connections, and one for its routes over HTTP.

use std::sync::Arc;

use axum::Router;
use polylogue_bridge_irc::{Gateway, Irc, Texts};
use polylogue_bridge_matrix::Matrix;
use polylogue_bridge_native::Native;
use polylogue_core::secret::PasswordHash;
use polylogue_hub::Frontend;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Network, Webirc};
use crate::house::House;
use crate::http::{self, Http};
use crate::listen::Protocol;

/// The front-ends of one house.
pub struct Frontends {
    irc: Arc<Irc>,
    matrix: Arc<Matrix>,
    native: Arc<Native>,
    routes: Router,
    stopping: CancellationToken,
}

impl Frontends {
    /// All of them.
    pub fn open(house: &House, config: &Config) -> Self {
        let texts = Texts {
            description: config.server.description.clone(),
            motd: motd(config),
            secure_port: secure_port(config),
        };
        let irc = Irc::new(house.hub(), config.irc.clone(), texts, gateways(config));
        let matrix = Matrix::new(house.hub(), config.matrix.clone());
        let native = Native::new(house.hub(), config.native.clone());
        let routes = [
            Arc::clone(&matrix).routes(),
            Arc::clone(&native).routes(),
            Arc::clone(&irc).routes(),
        ];
        Self {
            irc,
            matrix,
            native,
            routes: http::mount(routes),
            stopping: CancellationToken::new(),
        }
    }

    /// The one that serves a listener of a protocol, which trusts these proxies.
    pub fn serving(&self, protocol: Protocol, proxy: &[Network]) -> Arc<dyn Frontend> {
        match protocol {
            Protocol::Irc => Arc::clone(&self.irc) as _,
            Protocol::Http => Http::new(self.routes.clone(), proxy.to_vec(), self.stopping.clone()),
            Protocol::Native => Arc::clone(&self.native) as _,
        }
    }

    /// Tells them that the server is going down: they take leave of their clients.
    pub fn stop(&self) {
        self.irc.stop();
        self.matrix.stop();
        self.native.stop();
        self.stopping.cancel();
    }
}

/// Who is believed when he says for whom he speaks on IRC.
fn gateways(config: &Config) -> Vec<Gateway> {
    let gateway = |table: &Webirc| {
        let addresses = table.address.clone();
        Gateway {
            password: PasswordHash(table.password_hash.as_str().into()),
            serves: Box::new(move |from| addresses.iter().any(|network| network.contains(from))),
        }
    };
    config.webirc.iter().map(gateway).collect()
}

/// The first port at which IRC is spoken over TLS.
fn secure_port(config: &Config) -> Option<u16> {
    let listener = config
        .listen
        .iter()
        .find(|listener| listener.protocol == Protocol::Irc && listener.tls);
    listener
        .map(|listener| listener.address.port())
        .filter(|port| *port != 0)
}

/// The text shown to those who connect; a file that can't be read was complained about by `check-config`.
fn motd(config: &Config) -> Option<String> {
    let path = &config.server.motd_file;
    if path.as_os_str().is_empty() {
        return None;
    }
    std::fs::read_to_string(path)
        .inspect_err(
            |error| tracing::warn!(%error, path = %path.display(), "no message of the day"),
        )
        .ok()
}
