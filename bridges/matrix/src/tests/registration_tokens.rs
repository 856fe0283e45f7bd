//! Registration by token (Matrix client-server API "Token-authenticated registration").

use polylogue_hub::{Limits, Registration, RegistrationTokens};
use serde_json::{Value, json};

use super::{Got, Server};
use crate::Config;

const VALIDITY: &str = "GET /_matrix/client/v1/register/m.login.registration_token/validity";

fn server(limits: Limits) -> Server {
    let tokens = RegistrationTokens::new(["garden", "shed-2026"]);
    let directory = std::sync::Arc::new(tempfile::tempdir().unwrap());
    Server::on(
        directory,
        (Registration::Token(tokens), Config::default(), limits),
    )
}

async fn check(server: &Server, (name, auth): (&str, Value), (status, code): (u16, &str)) -> Got {
    let body = json!({ "username": name, "password": "secret", "auth": auth });
    server
        .check("", "POST /register", (body, status, code))
        .await
}

fn token(token: &str) -> Value {
    json!({ "type": "m.login.registration_token", "token": token, "session": "s" })
}

async fn check_validity(server: &Server, token: &str, expected: (u16, Value)) {
    let line = format!("{VALIDITY}?token={token}");
    let got = server.ask("", &line, Value::Null).await;
    let valid = got.body.get("valid").cloned().unwrap_or_default();
    assert_eq!((got.status, valid), expected, "{token}: {got:?}");
}

#[tokio::test]
async fn whoever_has_a_token_makes_an_account() {
    let server = server(Limits::NONE);
    let asked = json!({ "username": "alice", "password": "secret" });
    let got = server.check("", "POST /register", (asked, 401, "")).await;
    let stages = json!([{ "stages": ["m.login.registration_token"] }]);
    assert_eq!(got.body["flows"], stages);
    let dummy = json!({ "type": "m.login.dummy" });
    let got = check(&server, ("alice", dummy), (401, "M_UNRECOGNIZED")).await;
    assert_eq!(got.body["flows"], stages);
    let none = json!({ "type": "m.login.registration_token" });
    check(&server, ("alice", none), (401, "M_FORBIDDEN")).await;
    let got = check(&server, ("alice", token("Garden")), (401, "M_FORBIDDEN")).await;
    assert_eq!(got.body["flows"], stages, "the client asks again");
    let got = check(&server, ("alice", token("garden")), (200, "")).await;
    assert_eq!(got.text("user_id"), "@alice:test");
    // A token is good for more than one.
    check(&server, ("bob", token("garden")), (200, "")).await;
    check(&server, ("carol", token("shed-2026")), (200, "")).await;
    check(&server, ("alice", token("garden")), (400, "M_USER_IN_USE")).await;
}

#[tokio::test]
async fn a_token_says_whether_it_is_valid() {
    let by_token = server(Limits::NONE);
    check_validity(&by_token, "garden", (200, json!(true))).await;
    check_validity(&by_token, "shed-2026", (200, json!(true))).await;
    check_validity(&by_token, "shed", (200, json!(false))).await;
    check_validity(&by_token, "", (200, json!(false))).await;
    by_token
        .check("", VALIDITY, (Value::Null, 400, "M_MISSING_PARAM"))
        .await;
    check_validity(&Server::new(), "garden", (200, json!(false))).await;
    let closed = Server::with(Registration::Closed, Config::default());
    let line = format!("{VALIDITY}?token=garden");
    closed
        .check("", &line, (Value::Null, 403, "M_FORBIDDEN"))
        .await;
}

#[tokio::test]
async fn wrong_registration_tokens_are_counted() {
    let server = server(Limits {
        login_failures: 2,
        login_window_seconds: 600,
        ..Limits::NONE
    });
    check_validity(&server, "one", (200, json!(false))).await;
    check(&server, ("alice", token("two")), (401, "M_FORBIDDEN")).await;
    check_validity(&server, "garden", (429, Value::Null)).await;
    let limited = (429, "M_LIMIT_EXCEEDED");
    check(&server, ("alice", token("garden")), limited).await;
}

#[tokio::test]
async fn an_open_server_asks_for_no_token() {
    let server = Server::new();
    let auth = token("garden");
    let got = check(&server, ("alice", auth), (401, "M_UNRECOGNIZED")).await;
    assert_eq!(got.body["flows"], json!([{ "stages": ["m.login.dummy"] }]));
}
