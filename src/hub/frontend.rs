//! What a front-end is to the daemon: something that is handed accepted connections. It does not listen, speak TLS or know of other front-ends.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// The TLS stream of an accepted connection.
pub type ServerTls = TlsStream<TcpStream>;

/// An accepted connection, past any PROXY header and TLS handshake.
#[derive(Debug)]
pub enum Stream {
    /// Bytes go to the socket as they are: the writer may use the socket without a task in between.
    Plain(TcpStream),
    /// Bytes pass through rustls.
    Tls(Box<ServerTls>),
}

/// Whether a password may travel over a connection: a property of the listener (or of a verified proxy header), never of the peer's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS here, or at a proxy that the listener trusts.
    Secure,
    /// Plain bytes: passwords are refused.
    Plain,
    /// A development listener on loopback: passwords are allowed in plain bytes.
    Development,
}

impl Security {
    /// Whether a password may be asked for and accepted.
    #[must_use]
    pub fn allows_passwords(self) -> bool {
        match self {
            Self::Secure | Self::Development => true,
            Self::Plain => false,
        }
    }
}

/// Who is at the other end, as far as the listener knows.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The client's address, after a trusted proxy's word where the listener takes one.
    pub address: IpAddr,
    /// Whether passwords may travel here.
    pub security: Security,
    /// SHA-256 of the client's TLS certificate, if it sent one.
    pub certificate: Option<[u8; 32]>,
}

/// A front-end for connections of raw bytes.
pub trait Frontend: Send + Sync + 'static {
    /// The name in logs and in `--print-addresses`.
    fn name(&self) -> &'static str;

    /// Serves one connection until it ends. Dropping the future ends the connection.
    fn connection(
        self: Arc<Self>,
        stream: Stream,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
