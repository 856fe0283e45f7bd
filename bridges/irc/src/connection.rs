//! One connection: bytes in, lines out, time passing. It owns the socket; what lines mean is [`client`](crate::client)'s business.
//!
//! An idle connection holds no read buffer: without TLS bytes are read into a buffer on the stack, and only a partial line is kept.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use polylogue_hub::frontend::ServerTls;
use polylogue_hub::{Mode, Outbox, Peer, Stream};
use polylogue_irc::codec;
use polylogue_irc::{Incoming, LineCodec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::codec::Decoder;

use crate::Irc;
use crate::client::{Client, Next, Transport};
use crate::commands::message;
use crate::websocket::WebSocket;

/// Bytes read at once.
const READ: usize = 16 * 1024;
/// How long a socket may take nothing at all before the connection is given up.
const STALL: Duration = Duration::from_secs(60);

/// The socket, with or without TLS.
enum Socket {
    Plain(Arc<TcpStream>),
    Tls(Box<ServerTls>),
    Web(Box<WebSocket>),
}

/// Serves a connection until it ends.
pub(crate) async fn run(irc: Arc<Irc>, stream: Stream, peer: Peer) {
    let (socket, outbox) = match stream {
        Stream::Plain(stream) => {
            let stream = Arc::new(stream);
            (
                Socket::Plain(stream.clone()),
                Outbox::direct(stream, Mode::Live),
            )
        }
        Stream::Tls(stream) => (Socket::Tls(stream), Outbox::woken(Mode::Live)),
    };
    serve_to_the_end(irc, (socket, outbox), peer).await;
}

/// Serves a connection whose lines are messages.
pub(crate) async fn run_web(irc: Arc<Irc>, socket: Box<WebSocket>, peer: Peer) {
    let outbox = Outbox::woken(Mode::Live);
    serve_to_the_end(irc, (Socket::Web(socket), outbox), peer).await;
}

async fn serve_to_the_end(irc: Arc<Irc>, (mut socket, outbox): (Socket, Arc<Outbox>), peer: Peer) {
    let mut client = Client::new(irc, outbox.clone(), peer);
    client.transport = match &socket {
        Socket::Plain(_) | Socket::Tls(_) => Transport::Socket,
        Socket::Web(_) => Transport::Web,
    };
    let mut reading = Reading {
        codec: LineCodec::new(codec::Peer::Client).reading(client.irc.config.encoding()),
        bytes: BytesMut::new(),
    };
    let _ = serve(&mut socket, &mut client, &mut reading).await;
    client.remember().await;
    client.leaves_its_nick();
    let goodbye = client.goodbye();
    outbox.push(goodbye);
    drop(client);
    // Whoever reads gets the last words; who does not read does not hold us up.
    let _ = tokio::time::timeout(Duration::from_secs(2), socket.close(&outbox)).await;
}

/// What came in and is not a whole line yet.
struct Reading {
    codec: LineCodec,
    bytes: BytesMut,
}

async fn serve(socket: &mut Socket, client: &mut Client, reading: &mut Reading) -> io::Result<()> {
    let outbox = client.outbox().clone();
    let stopping = client.irc.stopping.clone();
    let mut stalled_since: Option<Instant> = None;
    loop {
        let (deadline, resume) = (client.deadline(), client.resume());
        let stall_deadline = stalled_since.map(|since| since + STALL);
        tokio::select! {
            biased;
            () = stopping.cancelled() => {
                client.set_reason("Server shutting down");
                return Ok(());
            }
            () = outbox.woken_up() => {}
            () = tokio::time::sleep_until(deadline) => {
                if client.tick() == Next::Close {
                    return Ok(());
                }
            }
            () = tokio::time::sleep_until(stall_deadline.unwrap_or(deadline)), if stalled_since.is_some() => return Ok(()),
            () = tokio::time::sleep_until(resume.unwrap_or(deadline)), if resume.is_some() => {
                if Box::pin(client.take(Vec::new())).await == Next::Close {
                    return Ok(());
                }
            }
            // While its socket takes nothing, or its account has said too much, a connection is not listened to either.
            moment = socket.attend(&mut reading.bytes, stalled_since.is_some()), if stalled_since.is_some() || resume.is_none() => match moment? {
                Moment::Writable => {}
                Moment::Line(line) => {
                    if Box::pin(client.take(vec![line])).await == Next::Close {
                        return Ok(());
                    }
                }
                Moment::End => {
                    client.set_reason("Connection closed");
                    return Ok(());
                }
                // Boxed, so that an idle connection does not carry the size of a command's future.
                Moment::Bytes => {
                    let lines = whole_lines(reading);
                    if Box::pin(client.take(lines)).await == Next::Close {
                        return Ok(());
                    }
                }
            },
        }
        message::tell_answers(client);
        let before = outbox.waiting();
        socket.write_out(&outbox).await?;
        if client.must_catch_up() && !outbox.is_stalled() {
            Box::pin(client.catch_up()).await;
            socket.write_out(&outbox).await?;
        }
        if let Some(reason) = outbox.closed() {
            client.set_reason(&reason);
            return Ok(());
        }
        stalled_since = match (outbox.is_stalled(), stalled_since) {
            (false, _) => None,
            (true, Some(since)) if outbox.waiting() >= before => Some(since),
            (true, _) => Some(Instant::now()),
        };
    }
}

/// Every whole line that is there.
fn whole_lines(reading: &mut Reading) -> Vec<Incoming> {
    let mut lines: Vec<Incoming> = Vec::new();
    // The codec never fails: what is wrong with a line is a value.
    while let Ok(Some(line)) = reading.codec.decode(&mut reading.bytes) {
        lines.push(line);
    }
    if reading.bytes.is_empty() {
        reading.bytes = BytesMut::new();
    }
    lines
}

/// What a socket was waited for.
enum Moment {
    /// Bytes came in.
    Bytes,
    /// A whole line did.
    Line(Incoming),
    /// No more will come.
    End,
    /// It takes bytes again.
    Writable,
}

impl Socket {
    /// Waits until a stalled socket takes bytes again, or reads what comes in behind what is in `bytes`.
    async fn attend(&mut self, bytes: &mut BytesMut, stalled: bool) -> io::Result<Moment> {
        let length = match self {
            Self::Plain(socket) if stalled => {
                return socket.writable().await.map(|()| Moment::Writable);
            }
            Self::Plain(socket) => loop {
                socket.readable().await?;
                match read_now(socket, bytes) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    done => break done?,
                }
            },
            Self::Web(socket) => {
                return Ok(socket.read().await?.map_or(Moment::End, Moment::Line));
            }
            Self::Tls(stream) => {
                bytes.reserve(1024);
                stream.read_buf(bytes).await?
            }
        };
        Ok(if length == 0 {
            Moment::End
        } else {
            Moment::Bytes
        })
    }

    /// Writes the last words, and takes leave where that is done.
    async fn close(&mut self, outbox: &Outbox) -> io::Result<()> {
        self.write_out(outbox).await?;
        match self {
            Self::Web(socket) => socket.close().await,
            Self::Plain(_) | Self::Tls(_) => {}
        }
        Ok(())
    }

    /// Writes what is in the outbox, as far as the socket takes it.
    async fn write_out(&mut self, outbox: &Outbox) -> io::Result<()> {
        match self {
            Self::Plain(_) => {
                outbox.flush();
                Ok(())
            }
            Self::Web(socket) => {
                let lines = outbox.take();
                if lines.is_empty() {
                    return Ok(());
                }
                for line in lines {
                    tokio::time::timeout(STALL, socket.write(line))
                        .await
                        .map_err(|_| io::ErrorKind::TimedOut)??;
                }
                tokio::time::timeout(STALL, socket.flush())
                    .await
                    .map_err(|_| io::ErrorKind::TimedOut)?
            }
            Self::Tls(stream) => {
                let mut lines = outbox.take();
                if lines.is_empty() {
                    return Ok(());
                }
                while let Some(mut line) = lines.pop_front() {
                    while line.has_remaining() {
                        tokio::time::timeout(STALL, stream.write_buf(&mut line))
                            .await
                            .map_err(|_| io::ErrorKind::TimedOut)??;
                    }
                }
                tokio::time::timeout(STALL, stream.flush())
                    .await
                    .map_err(|_| io::ErrorKind::TimedOut)?
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
