//! The dialogue of PROTOCOL.md happens as it is written there, but for what is opaque and for times.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::support::{Client, House, PASSWORD};

const PROTOCOL: &str = include_str!("../../../../protocols/native/PROTOCOL.md");

/// What stands in the document for what the server says: the same for the same, and never one for two.
#[derive(Default)]
struct Learned(HashMap<String, String>);

impl Learned {
    /// A request of the document, with the names of this server.
    fn said(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.0.get(text).unwrap_or(text).clone().into(),
            Value::Array(items) => items.iter().map(|item| self.said(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.said(value)))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// A frame of the document is this frame.
    fn check(&mut self, name: &str, written: &Value, got: &Value) {
        match (written, got) {
            (Value::Object(written), Value::Object(got)) => {
                let names = |object: &serde_json::Map<String, Value>| {
                    object.keys().cloned().collect::<Vec<_>>()
                };
                // The default may be written out.
                let mut got = got.clone();
                if !written.contains_key("kind") && got.get("kind") == Some(&json!("text")) {
                    got.remove("kind");
                }
                assert_eq!(names(written), names(&got), "{written:?}\n{got:?}");
                for (name, value) in written {
                    self.check(name, value, &got[name]);
                }
            }
            (Value::Array(written), Value::Array(got)) => {
                assert_eq!(written.len(), got.len());
                for (written, got) in written.iter().zip(got) {
                    self.check(name, written, got);
                }
            }
            (Value::String(written), Value::String(got)) if is_opaque(name, written) => {
                let known = self.0.entry(written.clone()).or_insert(got.clone());
                assert_eq!(known, got, "{name} {written}");
                let names = self.0.values().filter(|value| *value == got);
                assert_eq!(names.count(), 1, "{name} {written}");
            }
            (Value::Number(_), Value::Number(_)) if name == "time" => {}
            (written, got) => assert_eq!(written, got, "{name}"),
        }
    }
}

fn is_opaque(name: &str, written: &str) -> bool {
    let names = [
        "id", "room", "event", "reply_to", "target", "cursor", "device", "token",
    ];
    names.contains(&name) && !written.starts_with('#')
}

fn dialogues() -> Vec<Vec<(char, Value)>> {
    PROTOCOL
        .split("```text dialogue\n")
        .skip(1)
        .map(|block| {
            let lines = block.lines().take_while(|line| !line.starts_with("```"));
            let read = |line: &str| {
                let (side, body) = line.split_once(' ').unwrap();
                let side = side.chars().next().unwrap();
                (side, serde_json::from_str(body).unwrap())
            };
            lines.map(read).collect()
        })
        .collect()
}

/// What Bob does, where the document shows Alice what came of it.
async fn act(bob: &mut Client, frame: &Value, learned: &Learned) {
    let event = &frame["event"];
    if event["sender"] != "bob" && frame["signal"]["user"] != "bob" {
        return;
    }
    let request = match event["type"].as_str().or(frame["signal"]["type"].as_str()) {
        Some("member") => json!({"type": "join", "room": "#garden"}),
        Some("typing") => json!({"type": "typing", "room": "#garden", "active": true}),
        Some("message") => json!({
            "type": "say",
            "room": "#garden",
            "text": event["text"],
            "reply_to": learned.said(&event["reply_to"]),
            "mentions": event["mentions"],
        }),
        other => panic!("{other:?}"),
    };
    bob.done(request).await;
}

#[tokio::test]
async fn the_dialogue_of_the_protocol() {
    let house = House::new();
    let mut bob = house.register("bob").await;
    let mut learned = Learned::default();
    let [first, second] = dialogues().try_into().unwrap();

    let mut alice = house
        .connect_over(polylogue_hub::frontend::Security::Development)
        .await;
    for (side, line) in first {
        if side == 'C' {
            alice.send(&learned.said(&line)).await;
        } else {
            act(&mut bob, &line, &learned).await;
            let frame = alice.receive().await;
            learned.check("", &line, &frame);
        }
    }
    drop(alice);

    let target = learned.said(&json!("UmFuZG9tQmxvY2sxMjM0NQ"));
    let reaction = json!({"type": "react", "room": "#garden", "target": target, "reaction": "🌱"});
    bob.done(reaction).await;
    let mut alice = house
        .connect_over(polylogue_hub::frontend::Security::Development)
        .await;
    for (side, line) in second {
        if side == 'C' {
            alice.send(&learned.said(&line)).await;
        } else {
            let frame = alice.receive().await;
            learned.check("", &line, &frame);
        }
    }
    assert_eq!(alice.read().await, None);
    let mut late = house.connect().await;
    let login = json!({"type": "login", "name": "alice", "password": PASSWORD});
    assert_eq!(late.ask(login).await["type"], "ok");
}
