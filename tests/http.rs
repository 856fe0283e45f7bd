//! HTTP as programs without a library speak it: what a development server refuses, its bounds, and that Matrix is there.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[expect(dead_code, unused_imports, reason = "each test uses a part of it")]
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Native, Server};

/// An answer, as it came.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The error of an answer in JSON: its code and its text.
    fn error(&self) -> (String, String) {
        let body: Value =
            serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body));
        let text = |key: &str| {
            body[key]
                .as_str()
                .unwrap_or_else(|| panic!("no {key}: {body}"))
                .to_owned()
        };
        (text("errcode"), text("error"))
    }
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.http()).unwrap();
    stream.set_read_timeout(Some(support::patience())).unwrap();
    stream
}

/// Sends bytes on a connection of their own and reads until the server closes it.
fn exchange(server: &Server, bytes: &[u8]) -> Answer {
    let mut stream = connect(server);
    // The server may refuse before it has everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
    }
    Answer::parse(&String::from_utf8(answer).unwrap())
}

/// One request with these header lines, after which the connection ends.
fn request(server: &Server, line: &str, headers: &[&str]) -> Answer {
    let headers = headers
        .iter()
        .fold(String::new(), |all, header| all + header + "\r\n");
    exchange(
        server,
        format!("{line} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").as_bytes(),
    )
}

const VERSIONS: &str = "GET /_matrix/client/versions";

#[test]
fn matrix_is_there_for_browsers_too() {
    let server = Server::start();
    for line in [
        VERSIONS,
        "GET /_matrix/client/nothing",
        "PUT /_matrix/client/versions",
    ] {
        let answer = request(
            &server,
            line,
            &["Host: localhost", "Origin: http://localhost:8080"],
        );
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{line}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{line}"
        );
        match line {
            VERSIONS => assert!(
                answer.status == 200 && answer.body.contains("\"v1.3\""),
                "{}",
                answer.body
            ),
            _ => assert_eq!(answer.error().0, "M_UNRECOGNIZED", "{line}"),
        }
    }
    let preflight = [
        "Host: localhost",
        "Origin: http://localhost:8080",
        "Access-Control-Request-Method: PUT",
    ];
    let answer = request(&server, "OPTIONS /_matrix/client/v3/sync", &preflight);
    assert_eq!(answer.status, 204);
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("PUT")
    );
    assert!(
        answer
            .header("access-control-allow-headers")
            .unwrap()
            .contains("Authorization")
    );
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = Server::start();
    let answer = request(&server, "GET /favicon.ico", &["Host: localhost"]);
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (404, "there is nothing here\n")
    );
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn a_development_server_answers_this_machine_only() {
    let server = Server::start();
    let address = server.http();
    for local in [
        &format!("Host: {address}"),
        "Host: localhost",
        "Host: [::1]:8008",
    ] {
        assert_eq!(request(&server, VERSIONS, &[local]).status, 200, "{local}");
    }
    for (headers, status, word) in [
        (&[][..], 400, "Host"),
        (&["Host: chat.example.org"], 403, "Host"),
        (&["Host: localhost", "Host: chat.example.org"], 403, "Host"),
        (
            &["Host: localhost", "Origin: https://evil.example"],
            403,
            "Origin",
        ),
        (&["Host: localhost", "Origin: null"], 403, "Origin"),
        (
            &["Host: localhost", "X-Forwarded-For: 127.0.0.1"],
            403,
            "X-Forwarded-For",
        ),
        (
            &["Host: localhost", "Forwarded: for=127.0.0.1"],
            403,
            "Forwarded",
        ),
    ] {
        let answer = request(&server, VERSIONS, headers);
        let (code, text) = answer.error();
        assert_eq!(
            (answer.status, code.as_str()),
            (status, "M_FORBIDDEN"),
            "{headers:?}"
        );
        assert!(text.contains(word), "{headers:?}: {text}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{headers:?}"
        );
    }
}

#[test]
fn a_body_has_a_bound() {
    let server = Server::start();
    let body = vec![b' '; (1 << 20) + 1];
    let head = "POST /_matrix/client/v3/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let announced = format!("{head}Content-Length: {}\r\n\r\n", body.len());
    let chunked = format!(
        "{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        body.len()
    );
    for head in [announced, chunked] {
        let answer = exchange(
            &server,
            &[head.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat(),
        );
        assert_eq!(
            (answer.status, answer.error().0.as_str()),
            (413, "M_TOO_LARGE"),
            "{head}"
        );
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let server = Server::start();
    for (bytes, status) in [
        (
            "NICK alice\r\nUSER alice 0 * :Alice\r\n\r\n".to_owned(),
            400,
        ),
        (
            format!("{VERSIONS} HTTP/1.1\r\nHost : localhost\r\n\r\n"),
            400,
        ),
        (
            format!(
                "{VERSIONS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
            ),
            400,
        ),
        (
            format!(
                "{VERSIONS} HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
                "x".repeat(20_000)
            ),
            431,
        ),
        (
            format!(
                "{VERSIONS} HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
                "X: y\r\n".repeat(101)
            ),
            431,
        ),
    ] {
        assert_eq!(
            exchange(&server, bytes.as_bytes()).status,
            status,
            "{bytes:.100}"
        );
    }
}

#[test]
fn a_head_that_does_not_end_is_not_waited_for() {
    let server = Server::start();
    let mut stream = connect(&server);
    let start = Instant::now();
    stream
        .write_all(format!("{VERSIONS} HTTP/1.1\r\n").as_bytes())
        .unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0);
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_secs(9) && waited < Duration::from_secs(14),
        "{waited:?}"
    );
    // Others were not kept waiting either.
    assert_eq!(request(&server, VERSIONS, &["Host: localhost"]).status, 200);
}

#[test]
fn a_connection_serves_many_requests_and_a_stop_ends_it() {
    let mut server = Server::start();
    let mut stream = connect(&server);
    for _ in 0..3 {
        stream
            .write_all(format!("{VERSIONS} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
            .unwrap();
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        assert_eq!(
            Answer::parse(std::str::from_utf8(&buffer[..read]).unwrap()).status,
            200
        );
    }
    let start = Instant::now();
    server.stop();
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0);
}

/// A request of a browser behind a proxy that it reached over TLS: the status, and the body.
fn ask(server: &Server, (line, token): (&str, &str), body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let (length, token) = (
        body.len(),
        match token {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        },
    );
    let text = format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n\
         X-Forwarded-For: 192.0.2.1\r\nContent-Length: {length}\r\n{token}\r\n{body}"
    );
    let answer = exchange(server, text.as_bytes());
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[test]
fn with_a_registration_token_an_account_is_made_which_lets_another_program_in() {
    let server = Server::configured(
        r#"
[server]
name = "test"
[[listen]]
protocol = "http"
address = "127.0.0.1:0"
tls = false
proxy = ["127.0.0.1"]
[registration]
mode = "token"
tokens = ["garden-2026"]
"#,
    );
    let validity = "/_matrix/client/v1/register/m.login.registration_token/validity";
    for (token, valid) in [("garden-2026", true), ("garden", false)] {
        let line = format!("GET {validity}?token={token}");
        let (status, body) = ask(&server, (&line, ""), &json!({}));
        assert_eq!((status, &body["valid"]), (200, &json!(valid)), "{body}");
    }
    let register = |token: &str| {
        let auth = json!({"type": "m.login.registration_token", "token": token});
        json!({"username": "alice", "password": "secret", "auth": auth})
    };
    let line = "POST /_matrix/client/v3/register";
    let (status, body) = ask(&server, (line, ""), &register("garden"));
    assert_eq!(
        (status, &body["errcode"]),
        (401, &json!("M_FORBIDDEN")),
        "{body}"
    );
    let (status, body) = ask(&server, (line, ""), &register("garden-2026"));
    assert_eq!(status, 200, "{body}");
    let access = body["access_token"].as_str().unwrap();

    let line = "POST /_matrix/client/v1/login/get_token";
    let auth = json!({"auth": {"type": "m.login.password", "password": "secret"}});
    let (status, body) = ask(&server, (line, access), &auth);
    assert_eq!(status, 200, "{body}");
    let login = json!({"type": "m.login.token", "token": body["login_token"]});
    let line = "POST /_matrix/client/v3/login";
    let (status, body) = ask(&server, (line, ""), &login);
    assert_eq!(
        (status, &body["user_id"]),
        (200, &json!("@alice:test")),
        "{body}"
    );
    let (status, body) = ask(&server, (line, ""), &login);
    assert_eq!(
        (status, &body["errcode"]),
        (403, &json!("M_FORBIDDEN")),
        "{body}"
    );
}

/// A WebSocket at `/native`, past its handshake.
struct WebSocket(TcpStream);

/// Text, and the opcodes of RFC 6455 section 5.2 that clients meet here.
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

impl WebSocket {
    /// The key and its answer are those of RFC 6455 section 1.3.
    fn connect(server: &Server) -> Self {
        let mut stream = connect(server);
        let request = "GET /native HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let answer = Answer::parse(std::str::from_utf8(&head).unwrap());
        assert_eq!(answer.status, 101);
        assert_eq!(
            answer.header("sec-websocket-accept"),
            Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        );
        Self(stream)
    }

    /// One whole message, masked with zeros (RFC 6455 section 5.3).
    fn send(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            length @ ..126 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        // The server may refuse before it has everything.
        let _ = self.0.write_all(&frame);
    }

    fn ask(&mut self, request: &Value) -> Value {
        self.send(TEXT, request.to_string().as_bytes());
        self.message()
    }

    /// One whole message: its opcode and what it carries.
    fn receive(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        assert_eq!(head[0] & 0xF0, 0x80, "not a whole message");
        let length = match head[1] {
            length @ ..126 => u64::from(length),
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).unwrap();
                u64::from(u16::from_be_bytes(length))
            }
            _ => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).unwrap();
                u64::from_be_bytes(length)
            }
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).unwrap();
        (head[0] & 0x0F, payload)
    }

    /// One frame of the native protocol.
    fn message(&mut self) -> Value {
        let (opcode, payload) = self.receive();
        assert_eq!(opcode, TEXT);
        serde_json::from_slice(&payload).unwrap()
    }

    /// The last words: why the server closes, and that it does.
    fn refused(&mut self) -> Value {
        let message = self.message();
        assert_eq!(message["type"], "error", "{message}");
        assert_eq!(self.receive().0, CLOSE);
        message["code"].clone()
    }
}

const HELLO: &str = r#"{"type": "hello", "version": 1, "client": "test"}"#;

#[test]
fn the_native_protocol_is_spoken_over_websocket() {
    let mut server = Server::start();
    let mut socket = WebSocket::connect(&server);
    let hello = serde_json::from_str(HELLO).unwrap();
    assert_eq!(socket.ask(&hello)["type"], "hello");
    let register = json!({"type": "register", "name": "carol", "password": support::password("carol"), "id": 1});
    assert_eq!(socket.ask(&register)["type"], "ok");
    let create = json!({"type": "create", "visibility": "public", "alias": "#garden", "id": 2});
    assert_eq!(socket.ask(&create)["type"], "ok");
    socket.send(PING, b"there?");
    assert_eq!(socket.receive(), (PONG, b"there?".to_vec()));
    // A client of another transport reads what this one says.
    let mut dave = Native::hello(server.native(), &[]).unwrap();
    dave.register("dave").unwrap();
    dave.ask(json!({"type": "join", "room": "#garden"}))
        .unwrap();
    dave.subscribe("now").unwrap();
    let text = "x".repeat(40_000);
    let say = json!({"type": "say", "room": "#garden", "text": text, "id": 3});
    assert_eq!(socket.ask(&say)["type"], "ok");
    let said = json!({"type": "event", "event": {"text": text}});
    dave.expect(&said, &mut support::Bindings::new()).unwrap();
    // A stop is told, and does not wait for clients that stay.
    let start = Instant::now();
    server.stop();
    assert_eq!(socket.refused(), "shutting_down");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn what_is_no_frame_is_refused_over_websocket() {
    let server = Server::start();
    let long = vec![b' '; 2 << 20];
    for (opcode, payload, expected) in [
        (BINARY, HELLO.as_bytes(), "bad_frame"),
        (TEXT, b"", "bad_frame"),
        (TEXT, b"\xFF", "not_utf8"),
        (TEXT, &long, "too_large"),
    ] {
        let mut socket = WebSocket::connect(&server);
        socket.send(opcode, payload);
        assert_eq!(socket.refused(), expected, "{opcode}");
    }
    // What is not JSON spoils nothing.
    let mut socket = WebSocket::connect(&server);
    socket.send(TEXT, b"hello");
    assert_eq!(socket.message()["code"], "bad_json");
    assert_eq!(
        socket.ask(&serde_json::from_str(HELLO).unwrap())["type"],
        "hello"
    );
    // A client that closes is answered.
    socket.send(CLOSE, b"");
    assert_eq!(socket.receive().0, CLOSE);
}

#[test]
fn what_is_no_websocket_is_told_so() {
    let server = Server::start();
    let host = "Host: localhost";
    assert_eq!(request(&server, "GET /native", &[host]).status, 426);
    let upgrade = ["Connection: Upgrade", "Upgrade: websocket"];
    let old = [host, upgrade[0], upgrade[1], "Sec-WebSocket-Version: 8"];
    let answer = request(&server, "GET /native", &old);
    assert_eq!(
        (answer.status, answer.header("sec-websocket-version")),
        (426, Some("13"))
    );
    let keyless = [host, upgrade[0], upgrade[1], "Sec-WebSocket-Version: 13"];
    assert_eq!(request(&server, "GET /native", &keyless).status, 400);
    let foreign = [host, upgrade[0], upgrade[1], "Origin: https://evil.example"];
    assert_eq!(request(&server, "GET /native", &foreign).status, 403);
}
