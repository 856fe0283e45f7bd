//! Requests and server frames as they are written, and every way in which they can be wrong.

mod protocol;

use crate::{Envelope, Message, Request, ServerMessage, StreamStart, limits};

/// `code field id` of the error that a body gets; `-` for what it does not say.
fn refused<M: Message + std::fmt::Debug>(text: &str) -> String {
    let malformed = M::decode(text).expect_err(text);
    let id = malformed.id.map_or("-".into(), |id| id.get().to_string());
    format!(
        "{} {} {id}",
        malformed.error.code.as_str(),
        malformed.error.field.as_deref().unwrap_or("-")
    )
}

#[test]
fn malformed_requests() {
    let check = |text: &str, want: &str| assert_eq!(refused::<Request>(text), want, "{text}");
    // Not one JSON object.
    check("", "bad_json - -");
    check("null", "bad_json - -");
    check("[1]", "bad_json - -");
    check("{", "bad_json - -");
    check("{} {}", "bad_json - -");
    check(r#"{"type":"ping",}"#, "bad_json - -");
    check(r#"{'type':'ping'}"#, "bad_json - -");
    check(r#"{"type":"ping","id":NaN}"#, "bad_json - -");
    check(r#"{"type":"ping","id":Infinity}"#, "bad_json - -");
    check(r#"{"type":"ping","id":-Infinity}"#, "bad_json - -");
    check(r#"{"type":"ping","id":01}"#, "bad_json - -");
    check(r#"{"type":"ping","id":1,"id":1}"#, "bad_json - -");
    check(r#"{"type":"ping","type":"pong"}"#, "bad_json - -");
    // The number of the request.
    check(r#"{"type":"ping","id":"7"}"#, "wrong_type id -");
    check(r#"{"type":"ping","id":-1}"#, "bad_value id -");
    check(r#"{"type":"ping","id":-0}"#, "wrong_type id -");
    check(r#"{"type":"ping","id":7.0}"#, "wrong_type id -");
    check(r#"{"type":"ping","id":1e3}"#, "wrong_type id -");
    check(r#"{"type":"ping","id":1e400}"#, "wrong_type id -");
    check(r#"{"type":"ping","id":9007199254740992}"#, "bad_value id -");
    check(
        r#"{"type":"ping","id":18446744073709551616}"#,
        "bad_value id -",
    );
    // The type.
    check(r#"{}"#, "missing_field type -");
    check(r#"{"id":7}"#, "missing_field type 7");
    check(r#"{"type":null,"id":7}"#, "missing_field type 7");
    check(r#"{"type":1,"id":7}"#, "wrong_type type 7");
    check(r#"{"type":"shout","id":7}"#, "unknown_type type 7");
    check(r#"{"type":"Ping","id":7}"#, "unknown_type type 7");
    check(r#"{"type":"\ud800","id":7}"#, "bad_value type 7");
    // Fields.
    check(r#"{"type":"say","id":7}"#, "missing_field room 7");
    check(
        r#"{"type":"say","id":7,"room":"r"}"#,
        "missing_field text 7",
    );
    check(
        r##"{"type":"say","room":"#a b","text":"x"}"##,
        "bad_value room -",
    );
    check(r#"{"type":"say","room":"","text":"x"}"#, "bad_value room -");
    check(
        r#"{"type":"say","room":["r"],"text":"x"}"#,
        "wrong_type room -",
    );
    check(r#"{"type":"say","room":"r","text":""}"#, "bad_value text -");
    check(
        r#"{"type":"say","room":"r","text":"a\u0000b"}"#,
        "bad_value text -",
    );
    check(
        r#"{"type":"say","room":"r","text":"\udc00"}"#,
        "bad_value text -",
    );
    check(
        r#"{"type":"say","room":"r","text":null}"#,
        "wrong_type text -",
    );
    check(
        r#"{"type":"say","room":"r","text":"x","kind":"shout"}"#,
        "bad_value kind -",
    );
    check(
        r#"{"type":"say","room":"r","text":"x","kind":3}"#,
        "wrong_type kind -",
    );
    check(
        r#"{"type":"say","room":"r","text":"x","reply-to":"e"}"#,
        "unknown_field reply-to -",
    );
    check(
        r#"{"type":"say","room":"r","text":"x","mentions":"bob"}"#,
        "wrong_type mentions -",
    );
    check(
        r#"{"type":"say","room":"r","text":"x","mentions":["bob",2]}"#,
        "wrong_type mentions[1] -",
    );
    check(
        r#"{"type":"say","room":"r","text":"x","mentions":["bob","a b"]}"#,
        "bad_value mentions[1] -",
    );
    check(
        r#"{"type":"typing","room":"r","active":"yes"}"#,
        "wrong_type active -",
    );
    check(
        r#"{"type":"set_power","room":"r","power":{"users":{"bob":"50"}}}"#,
        "wrong_type power.users.bob -",
    );
    check(
        r#"{"type":"set_power","room":"r","power":{"users":{"bob":1.5}}}"#,
        "wrong_type power.users.bob -",
    );
    check(
        r#"{"type":"set_power","room":"r","power":{"kick":-9007199254740992}}"#,
        "bad_value power.kick -",
    );
    check(
        r#"{"type":"set_power","room":"r","power":{"kick":1,"kick":2}}"#,
        "bad_json power -",
    );
    check(
        r#"{"type":"set_power","room":"r","power":{"shout":1}}"#,
        "unknown_field power.shout -",
    );
    check(
        r#"{"type":"set_power","room":"r","power":[]}"#,
        "wrong_type power -",
    );
    check(
        r#"{"type":"members","room":"r","limit":0}"#,
        "bad_value limit -",
    );
    check(
        r#"{"type":"members","room":"r","limit":1001}"#,
        "bad_value limit -",
    );
    check(
        r#"{"type":"history","room":"r","limit":101}"#,
        "bad_value limit -",
    );
    check(
        r#"{"type":"history","room":"r","before":"a","after":"b"}"#,
        "bad_value - -",
    );
    check(
        r#"{"type":"history","room":"r","before":"~ "}"#,
        "bad_value before -",
    );
    check(r#"{"type":"subscribe","from":"then"}"#, "bad_value from -");
    check(
        r#"{"type":"send","room":"r","event_type":"x","content":[]}"#,
        "bad_value content -",
    );
    check(
        r#"{"type":"send","room":"r","event_type":"x","content":{"a":1.5}}"#,
        "bad_value content -",
    );
    check(
        r#"{"type":"send","room":"r","event_type":"x","content":{"a":"\ud800"}}"#,
        "bad_value content -",
    );
    check(
        r#"{"type":"login","name":"a","password":""}"#,
        "bad_value password -",
    );
    check(
        r#"{"type":"hello","version":4294967296,"client":"x"}"#,
        "bad_value version -",
    );
}

#[test]
fn an_error_says_what_to_write_instead() {
    let check = |text: &str, want: &str| {
        assert_eq!(
            Request::decode(text).unwrap_err().to_string(),
            want,
            "{text}"
        )
    };
    check(r#"{"type":"shout"}"#, r#"type: there is no type "shout""#);
    check(r#"{"type":"say","room":"r"}"#, "text: is missing");
    check(
        r#"{"type":"say","room":7,"text":"x"}"#,
        "room: must be a string, not a number",
    );
    check(
        r#"{"type":"say","room":"r","text":"x","kind":"shout"}"#,
        "kind: must be one of text, notice, action",
    );
    check(
        r#"{"type":"say","room":"r","text":"x","kind":1}"#,
        "kind: must be a string, not a number",
    );
    check(
        r#"{"type":"members","room":"r","limit":5000}"#,
        "limit: must be 1 to 1000",
    );
    check(
        r#"{"type":"members","room":"r","limit":-5}"#,
        "limit: must be an integer from 0",
    );
    check(
        r#"{"type":"typing","room":"r","active":1}"#,
        "active: must be true or false, not a number",
    );
    check(
        r#"{"type":"set_power","room":"r","power":"all"}"#,
        "power: must be an object, not a string",
    );
    check(
        r##"{"type":"create","visibility":"public","alias":"garden"}"##,
        "alias: must begin with '#'",
    );
    check(
        r#"{"type":"subscribe","from":"then"}"#,
        "from: must be \"now\", \"start\" or a cursor, which must begin with '~'",
    );
    let long = "x".repeat(1000);
    check(
        &format!(r#"{{"type":"{long}"}}"#),
        "type: there is no such type",
    );
    check(
        &format!(r#"{{"type":"ping","{long}":1}}"#),
        "...: there is no such field",
    );
}

#[test]
fn secrets_are_neither_printed_nor_repeated() {
    let login = Request::decode(r#"{"type":"login","name":"alice","password":"hunter2"}"#).unwrap();
    assert!(!format!("{login:?}").contains("hunter2"));
    let refused =
        Request::decode("{\"type\":\"login\",\"name\":\"alice\",\"password\":\"hunter2\\n\"}")
            .unwrap_err();
    assert!(!format!("{refused:?}").contains("hunter2"));
}

#[test]
fn nesting_has_a_limit() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"type":"send","room":"r","event_type":"x","content":{{"a":{open}{close}}}}}"#)
    };
    assert!(Request::decode(&nested(limits::REQUEST_DEPTH - 2)).is_ok());
    for levels in [limits::REQUEST_DEPTH - 1, 100_000] {
        assert_eq!(refused::<Request>(&nested(levels)), "bad_json - -");
    }
    // Brackets inside a string are text.
    let text = r#"\"[{"#.repeat(100);
    assert!(Request::decode(&format!(r#"{{"type":"say","room":"r","text":"{text}"}}"#)).is_ok());
}

#[test]
fn many_names_take_no_long_time() {
    let names: String = (0..100_000).map(|n| format!(r#""{n}":0,"#)).collect();
    assert_eq!(
        refused::<Request>(&format!(r#"{{{names}"type":"ping"}}"#)),
        "unknown_field 0 -"
    );
}

#[test]
fn null_is_the_same_as_nothing_where_a_field_may_be_missing() {
    let with =
        Request::decode(r#"{"type":"say","id":null,"room":"r","text":"x","key":null,"html":null}"#)
            .unwrap();
    assert_eq!(
        with,
        Request::decode(r#"{"type":"say","room":"r","text":"x"}"#).unwrap()
    );
}

#[test]
fn subscriptions_begin_somewhere() {
    let check = |from: &str, want: StreamStart| {
        let Request::Subscribe(subscribe) =
            Request::decode(&format!(r#"{{"type":"subscribe","from":"{from}"}}"#))
                .unwrap()
                .message
        else {
            panic!("another type");
        };
        assert_eq!(subscribe.from, want);
        assert_eq!(subscribe.from.as_str(), from);
    };
    check("now", StreamStart::Now);
    check("start", StreamStart::Start);
    check(
        "~abc",
        StreamStart::Cursor(crate::Cursor::new("~abc").unwrap()),
    );
}

/// A client takes what a newer server says beyond what it knows, and refuses what it can't read.
#[test]
fn server_frames() {
    let newer = r#"{"type":"live","cursor":"~a","mood":"good"}"#;
    assert!(ServerMessage::decode(newer).is_ok());
    let check = |text: &str, want: &str| assert_eq!(refused::<ServerMessage>(text), want, "{text}");
    check(r#"{"type":"weather"}"#, "unknown_type type -");
    check(r#"{"type":"live"}"#, "missing_field cursor -");
    check(
        r#"{"type":"error","id":7,"code":"bad_mood","message":"x"}"#,
        "bad_value code 7",
    );
    check(
        r#"{"type":"ok","id":7,"session":{"user":"alice"}}"#,
        "bad_value - 7",
    );
}

#[test]
fn verbatim_content_stays_verbatim() {
    let content = r#"{ "z" : [ 1, {"b":"\u00e9"} ], "a":null }"#;
    let text = format!(
        r#"{{"type":"event","cursor":"~c","event":{{"id":"e","room":"r","sender":"alice","time":1,"type":"custom","event_type":"x","content":{content}}}}}"#
    );
    let frame: Envelope<ServerMessage> = ServerMessage::decode(&text).unwrap();
    let again = crate::body(&crate::encode(&frame).unwrap());
    assert_eq!(std::str::from_utf8(&again).unwrap(), text);
}
