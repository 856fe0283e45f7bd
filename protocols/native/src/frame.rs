//! Frames out of a stream of bytes and into one: a header with the length of the body, then the body. The end of a frame is found before its
//! body is read, so that a bad body never spoils the next frame. It does no I/O.

use std::io;
use std::marker::PhantomData;

use bytes::{Buf, Bytes, BytesMut};
use nom::IResult;
use nom::number::streaming::be_u32;
use tokio_util::codec::{Decoder, Encoder};
use zeroize::Zeroize;

use crate::error::ErrorCode;
use crate::limits;
use crate::message::{Envelope, Malformed, Message};

/// The decoder of one direction of a connection: `M` is what the peer sends. A frame whose body is bad is a [`Malformed`] value and the next
/// one is unharmed; after one whose header is bad there are no more frames, because nobody knows where the next would begin.
#[derive(Debug, Clone)]
pub struct FrameCodec<M> {
    limit: usize,
    state: State,
    messages: PhantomData<fn() -> M>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Frames follow each other.
    Reading,
    /// A header was bad: all further bytes are dropped.
    Lost,
}

impl<M: Message> FrameCodec<M> {
    /// A decoder for bodies of at most `limit` bytes, and never more than [`limits::FRAME`].
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.min(limits::FRAME),
            state: State::Reading,
            messages: PhantomData,
        }
    }

    /// Reads the body of one frame, as a WebSocket text message carries it.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(&self, body: &[u8]) -> Result<Envelope<M>, Malformed> {
        self.check_length(body.len())?;
        let text = std::str::from_utf8(body).map_err(|error| {
            Malformed::unreadable(
                ErrorCode::NotUtf8,
                format!("the frame is not UTF-8 from byte {}", error.valid_up_to()),
            )
        })?;
        M::decode(text)
    }

    fn check_length(&self, length: usize) -> Result<(), Malformed> {
        if length == 0 {
            return Err(Malformed::unreadable(
                ErrorCode::BadFrame,
                "the frame's length is 0",
            ));
        }
        if length > self.limit {
            let message = format!(
                "the frame's length is {length} bytes, and the limit is {}",
                self.limit
            );
            return Err(Malformed::unreadable(ErrorCode::TooLarge, message));
        }
        Ok(())
    }
}

/// `header = 4 bytes`: the length of the body, the highest byte first.
fn header(input: &[u8]) -> IResult<&[u8], u32> {
    be_u32(input)
}

impl<M: Message> Decoder for FrameCodec<M> {
    type Item = Result<Envelope<M>, Malformed>;
    /// Never made: what a peer can do wrong is [`Malformed`].
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        match self.state {
            State::Reading => {}
            State::Lost => {
                buffer.clear();
                return Ok(None);
            }
        }
        let Ok((_, length)) = header(buffer) else {
            return Ok(None);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if let Err(malformed) = self.check_length(length) {
            self.state = State::Lost;
            buffer.clear();
            return Ok(Some(Err(malformed)));
        }
        // The buffer grows with what has arrived, never with what a header promises.
        if buffer.len() < limits::HEADER + length {
            return Ok(None);
        }
        buffer.advance(limits::HEADER);
        let mut body = buffer.split_to(length);
        let item = self.read(&body);
        // It may hold a password.
        body.as_mut().zeroize();
        Ok(Some(item))
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        if let Some(item) = self.decode(buffer)? {
            return Ok(Some(item));
        }
        if buffer.is_empty() {
            return Ok(None);
        }
        self.state = State::Lost;
        buffer.clear();
        Ok(Some(Err(Malformed::unreadable(
            ErrorCode::BadFrame,
            "the stream ends inside a frame",
        ))))
    }
}

/// Writes frames that [`encode`] made.
impl<M> Encoder<Bytes> for FrameCodec<M> {
    type Error = io::Error;

    fn encode(&mut self, frame: Bytes, buffer: &mut BytesMut) -> io::Result<()> {
        buffer.extend_from_slice(&frame);
        Ok(())
    }
}

/// A message that no frame can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the frame would have {length} bytes, and the limit is {}",
    limits::FRAME
)]
pub struct FrameTooLarge {
    /// The bytes that its body would have.
    pub length: usize,
}

/// Renders a message once, header included, for any number of recipients.
///
/// # Errors
/// Its body would be longer than [`limits::FRAME`].
pub fn encode<M: Message>(message: &Envelope<M>) -> Result<Bytes, FrameTooLarge> {
    let mut frame = vec![0; limits::HEADER];
    let written = serde_json::to_writer(&mut frame, message);
    debug_assert!(
        written.is_ok(),
        "all names are strings, and memory takes all bytes"
    );
    let length = frame.len().saturating_sub(limits::HEADER);
    match (u32::try_from(length), frame.first_chunk_mut()) {
        (Ok(number), Some(header)) if length <= limits::FRAME => *header = number.to_be_bytes(),
        _ => return Err(FrameTooLarge { length }),
    }
    Ok(frame.into())
}

/// The body of a frame that [`encode`] made, as a WebSocket text message carries it. Shares the bytes.
#[must_use]
pub fn body(frame: &Bytes) -> Bytes {
    frame.slice(limits::HEADER.min(frame.len())..)
}

#[cfg(test)]
mod tests;
