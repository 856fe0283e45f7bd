//! Lines as they go out, byte for byte.

use proptest::prelude::*;

use super::*;
use crate::message::Message;

const SERVER: Middle<'static> = Middle::literal("irc.test");
const ALICE: Source<'static> = Source::User {
    nick: Middle::literal("alice"),
    user: Middle::literal("~u"),
    host: Middle::literal("host"),
};
const GARDEN: Middle<'static> = Middle::literal("#garden");

#[track_caller]
fn check(write: impl FnOnce(LineWriter<'_>) -> Result<(), Overflow>, expected: &str) {
    let mut buffer = BytesMut::from("before\r\n");
    write(LineWriter::new(&mut buffer)).unwrap();
    assert_eq!(
        std::str::from_utf8(&buffer).unwrap(),
        format!("before\r\n{expected}\r\n")
    );
}

#[test]
fn lines_are_written() {
    let hello = Trailing::new("hello there").unwrap();
    check(
        |line| {
            line.from(ALICE, Verb::Privmsg)
                .middle(GARDEN)
                .trailing(&hello)
        },
        ":alice!~u@host PRIVMSG #garden :hello there",
    );
    check(
        |line| line.verb(Verb::Ping).middle(SERVER).end(),
        "PING irc.test",
    );
    check(
        |line| {
            line.numeric(SERVER, Numeric::RplWelcome, Middle::STAR)
                .trailing(&Trailing::literal(""))
        },
        ":irc.test 001 * :",
    );
    check(
        |line| {
            line.numeric(SERVER, Numeric::RplLuserOp, Middle::STAR)
                .number(0)
                .number(1_234_567_890)
                .end()
        },
        ":irc.test 252 * 0 1234567890",
    );
    check(
        |line| {
            line.from(ALICE, Verb::Privmsg)
                .joined(Middle::literal("@"), GARDEN)
                .trailing(&hello)
        },
        ":alice!~u@host PRIVMSG @#garden :hello there",
    );
    check(
        |line| {
            line.standard_reply(
                SERVER,
                StandardReply::Fail,
                (Verb::Unknown, Middle::literal("INVALID_UTF8")),
            )
            .trailing(&hello)
        },
        ":irc.test FAIL * INVALID_UTF8 :hello there",
    );
}

#[test]
fn tags_come_first() {
    let tags = [Tag::new(TagKey::MSGID, "a;b c"), Tag::flag(TagKey::BOT)];
    check(
        |line| {
            line.time(ServerTime::from_unix_milliseconds(0))
                .tags(&tags)
                .from(ALICE, Verb::Tagmsg)
                .middle(GARDEN)
                .end()
        },
        "@time=1970-01-01T00:00:00.000Z;msgid=a\\:b\\sc;bot :alice!~u@host TAGMSG #garden",
    );
}

#[test]
fn parts_are_checked() {
    for text in ["a", "*", "a:b", "#é", "@+"] {
        assert!(Middle::new(text).is_ok(), "{text:?}");
    }
    for text in ["", " ", "a b", ":a", "a\r", "a\n", "a\0"] {
        assert_eq!(Middle::new(text), Err(Unsafe), "{text:?}");
    }
    for text in ["", " ", ":", "a b\x01\x02"] {
        assert!(Trailing::new(text).is_ok(), "{text:?}");
    }
    for text in ["\r", "a\nQUIT", "\0"] {
        assert_eq!(Trailing::new(text), Err(Unsafe), "{text:?}");
    }
    assert_eq!(Trailing::lossy("a\r\nb\0").as_str(), "a  b ");
}

#[test]
fn what_does_not_fit_leaves_nothing_behind() {
    let mut buffer = BytesMut::from("before\r\n");
    let text = "a".repeat(600);
    let long = Trailing::new(&text).unwrap();
    let overflow = LineWriter::new(&mut buffer)
        .verb(Verb::Privmsg)
        .middle(GARDEN)
        .trailing(&long);
    assert_eq!(
        overflow,
        Err(Overflow::Message("PRIVMSG #garden :".len() + 600 + 2 - 512))
    );
    let tag = Tag::new(TagKey::MSGID, "a".repeat(8191 - "@msgid= ".len() + 1));
    assert_eq!(
        LineWriter::new(&mut buffer)
            .tag(&tag)
            .verb(Verb::Quit)
            .end(),
        Err(Overflow::Tags(1))
    );
    let unfinished = LineWriter::new(&mut buffer)
        .from(ALICE, Verb::Privmsg)
        .middle(GARDEN);
    drop(unfinished);
    assert_eq!(&buffer[..], b"before\r\n");
}

#[test]
fn room_is_exact() {
    let mut buffer = BytesMut::new();
    let tag = Tag::new(TagKey::MSGID, "x");
    let line = |buffer: &mut BytesMut, text: &str| {
        let line = LineWriter::new(buffer)
            .tag(&tag)
            .from(ALICE, Verb::Privmsg)
            .middle(GARDEN);
        let room = line.room();
        (room, line.trailing(&Trailing::new(text).unwrap()))
    };
    let (room, _) = line(&mut buffer, "");
    assert_eq!(line(&mut buffer, &"a".repeat(room)).1, Ok(()));
    assert_eq!(
        line(&mut buffer, &"a".repeat(room + 1)).1,
        Err(Overflow::Message(1))
    );
    assert_eq!(ALICE.length(), ":alice!~u@host ".len());
    assert_eq!(Source::Server(SERVER).length(), ":irc.test ".len());
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        value in any::<String>(),
        middles in prop::collection::vec("[^ :\r\n\0][^ \r\n\0]{0,8}", 0..5),
        text in "[^\r\n\0]{0,60}",
    ) {
        let mut buffer = BytesMut::new();
        let tag = Tag::new(TagKey::LABEL, value.replace('\0', ""));
        let params = middles.iter().map(|middle| Middle::new(middle).unwrap());
        let trailing = Trailing::new(&text).unwrap();
        LineWriter::new(&mut buffer).tag(&tag).from(ALICE, Verb::Privmsg).middles(params).trailing(&trailing).unwrap();
        let line = std::str::from_utf8(&buffer).unwrap().strip_suffix("\r\n").unwrap();
        let message = Message::parse(line).unwrap();
        prop_assert_eq!(message.verb(), Verb::Privmsg);
        prop_assert_eq!(message.source(), Some("alice!~u@host"));
        let label = message.tags().get("label");
        prop_assert_eq!(label.as_deref(), Some(tag.value()));
        let expected: Vec<_> = middles.iter().map(String::as_str).chain([text.as_str()]).collect();
        prop_assert_eq!(message.params().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn lossy_text_is_one_line(text in any::<String>()) {
        let mut buffer = BytesMut::new();
        if LineWriter::new(&mut buffer).verb(Verb::Quit).trailing(&Trailing::lossy(&text)).is_ok() {
            prop_assert_eq!(buffer.iter().filter(|byte| **byte == b'\n').count(), 1);
            prop_assert!(buffer.ends_with(b"\r\n"));
        }
    }
}
