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

use serde_json::Value;
use support::Server;

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
                answer.status == 200 && answer.body.contains("\"v1.12\""),
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
