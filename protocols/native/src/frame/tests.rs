//! Frames against known bytes, split and damaged in every way.

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;
use tokio_util::codec::Decoder;

use super::{FrameCodec, body, encode};
use crate::request::account::{Login, Ping};
use crate::request::speech::Say;
use crate::text::{Key, RoomId, Text, UserName};
use crate::{
    Envelope, ErrorCode, Malformed, Message, Request, RequestId, RoomReference, Secret, TextKind,
    limits,
};

type Item = Result<Envelope<Request>, Malformed>;

fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.put_u32(body.len() as u32);
    frame.extend_from_slice(body);
    frame
}

/// All that a decoder makes of pieces that arrive one after the other, and of the end of the stream.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Item> {
    let mut codec = FrameCodec::new(limits::FRAME);
    let mut buffer = BytesMut::new();
    let mut items = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while let Some(item) = codec.decode(&mut buffer).unwrap() {
            items.push(item);
        }
    }
    while let Some(item) = codec.decode_eof(&mut buffer).unwrap() {
        items.push(item);
    }
    items
}

fn summary(items: &[Item]) -> Vec<String> {
    let line = |item: &Item| match item {
        Ok(envelope) => envelope.message.type_name().to_string(),
        Err(malformed) => malformed.error.code.as_str().to_string(),
    };
    items.iter().map(line).collect()
}

#[test]
fn streams() {
    let check = |stream: &[u8], want: &[&str]| {
        assert_eq!(
            summary(&decode([stream])),
            want,
            "{:?}",
            String::from_utf8_lossy(stream)
        );
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(
            summary(&decode(bytes)),
            want,
            "byte by byte: {:?}",
            String::from_utf8_lossy(stream)
        );
    };
    let ping = frame(br#"{"type":"ping"}"#);
    let then_ping = |first: &[u8]| [first, &ping].concat();

    check(&[], &[]);
    check(&ping, &["ping"]);
    check(&then_ping(&ping), &["ping", "ping"]);
    check(&then_ping(&frame(b"{")), &["bad_json", "ping"]);
    check(&then_ping(&frame(b"[]")), &["bad_json", "ping"]);
    check(&then_ping(&frame(b" ")), &["bad_json", "ping"]);
    check(&then_ping(&frame(b"\xff{}")), &["not_utf8", "ping"]);
    check(
        &then_ping(&frame(b"{\"type\":\"\xc3\"}")),
        &["not_utf8", "ping"],
    );
    check(
        &then_ping(&frame(b"\xef\xbb\xbf{\"type\":\"ping\"}")),
        &["bad_json", "ping"],
    );
    check(
        &then_ping(&frame(br#"{"type":"ping"} x"#)),
        &["bad_json", "ping"],
    );
    check(
        &then_ping(&frame(br#"{"type":"ping"}{"type":"ping"}"#)),
        &["bad_json", "ping"],
    );
    // A bad header ends the stream: there is no telling where the next frame would begin.
    check(&then_ping(&[0, 0, 0, 0]), &["bad_frame"]);
    check(&then_ping(&[0xff, 0xff, 0xff, 0xff]), &["too_large"]);
    check(&then_ping(&[0x00, 0x10, 0x00, 0x01]), &["too_large"]);
    check(b"GET / HTTP/1.1\r\n\r\n", &["too_large"]);
    // The stream ends inside a frame.
    check(&[0, 0, 0], &["bad_frame"]);
    check(&ping[..10], &["bad_frame"]);
}

#[test]
fn a_frame_at_the_limit_is_read_and_nothing_is_set_aside_for_one_that_is_only_promised() {
    let empty = r#"{"type":"ping"}"#;
    let full = format!("{empty}{}", " ".repeat(limits::FRAME - empty.len()));
    assert_eq!(
        summary(&decode([frame(full.as_bytes()).as_slice()])),
        ["ping"]
    );

    let mut codec = FrameCodec::<Request>::new(limits::FRAME);
    let mut buffer = BytesMut::from(&[0x00, 0x10, 0x00, 0x00, b'{'][..]);
    assert!(codec.decode(&mut buffer).unwrap().is_none());
    assert!(buffer.capacity() < 1024, "{}", buffer.capacity());
}

#[test]
fn a_smaller_limit_holds() {
    let codec = FrameCodec::<Request>::new(20);
    assert!(codec.read(br#"{"type":"ping"}"#).is_ok());
    assert_eq!(
        codec
            .read(br#"{"type":"ping"}       "#)
            .unwrap_err()
            .error
            .code,
        ErrorCode::TooLarge
    );
    assert_eq!(codec.read(b"").unwrap_err().error.code, ErrorCode::BadFrame);
}

#[test]
fn what_is_too_large_is_not_rendered() {
    let message = "x".repeat(limits::FRAME);
    let error = crate::ServerMessage::Error(crate::Error::new(ErrorCode::Internal, message));
    assert!(encode(&Envelope::unnumbered(error)).unwrap_err().length > limits::FRAME);
}

fn text() -> impl Strategy<Value = Text> {
    "[^\\p{Cc}]{1,40}".prop_map(|text| Text::new(&text).unwrap())
}

fn request() -> impl Strategy<Value = Request> {
    let say = (
        "[!\"$-~][!-~]{0,20}",
        proptest::option::of("[^\\p{Cc}]{1,20}"),
        text(),
    )
        .prop_map(|(room, key, text)| {
            Request::Say(Say {
                room: RoomReference::Id(RoomId::new(&room).unwrap()),
                key: key.map(|key| Key::new(&key).unwrap()),
                kind: TextKind::Action,
                text,
                html: None,
                reply_to: None,
                thread: None,
                mentions: crate::List::default(),
            })
        });
    let login = ("[a-z]{1,9}", "[^\\p{Cc}]{1,20}").prop_map(|(name, password)| {
        Request::Login(Login {
            name: UserName::new(&name).unwrap(),
            password: Secret::new(password).unwrap(),
            device: None,
        })
    });
    prop_oneof![Just(Request::Ping(Ping::default())), say, login]
}

fn numbered() -> impl Strategy<Value = Envelope<Request>> {
    (proptest::option::of(0..=limits::INTEGER), request())
        .prop_map(|(id, message)| Envelope::new(id.and_then(RequestId::new), message))
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_however_it_is_cut(requests in proptest::collection::vec(numbered(), 1..4), cut in any::<prop::sample::Index>()) {
        let stream: Vec<u8> = requests.iter().flat_map(|request| encode(request).unwrap()).collect();
        let (first, second) = stream.split_at(cut.index(stream.len()));
        let decoded: Vec<_> = decode([first, second]).into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(&decoded, &requests);
        let again: Vec<Bytes> = decoded.iter().map(|request| encode(request).unwrap()).collect();
        prop_assert_eq!(again.concat(), stream);
    }

    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let ping = frame(br#"{"type":"ping"}"#);
        let stream = [frame(&bytes), ping].concat();
        let items = summary(&decode([stream.as_slice()]));
        if bytes.is_empty() {
            prop_assert_eq!(items, ["bad_frame"]);
        } else {
            prop_assert_eq!(items.len(), 2);
            prop_assert_eq!(&items[1], "ping");
        }
    }

    #[test]
    fn a_frame_with_or_without_its_header_says_the_same(request in numbered()) {
        let frame = encode(&request).unwrap();
        let text = body(&frame);
        prop_assert_eq!(Request::decode(std::str::from_utf8(&text).unwrap()).unwrap(), request);
    }
}
