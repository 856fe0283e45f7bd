//! The configuration: one struct per part, composed here and read in layers (defaults, file, environment). Unknown keys are refused; no part reads another's table.

mod diagnose;
mod limits;
mod operator;
mod problem;
mod server;
mod similar;
mod spanned;
mod webirc;

pub use self::diagnose::{Checked, check, environment};
pub use self::limits::Limits;
pub use self::operator::Operator;
pub use self::problem::{Problem, Shown};
pub use self::server::{Registration, RegistrationMode, Server, is_server_name};
pub use self::webirc::Webirc;
pub use polylogue_core::network::Network;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use polylogue_bridge_irc as irc;
use polylogue_bridge_matrix as matrix;
use polylogue_bridge_native as native;
use serde::{Deserialize, Serialize};

use crate::{listen, telemetry, tls};

/// The whole configuration. The defaults serve a public server whose certificates lie in `/etc/polylogue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[server]`: who this server is and where it keeps its data.
    pub server: Server,
    /// `[[listen]]`: one table for each address.
    pub listen: Vec<listen::Config>,
    /// `[tls]`: the certificate of all TLS listeners.
    pub tls: tls::Config,
    /// `[registration]`: who may make an account.
    pub registration: Registration,
    /// `[irc]`: the IRC front-end.
    pub irc: irc::Config,
    /// `[matrix]`: the Matrix front-end.
    pub matrix: matrix::Config,
    /// `[native]`: the native front-end.
    pub native: native::Config,
    /// `[[operator]]`: who may become a server operator.
    pub operator: Vec<Operator>,
    /// `[[webirc]]`: gateways that speak for their clients.
    pub webirc: Vec<Webirc>,
    /// `[limits]`: what clients may do.
    pub limits: Limits,
    /// `[log]`: what is written to the log.
    pub log: telemetry::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: Server::default(),
            listen: listen::Config::defaults(),
            tls: tls::Config::default(),
            registration: Registration::default(),
            irc: irc::Config::default(),
            matrix: matrix::Config::default(),
            native: native::Config::default(),
            operator: Vec::new(),
            webirc: Vec::new(),
            limits: Limits::default(),
            log: telemetry::Config::default(),
        }
    }
}

/// What the command line of a development server decides.
#[derive(Debug, Clone)]
pub struct Development {
    /// The server's name, if it is not the configuration's.
    pub server_name: Option<String>,
    /// Where the data lies; made if absent.
    pub data_dir: PathBuf,
    /// What listens where, in plain bytes. The addresses are loopback addresses; port 0 stands for any.
    pub listen: Vec<(listen::Protocol, SocketAddr)>,
}

impl Config {
    /// The configuration of a development server: registration open, no throttles, plain listeners on loopback, everything else as it is here.
    #[must_use]
    pub fn into_development(self, chosen: Development) -> Self {
        let listen = chosen
            .listen
            .into_iter()
            .map(|(protocol, address)| listen::Config {
                protocol,
                address,
                tls: false,
                proxy: Vec::new(),
            })
            .collect();
        Self {
            server: Server {
                name: chosen.server_name.unwrap_or(self.server.name),
                data_dir: chosen.data_dir,
                ..self.server
            },
            listen,
            registration: Registration {
                mode: RegistrationMode::Open,
                ..Registration::default()
            },
            limits: Limits::unthrottled(),
            ..self
        }
    }

    /// Reads a file and the environment (`POLYLOGUE__TABLE__KEY`).
    ///
    /// # Errors
    /// All that is wrong with either, ready to print.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let text = read(path)?;
        let file = path.display().to_string();
        let checked = check(&text, &environment());
        match checked.config {
            Some(config) if checked.problems.is_empty() => Ok(config),
            Some(_) | None => Err(LoadError::Problems(
                checked
                    .problems
                    .iter()
                    .map(|problem| {
                        Shown {
                            problem,
                            file: &file,
                            text: &text,
                        }
                        .to_string()
                    })
                    .collect(),
            )),
        }
    }

    /// The keys whose value cannot work, in full, each with what was expected. Looks at no file.
    #[must_use]
    pub fn problems(&self) -> Vec<(String, String)> {
        let tables = [
            ("server", self.server.problems()),
            ("registration", self.registration.problems()),
            ("irc", self.irc.problems()),
            ("matrix", self.matrix.problems()),
            ("native", self.native.problems()),
            ("limits", self.limits.problems()),
            ("log", self.log.problems()),
        ];
        let mut problems: Vec<_> = tables
            .into_iter()
            .flat_map(|(table, problems)| {
                problems
                    .into_iter()
                    .map(move |(key, expected)| (format!("{table}.{key}"), expected))
            })
            .collect();
        if self.listen.is_empty() {
            problems.push((
                "listen".to_owned(),
                "expected at least one [[listen]] table".to_owned(),
            ));
        }
        for (index, operator) in self.operator.iter().enumerate() {
            let wrong = operator.problems().into_iter();
            problems.extend(
                wrong.map(|(key, expected)| (format!("operator[{}].{key}", index + 1), expected)),
            );
        }
        for (index, gateway) in self.webirc.iter().enumerate() {
            let wrong = gateway.problems().into_iter();
            problems.extend(
                wrong.map(|(key, expected)| (format!("webirc[{}].{key}", index + 1), expected)),
            );
        }
        for (index, listener) in self.listen.iter().enumerate() {
            let twin = self.listen.iter().take(index).position(|other| {
                other.address == listener.address && listener.address.port() != 0
            });
            if let Some(twin) = twin {
                problems.push((
                    format!("listen[{}].address", index + 1),
                    format!(
                        "expected an address of its own; listen[{}] has it already",
                        twin + 1
                    ),
                ));
            }
        }
        if self.listen.iter().any(|listener| listener.tls) {
            problems.extend(
                self.tls
                    .problems()
                    .into_iter()
                    .map(|(key, expected)| (format!("tls.{key}"), expected)),
            );
        }
        problems
    }

    /// What works but is probably not meant, by key.
    #[must_use]
    pub fn hints(&self) -> Vec<(String, String)> {
        let mut hints = Vec::new();
        if self.server.name == "localhost" {
            hints.push(("server.name".to_owned(), "the name stays with the data for ever; put the server's own host name here before the first start".to_owned()));
        }
        for (index, listener) in self.listen.iter().enumerate() {
            if !listener.tls && listener.proxy.is_empty() && !listener.address.ip().is_loopback() {
                let text = "plain bytes on an address that other machines reach: passwords are refused here";
                hints.push((format!("listen[{}].tls", index + 1), text.to_owned()));
            }
        }
        if self.registration.mode == RegistrationMode::Open {
            hints.push((
                "registration.mode".to_owned(),
                "whoever reaches a listener can make an account".to_owned(),
            ));
        }
        let registration = &self.registration;
        let has_tokens =
            !registration.tokens.is_empty() || !registration.tokens_file.as_os_str().is_empty();
        if has_tokens && registration.mode != RegistrationMode::Token {
            hints.push((
                "registration.mode".to_owned(),
                "nobody is asked for the tokens unless this is \"token\"".to_owned(),
            ));
        }
        hints
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        error: std::io::Error,
    },
    /// The file or the environment is wrong; each mistake is ready to print.
    #[error("{}", .0.join("\n"))]
    Problems(Vec<String>),
}

/// The text of a configuration file.
///
/// # Errors
/// When it cannot be read, is not UTF-8 or is longer than 1 MiB.
pub fn read(path: &Path) -> Result<String, LoadError> {
    use std::io::Read;
    const LONGEST: u64 = 1 << 20;
    let unreadable = |error| LoadError::Unreadable {
        path: path.display().to_string(),
        error,
    };
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
        .map_err(unreadable)?;
    if text.len() as u64 > LONGEST {
        return Err(unreadable(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "longer than 1 MiB",
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
