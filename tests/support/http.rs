//! HTTP/1.1 as far as a client of JSON needs it: one connection that stays, requests and answers whose length is announced. It knows no protocol
//! above that.

use std::io::{BufRead as _, BufReader, Error, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A connection. Requests are answered in their order.
pub struct Http(BufReader<TcpStream>);

/// What is asked.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The method.
    pub method: &'a str,
    /// The path and the query, as they stand in the request.
    pub target: &'a str,
    /// The access token.
    pub token: Option<&'a str>,
    /// The body.
    pub body: Option<&'a Value>,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Http {
    /// Connects. Nothing is waited for longer than `patience`.
    pub fn connect(address: SocketAddr, patience: Duration) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        // Answers are read whole: this is for their heads.
        Ok(Self(BufReader::with_capacity(1024, stream)))
    }

    /// The socket, to be shut by somebody else.
    pub fn socket(&self) -> Result<TcpStream> {
        self.0.get_ref().try_clone()
    }

    /// Sends a request and waits for its answer.
    pub fn request(&mut self, ask: Ask<'_>) -> Result<Answer> {
        self.send(ask)?;
        self.receive()
    }

    /// Sends a request.
    pub fn send(&mut self, ask: Ask<'_>) -> Result<()> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: localhost\r\n",
            ask.method, ask.target
        );
        if let Some(token) = ask.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        let body = ask.body.map(Value::to_string).unwrap_or_default();
        if ask.body.is_some() {
            head.push_str("Content-Type: application/json\r\n");
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.0.get_mut().write_all(head.as_bytes())
    }

    /// Waits for the answer to the oldest request that has none yet.
    pub fn receive(&mut self) -> Result<Answer> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| Error::other("this is no answer"))?;
        let mut length = 0;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().map_err(Error::other)?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let body = match body.as_slice() {
            [] => Value::Null,
            body => serde_json::from_slice(body)?,
        };
        Ok(Answer { status, body })
    }

    /// A line of a head; empty behind its last.
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        if !line.ends_with("\r\n") {
            return Err(Error::other("the server closed the connection"));
        }
        line.truncate(line.len() - 2);
        Ok(line)
    }
}

/// A text as one segment of a path, or one value of a query (RFC 3986 section 2.1): all but unreserved characters encoded.
pub fn segment(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
