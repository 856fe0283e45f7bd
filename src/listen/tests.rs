//! Listeners as clients and proxies meet them.

use std::future::Future;
use std::pin::Pin;

use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;

use super::*;
use crate::config::Limits;
use crate::tls;

/// A front-end that says who it thinks is there, then repeats what it hears.
struct Parrot;

impl Frontend for Parrot {
    fn name(&self) -> &'static str {
        "parrot"
    }

    fn connection(
        self: Arc<Self>,
        stream: Stream,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let greeting = format!("{} {:?}\n", peer.address, peer.security);
            match stream {
                Stream::Plain(stream) => repeat(stream, &greeting).await,
                Stream::Tls(stream) => repeat(*stream, &greeting).await,
            }
        })
    }
}

async fn repeat(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite, greeting: &str) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    if writer.write_all(greeting.as_bytes()).await.is_ok() {
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
        let _ = writer.shutdown().await;
    }
}

/// An entrance without TLS for a server that anybody may reach.
fn entrance() -> Entrance {
    Entrance {
        protocol: Protocol::Irc,
        frontend: Arc::new(Parrot),
        admission: Admission::new(Limits::default()),
        certificates: None,
        proxy: Vec::new(),
        plain: Security::Plain,
        patience: Patience {
            header: Duration::from_secs(5),
            handshake: Duration::from_secs(10),
        },
    }
}

/// A listener in service.
struct Service {
    address: SocketAddr,
    tasks: Tasks,
}

impl Service {
    fn start(entrance: Entrance) -> Self {
        let tasks = Tasks::default();
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.address();
        listener.serve(Arc::new(entrance), &tasks);
        Self { address, tasks }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and gives all that comes back; nothing if the connection is closed at once.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        let mut answer = Vec::new();
        // A connection that is turned away may be reset at any point.
        if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
            let _ = stream.read_to_end(&mut answer).await;
        }
        String::from_utf8(answer).unwrap()
    }

    async fn stop(self) {
        self.tasks.stop_accepting();
        self.tasks.cut();
        self.tasks.ended().await;
    }
}

#[tokio::test]
async fn connections_reach_the_front_end() {
    let service = Service::start(entrance());
    assert_eq!(service.exchange(b"hello").await, "127.0.0.1 Plain\nhello");
    service.stop().await;
}

#[tokio::test]
async fn loopback_is_not_secure_but_a_development_listener_says_what_it_is() {
    let service = Service::start(Entrance {
        plain: Security::Development,
        ..entrance()
    });
    assert_eq!(service.exchange(b"").await, "127.0.0.1 Development\n");
    service.stop().await;
}

#[tokio::test]
async fn a_trusted_proxy_is_believed() {
    let proxy = vec!["127.0.0.0/8".parse().unwrap()];
    let service = Service::start(Entrance {
        proxy,
        ..entrance()
    });
    assert_eq!(
        service
            .exchange(b"PROXY TCP4 192.0.2.1 198.51.100.2 5000 6697\r\nhello")
            .await,
        "192.0.2.1 Plain\nhello"
    );
    let over_tls = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x14\xc0\0\x02\x01\xc6\x33\x64\x02\x13\x88\x1a\x29\x20\0\x05\x01\0\0\0\0hello";
    assert_eq!(service.exchange(over_tls).await, "192.0.2.1 Secure\nhello");
    assert_eq!(
        service.exchange(b"PROXY UNKNOWN\r\nhello").await,
        "127.0.0.1 Plain\nhello"
    );
    // From a proxy, what has no header is no connection.
    assert_eq!(
        service
            .exchange(b"NICK alice\r\nUSER alice 0 * :Alice\r\n")
            .await,
        ""
    );
    assert_eq!(service.exchange(b"PROXY TCP4 192.0.2.1\r\n").await, "");
    service.stop().await;
}

#[tokio::test]
async fn a_stranger_is_not_a_proxy() {
    let proxy = vec!["192.0.2.0/24".parse().unwrap()];
    let service = Service::start(Entrance {
        proxy,
        ..entrance()
    });
    let header = "PROXY TCP4 192.0.2.1 198.51.100.2 5000 6697\r\n";
    assert_eq!(
        service.exchange(header.as_bytes()).await,
        format!("127.0.0.1 Plain\n{header}")
    );
    service.stop().await;
}

#[tokio::test]
async fn clients_behind_a_proxy_are_counted_one_by_one() {
    let proxy = vec!["127.0.0.1".parse().unwrap()];
    let limits = Limits {
        connections_per_window: 1,
        ..Limits::default()
    };
    let service = Service::start(Entrance {
        proxy,
        admission: Admission::new(limits),
        ..entrance()
    });
    assert_eq!(
        service
            .exchange(b"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n")
            .await,
        "192.0.2.1 Plain\n"
    );
    assert_eq!(
        service
            .exchange(b"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n")
            .await,
        ""
    );
    assert_eq!(
        service
            .exchange(b"PROXY TCP4 192.0.2.2 198.51.100.2 1 2\r\n")
            .await,
        "192.0.2.2 Plain\n"
    );
    // The proxy may look after us as often as it likes.
    for _ in 0..3 {
        assert_eq!(
            service.exchange(b"PROXY UNKNOWN\r\n").await,
            "127.0.0.1 Plain\n"
        );
    }
    service.stop().await;
}

#[tokio::test]
async fn a_proxy_that_says_nothing_is_cut_off() {
    let proxy = vec!["127.0.0.1".parse().unwrap()];
    let patience = Patience {
        header: Duration::from_millis(20),
        handshake: Duration::from_secs(10),
    };
    let service = Service::start(Entrance {
        proxy,
        patience,
        ..entrance()
    });
    let mut stream = service.connect().await;
    stream.write_all(b"PROXY TC").await.unwrap();
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
    service.stop().await;
}

#[tokio::test]
async fn a_client_that_never_finishes_its_handshake_is_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let files = tls::tests::write(directory.path(), &tls::tests::certificate("test"));
    let patience = Patience {
        header: Duration::from_secs(5),
        handshake: Duration::from_millis(20),
    };
    let service = Service::start(Entrance {
        certificates: Some(Arc::new(Certificates::load(&files).unwrap())),
        patience,
        ..entrance()
    });
    let mut stream = service.connect().await;
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
    service.stop().await;
}

#[tokio::test]
async fn tls_is_secure() {
    let directory = tempfile::tempdir().unwrap();
    let server = tls::tests::certificate("test");
    let files = tls::tests::write(directory.path(), &server);
    let service = Service::start(Entrance {
        certificates: Some(Arc::new(Certificates::load(&files).unwrap())),
        ..entrance()
    });
    let connector = TlsConnector::from(Arc::new(tls::tests::client(
        &server,
        None,
        &rustls::version::TLS13,
    )));
    let mut stream = connector
        .connect(
            ServerName::try_from("test").unwrap(),
            service.connect().await,
        )
        .await
        .unwrap();
    let mut greeting = [0; 17];
    stream.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"127.0.0.1 Secure\n");
    // Plain bytes on a TLS listener are not understood, and never reach the front-end.
    assert!(
        !service
            .exchange(b"NICK alice\r\n")
            .await
            .contains("127.0.0.1")
    );
    service.stop().await;
}

#[tokio::test]
async fn addresses_over_their_share_are_turned_away() {
    let limits = Limits {
        connections_per_address: 1,
        ..Limits::default()
    };
    let service = Service::start(Entrance {
        admission: Admission::new(limits),
        ..entrance()
    });
    let mut first = service.connect().await;
    let mut greeting = [0; 16];
    first.read_exact(&mut greeting).await.unwrap();
    assert_eq!(service.exchange(b"").await, "");
    // The first is not disturbed, and when it ends its place is free.
    first.write_all(b"x").await.unwrap();
    first.shutdown().await.unwrap();
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"x");
    service.tasks.stop_accepting();
    service.stop().await;
}

#[tokio::test]
async fn a_stop_ends_accepting_first_and_connections_when_cut() {
    let service = Service::start(entrance());
    let mut stream = service.connect().await;
    let mut greeting = [0; 16];
    stream.read_exact(&mut greeting).await.unwrap();
    service.tasks.stop_accepting();
    // What is connected still works.
    stream.write_all(b"still here").await.unwrap();
    let mut answer = [0; 10];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"still here");
    service.tasks.cut();
    service.tasks.ended().await;
    assert_eq!(service.tasks.running(), 0);
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(service.address).await.is_err());
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let error = Listener::bind(listener.address()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(
        error.to_string().contains(&listener.address().to_string()),
        "{error}"
    );
}

#[test]
fn only_errors_of_one_connection_are_passed_over() {
    // The numbers are errno(3) on Linux.
    for (errno, one) in [
        (103, true),
        (104, true),
        (4, true),
        (113, true),
        (24, false),
        (23, false),
        (105, false),
        (12, false),
        (22, false),
    ] {
        assert_eq!(
            concerns_one_connection(&io::Error::from_raw_os_error(errno)),
            one,
            "{}",
            io::Error::from_raw_os_error(errno)
        );
    }
}
