//! Clients of the wires that plain TCP is not: TLS, with a certificate of one's own or without, and WebSocket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Failure, Outcome, Pattern, patience};

/// A certificate and its key.
pub type Certificate = CertifiedKey<KeyPair>;
/// A TLS connection.
pub type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Something that IRC lines go over.
pub trait Wire {
    /// Sends a line.
    fn send(&mut self, line: &str) -> Outcome<()>;
    /// Waits for the next line.
    fn next(&mut self) -> Outcome<String>;

    /// Waits for a line like this; those before it are passed over.
    fn expect(&mut self, pattern: &str) -> Outcome<String> {
        let wanted = Pattern::new(pattern);
        let mut passed = String::new();
        loop {
            let line = match self.next() {
                Ok(line) => line,
                Err(failure) => {
                    return Err(Failure::new(format!(
                        "nothing like it came: {pattern}\n{failure}{passed}"
                    )));
                }
            };
            if wanted.matches(&line, &mut crate::support::Bindings::new()) {
                return Ok(line);
            }
            passed.push_str(&format!("\n    {line}"));
        }
    }

    /// Registers under a nick; waits for the end of the greeting.
    fn greet(&mut self, nick: &str) -> Outcome<()> {
        self.send(&format!("NICK {nick}"))?;
        self.send(&format!("USER {nick} 0 * :{nick}"))?;
        self.expect(&format!(":* 001 {nick} *"))?;
        self.send("PING greeted")?;
        self.expect("*PONG*greeted").map(drop)
    }
}

/// Lines with their ends, over a stream of bytes.
pub struct Lines<S>(S, Vec<u8>);

impl<S: Read + Write> Lines<S> {
    /// Over this stream.
    pub fn new(stream: S) -> Self {
        Self(stream, Vec::new())
    }
}

impl<S: Read + Write> Wire for Lines<S> {
    fn send(&mut self, line: &str) -> Outcome<()> {
        self.0.write_all(format!("{line}\r\n").as_bytes())?;
        Ok(self.0.flush()?)
    }

    fn next(&mut self) -> Outcome<String> {
        loop {
            if let Some(end) = self.1.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.1.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                return Ok(line.trim_end().to_owned());
            }
            let mut buffer = [0; 4096];
            let read = self.0.read(&mut buffer)?;
            if read == 0 {
                return Err(Failure::new("the connection ended"));
            }
            self.1.extend_from_slice(&buffer[..read]);
        }
    }
}

/// Connects; nothing is waited for longer than patience.
pub fn tcp(address: SocketAddr) -> Outcome<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, patience())?;
    stream.set_read_timeout(Some(patience()))?;
    Ok(stream)
}

/// Connects with TLS, trusting this certificate, and with one's own if there is one.
pub fn tls(address: SocketAddr, trusted: &Certificate, own: Option<&Certificate>) -> Outcome<Tls> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.cert.der().clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        Some(own) => {
            let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
            builder.with_client_auth_cert(vec![own.cert.der().clone()], key)
        }
        None => Ok(builder.with_no_client_auth()),
    };
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config.unwrap()), name);
    Ok(StreamOwned::new(connection.unwrap(), tcp(address)?))
}

/// WebSocket frames (RFC 6455 section 5.2).
pub struct WebSocket<S> {
    stream: S,
    /// The opcode of what is sent.
    opcode: u8,
}

/// RFC 6455 section 5.2: a text frame.
pub const TEXT: u8 = 1;
/// RFC 6455 section 5.2: a binary frame.
pub const BINARY: u8 = 2;

impl<S: Read + Write> WebSocket<S> {
    /// Shakes hands for this subprotocol, of frames with this opcode.
    pub fn open(mut stream: S, (subprotocol, opcode): (&str, u8)) -> Outcome<Self> {
        let ask = format!(
            "GET /irc HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
        );
        stream.write_all(ask.as_bytes())?;
        stream.flush()?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        // RFC 6455 section 1.3 has the answer to this key.
        let accepted = head.starts_with("http/1.1 101 ")
            && head.contains("s3pplmbitxaq9kygzzhzrbk+xoo=")
            && head.contains(&format!("sec-websocket-protocol: {subprotocol}\r\n"));
        match accepted {
            true => Ok(Self { stream, opcode }),
            false => Err(Failure::new(head)),
        }
    }

    fn exactly(&mut self, length: usize) -> Outcome<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<S: Read + Write> Wire for WebSocket<S> {
    fn send(&mut self, line: &str) -> Outcome<()> {
        const MASK: [u8; 4] = [1, 2, 3, 4];
        let length = u8::try_from(line.len()).ok().filter(|length| *length < 126);
        let length = length.ok_or_else(|| Failure::new("this test sends short frames only"))?;
        let mut frame = vec![0x80 | self.opcode, 0x80 | length];
        frame.extend(MASK);
        let masked = line.bytes().zip(MASK.iter().cycle());
        frame.extend(masked.map(|(byte, mask)| byte ^ mask));
        self.stream.write_all(&frame)?;
        Ok(self.stream.flush()?)
    }

    fn next(&mut self) -> Outcome<String> {
        let head = self.exactly(2)?;
        if head[0] != 0x80 | self.opcode {
            return Err(Failure::new(format!("a frame of another kind: {head:?}")));
        }
        let length = match head[1] {
            126 => {
                let length = self.exactly(2)?;
                usize::from(length[0]) << 8 | usize::from(length[1])
            }
            short => usize::from(short),
        };
        let line = String::from_utf8(self.exactly(length)?);
        let line = line.map_err(|error| Failure::new(error.to_string()))?;
        match line.contains(['\r', '\n']) {
            true => Err(Failure::new(format!("more than a line: {line:?}"))),
            false => Ok(line),
        }
    }
}
