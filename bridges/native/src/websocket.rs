//! The protocol over WebSocket (RFC 6455): a text message is the body of a frame. What frames mean is not known here.

use std::io;
use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use polylogue_hub::Peer;
use polylogue_native::ErrorCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tracing::{Instrument, debug};

use crate::Native;
use crate::connection::{self, Came, Socket};

/// Bytes read at once: they are kept for as long as the connection lives.
const READ: usize = 4 * 1024;
/// Bytes that are gathered before they are written.
const WRITE: usize = 16 * 1024;
/// The version of the protocol (RFC 6455 section 4.1).
const VERSION: &str = "13";

/// Where WebSockets begin.
pub(crate) fn routes() -> axum::Router<Arc<Native>> {
    axum::Router::new().route("/native", get(upgrade))
}

/// RFC 6455 section 4.2: the server's side of the handshake.
async fn upgrade(
    State(native): State<Arc<Native>>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
) -> Response {
    let version: [(HeaderName, &str); 1] = [(header::SEC_WEBSOCKET_VERSION, VERSION)];
    let headers = request.headers();
    if !has_word(headers, &header::UPGRADE, "websocket")
        || !has_word(headers, &header::CONNECTION, "upgrade")
    {
        let text = "this is a WebSocket: GET with Connection: Upgrade and Upgrade: websocket\n";
        let upgrade: [(HeaderName, &str); 1] = [(header::UPGRADE, "websocket")];
        return (StatusCode::UPGRADE_REQUIRED, upgrade, text).into_response();
    }
    if !has_word(headers, &header::SEC_WEBSOCKET_VERSION, VERSION) {
        let text = "Sec-WebSocket-Version must be 13\n";
        return (StatusCode::UPGRADE_REQUIRED, version, text).into_response();
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY);
    let Some(accept) = key.map(|key| derive_accept_key(key.as_bytes())) else {
        return (StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing\n").into_response();
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        let text = "this connection cannot become a WebSocket; HTTP/1.1 can\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    // The HTTP server waits for the end of the socket, and so for the end of this task.
    tokio::spawn(serve(native, upgrade, peer).in_current_span());
    let answer: [(HeaderName, &str); 3] = [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, &accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, answer).into_response()
}

/// Whether a header holds a word of a comma-separated list, whatever its case.
fn has_word(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let mut values = headers.get_all(name).into_iter();
    values.any(|value| {
        let mut words = value.to_str().unwrap_or_default().split(',');
        words.any(|found| found.trim().eq_ignore_ascii_case(word))
    })
}

async fn serve(native: Arc<Native>, upgrade: OnUpgrade, peer: Peer) {
    match upgrade.await {
        Ok(upgraded) => {
            let socket = WebSocket::new(upgraded, native.config.frame_bytes).await;
            connection::run(native, Socket::Web(Box::new(socket)), peer).await;
        }
        Err(error) => debug!(%error, "no WebSocket"),
    }
}

/// A connection past its handshake.
pub(crate) struct WebSocket(WebSocketStream<TokioIo<Upgraded>>);

impl WebSocket {
    /// Takes messages of at most `limit` bytes.
    async fn new(upgraded: Upgraded, limit: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(WRITE)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let stream = TokioIo::new(upgraded);
        Self(WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await)
    }

    /// Reads a message as a frame behind what is in `bytes`. Nothing is lost when it is dropped while it waits.
    pub(crate) async fn read(&mut self, bytes: &mut BytesMut) -> io::Result<Came> {
        let text = match self.0.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => {
                return Ok(Came::Refused(
                    ErrorCode::BadFrame,
                    "binary messages are refused: a frame is a text message",
                ));
            }
            // A ping is answered by the library.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                return Ok(Came::Bytes);
            }
            None | Some(Ok(Message::Close(_)) | Err(Error::ConnectionClosed)) => {
                return Ok(Came::End);
            }
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => {
                return Ok(Came::Refused(
                    ErrorCode::TooLarge,
                    "the message is over the limit that hello tells",
                ));
            }
            Some(Err(Error::Utf8(_))) => {
                return Ok(Came::Refused(
                    ErrorCode::NotUtf8,
                    "the message is not UTF-8",
                ));
            }
            Some(Err(error)) => return Err(io::Error::other(error)),
        };
        // A message is shorter than its limit, which is far below this.
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        bytes.put_u32(length);
        bytes.extend_from_slice(text.as_bytes());
        Ok(Came::Bytes)
    }

    /// Writes frames, each as a message. They may wait for [`WebSocket::flush`].
    pub(crate) async fn write(&mut self, mut frames: Bytes) -> io::Result<()> {
        while let Ok(length) = frames.try_get_u32() {
            let length = usize::try_from(length).map_err(io::Error::other)?;
            let body = frames.split_to(length.min(frames.len()));
            let text = Utf8Bytes::try_from(body).map_err(io::Error::other)?;
            let message = Message::Text(text);
            self.0.feed(message).await.map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// Writes what waits.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.0.flush().await.map_err(io::Error::other)
    }

    /// Takes leave, and waits until the client has. What it still sends is read, because unread bytes would cut off our last words on their
    /// way.
    pub(crate) async fn close(&mut self) -> io::Result<()> {
        // The answer to a client that closed first waits in the library, which has nothing to add then.
        let _ = self.0.flush().await;
        if self.0.close(None).await.is_ok() {
            while let Some(Ok(_)) = self.0.next().await {}
        }
        let socket = self.0.get_mut();
        socket.shutdown().await?;
        let mut unread = vec![0; READ];
        while socket.read(&mut unread).await? > 0 {}
        Ok(())
    }
}
