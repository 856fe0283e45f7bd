//! The state of a room as it was: for those who went out, beside an event, at a token.

use serde_json::{Value, json};

use super::Server;

struct House {
    server: Server,
    alice: String,
    bob: String,
    room: String,
}

impl House {
    /// A room of two.
    async fn new() -> Self {
        let server = Server::new();
        let (alice, bob) = (server.account("alice").await, server.account("bob").await);
        let room = server
            .room(&alice, json!({ "preset": "public_chat", "name": "first" }))
            .await;
        let house = Self {
            server,
            alice,
            bob,
            room,
        };
        house.post(&house.bob, "join", json!({})).await;
        house
    }

    async fn post(&self, token: &str, verb: &str, body: Value) {
        let line = format!("POST /rooms/{}/{verb}", self.room);
        self.server.check(token, &line, (body, 200, "")).await;
    }

    async fn name(&self, name: &str) {
        let line = format!("PUT /rooms/{}/state/m.room.name", self.room);
        self.server
            .check(&self.alice, &line, (json!({ "name": name }), 200, ""))
            .await;
    }

    async fn get(&self, token: &str, path: &str) -> Value {
        let line = format!("GET /rooms/{}/{path}", self.room);
        self.server
            .check(token, &line, (Value::Null, 200, ""))
            .await
            .body
    }

    async fn token(&self) -> String {
        self.server
            .check(&self.alice, "GET /sync", (Value::Null, 200, ""))
            .await
            .text("next_batch")
    }
}

/// The content of the first of some events that has a type.
fn content<'a>(events: &'a Value, kind: &str) -> &'a Value {
    let mut events = events.as_array().unwrap().iter();
    &events.find(|event| event["type"] == kind).unwrap()["content"]
}

fn memberships(chunk: &Value) -> Vec<(&str, &str)> {
    let events = chunk.as_array().unwrap().iter();
    let standing = |event: &'_ Value| event["type"] == "m.room.member";
    let shown = events.filter(|event| standing(event)).map(|event| {
        let member = event["state_key"].as_str().unwrap();
        (member, event["content"]["membership"].as_str().unwrap())
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort_unstable();
    shown
}

#[tokio::test]
async fn who_went_out_reads_the_state_of_then() {
    let house = House::new().await;
    let carol = house.server.account("carol").await;
    house.post(&house.bob, "leave", json!({})).await;
    house.name("second").await;
    house.post(&carol, "join", json!({})).await;
    let state = house.get(&house.bob, "state").await;
    assert_eq!(content(&state, "m.room.name")["name"], "first");
    let one = house.get(&house.bob, "state/m.room.name").await;
    assert_eq!(one["name"], "first");
    let members = house.get(&house.bob, "members").await;
    let then = [("@alice:test", "join"), ("@bob:test", "leave")];
    assert_eq!(memberships(&members["chunk"]), then);
    let left = house.get(&house.bob, "members?membership=leave").await;
    assert_eq!(memberships(&left["chunk"]), [("@bob:test", "leave")]);
    let now = house.get(&house.alice, "state/m.room.name").await;
    assert_eq!(now["name"], "second");
    let line = format!("GET /rooms/{}/state/m.room.member/@carol:test", house.room);
    house
        .server
        .check(&house.bob, &line, (Value::Null, 404, "M_NOT_FOUND"))
        .await;
    let line = format!("GET /rooms/{}/joined_members", house.room);
    house
        .server
        .check(&house.bob, &line, (Value::Null, 403, "M_FORBIDDEN"))
        .await;
}

#[tokio::test]
async fn who_was_never_in_reads_nothing() {
    let house = House::new().await;
    let carol = house.server.account("carol").await;
    house
        .post(&house.alice, "invite", json!({ "user_id": "@carol:test" }))
        .await;
    for path in ["state", "members", "messages?dir=b", "state/m.room.name"] {
        let line = format!("GET /rooms/{}/{path}", house.room);
        house
            .server
            .check(&carol, &line, (Value::Null, 403, "M_FORBIDDEN"))
            .await;
    }
    house.post(&carol, "leave", json!({})).await;
    let line = format!("GET /rooms/{}/state", house.room);
    house
        .server
        .check(&carol, &line, (Value::Null, 403, "M_FORBIDDEN"))
        .await;
}

#[tokio::test]
async fn who_was_banned_after_leaving_reads_up_to_his_leave() {
    let house = House::new().await;
    house.post(&house.bob, "leave", json!({})).await;
    house.name("second").await;
    house
        .post(&house.alice, "ban", json!({ "user_id": "@bob:test" }))
        .await;
    let state = house.get(&house.bob, "state").await;
    assert_eq!(content(&state, "m.room.name")["name"], "first");
}

#[tokio::test]
async fn members_at_a_token_are_those_of_then() {
    let house = House::new().await;
    let token = house.token().await;
    let carol = house.server.account("carol").await;
    house.post(&carol, "join", json!({})).await;
    let then = house
        .get(&house.alice, &format!("members?at={token}"))
        .await;
    let both = [("@alice:test", "join"), ("@bob:test", "join")];
    assert_eq!(memberships(&then["chunk"]), both);
    let now = house.get(&house.alice, "members").await;
    assert_eq!(memberships(&now["chunk"]).len(), 3);
    let line = format!("GET /rooms/{}/members?at=nonsense", house.room);
    house
        .server
        .check(&house.alice, &line, (Value::Null, 400, "M_INVALID_PARAM"))
        .await;
}

#[tokio::test]
async fn the_state_beside_an_event_is_that_of_its_time() {
    let house = House::new().await;
    let said = house.server.say(&house.bob, &house.room, "hello").await;
    house.name("second").await;
    let context = house
        .get(&house.alice, &format!("context/{said}?limit=0"))
        .await;
    assert_eq!(content(&context["state"], "m.room.name")["name"], "first");
    assert_eq!(context["events_after"], json!([]));
    let context = house.get(&house.alice, &format!("context/{said}")).await;
    assert_eq!(content(&context["state"], "m.room.name")["name"], "second");
}

#[tokio::test]
async fn the_event_next_to_a_time() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let visibility = json!({ "type": "m.room.history_visibility", "content": { "history_visibility": "joined" } });
    let wish = json!({ "preset": "public_chat", "initial_state": [visibility] });
    let room = server.room(&alice, wish).await;
    let said = server.say(&alice, &room, "hello").await;
    let bob = server.account("bob").await;
    let join = format!("POST /rooms/{room}/join");
    server.check(&bob, &join, (json!({}), 200, "")).await;
    let last = server.say(&alice, &room, "welcome").await;

    let ask = async |token: &str, query: String| {
        let path = format!("/_matrix/client/v1/rooms/{room}/timestamp_to_event");
        let line = format!("GET {path}?{query}");
        server.ask(token, &line, Value::Null).await
    };
    let event = async |token: &str, id: &str| {
        let line = format!("GET /rooms/{room}/event/{id}");
        server.ask(token, &line, Value::Null).await.body
    };
    let time = event(&alice, &said).await["origin_server_ts"].clone();
    for dir in ["f", "b"] {
        let got = ask(&alice, format!("dir={dir}&ts={time}")).await;
        assert_eq!(got.body["origin_server_ts"], time, "{dir}: {got:?}");
    }
    let newest = ask(&alice, format!("dir=b&ts={}", u64::MAX)).await;
    assert_eq!(newest.text("event_id"), last);
    for beyond in [format!("dir=f&ts={}", u64::MAX), "dir=b&ts=0".to_owned()] {
        let got = ask(&alice, beyond).await;
        assert_eq!(
            (got.status, got.text("errcode").as_str()),
            (404, "M_NOT_FOUND")
        );
    }
    let first = ask(&alice, "dir=f&ts=0".to_owned()).await.text("event_id");
    assert_eq!(event(&alice, &first).await["type"], "m.room.create");
    // To each what he may see.
    let at = format!("dir=b&ts={time}");
    assert_eq!(ask(&alice, at.clone()).await.text("event_id"), said);
    assert_ne!(ask(&bob, at).await.text("event_id"), said);
    let carol = server.account("carol").await;
    assert_eq!(ask(&carol, "dir=f&ts=0".to_owned()).await.status, 403);
}
