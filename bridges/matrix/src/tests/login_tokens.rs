//! Login tokens (Matrix client-server API "POST /_matrix/client/v1/login/get_token"): one program lets another in.

use polylogue_core::command::{AccountState, Actor, PasswordProof};
use polylogue_core::{Command, Timestamp};
use polylogue_hub::{Limits, Request};
use serde_json::{Value, json};

use super::{Got, Server};

const GET_TOKEN: &str = "POST /_matrix/client/v1/login/get_token";

fn proof(password: &str) -> Value {
    json!({ "auth": { "type": "m.login.password", "password": password } })
}

/// A login token of the account whose access token this is.
async fn login_token(server: &Server, access: &str) -> String {
    let got = server.check(access, GET_TOKEN, (proof("secret"), 200, ""));
    let got = got.await;
    assert_eq!(got.body["expires_in_ms"], 120_000, "{got:?}");
    got.text("login_token")
}

async fn check(server: &Server, token: &str, (status, code): (u16, &str)) -> Got {
    let body = json!({ "type": "m.login.token", "token": token, "device_id": "NEW" });
    server.check("", "POST /login", (body, status, code)).await
}

#[tokio::test]
async fn a_login_token_lets_another_program_in_once() {
    let server = Server::new();
    let alice = server.account("alice").await;
    server.account("bob").await;
    let token = login_token(&server, &alice).await;
    let got = check(&server, &token, (200, "")).await;
    assert_eq!(got.text("user_id"), "@alice:test");
    assert_eq!(got.text("device_id"), "NEW");
    let access = got.text("access_token");
    let who = server
        .ask(&access, "GET /account/whoami", Value::Null)
        .await;
    assert_eq!(who.text("user_id"), "@alice:test");
    check(&server, &token, (403, "M_FORBIDDEN")).await;
}

#[tokio::test]
async fn a_login_token_needs_the_password() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let got = server.check(&alice, GET_TOKEN, (json!({}), 401, "")).await;
    assert_eq!(
        got.body["flows"],
        json!([{ "stages": ["m.login.password"] }])
    );
    let wrong = (proof("wrong"), 401, "M_FORBIDDEN");
    server.check(&alice, GET_TOKEN, wrong).await;
    let nobody = (proof("secret"), 401, "M_MISSING_TOKEN");
    server.check("", GET_TOKEN, nobody).await;
    let got = server.ask(&alice, "GET /capabilities", Value::Null).await;
    assert_eq!(
        got.body["capabilities"]["m.get_login_token"]["enabled"],
        true
    );
}

#[tokio::test]
async fn what_is_no_login_token_lets_nobody_in() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let token = login_token(&server, &alice).await;
    check(&server, "", (403, "M_FORBIDDEN")).await;
    check(&server, "pll_guess", (403, "M_FORBIDDEN")).await;
    check(&server, &token.to_lowercase(), (403, "M_FORBIDDEN")).await;
    check(&server, &alice, (403, "M_FORBIDDEN")).await;
    let missing = json!({ "type": "m.login.token" });
    server
        .check("", "POST /login", (missing, 400, "M_MISSING_PARAM"))
        .await;
    // Nor is it an access token.
    server
        .check(
            &token,
            "GET /account/whoami",
            (Value::Null, 401, "M_UNKNOWN_TOKEN"),
        )
        .await;
}

#[tokio::test]
async fn a_login_token_ends_with_the_password_that_it_was_made_under() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let token = login_token(&server, &alice).await;
    let mut change = proof("secret");
    // Even for the same password, and where no program is logged out.
    change["new_password"] = json!("secret");
    change["logout_devices"] = json!(false);
    server
        .check(&alice, "POST /account/password", (change, 200, ""))
        .await;
    check(&server, &token, (403, "M_FORBIDDEN")).await;
    let token = login_token(&server, &alice).await;
    check(&server, &token, (200, "")).await;
}

#[tokio::test]
async fn a_login_token_ends_with_the_credential_that_asked_for_it() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let token = login_token(&server, &alice).await;
    server
        .check(&alice, "POST /logout", (Value::Null, 200, ""))
        .await;
    check(&server, &token, (403, "M_FORBIDDEN")).await;
}

#[tokio::test]
async fn a_login_token_of_a_disabled_account_is_none() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let (hers, his) = (
        login_token(&server, &alice).await,
        login_token(&server, &bob).await,
    );
    let user = server.hub.world().user_named("alice").unwrap();
    for state in [AccountState::Disabled, AccountState::Enabled] {
        let command = Command::Disable { user, state };
        let request = Request::new(Actor::ADMINISTRATOR, command);
        server.hub.submit(request).await.unwrap();
        if state == AccountState::Disabled {
            check(&server, &his, (200, "")).await;
        }
    }
    // Not even when she may come again.
    check(&server, &hers, (403, "M_FORBIDDEN")).await;
}

#[tokio::test]
async fn a_later_login_token_takes_the_place_of_an_earlier_one() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let first = login_token(&server, &alice).await;
    let second = login_token(&server, &alice).await;
    check(&server, &first, (403, "M_FORBIDDEN")).await;
    check(&server, &second, (200, "")).await;
}

#[tokio::test]
async fn wrong_login_tokens_are_counted() {
    let server = Server::limited(Limits {
        login_failures: 2,
        login_window_seconds: 600,
        ..Limits::NONE
    });
    let alice = server.account("alice").await;
    let token = login_token(&server, &alice).await;
    for guess in ["pll_guess", "pll_Guess"] {
        check(&server, guess, (403, "M_FORBIDDEN")).await;
    }
    check(&server, &token, (429, "M_LIMIT_EXCEEDED")).await;
    // Passwords have their own count.
    login_token(&server, &alice).await;
}

#[tokio::test]
async fn the_hub_gives_no_login_token_without_a_fresh_proof() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let (user, device) = server.hub.token_owner(&alice).unwrap();
    let old = Actor {
        proof: Some(PasswordProof {
            at: Timestamp(1),
            ..server.hub.proof_of(user).unwrap()
        }),
        ..Actor::user(user, Some(device))
    };
    let refused = Err(polylogue_core::Refusal::ProofNeeded);
    assert_eq!(server.hub.login_token(old), refused);
    assert_eq!(
        server.hub.login_token(Actor::user(user, Some(device))),
        refused
    );
}
