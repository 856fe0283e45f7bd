//! A server in a temporary directory, and clients that speak JSON to it.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use polylogue_core::body::Text;
use polylogue_core::command::{Destination, Say};
use polylogue_core::event::StateChange;
use polylogue_core::{Actor, Body, Command, Form, Message, TextKind};
use polylogue_hub::frontend::Security;
use polylogue_hub::{Frontend, Hub, Limits, Peer, Registration, Request, Stream};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{Config, Native};

pub(super) const PASSWORD: &str = "correct horse battery staple";
/// No frame takes this long: a test that waits for one that never comes ends.
const PATIENCE: Duration = Duration::from_secs(300);

/// A server.
pub(super) struct House {
    pub(super) hub: Arc<Hub>,
    pub(super) native: Arc<Native>,
    _directory: TempDir,
}

impl House {
    pub(super) fn new() -> Self {
        Self::with(Config::default(), Registration::Open)
    }

    pub(super) fn with(config: Config, registration: Registration) -> Self {
        Self::limited((config, registration), Limits::NONE)
    }

    pub(super) fn limited((config, registration): (Config, Registration), limits: Limits) -> Self {
        let directory = TempDir::new().unwrap();
        let hub = Hub::open(&polylogue_hub::Config {
            data_dir: directory.path().join("data"),
            server_name: Some("chat.example".into()),
            registration,
            limits,
            ..polylogue_hub::Config::default()
        })
        .unwrap();
        let native = Native::new(hub.clone(), config);
        Self {
            hub,
            native,
            _directory: directory,
        }
    }

    /// A connection that has said nothing yet.
    pub(super) async fn connect_over(&self, security: Security) -> Client {
        let (client, accepted) = sockets().await;
        self.serve(Stream::Plain(accepted), security);
        Client::new(Box::new(client))
    }

    /// A connection over TLS that has said nothing yet.
    pub(super) async fn connect_over_tls(&self) -> Client {
        let (client, accepted) = sockets().await;
        let made = rcgen::generate_simple_self_signed(vec!["chat.example".into()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let server = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let trusting = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("chat.example").unwrap();
        let (accepted, client) = tokio::join!(
            TlsAcceptor::from(Arc::new(server)).accept(accepted),
            TlsConnector::from(Arc::new(trusting)).connect(name, client),
        );
        self.serve(Stream::Tls(Box::new(accepted.unwrap())), Security::Secure);
        Client::new(Box::new(client.unwrap()))
    }

    fn serve(&self, stream: Stream, security: Security) {
        let peer = Peer {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            security,
            certificate: None,
        };
        let native: Arc<dyn Frontend> = self.native.clone();
        tokio::spawn(native.connection(stream, peer));
    }

    /// A connection that has said hello and asked for everything.
    pub(super) async fn connect(&self) -> Client {
        let mut client = self.connect_over(Security::Development).await;
        let features = ["typing", "presence", "read", "profile"];
        let hello =
            json!({"type": "hello", "version": 1, "client": "test", "features": features, "id": 0});
        client.send(&hello).await;
        assert_eq!(client.receive().await["type"], "hello");
        client
    }

    /// A new user, logged in.
    pub(super) async fn register(&self, name: &str) -> Client {
        let mut client = self.connect().await;
        let request = json!({"type": "register", "name": name, "password": PASSWORD});
        let answer = client.ask(request).await;
        client.token = answer["session"]["token"].as_str().unwrap().into();
        client
    }

    /// Another connection of the same credential.
    pub(super) async fn resume(&self, token: &str) -> Client {
        let mut client = self.connect().await;
        let answer = client.ask(json!({"type": "resume", "token": token})).await;
        assert_eq!(answer["type"], "ok", "{answer}");
        client.token = token.into();
        client
    }

    /// Something that a user says on another protocol.
    pub(super) async fn say_as(&self, name: &str, room: &str, (kind, form): (TextKind, Form)) {
        let body = Body::Text(Text { kind, form });
        self.say_body_as(name, room, Message::plain(body)).await;
    }

    /// State that a user sets on another protocol.
    pub(super) async fn set_state_as(&self, name: &str, room: &str, change: StateChange) {
        let user = self.hub.world().user_named(name).unwrap();
        let room = self.hub.open_room_key(room).unwrap();
        let command = Command::SetState { room, change };
        let request = Request::new(Actor::user(user, None), command);
        self.hub.submit(request).await.unwrap();
    }

    pub(super) async fn say_body_as(&self, name: &str, room: &str, message: Message) {
        let user = self.hub.world().user_named(name).unwrap();
        let to = Destination::Room(self.hub.open_room_key(room).unwrap());
        let command = Command::Say(Say { to, message });
        let request = Request::new(Actor::user(user, None), command);
        self.hub.submit(request).await.unwrap();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.hub.stop();
    }
}

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    (client.unwrap(), accepted.unwrap().0)
}

/// Bytes to and fro.
trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A client.
pub(super) struct Client {
    socket: Box<dyn Socket>,
    /// Frames that came while an answer was awaited.
    waiting: VecDeque<Value>,
    number: u64,
    pub(super) token: String,
}

impl Client {
    fn new(socket: Box<dyn Socket>) -> Self {
        Self {
            socket,
            waiting: VecDeque::new(),
            number: 0,
            token: String::new(),
        }
    }

    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
        self.socket.flush().await.unwrap();
    }

    pub(super) async fn send(&mut self, message: &Value) {
        self.send_body(message.to_string().as_bytes()).await;
    }

    /// Several frames in one write.
    pub(super) async fn send_together(&mut self, messages: &[Value]) {
        let mut bytes = Vec::new();
        for message in messages {
            let body = message.to_string();
            bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
            bytes.extend(body.as_bytes());
        }
        self.send_bytes(&bytes).await;
    }

    pub(super) async fn send_body(&mut self, body: &[u8]) {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        self.send_bytes(&[&length, body].concat()).await;
    }

    pub(super) async fn close_write(&mut self) {
        self.socket.shutdown().await.unwrap();
    }

    /// The next frame.
    pub(super) async fn receive(&mut self) -> Value {
        match self.waiting.pop_front() {
            Some(frame) => frame,
            None => self.read().await.expect("the connection is open"),
        }
    }

    /// The next frame from the socket; nothing at the end of the connection.
    pub(super) async fn read(&mut self) -> Option<Value> {
        tokio::time::timeout(PATIENCE, async {
            let mut length = [0; 4];
            self.socket.read_exact(&mut length).await.ok()?;
            let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
            self.socket.read_exact(&mut body).await.ok()?;
            Some(serde_json::from_slice(&body).unwrap())
        })
        .await
        .expect("a frame comes in time")
    }

    /// Sends a request with a number of its own; returns the number.
    pub(super) async fn request(&mut self, mut request: Value) -> u64 {
        self.number += 1;
        request["id"] = self.number.into();
        self.send(&request).await;
        self.number
    }

    /// A request and its answer.
    pub(super) async fn ask(&mut self, request: Value) -> Value {
        let number = self.request(request).await;
        self.answer(number).await
    }

    /// The answer to an earlier request.
    pub(super) async fn answer(&mut self, number: u64) -> Value {
        loop {
            let frame = self.read().await.expect("the connection is open");
            if frame["id"] == number {
                return frame;
            }
            self.waiting.push_back(frame);
        }
    }

    /// A request that must be carried out.
    pub(super) async fn done(&mut self, request: Value) -> Value {
        let answer = self.ask(request.clone()).await;
        assert_eq!(answer["type"], "ok", "{request}: {answer}");
        answer
    }

    /// A request that must be refused with this code, and this field if one is named.
    pub(super) async fn refused(&mut self, request: Value, code: &str, field: Option<&str>) {
        let answer = self.ask(request.clone()).await;
        let got = (answer["code"].as_str(), answer["field"].as_str());
        assert_eq!(got, (Some(code), field), "{request}: {answer}");
        assert_eq!(answer["type"], "error");
    }

    /// The next frame of this type; others are passed over.
    pub(super) async fn next(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.receive().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next event.
    pub(super) async fn event(&mut self) -> Value {
        self.next("event").await["event"].take()
    }

    /// The next signal.
    pub(super) async fn signal(&mut self) -> Value {
        self.next("signal").await["signal"].take()
    }

    /// The events up to `live`, and the cursor there.
    pub(super) async fn until_live(&mut self) -> (Vec<Value>, String) {
        let mut events = Vec::new();
        loop {
            let mut frame = self.receive().await;
            match frame["type"].as_str().unwrap() {
                "event" => events.push(frame["event"].take()),
                "live" => return (events, frame["cursor"].as_str().unwrap().into()),
                "signal" => {}
                other => panic!("{other}"),
            }
        }
    }

    /// A subscription; the events up to `live`, and the cursor there.
    pub(super) async fn subscribe(&mut self, from: &str) -> (Vec<Value>, String) {
        self.done(json!({"type": "subscribe", "from": from})).await;
        self.until_live().await
    }

    /// The end of the connection, behind an error of this code.
    pub(super) async fn ended(&mut self, code: &str) {
        assert_eq!(self.next("error").await["code"], code);
        assert_eq!(self.read().await, None, "the connection goes on");
    }

    /// A room that this client makes: its id.
    pub(super) async fn create(&mut self, visibility: &str, alias: Option<&str>) -> String {
        let mut request = json!({"type": "create", "visibility": visibility});
        if let Some(alias) = alias {
            request["alias"] = alias.into();
        }
        let answer = self.done(request).await;
        answer["room"]["id"].as_str().unwrap().into()
    }

    pub(super) async fn join(&mut self, room: &str) {
        self.done(json!({"type": "join", "room": room})).await;
    }

    /// Says something; the event's id.
    pub(super) async fn say(&mut self, room: &str, text: &str) -> String {
        let answer = self
            .done(json!({"type": "say", "room": room, "text": text}))
            .await;
        answer["sent"]["event"].as_str().unwrap().into()
    }
}

/// The texts of messages, in order.
pub(super) fn texts(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["text"].as_str())
        .collect()
}
