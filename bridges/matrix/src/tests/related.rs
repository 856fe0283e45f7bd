//! What is said of an event beside it, the same wherever it is read; and what refers to it.

use serde_json::{Value, json};

use super::Server;

struct House {
    server: Server,
    alice: String,
    bob: String,
    room: String,
}

impl House {
    async fn new() -> Self {
        let server = Server::new();
        let (alice, bob) = (server.account("alice").await, server.account("bob").await);
        let room = server
            .room(&alice, json!({ "preset": "public_chat", "name": "first" }))
            .await;
        let line = format!("POST /join/{room}");
        server.check(&bob, &line, (json!({}), 200, "")).await;
        Self {
            server,
            alice,
            bob,
            room,
        }
    }

    /// Sends an event; its id.
    async fn send(&self, token: &str, (kind, transaction): (&str, &str), content: Value) -> String {
        let line = format!("PUT /rooms/{}/send/{kind}/{transaction}", self.room);
        let got = self.server.check(token, &line, (content, 200, "")).await;
        got.text("event_id")
    }

    async fn say_in(&self, token: &str, transaction: &str, root: &str) -> String {
        let relation = json!({ "rel_type": "m.thread", "event_id": root });
        let content = json!({ "msgtype": "m.text", "body": transaction, "m.relates_to": relation });
        self.send(token, ("m.room.message", transaction), content)
            .await
    }

    async fn edit(&self, token: &str, transaction: &str, target: &str) -> String {
        let relation = json!({ "rel_type": "m.replace", "event_id": target });
        let new = json!({ "msgtype": "m.text", "body": transaction });
        let content = json!({ "msgtype": "m.text", "body": transaction, "m.new_content": new, "m.relates_to": relation });
        self.send(token, ("m.room.message", transaction), content)
            .await
    }

    async fn react(&self, token: &str, transaction: &str, target: &str) -> String {
        let relation = json!({ "rel_type": "m.annotation", "event_id": target, "key": "+" });
        let content = json!({ "m.relates_to": relation });
        self.send(token, ("m.reaction", transaction), content).await
    }

    async fn redact(&self, target: &str) -> String {
        let line = format!("PUT /rooms/{}/redact/{target}/r{target}", self.room);
        let body = json!({ "reason": "spam" });
        let got = self.server.check(&self.alice, &line, (body, 200, "")).await;
        got.text("event_id")
    }

    async fn get(&self, token: &str, line: &str) -> Value {
        let line = line.replace("{room}", &self.room);
        self.server
            .check(token, &line, (Value::Null, 200, ""))
            .await
            .body
    }

    /// An event as each endpoint shows it, without its age.
    async fn everywhere(&self, token: &str, id: &str) -> Value {
        let room = &self.room;
        let filter = "filter={\"room\":{\"timeline\":{\"limit\":50}}}".replace('"', "%22");
        let filter = filter.replace('{', "%7B").replace('}', "%7D");
        let places = [
            (
                format!("GET /sync?{filter}"),
                format!("/rooms/join/{room}/timeline/events"),
            ),
            (
                "GET /rooms/{room}/messages?dir=b&limit=50".to_owned(),
                "/chunk".to_owned(),
            ),
            (format!("GET /rooms/{{room}}/event/{id}"), String::new()),
            (
                format!("GET /rooms/{{room}}/context/{id}"),
                "/event".to_owned(),
            ),
        ];
        let mut shown = Vec::new();
        for (line, pointer) in places {
            let got = self.get(token, &line).await;
            let found = got
                .pointer(&pointer)
                .unwrap_or_else(|| panic!("{line} {got}"));
            let event = match found.as_array() {
                Some(events) => events.iter().find(|event| event["event_id"] == id).unwrap(),
                None => found,
            };
            assert!(event["unsigned"]["age"].is_u64(), "{line} {event}");
            let mut unsigned = event["unsigned"].clone();
            ageless(&mut unsigned);
            shown.push((line, unsigned));
        }
        let (first, unsigned) = shown.remove(0);
        for (line, other) in shown {
            assert_eq!(unsigned, other, "{first} and {line}");
        }
        unsigned
    }
}

fn ageless(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("age");
            members.values_mut().for_each(ageless);
        }
        Value::Array(values) => values.iter_mut().for_each(ageless),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn ids(chunk: &Value) -> Vec<String> {
    let id = |event: &Value| event["event_id"].as_str().unwrap().to_owned();
    chunk.as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn an_event_says_the_same_wherever_it_is_read() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice, &house.bob);
    let said = house.server.say(alice, &house.room, "hello").await;
    let mine = house.everywhere(alice, &said).await;
    assert_eq!(mine, json!({ "transaction_id": "hello" }));
    assert_eq!(house.everywhere(bob, &said).await, json!({}));

    let line = format!("PUT /rooms/{}/state/m.room.name", house.room);
    let body = json!({ "name": "second" });
    let named = house.server.check(alice, &line, (body, 200, "")).await;
    let shown = house.everywhere(bob, &named.text("event_id")).await;
    assert_eq!(shown["prev_content"], json!({ "name": "first" }));
    assert_eq!(shown["prev_sender"], "@alice:test");
    assert!(shown["replaces_state"].is_string());

    let gone = house.react(bob, "a", &said).await;
    let redaction = house.redact(&gone).await;
    let shown = house.everywhere(bob, &gone).await;
    let because = &shown["redacted_because"];
    assert_eq!(because["event_id"], redaction.as_str());
    assert_eq!(because["content"]["reason"], "spam");
    let event = house
        .get(bob, &format!("GET /rooms/{{room}}/event/{gone}"))
        .await;
    assert_eq!(
        event["type"], "m.reaction",
        "a redacted event keeps its type"
    );
    assert_eq!(event["content"], json!({}));
}

#[tokio::test]
async fn edits_and_threads_go_with_their_event() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice, &house.bob);
    let said = house.server.say(alice, &house.room, "hello").await;
    house.edit(alice, "one", &said).await;
    let edit = house.edit(alice, "two", &said).await;
    let shown = house.everywhere(bob, &said).await;
    let replaced = &shown["m.relations"]["m.replace"];
    assert_eq!(replaced["event_id"], edit.as_str());
    assert_eq!(replaced["content"]["m.new_content"]["body"], "two");

    house.say_in(bob, "first", &said).await;
    let last = house.say_in(bob, "last", &said).await;
    let thread = |shown: &Value| shown["m.relations"]["m.thread"].clone();
    let shown = thread(&house.everywhere(alice, &said).await);
    assert_eq!(shown["count"], 2);
    assert_eq!(shown["latest_event"]["event_id"], last.as_str());
    assert_eq!(shown["current_user_participated"], false);
    let shown = thread(&house.everywhere(bob, &said).await);
    assert_eq!(shown["current_user_participated"], true);

    house.redact(&last).await;
    house.redact(&edit).await;
    let shown = house.everywhere(alice, &said).await;
    assert_eq!(shown["m.relations"]["m.thread"]["count"], 1);
    let replaced = &shown["m.relations"]["m.replace"];
    assert_eq!(replaced["content"]["m.new_content"]["body"], "one");
}

#[tokio::test]
async fn what_refers_to_an_event_is_listed() {
    let house = House::new().await;
    let (alice, bob) = (&house.alice, &house.bob);
    let said = house.server.say(alice, &house.room, "hello").await;
    let reaction = house.react(bob, "a", &said).await;
    let edit = house.edit(alice, "b", &said).await;
    let reply = house.say_in(bob, "c", &said).await;
    let list = async |rest: &str| {
        let line = format!("GET /_matrix/client/v1/rooms/{{room}}/relations/{said}{rest}");
        house.get(alice, &line).await
    };
    let check = async |rest: &str, want: &[&String]| {
        let found = ids(&list(rest).await["chunk"]);
        assert_eq!(found.iter().collect::<Vec<_>>(), want, "{rest}");
    };
    check("", &[&reply, &edit, &reaction]).await;
    check("?dir=f", &[&reaction, &edit, &reply]).await;
    check("/m.thread", &[&reply]).await;
    check("/m.annotation/m.reaction", &[&reaction]).await;
    check("/m.annotation/m.room.message", &[]).await;
    check("/m.reference", &[]).await;
    let first = list("?limit=1").await;
    assert_eq!(ids(&first["chunk"]), std::slice::from_ref(&reply));
    let next = first["next_batch"].as_str().unwrap();
    check(&format!("?limit=5&from={next}"), &[&edit, &reaction]).await;
    house.redact(&reaction).await;
    check("/m.annotation", &[]).await;

    let threads = async |token: &str, rest: &str| {
        let line = format!("GET /_matrix/client/v1/rooms/{{room}}/threads{rest}");
        ids(&house.get(token, &line).await["chunk"])
    };
    let other = house.server.say(bob, &house.room, "other").await;
    house.say_in(bob, "d", &other).await;
    assert_eq!(threads(alice, "").await, [other.clone(), said.clone()]);
    assert_eq!(
        threads(alice, "?include=participated").await,
        std::slice::from_ref(&said)
    );
    house.say_in(bob, "e", &said).await;
    assert_eq!(threads(bob, "?limit=1").await, [said]);
    let carol = house.server.account("carol").await;
    let line = format!("GET /_matrix/client/v1/rooms/{}/threads", house.room);
    let refused = (Value::Null, 403, "M_FORBIDDEN");
    house.server.check(&carol, &line, refused).await;
}
