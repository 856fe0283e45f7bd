//! Who is too fast is told so, and when to come again.

use polylogue_hub::{Limits, Registration};
use serde_json::{Value, json};

use super::support::House;
use crate::Config;

fn house() -> House {
    let limits = Limits {
        message_burst: 8,
        messages_per_second: 1,
        login_failures: 2,
        login_window_seconds: 600,
        login_failures_per_day: 50,
        registrations_per_hour: 1,
        event_bytes: 8192,
        ..Limits::NONE
    };
    House::limited((Config::default(), Registration::Open), limits)
}

fn throttled(answer: &Value) {
    assert_eq!(answer["code"], "rate_limited", "{answer}");
    assert!(answer["retry_after_ms"].as_u64() > Some(0), "{answer}");
}

#[tokio::test]
async fn messages_have_a_budget_over_all_connections() {
    let house = house();
    let mut alice = house.register("alice").await;
    let room = alice.create("public", Some("#garden")).await;
    for number in 0..8 {
        alice.say(&room, &number.to_string()).await;
    }
    let mut phone = house.connect().await;
    let password = super::support::PASSWORD;
    phone
        .done(json!({"type": "login", "name": "alice", "password": password}))
        .await;
    throttled(
        &phone
            .ask(json!({"type": "say", "room": room, "text": "too much"}))
            .await,
    );
    let long = json!({"type": "say", "room": room, "text": "x".repeat(7_000)});
    alice.refused(long, "limit_exceeded", None).await;
}

#[tokio::test]
async fn passwords_and_accounts_are_counted_by_address() {
    let house = house();
    let mut alice = house.register("alice").await;
    let mut other = house.connect().await;
    let new = json!({"type": "register", "name": "bob", "password": "a long password"});
    throttled(&other.ask(new).await);
    for guess in ["one", "two"] {
        let wrong = json!({"type": "login", "name": "alice", "password": guess});
        other.refused(wrong, "bad_credentials", None).await;
    }
    let right = json!({"type": "login", "name": "alice", "password": super::support::PASSWORD});
    throttled(&other.ask(right).await);
    // What is logged in stays so.
    alice.done(json!({"type": "rooms"})).await;
}
