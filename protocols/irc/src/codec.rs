//! Lines out of a stream of bytes: finds the end of a line first, then parses, so that a bad line never spoils the next one.
//!
//! It does no I/O, and it keeps nothing but a position between calls.

use std::io;

use bytes::{Buf, BytesMut};
use nom::FindSubstring;
use tokio_util::codec::Decoder;

use crate::encoding::{self, Encoding};
use crate::message::{Malformed, Message};
use crate::verb::Verb;

/// Largest message part, in bytes with its CR LF (RFC 2812 section 2.3).
pub const MESSAGE_LIMIT: usize = 512;
/// Largest tag section that a client may send, in bytes with `@` and the closing space (message-tags, "Size limit").
pub const CLIENT_TAGS_LIMIT: usize = 4096;
/// Largest tag section that a server may send, in bytes with `@` and the closing space (message-tags, "Size limit").
pub const SERVER_TAGS_LIMIT: usize = 8191;
/// CR LF.
const LINE_END: usize = 2;

/// What the stream yields: a bad line is a value and not the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A message.
    Message(Message),
    /// A line that was refused; the next one is unharmed.
    Bad(LineError),
}

/// Why a line is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Longer than the limits: `ERR_INPUTTOOLONG` (417).
    #[error("the line is too long")]
    TooLong,
    /// Not UTF-8: `FAIL <verb or *> INVALID_UTF8` (utf8-only), with the label if the line had one.
    #[error("the line is not UTF-8")]
    NotUtf8 {
        /// The command, if it can be told.
        verb: Verb,
        /// The value of the `label` tag (labeled-response).
        label: Option<Box<str>>,
    },
    /// A NUL byte, which no message may hold (RFC 2812 section 2.3.1).
    #[error("the line holds a NUL byte")]
    Nul,
    /// A CR that is not followed by LF, or any of the two inside a WebSocket message.
    #[error("the line holds a stray line break")]
    StrayLineBreak,
    /// No command word.
    #[error("the line has no command")]
    Malformed,
}

/// From whom the lines come, which sets the limit of their tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// At most [`CLIENT_TAGS_LIMIT`].
    Client,
    /// At most [`SERVER_TAGS_LIMIT`].
    Server,
}

impl Peer {
    const fn tags_limit(self) -> usize {
        match self {
            Self::Client => CLIENT_TAGS_LIMIT,
            Self::Server => SERVER_TAGS_LIMIT,
        }
    }
}

/// The decoder of one connection. A line over the limit is reported once, when that becomes certain, and skipped up to its LF without
/// being kept; empty lines yield nothing.
#[derive(Debug, Clone)]
pub struct LineCodec {
    peer: Peer,
    encoding: Encoding,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Looking for LF; this many bytes of the buffer hold none.
    Searching { searched: u16 },
    /// Dropping everything up to LF.
    Skipping,
}

const START: State = State::Searching { searched: 0 };

impl LineCodec {
    /// A decoder for the lines of `peer`.
    #[must_use]
    pub const fn new(peer: Peer) -> Self {
        Self {
            peer,
            encoding: Encoding::Utf8,
            state: START,
        }
    }

    /// The same, with another answer to lines that are not UTF-8.
    #[must_use]
    pub const fn reading(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// A line as it is meant where UTF-8 is not the only possibility.
    fn read_encoded(&self, line: &[u8]) -> Option<Incoming> {
        let incoming = Self::read(self.peer, line);
        match (&incoming, self.encoding) {
            (Some(Incoming::Bad(LineError::NotUtf8 { .. })), Encoding::Windows1252) => {
                let text = encoding::from_windows_1252(line);
                let read = Message::parse(text).map_err(|Malformed| LineError::Malformed);
                Some(read.map_or_else(Incoming::Bad, Incoming::Message))
            }
            (_, Encoding::Utf8 | Encoding::Windows1252) => incoming,
        }
    }

    /// Reads one whole line, without its line end, as a WebSocket message carries it (IRCv3 websocket). `None` if it is empty.
    #[must_use]
    pub fn read(peer: Peer, line: &[u8]) -> Option<Incoming> {
        if exceeds(peer, line) {
            return Some(Incoming::Bad(LineError::TooLong));
        }
        if line.iter().all(|byte| *byte == b' ') {
            return None;
        }
        Some(parse(line).map_or_else(Incoming::Bad, Incoming::Message))
    }
}

impl Decoder for LineCodec {
    type Item = Incoming;
    /// Never made: what a peer can do wrong is [`Incoming::Bad`].
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Incoming>> {
        loop {
            let searched = match self.state {
                State::Searching { searched } => usize::from(searched).min(buffer.len()),
                State::Skipping => 0,
            };
            let fresh = buffer.get(searched..).unwrap_or_default();
            let Some(length) = fresh.find_substring("\n").map(|at| searched + at) else {
                return Ok(self.unfinished(buffer));
            };
            let incoming = match self.state {
                State::Searching { .. } => {
                    let line = buffer.get(..length).unwrap_or_default();
                    self.read_encoded(line.strip_suffix(b"\r").unwrap_or(line))
                }
                State::Skipping => None,
            };
            buffer.advance(length + 1);
            self.state = START;
            if incoming.is_some() {
                return Ok(incoming);
            }
        }
    }

    /// What the peer left without a line end is no message.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Incoming>> {
        let incoming = self.decode(buffer)?;
        if incoming.is_none() {
            buffer.clear();
        }
        Ok(incoming)
    }
}

impl LineCodec {
    /// No LF in the buffer: keeps what may still become a line, and nothing else.
    fn unfinished(&mut self, buffer: &mut BytesMut) -> Option<Incoming> {
        if matches!(self.state, State::Skipping) {
            buffer.clear();
            return None;
        }
        // A CR at the end may belong to the line end.
        let line = buffer.strip_suffix(b"\r").unwrap_or(buffer);
        if exceeds(self.peer, line) {
            buffer.clear();
            self.state = State::Skipping;
            return Some(Incoming::Bad(LineError::TooLong));
        }
        // The limits keep the length far below 65,535.
        self.state = State::Searching {
            searched: u16::try_from(buffer.len()).unwrap_or(u16::MAX),
        };
        None
    }
}

/// Whether a line, or the beginning of one, without its line end, is over the limits whatever may follow.
fn exceeds(peer: Peer, line: &[u8]) -> bool {
    if line.first() != Some(&b'@') {
        return line.len() > MESSAGE_LIMIT - LINE_END;
    }
    match line.find_substring(" ") {
        Some(space) => {
            let tags = space + 1;
            tags > peer.tags_limit() || line.len() - tags > MESSAGE_LIMIT - LINE_END
        }
        None => line.len() >= peer.tags_limit(),
    }
}

/// Checks the bytes of a line and takes it apart.
fn parse(line: &[u8]) -> Result<Message, LineError> {
    if line.contains(&b'\0') {
        return Err(LineError::Nul);
    }
    if line.contains(&b'\r') || line.contains(&b'\n') {
        return Err(LineError::StrayLineBreak);
    }
    let text = std::str::from_utf8(line).map_err(|_| not_utf8(line))?;
    Message::parse(text).map_err(|Malformed| LineError::Malformed)
}

/// Command and label of a line that is not UTF-8, so that the refusal can name them.
fn not_utf8(line: &[u8]) -> LineError {
    let message = Message::parse(String::from_utf8_lossy(line)).ok();
    LineError::NotUtf8 {
        verb: message.as_ref().map_or(Verb::Unknown, Message::verb),
        label: message.and_then(|message| message.tags().get("label").map(Box::from)),
    }
}

#[cfg(test)]
mod tests;
