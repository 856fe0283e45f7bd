//! The server as clients and proxies meet it, in virtual time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsConnector;

use super::body::LIMIT;
use super::*;
use crate::tls::{self, Certificates, Handshake};

/// What a client of the server meets in these tests.
fn routes() -> Router {
    Router::new()
        .route(
            "/peer",
            get(|Extension(peer): Extension<Peer>| async move {
                format!(
                    "{} {:?} {:?}",
                    peer.address, peer.security, peer.certificate
                )
            }),
        )
        .route(
            "/length",
            post(|request: Request| async {
                match axum::body::to_bytes(request.into_body(), usize::MAX).await {
                    Ok(body) => body.len().to_string(),
                    Err(error) => error.to_string(),
                }
            }),
        )
        .route(
            "/poll",
            get(|| async { sleep(Duration::from_secs(90)).await }),
        )
        .route("/never", get(std::future::pending::<()>))
        .route("/large", get(|| async { Body::from(vec![b'x'; 64 << 20]) }))
}

/// One connection and the server behind it.
struct Connection {
    stream: TcpStream,
    serving: JoinHandle<()>,
    stopping: CancellationToken,
}

/// A plain connection from 127.0.0.1.
async fn connect(security: Security, proxy: &[&str]) -> Connection {
    let proxy = proxy
        .iter()
        .map(|network| network.parse().unwrap())
        .collect();
    let stopping = CancellationToken::new();
    let http = Http::new(mount([routes()]), proxy, stopping.clone());
    let (stream, accepted) = sockets().await;
    let serving = tokio::spawn(http.connection(Stream::Plain(accepted), peer(security)));
    Connection {
        stream,
        serving,
        stopping,
    }
}

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    (client, listener.accept().await.unwrap().0)
}

fn peer(security: Security) -> Peer {
    Peer {
        address: "127.0.0.1".parse().unwrap(),
        security,
        certificate: None,
    }
}

impl Connection {
    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// One response: its status and its body, whose length it announces.
    async fn response(&mut self) -> (u16, String) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(self.stream.read_u8().await.unwrap()));
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body).await.unwrap();
        (status, String::from_utf8(body).unwrap())
    }

    async fn get(&mut self, path: &str, headers: &str) -> (u16, String) {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
        ))
        .await;
        self.response().await
    }

    /// Seconds until the server closes the connection.
    async fn closed(&mut self) -> u64 {
        let start = Instant::now();
        // What was not read yet may turn the end into a reset.
        let _ = self.stream.read_to_end(&mut Vec::new()).await;
        start.elapsed().as_secs()
    }
}

#[tokio::test(start_paused = true)]
async fn routes_learn_who_asks() {
    let mut client = connect(Security::Plain, &[]).await;
    let (status, body) = client
        .get(
            "/peer",
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n",
        )
        .await;
    assert_eq!((status, body.as_str()), (200, "127.0.0.1 Plain None"));
    let mut proxy = connect(Security::Plain, &["127.0.0.0/8"]).await;
    for (headers, expected) in [
        (
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n",
            "192.0.2.1 Secure None",
        ),
        ("X-Forwarded-For: 192.0.2.2\r\n", "192.0.2.2 Plain None"),
        ("", "127.0.0.1 Plain None"),
    ] {
        let (status, body) = proxy.get("/peer", headers).await;
        assert_eq!((status, body.as_str()), (200, expected), "{headers}");
    }
    let (status, body) = proxy.get("/peer", "X-Forwarded-For: me\r\n").await;
    assert!(
        status == 400 && body.contains("X-Forwarded-For"),
        "{status} {body}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_development_server_answers_this_machine_only() {
    let mut client = connect(Security::Development, &[]).await;
    assert_eq!(client.get("/peer", "").await.0, 200);
    let (status, body) = client
        .get("/peer", "Origin: https://evil.example\r\n")
        .await;
    assert!(
        status == 403 && body.contains("M_FORBIDDEN"),
        "{status} {body}"
    );
    // A public server has no such rules.
    let mut client = connect(Security::Secure, &[]).await;
    assert_eq!(
        client
            .get("/peer", "Origin: https://app.example\r\n")
            .await
            .0,
        200
    );
}

#[tokio::test(start_paused = true)]
async fn what_no_front_end_knows_is_not_found() {
    let mut client = connect(Security::Plain, &[]).await;
    assert_eq!(
        client.get("/", "").await,
        (404, "there is nothing here\n".to_owned())
    );
}

#[test]
#[should_panic(expected = "Overlapping method route")]
fn a_path_has_one_owner() {
    drop(mount([routes(), routes()]));
}

#[tokio::test(start_paused = true)]
async fn a_head_has_ten_seconds() {
    let mut client = connect(Security::Plain, &[]).await;
    assert_eq!(client.closed().await, 10);
    let mut client = connect(Security::Plain, &[]).await;
    client.send("GET /peer HTTP/1.1\r\n").await;
    for _ in 0..9 {
        sleep(Duration::from_secs(1)).await;
        client.send("X: y\r\n").await;
    }
    assert!(client.closed().await <= 1);
    client.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_has_longer() {
    let mut client = connect(Security::Plain, &[]).await;
    assert_eq!(client.get("/peer", "").await.0, 200);
    sleep(Duration::from_secs(70)).await;
    assert_eq!(client.get("/peer", "").await.0, 200);
    assert_eq!(client.closed().await, 75);
    client.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_body_has_thirty_seconds() {
    let mut client = connect(Security::Plain, &[]).await;
    client
        .send("POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello")
        .await;
    let start = Instant::now();
    let (status, body) = client.response().await;
    assert!(status == 408 && body.contains("30 s"), "{status} {body}");
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_body_has_a_mebibyte() {
    for (length, expected) in [
        (LIMIT, LIMIT.to_string()),
        (
            LIMIT + 1,
            format!("the body is over the limit of {LIMIT} bytes"),
        ),
    ] {
        let mut client = connect(Security::Plain, &[]).await;
        client
            .send(&format!(
                "POST /length HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n"
            ))
            .await;
        // The server stops reading where the limit is.
        let body = vec![b'x'; length];
        let (mut reading, mut writing) = client.stream.split();
        let send = async {
            let _ = writing.write_all(&body).await;
            let _ = writing.write_all(b"\r\n0\r\n\r\n").await;
        };
        let mut answer = vec![0; 1024];
        let receive = reading.read(&mut answer);
        let (_, length) = tokio::join!(send, receive);
        let answer = String::from_utf8_lossy(&answer[..length.unwrap()]).into_owned();
        assert!(answer.ends_with(&expected), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_is_answered_and_what_never_ends_is_not() {
    let mut client = connect(Security::Plain, &[]).await;
    let start = Instant::now();
    assert_eq!(client.get("/poll", "").await.0, 200);
    assert_eq!(start.elapsed().as_secs(), 90);
    let (status, body) = client.get("/never", "").await;
    assert!(status == 503 && body.contains("120 s"), "{status} {body}");
    assert_eq!(start.elapsed().as_secs(), 210);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_not_waited_for() {
    let mut client = connect(Security::Plain, &[]).await;
    client
        .send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    let start = Instant::now();
    client.serving.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn heads_have_a_size() {
    let get = |headers: String| async move {
        let mut client = connect(Security::Plain, &[]).await;
        client.get("/peer", &headers).await.0
    };
    assert_eq!(get(format!("X: {}\r\n", "x".repeat(15 << 10))).await, 200);
    assert_eq!(get(format!("X: {}\r\n", "x".repeat(17 << 10))).await, 431);
    assert_eq!(get("X: y\r\n".repeat(99)).await, 200);
    assert_eq!(get("X: y\r\n".repeat(100)).await, 431);
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_soon_over() {
    let (mut idle, mut polling) = (
        connect(Security::Plain, &[]).await,
        connect(Security::Plain, &[]).await,
    );
    idle.get("/peer", "").await;
    idle.stopping.cancel();
    assert_eq!(idle.closed().await, 0);
    idle.serving.await.unwrap();
    polling
        .send("GET /poll HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    sleep(Duration::from_secs(1)).await;
    polling.stopping.cancel();
    let start = Instant::now();
    assert_eq!(polling.response().await.0, 503);
    assert_eq!(polling.closed().await, 0);
    polling.serving.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 1);
}

/// A TLS connection whose client offers these versions of HTTP and a certificate of its own. Gives the agreed version too.
async fn connect_tls(
    http: Arc<Http>,
    versions: &[&[u8]],
) -> (tokio_rustls::client::TlsStream<TcpStream>, JoinHandle<()>) {
    let directory = tempfile::tempdir().unwrap();
    let (server, own) = (
        tls::tests::certificate("test"),
        tls::tests::certificate("alice"),
    );
    let certificates = Certificates::load(&tls::tests::write(directory.path(), &server)).unwrap();
    let mut client = tls::tests::client(&server, Some(&own), &rustls::version::TLS13);
    client.alpn_protocols = versions.iter().map(|version| version.to_vec()).collect();
    let (stream, accepted) = sockets().await;
    let connector = TlsConnector::from(Arc::new(client));
    let name = ServerName::try_from("test").unwrap();
    let (client, server) = tokio::join!(
        connector.connect(name, stream),
        certificates.accept(accepted, Handshake::Http)
    );
    let (server, certificate) = server.unwrap();
    let peer = Peer {
        certificate,
        ..peer(Security::Secure)
    };
    let serving = tokio::spawn(http.connection(Stream::Tls(Box::new(server)), peer));
    (client.unwrap(), serving)
}

fn http_over_tls() -> Arc<Http> {
    Http::new(mount([routes()]), Vec::new(), CancellationToken::new())
}

#[tokio::test(start_paused = true)]
async fn tls_agrees_on_a_version_and_asks_for_no_certificate() {
    let (mut client, _) = connect_tls(http_over_tls(), &[b"http/1.1"]).await;
    client
        .write_all(b"GET /peer HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    let _ = client.read_to_string(&mut answer).await;
    assert!(answer.ends_with("127.0.0.1 Secure None"), "{answer}");

    let (client, _) = connect_tls(http_over_tls(), &[b"h2", b"http/1.1"]).await;
    let (mut requests, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client))
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    let request = |path: &str| {
        hyper::Request::get(format!("https://test{path}"))
            .body(Body::empty())
            .unwrap()
    };
    let response = requests.send_request(request("/peer")).await.unwrap();
    let body = axum::body::to_bytes(Body::new(response.into_body()), 1024)
        .await
        .unwrap();
    assert_eq!(body, "127.0.0.1 Secure None");
    // Many at once, each with its own answer.
    let polls = (0..50).map(|_| tokio::spawn(requests.send_request(request("/poll"))));
    for poll in polls.collect::<Vec<_>>() {
        assert_eq!(poll.await.unwrap().unwrap().status(), 200);
    }
    drop(requests);
    connection.await.unwrap().unwrap();
}

/// Tells when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_end_with_their_connection() {
    let dropped = Arc::new(AtomicBool::new(false));
    let held = Arc::clone(&dropped);
    let hold = get(move || {
        let held = Dropped(Arc::clone(&held));
        async move {
            std::future::pending::<()>().await;
            drop(held);
        }
    });
    let routes = mount([Router::new().route("/hold", hold)]);
    let http = Http::new(routes, Vec::new(), CancellationToken::new());
    let (client, serving) = connect_tls(http, &[b"h2"]).await;
    let (mut requests, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client))
            .await
            .unwrap();
    tokio::spawn(connection);
    let request = hyper::Request::get("https://test/hold")
        .body(Body::empty())
        .unwrap();
    let pending = tokio::spawn(requests.send_request(request));
    sleep(Duration::from_secs(1)).await;
    assert!(!dropped.load(Ordering::Relaxed));
    serving.abort();
    assert!(pending.await.unwrap().is_err());
    sleep(Duration::from_secs(1)).await;
    assert!(dropped.load(Ordering::Relaxed));
}
