//! `polylogue run`: the daemon, from a configuration file or as a development server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;

use super::{Failure, print, welcome};
use crate::config::{Config, Development, LoadError};
use crate::lifecycle::{self, Addresses, Mode};
use crate::listen::Protocol;
use crate::telemetry;

/// The arguments of `polylogue run`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("mode").required(true).multiple(true).args(["dev", "config"]))]
pub struct Run {
    /// Run a development server: loopback only, registration open, no throttles.
    #[arg(long)]
    dev: bool,
    /// Run with this configuration. With --dev: the development server takes everything from it but listeners, limits, registration and where the data is.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where a development server keeps its data.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "./polylogue-data",
        requires = "dev"
    )]
    data_dir: PathBuf,
    /// The name of a development server [default: localhost, or what the configuration says].
    #[arg(long, value_name = "NAME", value_parser = server_name, requires = "dev")]
    server_name: Option<String>,
    /// Where a development server listens for IRC; port 0 stands for any.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = default_address(Protocol::Irc), value_parser = loopback, requires = "dev")]
    irc: SocketAddr,
    /// Where a development server listens for Matrix clients and other programs over HTTP; port 0 stands for any.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = default_address(Protocol::Http), value_parser = loopback, requires = "dev")]
    http: SocketAddr,
    /// Where a development server listens for native clients; port 0 stands for any.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = default_address(Protocol::Native), value_parser = loopback, requires = "dev")]
    native: SocketAddr,
    /// Print a line of JSON with the addresses as soon as everything listens.
    #[arg(long)]
    print_addresses: bool,
}

fn default_address(protocol: Protocol) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), protocol.development_port())
}

/// An address that other machines cannot reach. Names are not looked up, except the one that stands for this machine.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    let address: SocketAddr = text.parse().map_err(|_| {
        "expected an IP address and a port such as 127.0.0.1:6667 or [::1]:6667".to_owned()
    })?;
    if address.ip().to_canonical().is_loopback() {
        Ok(address)
    } else {
        Err("a development server listens on loopback addresses only; use --config for a server that others reach".to_owned())
    }
}

fn server_name(text: &str) -> Result<String, String> {
    if crate::config::is_server_name(text) {
        Ok(text.to_owned())
    } else {
        Err(
            "expected a host name: letters a-z, digits, hyphens and dots, at most 125 characters"
                .to_owned(),
        )
    }
}

impl Run {
    /// Runs the daemon until a signal ends it.
    pub fn run(self) -> Result<(), Failure> {
        let mut config = match &self.config {
            Some(file) => Config::load(file).map_err(|error| match error {
                LoadError::Unreadable { .. } => Failure::wrong(error),
                LoadError::Problems(_) => {
                    Failure::wrong(format!("the configuration cannot be used\n{error}"))
                }
            })?,
            None => Config::default(),
        };
        let mode = if self.dev {
            config = config.into_development(Development {
                server_name: self.server_name.clone(),
                data_dir: self.data_dir.clone(),
                listen: vec![
                    (Protocol::Irc, self.irc),
                    (Protocol::Http, self.http),
                    (Protocol::Native, self.native),
                ],
            });
            Mode::Development
        } else {
            Mode::Production
        };
        telemetry::start(&config.log).map_err(Failure::failed)?;
        let name = config.server.name.clone();
        let announce = |addresses: &Addresses| {
            if self.print_addresses {
                // A harness that closed the pipe gets no addresses; the daemon runs on.
                let _ = print(&format!("{}\n", welcome::addresses(addresses)));
            }
            if mode == Mode::Development {
                let _ = print(&welcome::text(&name, addresses));
            }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Failure::failed)?;
        runtime
            .block_on(lifecycle::run(config, mode, announce))
            .map_err(Failure::failed)
    }
}
