//! The codec against known bytes, split and damaged in every way.

use proptest::prelude::*;

use super::*;

/// `VERB param|param` for messages, `!error` for bad lines.
fn shown(incoming: &Incoming) -> String {
    match incoming {
        Incoming::Message(message) => format!(
            "{} {}",
            message.word(),
            message.params().collect::<Vec<_>>().join("|")
        ),
        Incoming::Bad(LineError::TooLong) => "!long".to_owned(),
        Incoming::Bad(LineError::NotUtf8 { verb, label }) => {
            format!("!utf8 {} {}", verb.word(), label.as_deref().unwrap_or("-"))
        }
        Incoming::Bad(LineError::Nul) => "!nul".to_owned(),
        Incoming::Bad(LineError::StrayLineBreak) => "!break".to_owned(),
        Incoming::Bad(LineError::Malformed) => "!malformed".to_owned(),
    }
}

/// Feeds the pieces one after the other and collects all that comes out.
fn decode_all<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<String> {
    let (mut codec, mut buffer, mut all) =
        (LineCodec::new(Peer::Client), BytesMut::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while let Some(incoming) = codec.decode(&mut buffer).unwrap() {
            all.push(shown(&incoming));
        }
        assert!(
            buffer.len() <= CLIENT_TAGS_LIMIT + MESSAGE_LIMIT,
            "kept more than a line"
        );
    }
    while let Some(incoming) = codec.decode_eof(&mut buffer).unwrap() {
        all.push(shown(&incoming));
    }
    assert!(buffer.is_empty());
    all
}

#[track_caller]
fn check(bytes: &[u8], expected: &[&str]) {
    assert_eq!(decode_all([bytes]), expected, "whole");
    assert_eq!(decode_all(bytes.chunks(1)), expected, "byte by byte");
}

#[test]
fn lines_end_with_lf_and_perhaps_cr() {
    check(
        b"NICK a\r\nNICK b\nNICK c\r\n",
        &["NICK a", "NICK b", "NICK c"],
    );
    check(b"\r\n\n\r\n  \r\nNICK a\r\n", &["NICK a"]);
    check(b"NICK a", &[]);
    check(b"", &[]);
}

#[test]
fn bad_lines_do_not_harm_the_next() {
    check(b"NICK a\0b\r\nPING x\r\n", &["!nul", "PING x"]);
    check(b"NICK a\rQUIT\r\nPING x\r\n", &["!break", "PING x"]);
    check(b"NICK a\r\r\nPING x\r\n", &["!break", "PING x"]);
    check(
        b":source\r\n@a=b\r\n@a=b \r\n:\r\n@ PING\r\nPING x\r\n",
        &["!malformed"; 5]
            .iter()
            .copied()
            .chain(["PING x"])
            .collect::<Vec<_>>(),
    );
    check(
        b"PRIVMSG #qux hi\xaa\r\nPING x\r\n",
        &["!utf8 PRIVMSG -", "PING x"],
    );
    check(
        b"@label=xyz PRIVMSG #qux hi\xaa\r\n",
        &["!utf8 PRIVMSG xyz"],
    );
    check(b"\xff\xfe\r\n", &["!utf8 * -"]);
}

fn line(tags: usize, message: usize) -> Vec<u8> {
    let mut line = Vec::new();
    if tags > 0 {
        line.extend_from_slice(b"@+a=");
        line.resize(tags - 1, b'a');
        line.push(b' ');
    }
    line.extend_from_slice(b"PRIVMSG #a ");
    line.resize(tags + message - 2, b'b');
    line.extend_from_slice(b"\r\n");
    line
}

#[test]
fn limits_are_exact() {
    for (tags, message, fits) in [
        (0, 512, true),
        (0, 513, false),
        (4096, 512, true),
        (4097, 512, false),
        (4096, 513, false),
        (10, 513, false),
        (4097, 100, false),
    ] {
        let mut bytes = line(tags, message);
        bytes.extend_from_slice(b"PING x\r\n");
        for all in [decode_all([bytes.as_slice()]), decode_all(bytes.chunks(1))] {
            assert_eq!(all.len(), 2, "{tags} {message}");
            assert_eq!(all[0] != "!long", fits, "{tags} {message}");
            assert_eq!(all[1], "PING x");
        }
    }
}

#[test]
fn an_endless_line_is_reported_once_and_not_kept() {
    let mut bytes = vec![b'a'; 100_000];
    bytes.extend_from_slice(b"\r\nPING x\r\n");
    check(&bytes, &["!long", "PING x"]);
    bytes[0] = b'@';
    check(&bytes, &["!long", "PING x"]);
    check(&[b'a'; 600], &["!long"]);
}

#[test]
fn servers_may_send_more_tags() {
    let bytes = line(SERVER_TAGS_LIMIT, MESSAGE_LIMIT);
    let mut buffer = BytesMut::from(bytes.as_slice());
    let incoming = LineCodec::new(Peer::Server).decode(&mut buffer).unwrap();
    assert!(matches!(incoming, Some(Incoming::Message(_))));
}

#[test]
fn websocket_messages_are_lines_without_end() {
    let check = |line: &[u8], expected: Option<&str>| {
        assert_eq!(
            LineCodec::read(Peer::Client, line)
                .as_ref()
                .map(shown)
                .as_deref(),
            expected,
            "{line:?}"
        );
    };
    check(b"PING x", Some("PING x"));
    check(b"", None);
    check(b"PING x\nQUIT", Some("!break"));
    check(b"PING x\r\n", Some("!break"));
    check(b"PING\0", Some("!nul"));
    check(&[b'a'; 511], Some("!long"));
}

#[test]
fn the_state_of_a_connection_is_small() {
    assert!(size_of::<LineCodec>() <= 8);
}

/// Short noise and long runs, so that the limits are met as often as the line ends.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = || {
        prop_oneof![
            Just(b'\n'),
            Just(b'\r'),
            Just(b' '),
            Just(b':'),
            Just(b'@'),
            any::<u8>()
        ]
    };
    let run = (byte(), 400_usize..4200).prop_map(|(byte, length)| vec![byte; length]);
    let part = prop_oneof![3 => prop::collection::vec(byte(), 0..30), 1 => run];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn the_split_into_reads_does_not_matter(bytes in noise(), size in 1_usize..700) {
        prop_assert_eq!(decode_all([bytes.as_slice()]), decode_all(bytes.chunks(size)));
    }

    #[test]
    fn good_lines_survive_any_neighbours(mut bytes in noise()) {
        bytes.extend_from_slice(b"\nPING safe\r\n");
        let all = decode_all(bytes.chunks(1000));
        prop_assert_eq!(all.last().map(String::as_str), Some("PING safe"));
    }
}

#[test]
fn lines_of_old_clients_are_read_where_that_is_wanted() {
    let check = |encoding: Encoding, bytes: &[u8], expected: Option<&str>| {
        let mut buffer = BytesMut::from(bytes);
        let mut codec = LineCodec::new(Peer::Client).reading(encoding);
        let text = match codec.decode(&mut buffer).unwrap() {
            Some(Incoming::Message(message)) => message.param(1).map(str::to_owned),
            Some(Incoming::Bad(_)) | None => None,
        };
        assert_eq!(text.as_deref(), expected, "{encoding:?} {bytes:?}");
    };
    let old = b"PRIVMSG #c :Gr\xfc\xdfe, 5 \x80\r\n";
    check(Encoding::Utf8, old, None);
    check(
        Encoding::Windows1252,
        old,
        Some("Gr\u{fc}\u{df}e, 5 \u{20ac}"),
    );
    let new = "PRIVMSG #c :Gr\u{fc}\u{df}e\r\n".as_bytes();
    check(Encoding::Windows1252, new, Some("Gr\u{fc}\u{df}e"));
    check(Encoding::Windows1252, b"PRIVMSG #c :\xff\0\r\n", None);
    // Longer as UTF-8 than a line may be: nothing of it is cut.
    let long = [b"PRIVMSG #c :".as_slice(), &[0xe4; 490], b"\r\n"].concat();
    check(Encoding::Windows1252, &long, Some(&"\u{e4}".repeat(490)));
}
