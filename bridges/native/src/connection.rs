//! One connection: bytes in, frames out, time passing. It owns the socket; what frames mean is [`client`](crate::client)'s business.
//!
//! An idle connection holds no read buffer: without TLS bytes are read into a buffer on the stack, and only a partial frame is kept.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use polylogue_hub::frontend::ServerTls;
use polylogue_hub::outbox::Flushed;
use polylogue_hub::{Mode, Outbox, Peer, Stream};
use polylogue_native::{Envelope, ErrorCode, FrameCodec, Malformed, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::codec::Decoder;

use crate::Native;
use crate::client::{Client, Next};
use crate::websocket::WebSocket;

/// Bytes read at once.
const READ: usize = 16 * 1024;
/// How long a socket may take nothing at all before the connection is given up.
const STALL: Duration = Duration::from_secs(60);
/// How long the last words of a connection may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// Bytes that a connection which is to end may still have sent: unread ones would cut off our last words on their way.
const UNREAD: usize = 1024 * 1024;

/// A frame, or what is wrong with it.
pub(crate) type Frame = Result<Envelope<Request>, Malformed>;

/// Why a connection ends, if the client has not been told yet.
type Ending = Option<(ErrorCode, Cow<'static, str>)>;

/// The socket: bytes with or without TLS, or messages.
pub(crate) enum Socket {
    Plain(Arc<TcpStream>),
    Tls(Box<ServerTls>),
    Web(Box<WebSocket>),
}

/// What reading gave.
pub(crate) enum Came {
    /// Bytes of frames.
    Bytes,
    /// The end.
    End,
    /// What frames are not made of, and where the next one begins nobody knows.
    Refused(ErrorCode, &'static str),
}

impl From<Stream> for Socket {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Plain(stream) => Self::Plain(Arc::new(stream)),
            Stream::Tls(stream) => Self::Tls(stream),
        }
    }
}

/// Serves a connection until it ends.
pub(crate) async fn run(native: Arc<Native>, mut socket: Socket, peer: Peer) {
    let outbox = match &socket {
        Socket::Plain(stream) => Outbox::direct(stream.clone(), Mode::Live),
        Socket::Tls(_) | Socket::Web(_) => Outbox::woken(Mode::Live),
    };
    let mut reading = Reading {
        codec: FrameCodec::new(native.config.frame_bytes),
        bytes: BytesMut::new(),
        at_once: native.config.requests,
    };
    let mut client = Client::new(native, outbox.clone(), peer);
    let ending = serve(&mut socket, &mut client, &mut reading).await;
    // Nothing that happens from here on is told.
    outbox.set_dialect(0);
    if let Ok(Some((code, message))) = ending {
        client.refuse(None, polylogue_native::Error::new(code, message));
    }
    drop(client);
    // Whoever reads gets the last words; who does not read does not hold us up.
    let _ = tokio::time::timeout(FAREWELL, socket.close(&outbox)).await;
}

/// What came in and is not a whole frame yet.
struct Reading {
    codec: FrameCodec<Request>,
    bytes: BytesMut,
    /// Frames that are taken out before the first of them is answered.
    at_once: usize,
}

impl Reading {
    fn frames(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        // The codec never fails: what is wrong with a frame is a value.
        while frames.len() < self.at_once
            && let Ok(Some(frame)) = self.codec.decode(&mut self.bytes)
        {
            frames.push(frame);
        }
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        }
        frames
    }

    fn last_frames(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = self.codec.decode_eof(&mut self.bytes) {
            frames.push(frame);
        }
        frames
    }
}

async fn serve(
    socket: &mut Socket,
    client: &mut Client,
    reading: &mut Reading,
) -> io::Result<Ending> {
    let outbox = client.outbox.clone();
    let stopping = client.native.stopping.clone();
    let plain = match socket {
        Socket::Plain(socket) => Some(socket.clone()),
        Socket::Tls(_) | Socket::Web(_) => None,
    };
    let mut stalled_since: Option<Instant> = None;
    loop {
        let deadline = client.deadline();
        let given_up = stalled_since.map_or(deadline, |since| since + STALL);
        tokio::select! {
            () = outbox.woken_up() => {}
            () = stopping.cancelled() => return Ok(Some((ErrorCode::ShuttingDown, "the server is going down".into()))),
            () = tokio::time::sleep_until(deadline) => {
                if client.tick() == Next::Close {
                    return Ok(Some((ErrorCode::TimedOut, "nothing was heard for too long".into())));
                }
            }
            // A socket that can be written to has taken something.
            ready = writable(plain.as_deref()), if stalled_since.is_some() => {
                ready?;
                stalled_since = None;
            }
            () = tokio::time::sleep_until(given_up), if stalled_since.is_some() => {
                return Ok(Some((ErrorCode::TooSlow, "frames were taken too slowly".into())));
            }
            // While its socket takes nothing, a connection is not listened to either.
            read = socket.read(&mut reading.bytes), if stalled_since.is_none() => {
                // Boxed, so that an idle connection does not carry the size of every request's future.
                let next = match read? {
                    Came::Bytes => Box::pin(take_frames(client, reading)).await,
                    Came::End => {
                        Box::pin(client.take(reading.last_frames())).await;
                        Next::Close
                    }
                    Came::Refused(code, message) => return Ok(Some((code, message.into()))),
                };
                if next == Next::Close {
                    return Ok(None);
                }
            }
        }
        write_out(socket, &outbox).await?;
        if client.must_catch_up() && !outbox.is_stalled() {
            Box::pin(client.catch_up()).await;
            write_out(socket, &outbox).await?;
        }
        if outbox.closed().is_some() {
            return Ok(Some(client.shut_out()));
        }
        stalled_since = match outbox.is_stalled() {
            true => stalled_since.or_else(|| Some(Instant::now())),
            false => None,
        };
    }
}

/// Handles every whole frame that is there.
async fn take_frames(client: &mut Client, reading: &mut Reading) -> Next {
    client.heard();
    loop {
        let frames = reading.frames();
        if frames.is_empty() {
            return Next::Continue;
        }
        if client.take(frames).await == Next::Close {
            return Next::Close;
        }
    }
}

async fn write_out(socket: &mut Socket, outbox: &Outbox) -> io::Result<()> {
    match socket {
        Socket::Plain(_) => {
            outbox.flush();
            Ok(())
        }
        Socket::Tls(stream) => write_tls(stream, outbox).await,
        Socket::Web(socket) => write_web(socket, outbox).await,
    }
}

async fn write_web(socket: &mut WebSocket, outbox: &Outbox) -> io::Result<()> {
    let frames = outbox.take();
    if frames.is_empty() {
        return Ok(());
    }
    for frame in frames {
        in_time(socket.write(frame)).await?;
    }
    in_time(socket.flush()).await
}

async fn write_tls(stream: &mut ServerTls, outbox: &Outbox) -> io::Result<()> {
    let mut frames = outbox.take();
    if frames.is_empty() {
        return Ok(());
    }
    for frame in &mut frames {
        while frame.has_remaining() {
            in_time(stream.write_buf(frame)).await?;
        }
    }
    in_time(stream.flush()).await
}

async fn in_time<T>(write: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(STALL, write)
        .await
        .map_err(|_| io::ErrorKind::TimedOut)?
}

/// Waits until a socket takes bytes again. TLS writes wait by themselves.
async fn writable(plain: Option<&TcpStream>) -> io::Result<()> {
    match plain {
        Some(socket) => socket.writable().await,
        None => Ok(()),
    }
}

impl Socket {
    /// Reads what is there behind what is in `bytes`.
    async fn read(&mut self, bytes: &mut BytesMut) -> io::Result<Came> {
        let read = match self {
            Self::Plain(socket) => loop {
                socket.readable().await?;
                match read_now(socket, bytes) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    done => break done?,
                }
            },
            Self::Tls(stream) => {
                bytes.reserve(1024);
                stream.read_buf(bytes).await?
            }
            Self::Web(socket) => return socket.read(bytes).await,
        };
        Ok(match read {
            0 => Came::End,
            1.. => Came::Bytes,
        })
    }

    /// Writes everything that waits, and ends.
    async fn close(&mut self, outbox: &Outbox) -> io::Result<()> {
        match self {
            Self::Plain(socket) => {
                loop {
                    match outbox.flush() {
                        Flushed::All | Flushed::Broken => break,
                        Flushed::Stalled => socket.writable().await?,
                        Flushed::Elsewhere => tokio::task::yield_now().await,
                    }
                }
                let mut unread = BytesMut::new();
                while unread.len() < UNREAD && matches!(read_now(socket, &mut unread), Ok(1..)) {}
                Ok(())
            }
            Self::Tls(stream) => {
                write_tls(stream, outbox).await?;
                stream.shutdown().await
            }
            Self::Web(socket) => {
                write_web(socket, outbox).await?;
                socket.close().await
            }
        }
    }
}

/// Through a buffer on the stack, so that an idle connection has none.
fn read_now(socket: &TcpStream, bytes: &mut BytesMut) -> io::Result<usize> {
    let mut buffer = [0; READ];
    let length = socket.try_read(&mut buffer)?;
    bytes.extend_from_slice(buffer.get(..length).unwrap_or_default());
    Ok(length)
}
