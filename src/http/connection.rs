//! One connection: HTTP/1.1, or HTTP/2 where TLS agreed on it, until the client leaves, is quiet for too long or the server stops.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use polylogue_hub::{Peer, Stream};
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug};

use super::Http;
use super::request::Requests;
use super::socket::Socket;
use super::watch::Watch;
use crate::tls::HTTP_2;

/// Bytes of a request's head: its path may hold a token and a filter. Header lines are at most 100 (hyper's own limit for HTTP/1.1).
const HEAD_BYTES: u32 = 16 * 1024;
/// Bytes of an HTTP/1.1 connection that are read ahead.
const READ_AHEAD: usize = 32 * 1024;
/// Requests of an HTTP/2 connection at once.
const STREAMS: u32 = 100;
/// Streams that a client may reset before it is heard no more: those not yet seen by us, and those reset for its mistakes (CVE-2023-44487).
const RESETS: usize = 20;
/// Bytes that an HTTP/2 client may send ahead: on one stream, on all of them.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes of one HTTP/2 stream that wait to be sent.
const SEND_AHEAD: usize = 64 * 1024;
/// How often an HTTP/2 client that says nothing is asked whether it is there. Its answer has hyper's 20 s.
const ALIVE: Duration = Duration::from_secs(60);

/// Serves a connection until its socket is gone.
pub async fn run(http: Arc<Http>, stream: Stream, peer: Peer) {
    let watch = Watch::new();
    let gone = CancellationToken::new();
    let http_2 = match &stream {
        Stream::Plain(_) => false,
        Stream::Tls(stream) => stream.get_ref().1.alpn_protocol() == Some(HTTP_2),
    };
    let socket = Socket::new(stream, Arc::clone(&watch), gone.clone().drop_guard());
    let socket = TokioIo::new(socket);
    let stopping = http.stopping.clone();
    let requests = Requests::new(http, peer, Arc::clone(&watch));
    if http_2 {
        let streams = Streams::default();
        let connection = http_2_server(streams).serve_connection(socket, requests);
        drive(connection, &watch, &stopping).await;
    } else {
        let connection = http_1_server()
            .serve_connection(socket, requests)
            .with_upgrades();
        drive(connection, &watch, &stopping).await;
    }
    gone.cancelled().await;
}

fn http_1_server() -> http1::Builder {
    let mut server = http1::Builder::new();
    // Time is the watch's business: hyper's own limit for heads would end idle connections too.
    server
        .header_read_timeout(None)
        .max_header_size(HEAD_BYTES as usize)
        .max_buf_size(READ_AHEAD);
    server
}

fn http_2_server(streams: Streams) -> http2::Builder<Streams> {
    let mut server = http2::Builder::new(streams);
    server
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES)
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_AHEAD)
        .keep_alive_interval(ALIVE);
    server
}

/// A connection of either version.
trait Connection: Future<Output = hyper::Result<()>> {
    /// Finishes what it has begun, and ends.
    fn finish(self: Pin<&mut Self>);
}

impl Connection for http1::UpgradeableConnection<TokioIo<Socket>, Requests> {
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl Connection for http2::Connection<TokioIo<Socket>, Requests, Streams> {
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Lets a connection run: to its end, or to the watch's deadline. A stop lets it finish what it has begun.
async fn drive(connection: impl Connection, watch: &Watch, stopping: &CancellationToken) {
    let mut connection = pin!(connection);
    let mut stopped = pin!(stopping.cancelled());
    let mut told = false;
    let mut alarm = pin!(sleep_until(
        watch.deadline().unwrap_or_else(tokio::time::Instant::now)
    ));
    poll_fn(|cx| {
        if !told && stopped.as_mut().poll(cx).is_ready() {
            told = true;
            connection.as_mut().finish();
        }
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            if let Err(error) = ended {
                debug!(%error, "the connection failed");
            }
            return Poll::Ready(());
        }
        // The deadline moves with every request; the alarm follows only when it would ring too late, or has rung too early.
        while let Some(deadline) = watch.deadline() {
            if deadline < alarm.deadline() || alarm.is_elapsed() {
                alarm.as_mut().reset(deadline);
            }
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if watch
                .deadline()
                .is_some_and(|deadline| deadline <= alarm.deadline())
            {
                debug!("quiet for too long");
                return Poll::Ready(());
            }
        }
        Poll::Pending
    })
    .await;
}

/// Where an HTTP/2 connection's requests run: they end with it.
#[derive(Clone, Default)]
struct Streams(Arc<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, request: F) {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while streams.try_join_next().is_some() {}
        streams.spawn(request.in_current_span());
    }
}
