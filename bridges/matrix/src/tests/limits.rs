//! Who is too fast gets `M_LIMIT_EXCEEDED` (Matrix client-server API "Rate limiting"), and when to come again.

use polylogue_hub::Limits;
use serde_json::json;

use super::Server;

fn server() -> Server {
    Server::limited(Limits {
        message_burst: 8,
        messages_per_second: 1,
        login_failures: 2,
        login_window_seconds: 600,
        login_failures_per_day: 50,
        registrations_per_hour: 1,
        ..Limits::NONE
    })
}

#[tokio::test]
async fn messages_have_a_budget() {
    let server = server();
    let alice = server.account("alice").await;
    let room = server.room(&alice, json!({})).await;
    for number in 0..8 {
        server.say(&alice, &room, &number.to_string()).await;
    }
    let line = format!("PUT /rooms/{room}/send/m.room.message/too-much");
    let body = json!({ "msgtype": "m.text", "body": "too much" });
    let expected = (body, 429, "M_LIMIT_EXCEEDED");
    let got = server.check(&alice, &line, expected).await;
    assert!(got.body["retry_after_ms"].as_u64() > Some(0), "{got:?}");
}

#[tokio::test]
async fn passwords_and_accounts_are_counted() {
    let server = server();
    let alice = server.account("alice").await;
    let bob =
        json!({ "username": "bob", "password": "secret", "auth": { "type": "m.login.dummy" } });
    let limited = (429, "M_LIMIT_EXCEEDED");
    server
        .check("", "POST /register", (bob, limited.0, limited.1))
        .await;
    let login = |password: &str| {
        let user = json!({ "type": "m.id.user", "user": "alice" });
        json!({ "type": "m.login.password", "identifier": user, "password": password })
    };
    for guess in ["one", "two"] {
        server
            .check("", "POST /login", (login(guess), 403, "M_FORBIDDEN"))
            .await;
    }
    server
        .check("", "POST /login", (login("secret"), limited.0, limited.1))
        .await;
    // A token goes on as before.
    server
        .check(&alice, "GET /account/whoami", (json!(null), 200, ""))
        .await;
}
