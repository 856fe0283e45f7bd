//! TLS as clients meet it.

use std::path::Path;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;

use super::*;

/// A self-signed certificate.
pub fn certificate(name: &str) -> CertifiedKey<rcgen::KeyPair> {
    generate_simple_self_signed([name.to_owned()]).unwrap()
}

/// Writes a certificate and its key where the daemon expects them.
pub fn write(directory: &Path, certificate: &CertifiedKey<rcgen::KeyPair>) -> Config {
    let files = Config {
        certificate: directory.join("certificate.pem"),
        key: directory.join("key.pem"),
    };
    std::fs::write(&files.certificate, certificate.cert.pem()).unwrap();
    std::fs::write(&files.key, certificate.signing_key.serialize_pem()).unwrap();
    files
}

/// A client that trusts one certificate and may have one of its own.
pub fn client(
    trusted: &CertifiedKey<rcgen::KeyPair>,
    own: Option<&CertifiedKey<rcgen::KeyPair>>,
    version: &'static rustls::SupportedProtocolVersion,
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.cert.der().clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    match own {
        Some(own) => builder
            .with_client_auth_cert(
                vec![own.cert.der().clone()],
                PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap(),
            )
            .unwrap(),
        None => builder.with_no_client_auth(),
    }
}

/// One handshake: what the server learns of the client's certificate.
async fn shake_hands(
    certificates: &Certificates,
    client: ClientConfig,
) -> std::io::Result<Option<[u8; 32]>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connecting = tokio::spawn(async move {
        let stream = TcpStream::connect(address).await?;
        let mut stream = TlsConnector::from(Arc::new(client))
            .connect(ServerName::try_from("test").unwrap(), stream)
            .await?;
        stream.write_all(b"hello").await?;
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await?;
        std::io::Result::Ok(())
    });
    let (stream, _) = listener.accept().await.unwrap();
    let served = match certificates.accept(stream, Handshake::Credential).await {
        Ok((mut stream, certificate)) => {
            let mut hello = [0; 5];
            stream.read_exact(&mut hello).await?;
            stream.shutdown().await?;
            Ok(certificate)
        }
        Err(error) => Err(error),
    };
    let connected = connecting.await.unwrap();
    served.and_then(|certificate| connected.map(|()| certificate))
}

#[tokio::test]
async fn clients_are_known_by_the_fingerprint_of_any_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let server = certificate("test");
    let certificates = Certificates::load(&write(directory.path(), &server)).unwrap();
    for version in [&TLS12, &TLS13] {
        let own = certificate("alice");
        let expected: [u8; 32] = Sha256::digest(own.cert.der()).into();
        assert_eq!(
            shake_hands(&certificates, client(&server, Some(&own), version))
                .await
                .unwrap(),
            Some(expected),
            "{version:?}"
        );
        assert_eq!(
            shake_hands(&certificates, client(&server, None, version))
                .await
                .unwrap(),
            None,
            "{version:?}"
        );
    }
}

#[tokio::test]
async fn a_stolen_certificate_is_worth_nothing_without_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let server = certificate("test");
    let certificates = Certificates::load(&write(directory.path(), &server)).unwrap();
    let (alice, mallory) = (certificate("alice"), certificate("mallory"));
    for version in [&TLS12, &TLS13] {
        // The resolver presents Alice's certificate and signs with Mallory's key.
        let signer = aws_lc_rs::sign::any_supported_type(
            &PrivateKeyDer::try_from(mallory.signing_key.serialize_der()).unwrap(),
        )
        .unwrap();
        let stolen = rustls::sign::CertifiedKey::new(vec![alice.cert.der().clone()], signer);
        let mut thief = client(&server, None, version);
        thief.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(stolen));
        assert!(
            shake_hands(&certificates, thief).await.is_err(),
            "{version:?}"
        );
    }
}

#[tokio::test]
async fn a_new_certificate_serves_new_connections() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (certificate("test"), certificate("test"));
    let files = write(directory.path(), &old);
    let certificates = Certificates::load(&files).unwrap();
    write(directory.path(), &new);
    assert!(
        shake_hands(&certificates, client(&new, None, &TLS13))
            .await
            .is_err()
    );
    certificates.reload().unwrap();
    assert!(
        shake_hands(&certificates, client(&new, None, &TLS13))
            .await
            .is_ok()
    );

    // A broken file changes nothing.
    std::fs::write(&files.key, certificate("test").signing_key.serialize_pem()).unwrap();
    assert!(matches!(
        certificates.reload(),
        Err(CertificateError::Unusable(_))
    ));
    std::fs::write(&files.certificate, "not a certificate").unwrap();
    assert!(matches!(
        certificates.reload(),
        Err(CertificateError::File {
            key: "certificate",
            ..
        })
    ));
    assert!(
        shake_hands(&certificates, client(&new, None, &TLS13))
            .await
            .is_ok()
    );
}

#[test]
fn missing_files_are_told_from_broken_ones() {
    let directory = tempfile::tempdir().unwrap();
    let files = write(directory.path(), &certificate("test"));
    std::fs::write(&files.key, "").unwrap();
    let broken = Certificates::load(&files).err().unwrap();
    assert!(!broken.is_absent() && broken.key() == "key", "{broken}");
    std::fs::remove_file(&files.certificate).unwrap();
    let absent = Certificates::load(&files).err().unwrap();
    assert!(
        absent.is_absent() && absent.key() == "certificate",
        "{absent}"
    );
}
