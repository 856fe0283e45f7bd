//! What no client should send: each connection gets its protocol's own error for it, and nobody else notices.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "bad_input/requests.rs"]
mod requests;
#[expect(dead_code, reason = "each test uses a part of it")]
mod support;

use serde_json::{Value, json};
use support::irc::Identity;
use support::native::frame;
use support::{Bindings, Irc, Native, Outcome, Server};

/// What becomes of the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It goes on as if nothing had been.
    GoesOn,
    /// The server ends it.
    Ends,
}

use After::{Ends, GoesOn};

/// A server with two people who talk, whatever others send.
struct House {
    server: Server,
    alice: Irc,
    bob: Native,
    said: u64,
}

impl House {
    fn open() -> Outcome<Self> {
        let server = Server::start();
        let mut alice = guest(&server, "alice")?;
        alice.send("JOIN #garden")?;
        alice.expect("* 366 *")?;
        let mut bob = Native::hello(server.native(), &[])?;
        bob.register("bob")?;
        bob.ask(json!({"type": "join", "room": "#garden"}))?;
        bob.subscribe("now")?;
        Ok(Self {
            server,
            alice,
            bob,
            said: 0,
        })
    }

    /// The two go on talking, in both directions.
    fn is_unharmed(&mut self) -> Outcome<()> {
        self.said += 1;
        let text = format!("still here {}", self.said);
        self.alice.send(&format!("PRIVMSG #garden :{text}"))?;
        self.bob.expect(
            &json!({"type": "event", "event": {"text": text}}),
            &mut Bindings::new(),
        )?;
        self.bob
            .ask(json!({"type": "say", "room": "#garden", "text": text}))?;
        self.alice
            .expect(&format!(":bob!* PRIVMSG #garden :{text}"))
            .map(drop)
    }

    /// A registered client on IRC sends bytes and gets a line.
    fn irc(&mut self, (what, bytes): (&str, &[u8]), expected: &str, after: After) -> Outcome<()> {
        let client = guest(&self.server, "mallory")?;
        self.irc_from(client, (what, bytes), expected, after)
    }

    fn irc_from(
        &mut self,
        mut client: Irc,
        (what, bytes): (&str, &[u8]),
        expected: &str,
        after: After,
    ) -> Outcome<()> {
        println!("irc: {what}");
        // The server may end the connection while it is still being written to.
        let _ = client.send_bytes(bytes);
        client.expect(expected)?;
        match after {
            GoesOn => client.sync()?,
            Ends => client.expect_end()?,
        }
        drop(client);
        self.is_unharmed()
    }

    /// A client on native that has said hello sends bytes and gets an error with this code.
    fn native(
        &mut self,
        (what, bytes): (&str, &[u8]),
        expected: &Value,
        after: After,
    ) -> Outcome<()> {
        let client = Native::hello(self.server.native(), &[])?;
        self.native_from(client, (what, bytes), expected, after)
    }

    fn native_from(
        &mut self,
        mut client: Native,
        (what, bytes): (&str, &[u8]),
        expected: &Value,
        after: After,
    ) -> Outcome<()> {
        println!("native: {what}");
        let _ = client.send_bytes(bytes);
        let mut wanted = expected.clone();
        wanted["type"] = "error".into();
        client.expect(&wanted, &mut Bindings::new())?;
        match after {
            GoesOn => client.sync()?,
            Ends => client.expect_end()?,
        }
        self.is_unharmed()
    }
}

fn guest(server: &Server, nick: &str) -> Outcome<Irc> {
    Irc::login(
        server.irc(),
        &Identity {
            nick: nick.to_owned(),
            account: None,
            capabilities: Vec::new(),
        },
    )
}

#[test]
fn bad_lines() -> Outcome<()> {
    let mut house = House::open()?;
    let long = format!("PRIVMSG #garden :{}\r\n", "a".repeat(600));
    house.irc(
        ("a line of more than 512 bytes", long.as_bytes()),
        ":* 417 *",
        GoesOn,
    )?;
    let tags = format!("@+a={} PRIVMSG #garden :b\r\n", "c".repeat(5000));
    house.irc(
        ("tags of more than 4094 bytes", tags.as_bytes()),
        ":* 417 *",
        GoesOn,
    )?;
    let endless = [vec![b'a'; 1 << 20], b"\r\n".to_vec()].concat();
    house.irc(
        ("a mebibyte without a line end", &endless),
        ":* 417 *",
        GoesOn,
    )?;
    house.irc(("NUL in a line", b"PRIVMSG #garden :a\0b\r\n"), "*", GoesOn)?;
    house.irc(
        ("bytes that are not UTF-8", b"PRIVMSG #garden :caf\xe9\r\n"),
        "*FAIL PRIVMSG INVALID_UTF8 *",
        GoesOn,
    )?;
    house.irc(("a stray CR", b"PRIVMSG #garden :a\rQUIT\r\n"), "*", GoesOn)?;
    house.irc(
        ("an unknown verb", b"FROBNICATE a b\r\n"),
        ":* 421 mallory FROBNICATE *",
        GoesOn,
    )?;
    house.irc(
        ("no parameters", b"JOIN\r\n"),
        ":* 461 mallory JOIN *",
        GoesOn,
    )?;
    house.irc(
        ("a name that is none", b"JOIN #a\x07b\r\n"),
        ":* 4* *",
        GoesOn,
    )?;
    house.irc(
        (
            "only spaces and line ends, then something",
            b"\r\n\n   \r\n\r\nFROBNICATE\n",
        ),
        ":* 421 *",
        GoesOn,
    )?;
    let many = format!("JOIN {}\r\n", ["#a"; 150].join(","));
    house.irc(
        ("the same channel 150 times", many.as_bytes()),
        ":* 366 *",
        GoesOn,
    )?;
    let targets = format!("PRIVMSG {} :hi\r\n", ["bob"; 50].join(","));
    house.irc(("too many targets", targets.as_bytes()), ":* 4* *", GoesOn)?;
    let modes = format!("MODE #garden {}\r\n", "+o-o".repeat(60));
    house.irc(("modes without end", modes.as_bytes()), ":* 4* *", GoesOn)?;
    Ok(())
}

#[test]
fn clients_that_are_not_registered() -> Outcome<()> {
    let mut house = House::open()?;
    let irc = house.server.irc();
    house.irc_from(
        Irc::connect(irc)?,
        ("a command before registration", b"PRIVMSG #garden :hi\r\n"),
        ":* 451 *",
        GoesOn,
    )?;
    house.irc_from(
        Irc::connect(irc)?,
        (
            "HTTP",
            b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nNICK mallory\r\n",
        ),
        "ERROR *",
        Ends,
    )?;
    house.irc_from(
        Irc::connect(irc)?,
        ("a nick that is none", b"NICK 1#2\r\n"),
        ":* 432 *",
        GoesOn,
    )?;
    house.irc_from(
        Irc::connect(irc)?,
        ("JOIN without a channel, as irssi sends it", b"JOIN :\r\n"),
        ":* 4* *",
        GoesOn,
    )?;
    let wrong = b"PASS bob:wrong\r\nNICK bob\r\nUSER bob 0 * :bob\r\n";
    house.irc_from(
        Irc::connect(irc)?,
        ("a wrong password", wrong),
        ":* 464 *",
        Ends,
    )?;
    // The first bytes of a TLS handshake.
    let mut client = Irc::connect(irc)?;
    client.send_bytes(
        &[
            &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..],
            &[7; 505],
            b"\n",
        ]
        .concat(),
    )?;
    client.sync()?;
    house.is_unharmed()
}

#[test]
fn half_open_connections() -> Outcome<()> {
    let mut house = House::open()?;
    // Half a line, and no more.
    let mut client = guest(&house.server, "mallory")?;
    client.send_bytes(b"PRIVMSG #garden :half a l")?;
    client.half_close();
    client.expect_end()?;
    house.is_unharmed()?;
    // Half a frame.
    let client = Native::hello(house.server.native(), &[])?;
    client
        .half_close_after(&frame(br#"{"type":"ping"}"#)[..9])?
        .expect(
            &json!({"type": "error", "code": "bad_frame"}),
            &mut Bindings::new(),
        )?;
    house.is_unharmed()?;
    // Nothing at all.
    drop(Irc::connect(house.server.irc())?);
    drop(Native::connect(house.server.native())?);
    house.is_unharmed()?;
    let all = house.alice.all();
    assert!(
        !all.iter().any(|line| line.contains("half a l")),
        "half a line was a message"
    );
    Ok(())
}

#[test]
fn bad_frames() -> Outcome<()> {
    let mut house = House::open()?;
    house.native(
        ("a length of 0", &[0; 4]),
        &json!({"code": "bad_frame"}),
        Ends,
    )?;
    house.native(
        ("a length of 4 GiB", &[0xff; 4]),
        &json!({"code": "too_large"}),
        Ends,
    )?;
    house.native(
        ("HTTP", b"GET / HTTP/1.1\r\n\r\n"),
        &json!({"code": "too_large"}),
        Ends,
    )?;
    house.native(
        ("IRC", b"NICK mallory\r\n"),
        &json!({"code": "too_large"}),
        Ends,
    )?;
    house.native(
        (
            "a body that is not UTF-8",
            &frame(b"{\"type\":\"caf\xe9\"}"),
        ),
        &json!({"code": "not_utf8"}),
        GoesOn,
    )?;
    Ok(())
}

#[test]
fn bad_json() -> Outcome<()> {
    let mut house = House::open()?;
    let deep = |levels: usize| format!("{}{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let cases: &[(&str, &str, Value)] = &[
        ("no JSON", "hello", json!({"code": "bad_json"})),
        (
            "half of it",
            r#"{"type":"ping""#,
            json!({"code": "bad_json"}),
        ),
        (
            "two values",
            r#"{"type":"ping"}{"type":"ping"}"#,
            json!({"code": "bad_json"}),
        ),
        ("a list", "[]", json!({"code": "bad_json"})),
        (
            "a name twice",
            r#"{"type":"ping","id":1,"id":2}"#,
            json!({"code": "bad_json"}),
        ),
        (
            "half a surrogate pair",
            r#"{"type":"ping","token":"\ud800"}"#,
            json!({"code": "bad_value", "field": "token"}),
        ),
        ("33 levels", &deep(33), json!({"code": "bad_json"})),
        ("10,000 levels", &deep(10_000), json!({"code": "bad_json"})),
        (
            "2^53 as id",
            r#"{"type":"ping","id":9007199254740992}"#,
            json!({"id": null}),
        ),
        (
            "2^53+1 as id",
            r#"{"type":"ping","id":9007199254740993}"#,
            json!({"id": null}),
        ),
        (
            "a fraction as id",
            r#"{"type":"ping","id":1.5}"#,
            json!({"id": null}),
        ),
        (
            "an exponent as id",
            r#"{"type":"ping","id":1e0}"#,
            json!({"id": null}),
        ),
        (
            "a negative id",
            r#"{"type":"ping","id":-1}"#,
            json!({"id": null}),
        ),
        (
            "no type",
            r#"{"id":7}"#,
            json!({"id": 7, "code": "missing_field", "field": "type"}),
        ),
        (
            "an unknown type",
            r#"{"type":"frobnicate","id":7}"#,
            json!({"id": 7, "code": "unknown_type"}),
        ),
        (
            "a type that is a number",
            r#"{"type":7,"id":7}"#,
            json!({"id": 7, "code": "wrong_type", "field": "type"}),
        ),
        (
            "an unknown field",
            r#"{"type":"ping","id":7,"tokem":"a"}"#,
            json!({"id": 7, "code": "unknown_field", "field": "tokem"}),
        ),
        (
            "a value of the wrong kind",
            r#"{"type":"ping","id":7,"token":7}"#,
            json!({"id": 7, "code": "wrong_type", "field": "token"}),
        ),
        (
            "hello again",
            r#"{"type":"hello","id":7,"version":1,"client":"x"}"#,
            json!({"id": 7, "code": "hello_expected"}),
        ),
        (
            "what needs a login",
            r#"{"type":"rooms","id":7}"#,
            json!({"id": 7, "code": "unauthenticated"}),
        ),
        (
            "a missing field",
            r#"{"type":"login","id":7,"name":"bob"}"#,
            json!({"id": 7, "code": "missing_field", "field": "password"}),
        ),
        (
            "a wrong password",
            r#"{"type":"login","id":7,"name":"bob","password":"?"}"#,
            json!({"id": 7, "code": "bad_credentials"}),
        ),
        (
            "an unknown account",
            r#"{"type":"login","id":7,"name":"nobody","password":"?"}"#,
            json!({"id": 7, "code": "bad_credentials"}),
        ),
        (
            "a token that is none",
            r#"{"type":"resume","id":7,"token":"?"}"#,
            json!({"id": 7, "code": "unknown_token"}),
        ),
    ];
    for (what, body, expected) in cases {
        let after = if expected["code"] == "hello_expected" {
            Ends
        } else {
            GoesOn
        };
        house.native((what, &frame(body.as_bytes())), expected, after)?;
    }
    let native = house.server.native();
    let ping = frame(br#"{"type":"ping"}"#);
    house.native_from(
        Native::connect(native)?,
        ("something before hello", &ping),
        &json!({"code": "hello_expected"}),
        Ends,
    )?;
    let hello = frame(br#"{"type":"hello","version":2,"client":"x"}"#);
    house.native_from(
        Native::connect(native)?,
        ("a version of the future", &hello),
        &json!({"code": "unsupported_version"}),
        Ends,
    )?;
    Ok(())
}

#[test]
fn bad_values() -> Outcome<()> {
    let mut house = House::open()?;
    let long = "a".repeat(64_001);
    let requests = [
        (
            json!({"type": "say", "room": "#garden", "text": ""}),
            "bad_value",
        ),
        (
            json!({"type": "say", "room": "#garden", "text": long}),
            "bad_value",
        ),
        (
            json!({"type": "say", "room": "#garden", "text": "a\u{0}b"}),
            "bad_value",
        ),
        (json!({"type": "say", "room": "", "text": "a"}), "bad_value"),
        (
            json!({"type": "say", "room": "r99999999", "text": "a"}),
            "no_such_room",
        ),
        (
            json!({"type": "say", "room": "#nowhere", "text": "a"}),
            "no_such_room",
        ),
        (
            json!({"type": "react", "room": "#garden", "target": "AAAAAAAAAAAAAAAAAAAAAA", "reaction": "a"}),
            "no_such_event",
        ),
        (
            json!({"type": "send", "room": "#garden", "event_type": "x", "content": {"n": 9_007_199_254_740_993_u64}}),
            "bad_value",
        ),
        (
            json!({"type": "send", "room": "#garden", "event_type": "x", "content": {"n": 1.5}}),
            "bad_value",
        ),
        (
            json!({"type": "history", "room": "#garden", "limit": 0}),
            "bad_value",
        ),
        (
            json!({"type": "history", "room": "#garden", "limit": 1_000_000}),
            "bad_value",
        ),
        (
            json!({"type": "history", "room": "#garden", "before": "~nonsense"}),
            "no_such_event",
        ),
        (
            json!({"type": "subscribe", "from": "yesterday"}),
            "bad_value",
        ),
        (
            json!({"type": "create", "visibility": "public", "alias": "garden"}),
            "bad_value",
        ),
        (
            json!({"type": "create", "visibility": "secret"}),
            "bad_value",
        ),
        (
            json!({"type": "register", "name": "two words", "password": "long enough"}),
            "bad_value",
        ),
    ];
    for (request, code) in requests {
        let answer = house.bob.request(request.clone())?;
        assert_eq!(answer["code"], code, "{request} was answered with {answer}");
        house.is_unharmed()?;
    }
    Ok(())
}
