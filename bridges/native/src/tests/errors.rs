//! Every request that needs a login says so, and answers every other way of being wrong by its code.

use serde_json::json;

use super::support::House;

#[tokio::test]
async fn strangers_are_told_to_log_in() {
    let house = House::new();
    let mut stranger = house.connect().await;
    for request in [
        json!({"type": "prove", "password": "x"}),
        json!({"type": "logout"}),
        json!({"type": "set_password", "password": "x"}),
        json!({"type": "devices"}),
        json!({"type": "profile"}),
        json!({"type": "set_profile"}),
        json!({"type": "set_presence", "presence": "online"}),
        json!({"type": "create", "visibility": "public"}),
        json!({"type": "join", "room": "#x"}),
        json!({"type": "leave", "room": "#x"}),
        json!({"type": "knock", "room": "#x"}),
        json!({"type": "invite", "room": "#x", "user": "u"}),
        json!({"type": "kick", "room": "#x", "user": "u"}),
        json!({"type": "ban", "room": "#x", "user": "u"}),
        json!({"type": "unban", "room": "#x", "user": "u"}),
        json!({"type": "rooms"}),
        json!({"type": "directory"}),
        json!({"type": "members", "room": "#x"}),
        json!({"type": "set_topic", "room": "#x", "topic": "t"}),
        json!({"type": "set_name", "room": "#x", "name": "n"}),
        json!({"type": "set_power", "room": "#x", "power": {}}),
        json!({"type": "say", "room": "#x", "text": "t"}),
        json!({"type": "dm", "user": "u", "text": "t"}),
        json!({"type": "edit", "room": "#x", "target": "e", "text": "t"}),
        json!({"type": "react", "room": "#x", "target": "e", "reaction": "r"}),
        json!({"type": "redact", "room": "#x", "target": "e"}),
        json!({"type": "send", "room": "#x", "event_type": "t", "content": {}}),
        json!({"type": "history", "room": "#x"}),
        json!({"type": "subscribe", "from": "now"}),
        json!({"type": "unsubscribe"}),
        json!({"type": "typing", "room": "#x", "active": true}),
        json!({"type": "read", "room": "#x", "event": "e"}),
    ] {
        stranger.refused(request, "unauthenticated", None).await;
    }
    stranger.send(&json!({"type": "ping"})).await;
    assert_eq!(stranger.receive().await, json!({"type": "pong"}));
}

#[tokio::test]
async fn names_that_cannot_be() {
    let house = House::new();
    let mut stranger = house.connect().await;
    for name in ["9lives", "Admin", "é", &"a".repeat(32)] {
        let register = json!({"type": "register", "name": name, "password": "x"});
        stranger.refused(register, "bad_name", Some("name")).await;
    }
    let mut alice = house.register("alice").await;
    for alias in ["#", "#a,b", "#a:b"] {
        let create = json!({"type": "create", "visibility": "public", "alias": alias});
        alice.refused(create, "bad_name", Some("alias")).await;
    }
    let nobody = json!({"type": "create", "visibility": "public", "invite": ["alice", "nobody"]});
    alice
        .refused(nobody, "no_such_user", Some("invite[1]"))
        .await;
    let oneself = json!({"type": "create", "visibility": "public", "invite": ["alice"]});
    alice
        .refused(oneself, "already_joined", Some("invite"))
        .await;
    let room = alice.create("public", None).await;
    let long = json!({"type": "say", "room": room, "text": "x".repeat(40_000), "html": "y".repeat(40_000)});
    alice.refused(long, "limit_exceeded", None).await;
}
