//! TLS: the certificate files, the server's side of rustls, replacement of certificates while connections run. It obtains no certificates and accepts no connections.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature,
    verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The `[tls]` table: where the certificate lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// PEM file with the server's certificate, then its intermediates.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            certificate: PathBuf::from("/etc/polylogue/certificate.pem"),
            key: PathBuf::from("/etc/polylogue/key.pem"),
        }
    }
}

impl Config {
    /// The keys whose value cannot work while a listener speaks TLS, each with what was expected. Looks at no file.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        [("certificate", &self.certificate), ("key", &self.key)]
            .into_iter()
            .filter(|(_, path)| path.as_os_str().is_empty())
            .map(|(key, _)| {
                (
                    key,
                    "expected the path of a PEM file, because a listener has tls = true".to_owned(),
                )
            })
            .collect()
    }
}

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read, or holds no such PEM section.
    #[error("{path}: {error}")]
    File {
        /// `certificate` or `key`.
        key: &'static str,
        /// The file.
        path: String,
        /// Why not.
        error: rustls::pki_types::pem::Error,
    },
    /// The certificate and the key do not serve together.
    #[error("the certificate and the key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl CertificateError {
    /// Whether the file is simply not there (yet).
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match self {
            Self::File {
                error: rustls::pki_types::pem::Error::Io(error),
                ..
            } => error.kind() == std::io::ErrorKind::NotFound,
            Self::File { .. } | Self::Unusable(_) => false,
        }
    }

    /// The key of the `[tls]` table to look at.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::File { key, .. } => key,
            Self::Unusable(_) => "certificate",
        }
    }
}

/// What clients of a listener expect of the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// Chat clients may show a certificate of their own, which is a credential.
    Credential,
    /// Browsers, which would ask their user about a certificate, are not asked for one; they may choose HTTP/2 (ALPN, RFC 9113 section 3.2).
    Http,
}

/// The name of HTTP/2 in ALPN (RFC 9113 section 3.1).
pub const HTTP_2: &[u8] = b"h2";
/// The name of HTTP/1.1 in ALPN (RFC 7301 section 6).
const HTTP_1_1: &[u8] = b"http/1.1";

/// The certificate in use. New connections take the newest; open ones are not disturbed.
pub struct Certificates {
    files: Config,
    current: ArcSwap<Servers>,
}

/// One certificate, ready for each kind of handshake.
struct Servers {
    credential: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be read or do not fit together.
    pub fn load(files: &Config) -> Result<Self, CertificateError> {
        Ok(Self {
            files: files.clone(),
            current: ArcSwap::from_pointee(servers(files)?),
        })
    }

    /// Reads the files again. On an error the old certificate stays in use.
    ///
    /// # Errors
    /// As for [`Certificates::load`].
    pub fn reload(&self) -> Result<(), CertificateError> {
        self.current.store(Arc::new(servers(&self.files)?));
        Ok(())
    }

    /// Shakes hands with a client. Gives the SHA-256 of its certificate too, if it sent one. Takes as long as the client likes.
    ///
    /// # Errors
    /// When the client does not speak TLS as we do.
    pub async fn accept(
        &self,
        stream: TcpStream,
        handshake: Handshake,
    ) -> std::io::Result<(TlsStream<TcpStream>, Option<[u8; 32]>)> {
        let servers = self.current.load_full();
        let server = match handshake {
            Handshake::Credential => &servers.credential,
            Handshake::Http => &servers.http,
        };
        let stream = TlsAcceptor::from(Arc::clone(server)).accept(stream).await?;
        let certificate = stream
            .get_ref()
            .1
            .peer_certificates()
            .and_then(<[_]>::first)
            .map(|certificate| Sha256::digest(certificate).into());
        Ok((stream, certificate))
    }
}

fn servers(files: &Config) -> Result<Servers, CertificateError> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .and_then(|chain| {
            if chain.is_empty() {
                Err(rustls::pki_types::pem::Error::NoItemsFound)
            } else {
                Ok(chain)
            }
        })
        .map_err(|error| file("certificate", &files.certificate, error))?;
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| file("key", &files.key, error))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(AnyCertificate {
        algorithms: provider.signature_verification_algorithms,
    });
    let mut credential = with_versions(Arc::clone(&provider))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain.clone(), key.clone_key())?;
    // One ticket resumes one connection: clients of chat seldom come back twice at once, and each ticket is remembered here.
    credential.send_tls13_tickets = 1;
    let mut http = with_versions(provider)?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    http.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
    Ok(Servers {
        credential: Arc::new(credential),
        http: Arc::new(http),
    })
}

fn with_versions(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>, rustls::Error> {
    ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13, &TLS12])
}

fn file(key: &'static str, path: &Path, error: rustls::pki_types::pem::Error) -> CertificateError {
    CertificateError::File {
        key,
        path: path.display().to_string(),
        error,
    }
}

/// Asks clients for a certificate and takes any, or none: a certificate is a credential by its fingerprint alone, so who signed it and when it expires mean nothing.
/// What must hold, and is checked here by rustls' own means, is that the client owns the certificate's key: it signed this very handshake.
#[derive(Debug)]
struct AnyCertificate {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
pub mod tests;
