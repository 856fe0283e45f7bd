//! The `[[listen]]` tables of the configuration. They bind nothing.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Deserializer, Serialize};

use crate::config::Network;

/// One address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Which front-end serves it.
    pub protocol: Protocol,
    /// Where to listen; `[::]` is every address of the machine, IPv4 too.
    #[serde(deserialize_with = "address")]
    pub address: SocketAddr,
    /// Whether connections speak TLS. Without it passwords are refused, unless a trusted proxy says that the client came over TLS.
    #[serde(default = "yes")]
    pub tls: bool,
    /// Sources that are believed when they say for whom they speak: over HTTP by `X-Forwarded-For` in each request, over everything else by a
    /// PROXY protocol header before each connection. Others are served as they are.
    #[serde(default)]
    pub proxy: Vec<Network>,
}

impl Config {
    /// The listeners of a configuration that names none: TLS on the usual ports.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        Protocol::ALL
            .into_iter()
            .map(|protocol| Self {
                protocol,
                address: SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), protocol.tls_port()),
                tls: true,
                proxy: Vec::new(),
            })
            .collect()
    }
}

/// A protocol that has a front-end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Internet Relay Chat.
    Irc,
    /// HTTP: the Matrix client-server API, and WebSockets.
    Http,
    /// Framed JSON.
    Native,
}

impl Protocol {
    /// All of them, in the order of start-up texts.
    pub const ALL: [Self; 3] = [Self::Irc, Self::Http, Self::Native];

    /// The name in the configuration, in logs and in `--print-addresses`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Irc => "irc",
            Self::Http => "http",
            Self::Native => "native",
        }
    }

    /// The usual port for TLS: RFC 7194 for IRC, a Matrix homeserver's for HTTP (443 needs a privilege, and often has a web server already),
    /// ours for the native protocol.
    #[must_use]
    pub const fn tls_port(self) -> u16 {
        match self {
            Self::Irc => 6697,
            Self::Http => 8448,
            Self::Native => 7450,
        }
    }

    /// The usual port for plain bytes, as a development server takes it.
    #[must_use]
    pub const fn development_port(self) -> u16 {
        match self {
            Self::Irc => 6667,
            Self::Http => 8008,
            Self::Native => 7450,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn yes() -> bool {
    true
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("expected an IP address and a port such as \"[::]:6697\" or \"192.0.2.1:6697\", found {text:?}")))
}
