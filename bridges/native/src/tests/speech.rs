//! Speech: said once, answered, edited, reacted to, taken back.

use serde_json::{Value, json};

use super::support::{House, texts};

#[tokio::test]
async fn a_key_makes_a_thing_happen_once() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    house.register("bob").await;
    let room = alice.create("public", None).await;
    let shed = alice.create("public", None).await;
    let first = alice.say(&room, "first").await;
    let requests = [
        json!({"type": "say", "room": room, "text": "x"}),
        json!({"type": "edit", "room": room, "target": first, "text": "x"}),
        json!({"type": "react", "room": room, "target": first, "reaction": "x"}),
        json!({"type": "send", "room": room, "event_type": "x.y", "content": {}}),
        json!({"type": "dm", "user": "bob", "text": "x"}),
        json!({"type": "say", "room": shed, "text": "x"}),
        json!({"type": "redact", "room": room, "target": first}),
    ];
    let mut events = Vec::new();
    for mut request in requests {
        request["key"] = "the same everywhere".into();
        let done = alice.done(request.clone()).await["sent"].take();
        let mut other = house.resume(&alice.token).await;
        assert_eq!(other.done(request.clone()).await["sent"], done, "{request}");
        events.push(done["event"].as_str().unwrap().to_owned());
    }
    let changed = json!({"type": "say", "room": room, "text": "something else", "key": "the same everywhere"});
    assert_eq!(alice.done(changed).await["sent"]["event"], events[0]);
    let all = events.len();
    events.sort_unstable();
    events.dedup();
    assert_eq!(
        events.len(),
        all,
        "another request, room or user is another thing"
    );
    let refused = json!({"type": "say", "room": "none", "text": "x", "key": "k"});
    alice.refused(refused, "no_such_room", Some("room")).await;
}

#[tokio::test]
async fn messages_refer_to_each_other() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let room = alice.create("public", Some("#garden")).await;
    bob.join("#garden").await;
    bob.subscribe("now").await;
    let root = alice.say(&room, "root").await;
    bob.event().await;

    let say = json!({
        "type": "say", "room": room, "kind": "action", "text": "waters the *roses*", "html": "waters the <em>roses</em>",
        "reply_to": root, "thread": root, "mentions": ["bob", "alice", "BOB"],
    });
    let sent = alice.done(say).await["sent"].take();
    let mut event = bob.event().await;
    let want = json!({
        "type": "message", "kind": "action", "text": "waters the *roses*", "html": "waters the <em>roses</em>",
        "reply_to": root, "thread": root, "mentions": ["bob", "alice"], "sender": "alice",
        "id": sent["event"], "room": room, "time": sent["time"],
    });
    assert_eq!(event, want);
    let inner = event["id"].take();

    let edit = json!({"type": "edit", "room": room, "target": inner, "kind": "notice", "text": "new", "mentions": ["bob"]});
    let first_edit = alice.done(edit).await["sent"]["event"].take();
    let event = bob.event().await;
    assert_eq!((&event["type"], &event["target"]), (&json!("edit"), &inner));
    assert_eq!(
        (&event["kind"], &event["mentions"]),
        (&json!("notice"), &json!(["bob"]))
    );
    let edit = json!({"type": "edit", "room": room, "target": first_edit, "text": "newer"});
    alice.done(edit.clone()).await;
    assert_eq!(
        bob.event().await["target"],
        inner,
        "always the message itself"
    );
    bob.refused(edit, "forbidden", Some("target")).await;

    let react = json!({"type": "react", "room": room, "target": root, "reaction": "🌱"});
    let reaction = bob.done(react).await["sent"]["event"].take();
    let event = bob.event().await;
    assert_eq!(
        (&event["type"], &event["target"]),
        (&json!("reaction"), &json!(root))
    );
    assert_eq!(event["reaction"], "🌱");
    let edit = json!({"type": "edit", "room": room, "target": reaction, "text": "x"});
    bob.refused(edit, "forbidden", Some("target")).await;

    let redact = json!({"type": "redact", "room": room, "target": reaction, "reason": "oops"});
    bob.done(redact).await;
    let event = bob.event().await;
    assert_eq!(
        (&event["type"], &event["target"]),
        (&json!("redaction"), &reaction)
    );
    assert_eq!(event["reason"], "oops");
    let other = json!({"type": "redact", "room": room, "target": root});
    bob.refused(other.clone(), "forbidden", None).await;
    alice.done(other).await;
    let history = alice
        .done(json!({"type": "history", "room": room, "around": root, "limit": 1}))
        .await;
    let mut stub = history["history"]["events"][0].clone();
    stub["time"] = Value::Null;
    let want =
        json!({"type": "redacted", "id": root, "room": room, "sender": "alice", "time": null});
    assert_eq!(stub, want);

    for (field, request) in [
        (
            "reply_to",
            json!({"type": "say", "room": room, "text": "x", "reply_to": "nothing"}),
        ),
        (
            "thread",
            json!({"type": "say", "room": room, "text": "x", "thread": "AAAAAAAAAAAAAAAAAAAAAA"}),
        ),
        (
            "target",
            json!({"type": "edit", "room": room, "text": "x", "target": "nothing"}),
        ),
        (
            "event",
            json!({"type": "read", "room": room, "event": "nothing"}),
        ),
    ] {
        alice.refused(request, "no_such_event", Some(field)).await;
    }
    let nested = json!({"type": "say", "room": room, "text": "x", "thread": inner});
    alice.refused(nested, "bad_value", Some("thread")).await;
    let nobody = json!({"type": "say", "room": room, "text": "x", "mentions": ["bob", "nobody"]});
    alice
        .refused(nobody, "no_such_user", Some("mentions[1]"))
        .await;
    let elsewhere = alice.create("public", None).await;
    let foreign = json!({"type": "say", "room": elsewhere, "text": "x", "reply_to": root});
    alice
        .refused(foreign, "no_such_event", Some("reply_to"))
        .await;
}

#[tokio::test]
async fn two_users_talk_in_one_room_of_their_own() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    bob.subscribe("now").await;
    let first = alice
        .done(json!({"type": "dm", "user": "bob", "text": "are you there?"}))
        .await;
    let invitation = bob.event().await;
    assert_eq!(invitation["change"], "invite");
    let said = bob.event().await;
    assert_eq!(said["text"], "are you there?", "he need not answer to see");
    let rooms = bob.done(json!({"type": "rooms"})).await;
    assert_eq!(rooms["rooms"]["items"][0]["direct"], "alice");
    let reply =
        json!({"type": "dm", "user": "Alice", "text": "yes", "reply_to": first["sent"]["event"]});
    let answer = bob.done(reply).await;
    assert_eq!(answer["sent"]["room"], first["sent"]["room"]);
    assert_eq!(bob.event().await["change"], "join", "who answers accepts");
    assert_eq!(bob.event().await["text"], "yes");
    let reply =
        json!({"type": "dm", "user": "Alice", "text": "well", "reply_to": first["sent"]["event"]});
    bob.done(reply).await;
    let room = first["sent"]["room"].clone();
    let history = bob.done(json!({"type": "history", "room": room})).await;
    let events = history["history"]["events"].as_array().unwrap();
    assert_eq!(texts(events), ["are you there?", "yes", "well"]);
    assert_eq!(events[0]["direct"], "bob", "whom it was made to talk with");
    let none = json!({"type": "dm", "user": "nobody", "text": "x"});
    bob.refused(none, "no_such_user", Some("user")).await;
    let oneself = json!({"type": "dm", "user": "bob", "text": "x"});
    bob.refused(oneself, "bad_value", Some("user")).await;
    let unmade =
        json!({"type": "dm", "user": "carol", "text": "x", "reply_to": first["sent"]["event"]});
    house.register("carol").await;
    bob.refused(unmade, "no_such_event", Some("reply_to")).await;
}

#[tokio::test]
async fn content_passes_through() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let room = alice.create("public", None).await;
    let root = alice.say(&room, "root").await;
    alice.subscribe("now").await;
    let send = |kind: &str, content: Value| json!({"type": "send", "room": room, "event_type": kind, "content": content});

    let image = json!({"msgtype": "m.image", "body": "rose.jpg", "url": "mxc://chat.example/rose", "z": 1, "a": {"é": []}});
    alice.done(send("m.room.message", image.clone())).await;
    let event = alice.event().await;
    assert_eq!(event["type"], "media");
    assert_eq!(
        (&event["text"], &event["content"]),
        (&json!("[image] rose.jpg"), &image)
    );

    let sticker = json!({"body": "a rose", "m.relates_to": {"m.in_reply_to": {"event_id": format!("${root}")}}});
    alice.done(send("m.sticker", sticker)).await;
    let event = alice.event().await;
    assert_eq!(
        (&event["event_type"], &event["reply_to"]),
        (&json!("m.sticker"), &json!(root))
    );

    let thread = json!({"rel_type": "m.thread", "event_id": root});
    let sealed = json!({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEnA", "m.relates_to": thread});
    alice.done(send("m.room.encrypted", sealed.clone())).await;
    let event = alice.event().await;
    assert_eq!(
        (&event["type"], &event["opaque"]),
        (&json!("sealed"), &sealed)
    );
    assert_eq!(event["algorithm"], "m.megolm.v1.aes-sha2");

    alice
        .done(send("example.moisture", json!({"percent": 41})))
        .await;
    let event = alice.event().await;
    assert_eq!(
        (&event["type"], &event["event_type"]),
        (&json!("custom"), &json!("example.moisture"))
    );
    assert_eq!(event["content"], json!({"percent": 41}));

    let text = json!({"msgtype": "m.emote", "body": "waves"});
    alice.done(send("m.room.message", text)).await;
    let event = alice.event().await;
    assert_eq!(
        (&event["type"], &event["kind"], &event["text"]),
        (&json!("message"), &json!("action"), &json!("waves"))
    );

    let lost = json!({"m.relates_to": {"rel_type": "m.replace", "event_id": "$nothing"}});
    alice
        .refused(send("x.y", lost), "no_such_event", Some("content"))
        .await;
    for kind in [
        "m.reaction",
        "m.room.redaction",
        "m.room.member",
        "m.room.topic",
    ] {
        alice
            .refused(send(kind, json!({})), "bad_value", Some("event_type"))
            .await;
    }
    alice
        .refused(send("x.y", json!({"a": 1.5})), "bad_value", Some("content"))
        .await;
}

#[tokio::test]
async fn an_encrypted_room_takes_no_plain_text() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let room = alice.create("private", None).await;
    let change = polylogue_core::event::StateChange {
        kind: "m.room.encryption".into(),
        key: "".into(),
        content: polylogue_core::Json::parse(r#"{"algorithm":"m.megolm.v1.aes-sha2"}"#).unwrap(),
    };
    house.set_state_as("alice", &room, change).await;
    let say = json!({"type": "say", "room": room, "text": "x"});
    alice.refused(say, "encrypted_room", None).await;
    let sealed = json!({"type": "send", "room": room, "event_type": "m.room.encrypted", "content": {"ciphertext": "x"}});
    alice.done(sealed).await;
    let rooms = alice.done(json!({"type": "rooms"})).await;
    assert_eq!(rooms["rooms"]["items"][0]["encrypted"], true);
}
