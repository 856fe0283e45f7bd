//! Requests against a real hub on a directory of its own, without a socket.

mod accounts;
mod keys;
mod limits;
mod login_tokens;
mod past;
mod registration_tokens;
mod related;
mod rooms;
mod shape;
mod sync;
mod timeline;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, header};
use polylogue_hub::{
    Config as HubConfig, Hub, Later, Limits, Peer, Registration, Security, Waiting,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Config, Matrix};

/// A server with its directory.
pub(crate) struct Server {
    hub: Arc<Hub>,
    matrix: Arc<Matrix>,
    router: Router,
    directory: Arc<tempfile::TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.hub.stop();
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Got {
    /// A string member of the body.
    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .to_owned()
    }
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::with(Registration::Open, Config::default())
    }

    pub(crate) fn with(registration: Registration, config: Config) -> Self {
        Self::on(
            Arc::new(tempfile::tempdir().unwrap()),
            (registration, config, Limits::NONE),
        )
    }

    pub(crate) fn limited(limits: Limits) -> Self {
        Self::on(
            Arc::new(tempfile::tempdir().unwrap()),
            (Registration::Open, Config::default(), limits),
        )
    }

    fn on(
        directory: Arc<tempfile::TempDir>,
        (registration, config, limits): (Registration, Config, Limits),
    ) -> Self {
        let stored = HubConfig {
            data_dir: directory.path().join("data"),
            server_name: Some("test".to_owned()),
            registration,
            lanes: 1,
            readers: 1,
            limits,
            operators: Vec::new(),
            trusted: Vec::new(),
        };
        let hub = Hub::open(&stored).unwrap();
        let matrix = Matrix::new(hub.clone(), config);
        let router = matrix.clone().routes();
        Self {
            hub,
            matrix,
            router,
            directory,
        }
    }

    /// Stops it and starts it again: every room is cold then.
    pub(crate) fn restarted(self) -> Self {
        let directory = self.directory.clone();
        drop(self);
        Self::on(
            directory,
            (Registration::Open, Config::default(), Limits::NONE),
        )
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        let mut response = self.router.clone().oneshot(request).await.unwrap();
        match waiting(&mut response) {
            Some(later) => later.await,
            None => response,
        }
    }

    /// A request below `/_matrix/client/v3`; the token may be empty, and a body of null is none.
    pub(crate) async fn ask(&self, token: &str, line: &str, body: Value) -> Got {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.ask_raw(token, line, text).await
    }

    pub(crate) async fn ask_raw(&self, token: &str, line: &str, body: String) -> Got {
        let (method, path) = line.split_once(' ').unwrap();
        let path = if path.starts_with("/_matrix") || path.starts_with("/.well-known") {
            path.to_owned()
        } else {
            format!("/_matrix/client/v3{path}")
        };
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(peer(Security::Secure));
        let response = self.send(request).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Got {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    /// A new account's token.
    pub(crate) async fn account(&self, name: &str) -> String {
        let body =
            json!({ "username": name, "password": "secret", "auth": { "type": "m.login.dummy" } });
        let got = self.ask("", "POST /register", body).await;
        assert_eq!(got.status, 200, "{got:?}");
        got.text("access_token")
    }

    /// A new room's id.
    pub(crate) async fn room(&self, token: &str, body: Value) -> String {
        let got = self.ask(token, "POST /createRoom", body).await;
        assert_eq!(got.status, 200, "{got:?}");
        got.text("room_id")
    }

    /// Says something; its event id.
    pub(crate) async fn say(&self, token: &str, room: &str, text: &str) -> String {
        let body = json!({ "msgtype": "m.text", "body": text });
        let got = self
            .ask(
                token,
                &format!("PUT /rooms/{room}/send/m.room.message/{text}"),
                body,
            )
            .await;
        assert_eq!(got.status, 200, "{got:?}");
        got.text("event_id")
    }

    /// Asks, and compares status and error code; an empty code is for success.
    pub(crate) async fn check(
        &self,
        token: &str,
        line: &str,
        (body, status, code): (Value, u16, &str),
    ) -> Got {
        let got = self.ask(token, line, body.clone()).await;
        let errcode = got.body["errcode"].as_str().unwrap_or_default();
        assert_eq!(
            (got.status, errcode),
            (status, code),
            "{line} {body} -> {}",
            got.body
        );
        got
    }
}

/// What is waited for, if the response comes later.
pub(crate) fn waiting(response: &mut Response<Body>) -> Option<Waiting<Response<Body>>> {
    let later = response.extensions_mut().remove();
    later.and_then(Later::take)
}

pub(crate) fn peer(security: Security) -> Peer {
    Peer {
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        security,
        certificate: None,
    }
}
