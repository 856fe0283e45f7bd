//! What holds for every request: paths, methods, CORS, tokens, bodies.

use axum::body::Body;
use axum::http::{Request, header};
use polylogue_hub::{Registration, Security};
use serde_json::{Value, json};

use super::{Server, peer};
use crate::Config;

#[tokio::test]
async fn every_reply_has_cors_headers() {
    let server = Server::new();
    let check = async |method: &str, path: &str, status: u16| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let response = server.send(request).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(
            response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN],
            "*",
            "{method} {path}"
        );
    };
    check("GET", "/_matrix/client/versions", 200).await;
    check("GET", "/_matrix/client/v3/account/whoami", 401).await;
    check("GET", "/_matrix/client/r0/account/whoami", 401).await;
    check("GET", "/_matrix/client/v3/no/such/thing", 404).await;
    check("GET", "/_matrix/federation/v1/version", 404).await;
    check("DELETE", "/_matrix/client/versions", 405).await;
    check("DELETE", "/_matrix/client/v3/createRoom", 405).await;
    check("OPTIONS", "/_matrix/client/v3/createRoom", 204).await;
    check("OPTIONS", "/_matrix/client/v3/no/such/thing", 204).await;
    check("GET", "/.well-known/matrix/client", 404).await;
    check("GET", "/.well-known/matrix/support", 404).await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_unrecognized() {
    let server = Server::new();
    server
        .check(
            "",
            "GET /no/such/thing",
            (Value::Null, 404, "M_UNRECOGNIZED"),
        )
        .await;
    server
        .check(
            "",
            "GET /rooms/!a:test/no_such_thing",
            (Value::Null, 404, "M_UNRECOGNIZED"),
        )
        .await;
    server
        .check(
            "",
            "PATCH /createRoom",
            (Value::Null, 405, "M_UNRECOGNIZED"),
        )
        .await;
}

#[tokio::test]
async fn tokens_come_in_the_header_or_the_query() {
    let server = Server::new();
    let token = server.account("alice").await;
    server
        .check(&token, "GET /account/whoami", (Value::Null, 200, ""))
        .await;
    let line = format!("GET /_matrix/client/r0/account/whoami?access_token={token}&_cacheBuster=1");
    let got = server.check("", &line, (Value::Null, 200, "")).await;
    assert_eq!(got.body["user_id"], "@alice:test");
    server
        .check(
            "",
            "GET /account/whoami",
            (Value::Null, 401, "M_MISSING_TOKEN"),
        )
        .await;
    server
        .check(
            "nonsense",
            "GET /account/whoami",
            (Value::Null, 401, "M_UNKNOWN_TOKEN"),
        )
        .await;
}

#[tokio::test]
async fn bodies_are_checked() {
    let server = Server::new();
    let token = server.account("alice").await;
    let check = async |body: String, status: u16, code: &str| {
        let shown = body.chars().take(60).collect::<String>();
        let got = server.ask_raw(&token, "POST /createRoom", body).await;
        assert_eq!(
            (got.status, got.body["errcode"].as_str()),
            (status, Some(code)),
            "{shown}"
        );
    };
    check("{".to_owned(), 400, "M_NOT_JSON").await;
    check(String::new(), 400, "M_NOT_JSON").await;
    check("[]".to_owned(), 400, "M_BAD_JSON").await;
    check(r#"{"name":7}"#.to_owned(), 400, "M_BAD_JSON").await;
    check(r#"{"name":1.5}"#.to_owned(), 400, "M_BAD_JSON").await;
    check(
        format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100)),
        400,
        "M_BAD_JSON",
    )
    .await;
    check(
        format!("{{\"a\":\"{}\"}}", "x".repeat(1024 * 1024)),
        413,
        "M_TOO_LARGE",
    )
    .await;
}

#[tokio::test]
async fn passwords_need_a_connection_that_hides_them() {
    let server = Server::new();
    server.account("alice").await;
    let login = json!({ "type": "m.login.password", "identifier": { "type": "m.id.user", "user": "alice" }, "password": "secret" });
    let check = async |security: Option<Security>, status: u16| {
        let request = Request::builder()
            .method("POST")
            .uri("/_matrix/client/v3/login");
        let mut request = request.body(Body::from(login.to_string())).unwrap();
        if let Some(security) = security {
            request.extensions_mut().insert(peer(security));
        }
        assert_eq!(
            server.send(request).await.status().as_u16(),
            status,
            "{security:?}"
        );
    };
    check(Some(Security::Secure), 200).await;
    check(Some(Security::Development), 200).await;
    check(Some(Security::Plain), 403).await;
    check(None, 403).await;
}

#[tokio::test]
async fn well_known_says_what_is_configured() {
    let config = Config {
        public_base_url: Some("https://chat.test/".to_owned()),
        encrypt_by_default: true,
    };
    let server = Server::with(Registration::Closed, config);
    let got = server
        .check("", "GET /.well-known/matrix/client", (Value::Null, 200, ""))
        .await;
    let want = json!({ "m.homeserver": { "base_url": "https://chat.test" }, "io.element.e2ee": { "default": true } });
    assert_eq!(got.body, want);
}
