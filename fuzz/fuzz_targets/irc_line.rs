#![no_main]
//! Any bytes as a stream of IRC lines: how they are cut into reads does not matter, and what was read is a line.

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use polylogue_irc::codec::Peer;
use polylogue_irc::{Incoming, LineCodec};
use tokio_util::codec::Decoder;

/// The lines of a stream that arrives in pieces of this size.
fn read(bytes: &[u8], piece: usize) -> Vec<Incoming> {
    let (mut codec, mut buffer, mut found) =
        (LineCodec::new(Peer::Client), BytesMut::new(), Vec::new());
    for piece in bytes.chunks(piece) {
        buffer.extend_from_slice(piece);
        while let Ok(Some(incoming)) = codec.decode(&mut buffer) {
            found.push(incoming);
        }
    }
    found
}

fuzz_target!(|bytes: &[u8]| {
    let Some((piece, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = read(bytes, bytes.len().max(1));
    assert_eq!(whole, read(bytes, usize::from(*piece).max(1)));
    for incoming in whole {
        let Incoming::Message(message) = incoming else {
            continue;
        };
        assert!(!message.line().contains(['\r', '\n', '\0']));
        let again = LineCodec::read(Peer::Client, message.line().as_bytes());
        assert_eq!(again, Some(Incoming::Message(message.clone())));
        let _ = (
            message.tags().iter().count(),
            message.source(),
            message.params().count(),
        );
    }
});
