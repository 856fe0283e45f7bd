#![no_main]
//! Any bytes as a stream of native requests: how they are cut into reads does not matter, and what was read can be written and read again.

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use polylogue_native::{Envelope, FrameCodec, Malformed, Request, body, encode};
use tokio_util::codec::Decoder;

/// The frames of a stream that arrives in pieces of this size.
fn read(bytes: &[u8], piece: usize) -> Vec<Result<Envelope<Request>, Malformed>> {
    let (mut codec, mut buffer, mut found) = (
        FrameCodec::<Request>::new(131_072),
        BytesMut::new(),
        Vec::new(),
    );
    for piece in bytes.chunks(piece) {
        buffer.extend_from_slice(piece);
        while let Ok(Some(frame)) = codec.decode(&mut buffer) {
            found.push(frame);
        }
    }
    found
}

fuzz_target!(|bytes: &[u8]| {
    let Some((piece, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = read(bytes, bytes.len().max(1));
    let pieces = read(bytes, usize::from(*piece).max(1));
    assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
    for request in whole.into_iter().flatten() {
        let Ok(written) = encode(&request) else {
            continue;
        };
        let again = FrameCodec::<Request>::new(1_048_576).read(&body(&written));
        assert_eq!(
            format!("{:?}", Ok::<_, Malformed>(request)),
            format!("{again:?}")
        );
    }
});
