//! IRC over WebSocket (IRCv3 websocket, RFC 6455): a message is a line without its end. What lines mean is not known here.

use std::io;
use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use polylogue_hub::Peer;
use polylogue_irc::{Incoming, LineCodec, LineError, codec};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tracing::{Instrument, debug};

use crate::Irc;
use crate::connection;

/// Bytes read at once: they are kept for as long as the connection lives.
const READ: usize = 4 * 1024;
/// Bytes that are gathered before they are written.
const WRITE: usize = 16 * 1024;
/// Bytes of a message: more than any line, so that a line that is too long is refused as such.
const MESSAGE: usize = 16 * 1024;

/// What messages are made of (IRCv3 websocket, "Subprotocols").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subprotocol {
    /// Text messages.
    Text,
    /// Binary messages.
    Binary,
}

impl Subprotocol {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text.ircv3.net",
            Self::Binary => "binary.ircv3.net",
        }
    }

    /// The first one of a client's list that is known.
    fn wanted(headers: &HeaderMap) -> Option<Self> {
        let mut lists = headers
            .get_all(header::SEC_WEBSOCKET_PROTOCOL)
            .into_iter()
            .flat_map(|list| list.to_str().unwrap_or_default().split(','));
        lists.find_map(|name| {
            let known = [Self::Text, Self::Binary];
            known.into_iter().find(|known| known.name() == name.trim())
        })
    }
}

/// Where WebSockets begin.
pub(crate) fn routes(irc: Arc<Irc>) -> axum::Router {
    let path = irc.config.websocket_path.clone();
    axum::Router::new()
        .route(&path, get(upgrade))
        .with_state(irc)
}

/// RFC 6455 section 4.2: the server's side of the handshake.
async fn upgrade(
    State(irc): State<Arc<Irc>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
        let text =
            "this is IRC over WebSocket: GET with Connection: Upgrade and Upgrade: websocket\n";
        return (
            StatusCode::UPGRADE_REQUIRED,
            [(header::UPGRADE, "websocket")],
            text,
        )
            .into_response();
    };
    let wanted = Subprotocol::wanted(&parts.headers);
    let answer = match create_response(&axum::http::Request::from_parts(parts, ())) {
        Ok(answer) => answer,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let mut answer = answer.map(|()| axum::body::Body::empty());
    if let Some(wanted) = wanted {
        answer.headers_mut().insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(wanted.name()),
        );
    }
    let subprotocol = wanted.unwrap_or(Subprotocol::Text);
    // The HTTP server waits for the end of the socket, and so for the end of this task.
    tokio::spawn(serve(irc, upgrade, (peer, subprotocol)).in_current_span());
    answer.into_response()
}

async fn serve(irc: Arc<Irc>, upgrade: OnUpgrade, (peer, subprotocol): (Peer, Subprotocol)) {
    match upgrade.await {
        Ok(upgraded) => {
            let socket = Box::new(WebSocket::new(upgraded, subprotocol).await);
            connection::run_web(irc, socket, peer).await;
        }
        Err(error) => debug!(%error, "no WebSocket"),
    }
}

/// A connection past its handshake.
pub(crate) struct WebSocket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    subprotocol: Subprotocol,
}

impl WebSocket {
    async fn new(upgraded: Upgraded, subprotocol: Subprotocol) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(WRITE)
            .max_message_size(Some(MESSAGE))
            .max_frame_size(Some(MESSAGE));
        let stream = TokioIo::new(upgraded);
        Self {
            stream: WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await,
            subprotocol,
        }
    }

    /// Reads a line; `None` is the end. Nothing is lost when it is dropped while it waits.
    pub(crate) async fn read(&mut self) -> io::Result<Option<Incoming>> {
        loop {
            let line = match self.stream.next().await {
                Some(Ok(Message::Text(text))) => Bytes::from(text),
                Some(Ok(Message::Binary(bytes))) => bytes,
                // A ping is answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                None | Some(Ok(Message::Close(_)) | Err(Error::ConnectionClosed)) => {
                    return Ok(None);
                }
                Some(Err(Error::Capacity(_))) => {
                    return Ok(Some(Incoming::Bad(LineError::TooLong)));
                }
                Some(Err(error)) => return Err(io::Error::other(error)),
            };
            // A message holds no line end; who sends one anyhow means the same line.
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Some(line) = LineCodec::read(codec::Peer::Client, line) {
                return Ok(Some(line));
            }
        }
    }

    /// Writes lines, each as a message. They may wait for [`WebSocket::flush`].
    pub(crate) async fn write(&mut self, lines: Bytes) -> io::Result<()> {
        for line in lines.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let line = lines.slice_ref(line);
            let message = match self.subprotocol {
                Subprotocol::Text => {
                    Message::Text(Utf8Bytes::try_from(line).map_err(io::Error::other)?)
                }
                Subprotocol::Binary => Message::Binary(line),
            };
            self.stream.feed(message).await.map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// Writes what waits.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.stream.flush().await.map_err(io::Error::other)
    }

    /// Takes leave, and waits until the client has.
    pub(crate) async fn close(&mut self) {
        if self.stream.close(None).await.is_ok() {
            while let Some(Ok(_)) = self.stream.next().await {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_says_what_it_likes_most_first() {
        let check = |lists: &[&'static str], expected: Option<Subprotocol>| {
            let mut headers = HeaderMap::new();
            for list in lists {
                headers.append(
                    header::SEC_WEBSOCKET_PROTOCOL,
                    HeaderValue::from_static(list),
                );
            }
            assert_eq!(Subprotocol::wanted(&headers), expected, "{lists:?}");
        };
        check(&[], None);
        check(&["chat"], None);
        check(&["text.ircv3.net"], Some(Subprotocol::Text));
        check(
            &["binary.ircv3.net, text.ircv3.net"],
            Some(Subprotocol::Binary),
        );
        check(
            &["chat", "text.ircv3.net,binary.ircv3.net"],
            Some(Subprotocol::Text),
        );
    }
}
