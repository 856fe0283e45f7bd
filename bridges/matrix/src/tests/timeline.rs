//! What is said in rooms, and read.

use polylogue_core::body::{EventRef, Form, Relation, Text, TextKind};
use polylogue_core::command::{Actor, Destination, Say};
use polylogue_core::{Body, Command, EventId, Message, UserId};
use polylogue_hub::Request as Ask;
use serde_json::{Value, json};

use super::{Got, Server};

fn bodies(got: &Got, list: &str) -> Vec<String> {
    let events = got.body[list]
        .as_array()
        .unwrap_or_else(|| panic!("no {list} in {got:?}"));
    let texts = events
        .iter()
        .filter(|event| event["type"] == "m.room.message");
    texts
        .map(|event| {
            event["content"]["body"]
                .as_str()
                .unwrap_or("(gone)")
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn a_message_is_sent_once_and_comes_back_as_it_was() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let room = server.room(&alice, json!({})).await;
    let content =
        json!({ "msgtype": "m.text", "body": "hello", "org.example": { "kept": [1, 2] } });
    let line = format!("PUT /rooms/{room}/send/m.room.message/t1");
    let first = server
        .check(&alice, &line, (content.clone(), 200, ""))
        .await
        .text("event_id");
    let again = server
        .ask(
            &alice,
            &line,
            json!({ "msgtype": "m.text", "body": "other" }),
        )
        .await
        .text("event_id");
    assert_eq!(first, again);
    let got = server
        .check(
            &alice,
            &format!("GET /rooms/{room}/event/{first}"),
            (Value::Null, 200, ""),
        )
        .await;
    assert_eq!(got.body["content"], content);
    assert_eq!(
        (&got.body["sender"], &got.body["type"], &got.body["room_id"]),
        (
            &json!("@alice:test"),
            &json!("m.room.message"),
            &json!(room)
        )
    );
    assert_eq!(got.body.get("state_key"), None);
}

#[tokio::test]
async fn what_can_be_said() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server
        .room(&alice, json!({ "preset": "public_chat" }))
        .await;
    let elsewhere = server.room(&bob, json!({})).await;
    let target = server.say(&alice, &room, "target").await;
    let foreign = server.say(&bob, &elsewhere, "foreign").await;
    let mut transaction = 0;
    let mut check = async |token: &str, kind: &str, (content, status, code): (Value, u16, &str)| {
        transaction += 1;
        server
            .check(
                token,
                &format!("PUT /rooms/{room}/send/{kind}/n{transaction}"),
                (content, status, code),
            )
            .await
    };
    let relates =
        |relates_to: Value| json!({ "msgtype": "m.text", "body": "x", "m.relates_to": relates_to });
    let reaction =
        json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": target, "key": "👍" } });
    check(
        &bob,
        "m.room.message",
        (relates(json!({})), 403, "M_FORBIDDEN"),
    )
    .await;
    server
        .check(&bob, &format!("POST /join/{room}"), (json!({}), 200, ""))
        .await;
    check(&bob, "m.reaction", (reaction.clone(), 200, "")).await;
    check(
        &bob,
        "m.room.message",
        (
            relates(json!({ "m.in_reply_to": { "event_id": target } })),
            200,
            "",
        ),
    )
    .await;
    check(
        &bob,
        "m.room.message",
        (
            relates(json!({ "m.in_reply_to": { "event_id": foreign } })),
            404,
            "M_NOT_FOUND",
        ),
    )
    .await;
    check(
        &bob,
        "m.room.message",
        (
            relates(json!({ "rel_type": "m.thread", "event_id": target })),
            200,
            "",
        ),
    )
    .await;
    check(
        &bob,
        "m.room.message",
        (
            relates(json!({ "rel_type": "m.replace", "event_id": target })),
            403,
            "M_FORBIDDEN",
        ),
    )
    .await;
    check(
        &alice,
        "m.room.message",
        (
            relates(json!({ "rel_type": "m.replace", "event_id": target })),
            200,
            "",
        ),
    )
    .await;
    check(
        &bob,
        "m.room.message",
        (
            json!({ "msgtype": "m.image", "body": "a.png", "url": "mxc://test/a" }),
            200,
            "",
        ),
    )
    .await;
    check(
        &bob,
        "m.room.message",
        (json!({ "msgtype": "m.text" }), 400, "M_BAD_JSON"),
    )
    .await;
    check(
        &bob,
        "m.room.message",
        (
            json!({ "msgtype": "m.text", "body": "x".repeat(65_000) }),
            413,
            "M_TOO_LARGE",
        ),
    )
    .await;
    check(&bob, "m.reaction", (json!({}), 400, "M_BAD_JSON")).await;
    check(
        &bob,
        "org.example.thing",
        (json!({ "any": "thing" }), 200, ""),
    )
    .await;
    check(
        &bob,
        "m.room.encrypted",
        (
            json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x" }),
            200,
            "",
        ),
    )
    .await;
    let got = server
        .ask(
            &bob,
            &format!("GET /rooms/{room}/messages?dir=b&limit=100"),
            Value::Null,
        )
        .await;
    let reactions: Vec<_> = got.body["chunk"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "m.reaction")
        .collect();
    assert_eq!(reactions[0]["content"], reaction);

    let rules = format!("PUT /rooms/{room}/state/m.room.encryption");
    server
        .check(
            &alice,
            &rules,
            (json!({ "algorithm": "m.megolm.v1.aes-sha2" }), 200, ""),
        )
        .await;
    check(
        &bob,
        "m.room.message",
        (
            json!({ "msgtype": "m.text", "body": "plain" }),
            403,
            "M_FORBIDDEN",
        ),
    )
    .await;
}

#[tokio::test]
async fn redaction_takes_the_content_away() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server
        .room(&alice, json!({ "preset": "public_chat" }))
        .await;
    server
        .check(&bob, &format!("POST /join/{room}"), (json!({}), 200, ""))
        .await;
    let (first, second) = (
        server.say(&alice, &room, "first").await,
        server.say(&bob, &room, "second").await,
    );
    server
        .check(
            &bob,
            &format!("PUT /rooms/{room}/redact/{first}/r1"),
            (json!({}), 403, "M_FORBIDDEN"),
        )
        .await;
    let line = format!("PUT /rooms/{room}/redact/{second}/r2");
    let redaction = server
        .check(&alice, &line, (json!({ "reason": "rude" }), 200, ""))
        .await
        .text("event_id");
    assert_eq!(
        server.ask(&alice, &line, json!({})).await.text("event_id"),
        redaction
    );
    let body = json!({ "redacts": first, "reason": "mistake" });
    server
        .check(
            &alice,
            &format!("PUT /rooms/{room}/send/m.room.redaction/r3"),
            (body, 200, ""),
        )
        .await;
    let got = server
        .ask(
            &bob,
            &format!("GET /rooms/{room}/event/{redaction}"),
            Value::Null,
        )
        .await;
    assert_eq!(
        (&got.body["redacts"], &got.body["content"]["reason"]),
        (&json!(second), &json!("rude"))
    );
    let got = server
        .ask(
            &bob,
            &format!("GET /rooms/{room}/event/{second}"),
            Value::Null,
        )
        .await;
    assert_eq!(got.body["content"], json!({}));
    server
        .check(
            &bob,
            &format!("PUT /rooms/{room}/redact/$nonsense/r4"),
            (json!({}), 404, "M_NOT_FOUND"),
        )
        .await;
}

#[tokio::test]
async fn messages_are_read_page_by_page() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let room = server.room(&alice, json!({})).await;
    for text in ["a", "b", "c", "d", "e"] {
        server.say(&alice, &room, text).await;
    }
    let page = async |query: &str| {
        server
            .check(
                &alice,
                &format!("GET /rooms/{room}/messages?{query}"),
                (Value::Null, 200, ""),
            )
            .await
    };
    let newest = page("dir=b&limit=2").await;
    assert_eq!(bodies(&newest, "chunk"), ["e", "d"]);
    let older = page(&format!("dir=b&limit=2&from={}", newest.text("end"))).await;
    assert_eq!(bodies(&older, "chunk"), ["c", "b"]);
    assert_eq!(older.text("start"), newest.text("end"));
    let rest = page(&format!("dir=b&limit=100&from={}", older.text("end"))).await;
    assert_eq!(bodies(&rest, "chunk"), ["a"]);
    assert_eq!(
        rest.body["chunk"].as_array().unwrap().last().unwrap()["type"],
        "m.room.create"
    );
    assert_eq!(rest.body.get("end"), None, "the beginning of the room");
    let back = page(&format!("dir=f&limit=2&from={}", older.text("end"))).await;
    assert_eq!(bodies(&back, "chunk"), ["b", "c"]);
    let between = page(&format!(
        "dir=f&from={}&to={}",
        older.text("end"),
        newest.text("end")
    ))
    .await;
    assert_eq!(bodies(&between, "chunk"), ["b", "c"]);
    let between = page(&format!(
        "dir=b&from={}&to={}",
        newest.text("end"),
        older.text("end")
    ))
    .await;
    assert_eq!(bodies(&between, "chunk"), ["c", "b"]);
    let first = page("dir=f&limit=1").await;
    assert_eq!(first.body["chunk"][0]["type"], "m.room.create");
    let filter = "%7B%22types%22%3A%5B%22m.room.member%22%5D%2C%22lazy_load_members%22%3Atrue%7D";
    let members = page(&format!("dir=b&limit=1&filter={filter}")).await;
    assert_eq!(members.body["chunk"][0]["type"], "m.room.member");
    assert_eq!(members.body["state"][0]["state_key"], "@alice:test");
    let refuse = async |query: &str, code: &str| {
        server
            .check(
                &alice,
                &format!("GET /rooms/{room}/messages?{query}"),
                (Value::Null, 400, code),
            )
            .await;
    };
    refuse("", "M_MISSING_PARAM").await;
    refuse("dir=x", "M_INVALID_PARAM").await;
    refuse("dir=b&from=nonsense", "M_INVALID_PARAM").await;
    refuse("dir=b&limit=x", "M_INVALID_PARAM").await;
    refuse("dir=b&filter=x", "M_BAD_JSON").await;
}

#[tokio::test]
async fn context_is_what_is_around() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let room = server.room(&alice, json!({})).await;
    let mut ids = Vec::new();
    for text in ["a", "b", "c", "d", "e"] {
        ids.push(server.say(&alice, &room, text).await);
    }
    let context = async |id: &str, limit: usize| {
        server
            .check(
                &alice,
                &format!("GET /rooms/{room}/context/{id}?limit={limit}"),
                (Value::Null, 200, ""),
            )
            .await
    };
    let got = context(&ids[2], 2).await;
    assert_eq!(got.body["event"]["event_id"], json!(ids[2]));
    assert_eq!(
        (bodies(&got, "events_before"), bodies(&got, "events_after")),
        (vec!["b".to_owned()], vec!["d".to_owned()])
    );
    assert!(
        got.body["state"]
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event["type"] == "m.room.create")
    );
    let older = server
        .ask(
            &alice,
            &format!(
                "GET /rooms/{room}/messages?dir=b&limit=1&from={}",
                got.text("start")
            ),
            Value::Null,
        )
        .await;
    assert_eq!(bodies(&older, "chunk"), ["a"]);
    let newer = server
        .ask(
            &alice,
            &format!(
                "GET /rooms/{room}/messages?dir=f&limit=1&from={}",
                got.text("end")
            ),
            Value::Null,
        )
        .await;
    assert_eq!(bodies(&newer, "chunk"), ["e"]);
    let alone = context(&ids[2], 0).await;
    assert_eq!(alone.body["events_before"], json!([]));
    server
        .check(
            &alice,
            &format!("GET /rooms/{room}/context/$AAAAAAAAAAAAAAAAAAAAAA"),
            (Value::Null, 404, "M_NOT_FOUND"),
        )
        .await;
}

#[tokio::test]
async fn outsiders_read_nothing() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server.room(&alice, json!({})).await;
    let id = server.say(&alice, &room, "secret").await;
    let check = async |path: &str, status: u16, code: &str| {
        server
            .check(
                &bob,
                &format!("GET /rooms/{room}/{path}"),
                (Value::Null, status, code),
            )
            .await;
    };
    check("messages?dir=b", 403, "M_FORBIDDEN").await;
    check("state", 403, "M_FORBIDDEN").await;
    check("state/m.room.name", 403, "M_FORBIDDEN").await;
    check("joined_members", 403, "M_FORBIDDEN").await;
    check("aliases", 403, "M_FORBIDDEN").await;
    check(&format!("event/{id}"), 404, "M_NOT_FOUND").await;
    check(&format!("context/{id}"), 404, "M_NOT_FOUND").await;
    let open = json!({ "history_visibility": "world_readable" });
    server
        .check(
            &alice,
            &format!("PUT /rooms/{room}/state/m.room.history_visibility"),
            (open, 200, ""),
        )
        .await;
    check("state", 200, "").await;
    check(&format!("event/{id}"), 404, "M_NOT_FOUND").await;
    let later = server.say(&alice, &room, "open").await;
    check(&format!("event/{later}"), 200, "").await;
}

#[tokio::test]
async fn typing_and_reading() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server.room(&alice, json!({})).await;
    let id = server.say(&alice, &room, "x").await;
    let check = async |token: &str, line: &str, (body, status, code): (Value, u16, &str)| {
        server.check(token, line, (body, status, code)).await;
    };
    let typing = format!("PUT /rooms/{room}/typing/@alice:test");
    check(
        &alice,
        &typing,
        (json!({ "typing": true, "timeout": 30000 }), 200, ""),
    )
    .await;
    check(&alice, &typing, (json!({ "typing": false }), 200, "")).await;
    check(&alice, &typing, (json!({}), 400, "M_MISSING_PARAM")).await;
    check(
        &bob,
        &typing,
        (json!({ "typing": true }), 403, "M_FORBIDDEN"),
    )
    .await;
    check(
        &bob,
        &format!("PUT /rooms/{room}/typing/@bob:test"),
        (json!({ "typing": true }), 403, "M_FORBIDDEN"),
    )
    .await;
    let receipt = |kind: &str| format!("POST /rooms/{room}/receipt/{kind}/{id}");
    check(&alice, &receipt("m.read"), (Value::Null, 200, "")).await;
    check(
        &alice,
        &receipt("m.read.private"),
        (json!({ "thread_id": "main" }), 200, ""),
    )
    .await;
    check(&alice, &receipt("m.fully_read"), (json!({}), 200, "")).await;
    check(
        &alice,
        &receipt("m.fully_read"),
        (json!({ "thread_id": "main" }), 400, "M_INVALID_PARAM"),
    )
    .await;
    check(
        &alice,
        &receipt("m.nonsense"),
        (json!({}), 400, "M_INVALID_PARAM"),
    )
    .await;
    check(&bob, &receipt("m.read"), (json!({}), 404, "M_NOT_FOUND")).await;
    check(
        &alice,
        &format!("POST /rooms/{room}/read_markers"),
        (json!({ "m.fully_read": id, "m.read": id }), 200, ""),
    )
    .await;
    let user = server.hub.world().user_named("alice").unwrap();
    let world = server.hub.world();
    let user = world.state.user(user).unwrap();
    let mark = user.mark(user.rooms[0].room);
    assert_eq!(mark.read, mark.marker);
    assert!(mark.read.0 > 0 && mark.time.0 > 0);
}

#[tokio::test]
async fn what_irc_says_reads_like_what_matrix_says() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let room = server.room(&alice, json!({})).await;
    let target = server.say(&alice, &room, "target").await;
    let world = server.hub.world();
    let user = world.user_named("alice").unwrap();
    let id = server
        .hub
        .open_room_key(room.trim_start_matches('!').trim_end_matches(":test"))
        .unwrap();
    let key = EventId::parse(target.trim_start_matches('$')).unwrap();
    let event = server.hub.event(user, id, &key).await.unwrap();
    let target_ref = EventRef {
        sequence: event.sequence,
        position: event.position,
        author: event.sender,
    };
    let check = async |(kind, text): (TextKind, &str),
                       (relation, mentions): (Option<Relation>, &[UserId]),
                       want: Value| {
        let body = Body::Text(Text {
            kind,
            form: Form::Irc(text.into()),
        });
        let message = Message {
            body,
            relation,
            mentions: mentions.into(),
        };
        let command = Command::Say(Say {
            to: Destination::Room(id),
            message,
        });
        server
            .hub
            .submit(Ask::new(Actor::user(user, None), command))
            .await
            .unwrap();
        let got = server
            .ask(
                &alice,
                &format!("GET /rooms/{room}/messages?dir=b&limit=1"),
                Value::Null,
            )
            .await;
        assert_eq!(got.body["chunk"][0]["content"], want, "{text}");
    };
    let html = "org.matrix.custom.html";
    check(
        (TextKind::Text, "hi"),
        (None, &[]),
        json!({ "msgtype": "m.text", "body": "hi", "m.mentions": {} }),
    )
    .await;
    check((TextKind::Notice, "\x02hi\x02"), (None, &[]), json!({
        "msgtype": "m.notice", "body": "hi", "format": html, "formatted_body": "<strong>hi</strong>", "m.mentions": {},
    })).await;
    check((TextKind::Action, "waves"), (Some(Relation::Reply(target_ref)), &[]), json!({
        "msgtype": "m.emote", "body": "waves", "m.mentions": {}, "m.relates_to": { "m.in_reply_to": { "event_id": target } },
    })).await;
    check((TextKind::Text, "alice: hi"), (None, &[user]), json!({
        "msgtype": "m.text", "body": "alice: hi", "m.mentions": { "user_ids": ["@alice:test"] }, "format": html,
        "formatted_body": "<a href=\"https://matrix.to/#/@alice:test\">alice</a>: hi",
    })).await;
    check(
        (TextKind::Text, "better"),
        (Some(Relation::Edit(target_ref)), &[]),
        json!({
            "msgtype": "m.text", "body": "* better", "m.mentions": {},
            "m.new_content": { "msgtype": "m.text", "body": "better", "m.mentions": {} },
            "m.relates_to": { "rel_type": "m.replace", "event_id": target },
        }),
    )
    .await;
}
