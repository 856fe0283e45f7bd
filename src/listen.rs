//! Listening: binds addresses, accepts connections, reads PROXY headers, shakes hands, and gives what is left to a front-end. It reads no byte of a front-end's protocol.

mod admission;
mod config;
mod proxy;

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{error::Elapsed, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug, debug_span, warn};

use self::admission::Place;
pub use self::admission::{Admission, TurnedAway};
pub use self::config::{Config, Protocol};
use self::proxy::{Header, NotAHeader};
use crate::config::Network;
use crate::tls::{Certificates, Handshake};
use polylogue_hub::{Frontend, Peer, Security, Stream};

/// Connections that the system completes before we accept them.
const BACKLOG: u32 = 1024;
/// How long accepting rests at first, and at most, when the system has no more descriptors or memory.
const FIRST_REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(1);

/// The tasks of all listeners and their connections, owned by whoever stops them.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    accepting: CancellationToken,
    serving: CancellationToken,
}

impl Tasks {
    /// Accepts nothing any more; what is connected stays.
    pub fn stop_accepting(&self) {
        self.accepting.cancel();
        self.tracker.close();
    }

    /// Ends all connections where they stand.
    pub fn cut(&self) {
        self.serving.cancel();
    }

    /// Waits until all tasks have ended, after [`Tasks::stop_accepting`].
    pub async fn ended(&self) {
        self.tracker.wait().await;
    }

    /// Connections and listeners that have not ended.
    #[must_use]
    pub fn running(&self) -> usize {
        self.tracker.len()
    }
}

/// A bound address.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds an address. Must be called within a runtime.
    ///
    /// # Errors
    /// When the system refuses, naming the address.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let bind = || {
            let socket = if address.is_ipv4() {
                TcpSocket::new_v4()
            } else {
                TcpSocket::new_v6()
            }?;
            // A restarted daemon takes its address over from connections that are still closing.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let socket = socket.listen(BACKLOG)?;
            let address = socket.local_addr()?;
            Ok(Self { socket, address })
        };
        bind().map_err(|error: io::Error| {
            io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
        })
    }

    /// The address, with its real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections, in a task of its own, until told to stop.
    pub fn serve(self, entrance: Arc<Entrance>, tasks: &Tasks) {
        let owned = tasks.clone();
        tasks
            .tracker
            .spawn(async move { self.accept(entrance, owned).await });
    }

    async fn accept(self, entrance: Arc<Entrance>, tasks: Tasks) {
        let mut rest = FIRST_REST;
        loop {
            let accepted = tokio::select! {
                () = tasks.accepting.cancelled() => return,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, from)) => {
                    rest = FIRST_REST;
                    let span =
                        debug_span!("connection", protocol = entrance.protocol.name(), %from);
                    let serving = tasks.serving.clone();
                    let entrance = Arc::clone(&entrance);
                    let connection = async move {
                        tokio::select! {
                            () = serving.cancelled() => {}
                            () = entrance.enter(stream, from.ip()) => {}
                        }
                    };
                    tasks.tracker.spawn(connection.instrument(span));
                }
                Err(error) if concerns_one_connection(&error) => {
                    debug!(%error, "a connection ended before it was accepted")
                }
                Err(error) => {
                    if rest == FIRST_REST {
                        warn!(%error, address = %self.address, "cannot accept connections; trying again");
                    }
                    tokio::select! {
                        () = tasks.accepting.cancelled() => return,
                        () = tokio::time::sleep(rest) => {}
                    }
                    rest = (rest * 2).min(LONGEST_REST);
                }
            }
        }
    }
}

/// Whether `accept` failed because of the connection at the head of the queue, which is gone then (accept(2), "Error handling").
/// All else (no descriptors, no memory) would fail again at once.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::TimedOut
    )
}

/// What stands between an accepted socket and a front-end.
pub struct Entrance {
    /// What is spoken behind it.
    pub protocol: Protocol,
    /// Who serves the connections.
    pub frontend: Arc<dyn Frontend>,
    /// Counts connections, over all listeners.
    pub admission: Arc<Admission>,
    /// For listeners that speak TLS.
    pub certificates: Option<Arc<Certificates>>,
    /// Sources that speak for others, and say for whom: in a PROXY header, or over HTTP in each request.
    pub proxy: Vec<Network>,
    /// What plain bytes are on this listener: `Plain` or `Development`.
    pub plain: Security,
    /// How long clients may take.
    pub patience: Patience,
}

/// Time limits before a front-end takes over.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the PROXY header.
    pub header: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
}

/// Why a connection did not reach its front-end.
#[derive(Debug, thiserror::Error)]
enum Unserved {
    #[error("{0}")]
    TurnedAway(#[from] TurnedAway),
    #[error("{0}")]
    Header(#[from] NotAHeader),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the client took too long")]
    TooSlow(#[from] Elapsed),
}

impl Entrance {
    async fn enter(self: Arc<Self>, stream: TcpStream, from: IpAddr) {
        // Boxed, so that a connection at rest does not keep the room that its handshake needed.
        match Box::pin(self.admit(stream, from.to_canonical())).await {
            Ok((stream, peer, place)) => {
                Arc::clone(&self.frontend).connection(stream, peer).await;
                drop(place);
            }
            Err(reason) => debug!(%reason, "connection closed"),
        }
    }

    async fn admit(
        &self,
        mut stream: TcpStream,
        from: IpAddr,
    ) -> Result<(Stream, Peer, Place), Unserved> {
        stream.set_nodelay(true)?;
        let proxied = self.proxy.iter().any(|network| network.contains(from));
        let (address, tls_before, place) = match self.protocol {
            Protocol::Irc | Protocol::Native if proxied => {
                match timeout(self.patience.header, read_header(&mut stream)).await?? {
                    Header::Local => (from, false, self.admission.enter_trusted()?),
                    Header::Client { address, tls } => (
                        address.to_canonical(),
                        tls,
                        self.admission.enter(address, Instant::now())?,
                    ),
                }
            }
            // One connection of an HTTP proxy carries requests of many clients.
            Protocol::Http if proxied => (from, false, self.admission.enter_trusted()?),
            Protocol::Irc | Protocol::Http | Protocol::Native => {
                (from, false, self.admission.enter(from, Instant::now())?)
            }
        };
        let Some(certificates) = &self.certificates else {
            let security = if tls_before {
                Security::Secure
            } else {
                self.plain
            };
            return Ok((
                Stream::Plain(stream),
                Peer {
                    address,
                    security,
                    certificate: None,
                },
                place,
            ));
        };
        let handshake = match self.protocol {
            Protocol::Irc | Protocol::Native => Handshake::Credential,
            Protocol::Http => Handshake::Http,
        };
        let accepted = certificates.accept(stream, handshake);
        let (stream, certificate) = timeout(self.patience.handshake, accepted).await??;
        Ok((
            Stream::Tls(Box::new(stream)),
            Peer {
                address,
                security: Security::Secure,
                certificate,
            },
            place,
        ))
    }
}

/// Reads a header and not one byte more.
async fn read_header(stream: &mut TcpStream) -> Result<Header, Unserved> {
    let mut bytes = Vec::new();
    loop {
        match proxy::missing(&bytes)? {
            0 => return Ok(proxy::parse(&bytes)?),
            more => {
                let more = u64::try_from(more).unwrap_or(u64::MAX);
                if stream.take(more).read_to_end(&mut bytes).await? == 0 {
                    return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
