//! What sync tells, and when.

use axum::http::{Request, header};
use polylogue_core::body::{Form, Text, TextKind};
use polylogue_core::command::{Actor, Destination, Say};
use polylogue_core::{Body, Command, Message, UserId};
use polylogue_hub::Request as Ask;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Got, Server, waiting};

/// A client that remembers its token.
struct Client<'a> {
    server: &'a Server,
    token: String,
    since: String,
}

impl<'a> Client<'a> {
    async fn new(server: &'a Server, name: &str) -> Self {
        let token = server.account(name).await;
        let since = String::new();
        Self {
            server,
            token,
            since,
        }
    }

    /// Syncs from a token, with further parameters.
    async fn from(&self, since: &str, parameters: &str) -> Got {
        let line = format!("GET /sync?since={since}&{parameters}");
        let check = self
            .server
            .check(&self.token, &line, (Value::Null, 200, ""));
        check.await
    }

    /// Syncs from where the last one ended.
    async fn sync(&mut self) -> Got {
        self.wait("timeout=0").await
    }

    async fn wait(&mut self, parameters: &str) -> Got {
        let got = self.from(&self.since, parameters).await;
        self.since = got.text("next_batch");
        got
    }

    async fn ask(&self, line: &str, body: Value) -> Got {
        self.server.check(&self.token, line, (body, 200, "")).await
    }
}

fn joined<'a>(got: &'a Got, room: &str) -> &'a Value {
    &got.body["rooms"]["join"][room]
}

/// The texts of a list of events.
fn texts(events: &Value) -> Vec<&str> {
    let events = events["events"].as_array().unwrap().iter();
    events
        .filter(|event| event["type"] == "m.room.message")
        .map(|event| event["content"]["body"].as_str().unwrap_or("(gone)"))
        .collect()
}

/// The types of a list of events.
fn types(events: &Value) -> Vec<&str> {
    let events = events["events"].as_array().unwrap().iter();
    events
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

/// Whose memberships are in a list of events.
fn members(events: &Value) -> Vec<&str> {
    let events = events["events"].as_array().unwrap().iter();
    let mut members: Vec<_> = events
        .filter(|event| event["type"] == "m.room.member")
        .map(|event| event["state_key"].as_str().unwrap())
        .collect();
    members.sort_unstable();
    members
}

fn find<'a>(events: &'a Value, kind: &str) -> &'a Value {
    let all = events["events"].as_array().unwrap();
    let found = all.iter().find(|event| event["type"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {events}"))
}

/// Whether a reply has nothing to say.
fn is_empty(got: &Got) -> bool {
    let rooms = got.body["rooms"].as_object().unwrap();
    let no_events = |part: &str| got.body[part]["events"] == json!([]);
    rooms.values().all(|rooms| rooms == &json!({}))
        && no_events("account_data")
        && no_events("presence")
}

/// Somebody says something on IRC.
async fn say_on_irc(server: &Server, user: &str, (to, text): (Destination, &str)) {
    let user = server.hub.world().user_named(user).unwrap();
    let form = Form::Irc(text.into());
    let kind = TextKind::Text;
    let message = Message::plain(Body::Text(Text { kind, form }));
    let command = Command::Say(Say { to, message });
    let request = Ask::new(Actor::user(user, None), command);
    server.hub.submit(request).await.unwrap();
}

fn user(server: &Server, name: &str) -> UserId {
    server.hub.world().user_named(name).unwrap()
}

/// A public room of the first, in which all are.
async fn room_of(clients: &[&Client<'_>]) -> String {
    let (first, others) = clients.split_first().unwrap();
    let preset = json!({ "preset": "public_chat" });
    let room = first.server.room(&first.token, preset).await;
    for other in others {
        other.ask(&format!("POST /join/{room}"), json!({})).await;
    }
    room
}

#[tokio::test]
async fn a_reply_is_whole_even_if_it_says_nothing() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let first = alice.sync().await;
    assert_eq!(
        types(&first.body["account_data"]),
        ["m.direct", "m.push_rules"]
    );
    let lists = ["override", "content", "room", "sender", "underride"];
    let rules = &find(&first.body["account_data"], "m.push_rules")["content"]["global"];
    assert!(lists.iter().all(|list| rules[list].is_array()), "{rules}");
    let since = alice.since.clone();
    let second = alice.sync().await;
    let want = json!({
        "next_batch": since,
        "rooms": { "join": {}, "invite": {}, "knock": {}, "leave": {} },
        "account_data": { "events": [] },
        "presence": { "events": [] },
        "to_device": { "events": [] },
        "device_lists": { "changed": [], "left": [] },
        "device_one_time_keys_count": { "signed_curve25519": 0 },
        "device_unused_fallback_key_types": [],
    });
    assert_eq!(second.body, want);
}

#[tokio::test]
async fn first_everything_then_what_changed() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let room = room_of(&[&alice, &bob]).await;
    server.say(&bob.token, &room, "one").await;
    let first = alice.sync().await;
    let shown = joined(&first, &room);
    assert_eq!(texts(&shown["timeline"]), ["one"]);
    assert_eq!(shown["timeline"]["limited"], false);
    assert_eq!(shown["state"]["events"], json!([]));
    assert_eq!(types(&shown["timeline"])[0], "m.room.create");
    let summary = json!({ "m.heroes": ["@bob:test"], "m.joined_member_count": 2, "m.invited_member_count": 0 });
    assert_eq!(shown["summary"], summary);
    let since = alice.since.clone();

    let event = server.say(&bob.token, &room, "two").await;
    let second = alice.wait("timeout=10000").await;
    let shown = joined(&second, &room);
    assert_eq!(texts(&shown["timeline"]), ["two"]);
    let shown = &shown["timeline"]["events"][0];
    assert_eq!(
        (&shown["event_id"], &shown["sender"]),
        (&json!(event), &json!("@bob:test"))
    );
    assert!(shown["unsigned"]["age"].is_u64());
    assert!(is_empty(&alice.sync().await));

    let again = alice.from(&since, "timeout=0").await;
    assert_eq!(
        texts(&joined(&again, &room)["timeline"]),
        ["two"],
        "the reply was lost"
    );
}

#[tokio::test]
async fn a_gap_is_filled_by_going_back_from_its_token() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let room = room_of(&[&alice, &bob]).await;
    server.say(&bob.token, &room, "m0").await;
    alice.sync().await;
    let mut said = Vec::new();
    for number in 1..=9 {
        server.say(&bob.token, &room, &format!("m{number}")).await;
        said.push(format!("m{number}"));
        if number == 5 {
            let topic = json!({ "topic": "in the gap" });
            let line = format!("PUT /rooms/{room}/state/m.room.topic");
            alice.ask(&line, topic).await;
        }
    }
    let limit = "timeout=0&filter=%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A3%7D%7D%7D";
    let got = alice.wait(limit).await;
    let shown = joined(&got, &room);
    assert_eq!(shown["timeline"]["limited"], true);
    assert_eq!(texts(&shown["timeline"]), ["m7", "m8", "m9"]);
    assert_eq!(types(&shown["state"]), ["m.room.topic"]);
    let before = shown["timeline"]["prev_batch"].as_str().unwrap();
    let back = alice
        .ask(
            &format!("GET /rooms/{room}/messages?dir=b&limit=8&from={before}"),
            Value::Null,
        )
        .await;
    let back = json!({ "events": back.body["chunk"] });
    assert_eq!(texts(&back), ["m6", "m5", "m4", "m3", "m2", "m1", "m0"]);
    let exact = "timeout=0&filter=%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A1%7D%7D%7D";
    server.say(&bob.token, &room, "m10").await;
    let got = alice.wait(exact).await;
    assert_eq!(joined(&got, &room)["timeline"]["limited"], false);
}

#[tokio::test]
async fn asked_in_then_in_then_out() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let mut bob = Client::new(&server, "bob").await;
    bob.sync().await;
    let room = server
        .room(
            &alice.token,
            json!({ "name": "Secret", "invite": ["@bob:test"] }),
        )
        .await;
    let got = bob.wait("timeout=10000").await;
    let invite = &got.body["rooms"]["invite"][&room]["invite_state"];
    let name = find(invite, "m.room.name");
    assert_eq!(
        name,
        &json!({ "type": "m.room.name", "state_key": "", "sender": "@alice:test", "content": { "name": "Secret" } })
    );
    assert_eq!(members(invite), ["@alice:test", "@bob:test"]);
    server.say(&alice.token, &room, "unseen").await;
    assert!(is_empty(&bob.sync().await));

    bob.ask(&format!("POST /join/{room}"), json!({})).await;
    let got = bob.wait("timeout=10000").await;
    let shown = joined(&got, &room);
    assert_eq!(texts(&shown["timeline"]), ["unseen"]);
    assert_eq!(
        members(&shown["timeline"]),
        ["@alice:test", "@bob:test", "@bob:test"]
    );
    server.say(&alice.token, &room, "seen").await;
    assert_eq!(
        texts(&joined(&bob.wait("timeout=10000").await, &room)["timeline"]),
        ["seen"]
    );

    server.say(&alice.token, &room, "last").await;
    bob.ask(&format!("POST /rooms/{room}/leave"), json!({}))
        .await;
    server.say(&alice.token, &room, "hidden").await;
    let got = bob.wait("timeout=10000").await;
    let left = &got.body["rooms"]["leave"][&room];
    assert_eq!(texts(&left["timeline"]), ["last"]);
    assert_eq!(members(&left["timeline"]), ["@bob:test"]);
    assert_eq!(joined(&got, &room), &Value::Null);
    server.say(&alice.token, &room, "hidden-too").await;
    assert!(is_empty(&bob.sync().await));
    let anew = bob.from("", "timeout=0").await;
    assert_eq!(anew.body["rooms"]["join"], json!({}));
    assert_eq!(anew.body["rooms"]["leave"], json!({}));
}

#[tokio::test]
async fn a_declined_invitation_and_a_ban_are_told_and_end_it() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let mut bob = Client::new(&server, "bob").await;
    bob.sync().await;
    let secret = server
        .room(&alice.token, json!({ "invite": ["@bob:test"] }))
        .await;
    bob.wait("timeout=10000").await;
    bob.ask(&format!("POST /rooms/{secret}/leave"), json!({}))
        .await;
    let got = bob.wait("timeout=10000").await;
    let left = &got.body["rooms"]["leave"][&secret];
    assert_eq!(types(&left["timeline"]), ["m.room.member"]);
    assert_eq!(
        left["timeline"]["events"][0]["content"]["membership"],
        "leave"
    );
    assert_eq!(left["state"]["events"], json!([]));

    let room = room_of(&[&alice, &bob]).await;
    bob.wait("timeout=10000").await;
    let body = json!({ "user_id": "@bob:test", "reason": "enough" });
    alice.ask(&format!("POST /rooms/{room}/ban"), body).await;
    server.say(&alice.token, &room, "hidden").await;
    let got = bob.wait("timeout=10000").await;
    let left = &got.body["rooms"]["leave"][&room]["timeline"];
    assert_eq!(left["events"][0]["content"]["membership"], "ban");
    assert_eq!(left["events"].as_array().unwrap().len(), 1);
    assert!(is_empty(&bob.sync().await));
}

#[tokio::test]
async fn members_are_loaded_when_they_speak() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let carol = Client::new(&server, "carol").await;
    let room = room_of(&[&alice, &bob, &carol]).await;
    alice
        .ask(
            &format!("PUT /rooms/{room}/state/m.room.name"),
            json!({ "name": "Garden" }),
        )
        .await;
    server.say(&bob.token, &room, "one").await;
    let filter =
        json!({ "room": { "timeline": { "limit": 1 }, "state": { "lazy_load_members": true } } });
    let stored = alice.ask("POST /user/@alice:test/filter", filter).await;
    let filter = format!("timeout=10000&filter={}", stored.text("filter_id"));
    let got = alice.wait(&filter).await;
    let shown = joined(&got, &room);
    assert_eq!(members(&shown["state"]), ["@alice:test", "@bob:test"]);
    assert_eq!(shown["summary"]["m.joined_member_count"], 3);
    server.say(&carol.token, &room, "two").await;
    let got = alice.wait(&filter).await;
    assert_eq!(members(&joined(&got, &room)["state"]), ["@carol:test"]);

    let all = alice.from(
        "",
        "timeout=0&filter=%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A1%7D%7D%7D",
    );
    let all = all.await;
    assert_eq!(
        members(&joined(&all, &room)["state"]),
        ["@alice:test", "@bob:test", "@carol:test"]
    );
}

#[tokio::test]
async fn typing_is_told_and_its_end() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let room = room_of(&[&alice, &bob]).await;
    alice.sync().await;
    let line = format!("PUT /rooms/{room}/typing/@bob:test");
    bob.ask(&line, json!({ "typing": true, "timeout": 20 }))
        .await;
    let typing = |got: &Got| joined(got, &room)["ephemeral"]["events"].clone();
    let who = |names: Value| json!([{ "type": "m.typing", "content": { "user_ids": names } }]);
    let got = alice.wait("timeout=10000").await;
    let first = typing(&got);
    if first == who(json!(["@bob:test"])) {
        let got = alice.wait("timeout=10000").await;
        assert_eq!(typing(&got), who(json!([])), "it ends by itself");
    } else {
        assert_eq!(first, who(json!([])), "it ended before it could be told");
    }
    bob.ask(&line, json!({ "typing": true, "timeout": 20_000 }))
        .await;
    assert_eq!(
        typing(&alice.wait("timeout=10000").await),
        who(json!(["@bob:test"]))
    );
    bob.ask(&line, json!({ "typing": false })).await;
    assert_eq!(typing(&alice.wait("timeout=10000").await), who(json!([])));
    assert!(is_empty(&alice.sync().await));
}

#[tokio::test]
async fn what_was_read_is_told() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let room = room_of(&[&alice, &bob]).await;
    alice.sync().await;
    let event = server.say(&bob.token, &room, "one").await;
    let count = |got: &Got| joined(got, &room)["unread_notifications"].clone();
    let counts = |unread: u64, mentions: u64| json!({ "notification_count": unread, "highlight_count": mentions });
    assert_eq!(count(&alice.wait("timeout=10000").await), counts(1, 0));
    let mention = json!({ "msgtype": "m.text", "body": "alice", "m.mentions": { "user_ids": ["@alice:test"] } });
    bob.ask(&format!("PUT /rooms/{room}/send/m.room.message/m"), mention)
        .await;
    assert_eq!(count(&alice.wait("timeout=10000").await), counts(2, 1));

    let private = format!("POST /rooms/{room}/receipt/m.read.private/{event}");
    alice.ask(&private, json!({})).await;
    let got = alice.wait("timeout=10000").await;
    assert_eq!(count(&got), counts(1, 1));
    let read = find(&joined(&got, &room)["account_data"], "m.fully_read");
    assert_eq!(read["content"]["event_id"], event);
    let receipt = find(&joined(&got, &room)["ephemeral"], "m.receipt");
    assert!(receipt["content"][&event]["m.read.private"]["@alice:test"]["ts"].is_u64());

    server.say(&alice.token, &room, "answer").await;
    assert_eq!(
        count(&alice.wait("timeout=10000").await),
        counts(0, 0),
        "who speaks has read"
    );

    bob.ask(
        &format!("POST /rooms/{room}/receipt/m.read/{event}"),
        json!({}),
    )
    .await;
    let got = alice.wait("timeout=10000").await;
    let receipt = find(&joined(&got, &room)["ephemeral"], "m.receipt");
    assert!(receipt["content"][&event]["m.read"]["@bob:test"]["ts"].is_u64());
    assert_eq!(joined(&got, &room)["timeline"]["events"], json!([]));
    let anew = alice.from("", "timeout=0").await;
    let receipt = find(&joined(&anew, &room)["ephemeral"], "m.receipt");
    assert!(receipt["content"][&event]["m.read"]["@bob:test"]["ts"].is_u64());
}

#[tokio::test]
async fn account_data_is_told_to_its_owner() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let mut bob = Client::new(&server, "bob").await;
    let room = room_of(&[&alice, &bob]).await;
    alice.sync().await;
    bob.sync().await;
    let content = json!({ "chosen": true });
    alice
        .ask(
            "PUT /user/@alice:test/account_data/org.example",
            content.clone(),
        )
        .await;
    let got = alice.wait("timeout=10000").await;
    let want = json!([{ "type": "org.example", "content": content }]);
    assert_eq!(got.body["account_data"]["events"], want);
    let tag = format!("PUT /user/@alice:test/rooms/{room}/tags/m.favourite");
    alice.ask(&tag, json!({ "order": 0.5 })).await;
    let got = alice.wait("timeout=10000").await;
    let tags = find(&joined(&got, &room)["account_data"], "m.tag");
    assert_eq!(
        tags["content"],
        json!({ "tags": { "m.favourite": { "order": 0.5 } } })
    );
    alice
        .ask(
            "PUT /pushrules/global/override/.m.rule.master/enabled",
            json!({ "enabled": true }),
        )
        .await;
    let got = alice.wait("timeout=10000").await;
    assert_eq!(types(&got.body["account_data"]), ["m.push_rules"]);
    assert!(is_empty(&bob.sync().await));
}

#[tokio::test]
async fn a_request_waits_for_a_message_of_any_protocol() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let mut bob = Client::new(&server, "bob").await;
    let room = room_of(&[&alice, &bob]).await;
    alice.sync().await;
    let say = async {
        tokio::task::yield_now().await;
        server.say(&bob.token, &room, "matrix").await
    };
    let (got, _) = tokio::join!(alice.wait("timeout=60000"), say);
    assert_eq!(texts(&joined(&got, &room)["timeline"]), ["matrix"]);

    let id = room.trim_start_matches('!').trim_end_matches(":test");
    let to = Destination::Room(server.hub.open_room_key(id).unwrap());
    let say = async {
        tokio::task::yield_now().await;
        say_on_irc(&server, "bob", (to, "\u{2}irc\u{2} line")).await;
    };
    let (got, ()) = tokio::join!(alice.wait("timeout=60000"), say);
    let content = &joined(&got, &room)["timeline"]["events"][0]["content"];
    let want = json!({
        "msgtype": "m.text", "body": "irc line", "m.mentions": {},
        "format": "org.matrix.custom.html", "formatted_body": "<strong>irc</strong> line",
    });
    assert_eq!(content, &want);

    bob.sync().await;
    let say = async {
        tokio::task::yield_now().await;
        let to = Destination::User(user(&server, "bob"));
        say_on_irc(&server, "alice", (to, "in private")).await;
    };
    let (got, ()) = tokio::join!(bob.wait("timeout=60000"), say);
    let rooms = got.body["rooms"]["join"].as_object().unwrap();
    let (direct, shown) = rooms.iter().next().unwrap();
    assert_eq!(texts(&shown["timeline"]), ["in private"]);
    let list = find(&got.body["account_data"], "m.direct");
    assert_eq!(list["content"], json!({ "@alice:test": [direct] }));
    let line = "/user/@bob:test/account_data/m.direct";
    let got = bob.ask(&format!("GET {line}"), Value::Null).await;
    assert_eq!(got.body, json!({ "@alice:test": [direct] }));
    let own = json!({ "@carol:test": ["!a:test"], "@alice:test": ["!b:test"] });
    bob.ask(&format!("PUT {line}"), own).await;
    let got = bob.ask(&format!("GET {line}"), Value::Null).await;
    let both = json!({ "@carol:test": ["!a:test"], "@alice:test": ["!b:test", direct] });
    assert_eq!(got.body, both);
}

#[tokio::test]
async fn a_request_ends_in_time_and_with_its_session() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    alice.sync().await;
    let began = std::time::Instant::now();
    let got = alice.wait("timeout=50").await;
    assert!(is_empty(&got));
    assert!(began.elapsed() >= std::time::Duration::from_millis(50));

    let line = format!("GET /sync?since={}&timeout=60000", alice.since);
    let check = server.check(&alice.token, &line, (Value::Null, 401, "M_UNKNOWN_TOKEN"));
    let log_out = async {
        tokio::task::yield_now().await;
        alice.ask("POST /logout", json!({})).await;
    };
    tokio::join!(check, log_out);
}

#[tokio::test]
async fn a_second_request_of_a_device_ends_the_first() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    alice.sync().await;
    let (first, second) = tokio::join!(
        alice.from(&alice.since, "timeout=60000"),
        alice.from(&alice.since, "timeout=1")
    );
    assert!(is_empty(&first) && is_empty(&second));
}

#[tokio::test]
async fn tokens() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let room = room_of(&[&alice]).await;
    alice.sync().await;
    let lost = "A".repeat(22);
    let got = alice.from(&lost, "timeout=60000").await;
    assert_ne!(
        joined(&got, &room),
        &Value::Null,
        "of a lost timeline: all anew"
    );
    let check = async |query: &str, status: u16, code: &str| {
        let line = format!("GET /sync?{query}");
        server
            .check(&alice.token, &line, (Value::Null, status, code))
            .await;
    };
    check("since=s72594_4483_1934", 400, "M_INVALID_PARAM").await;
    check("since=%21%21", 400, "M_INVALID_PARAM").await;
    check("filter=%7B", 400, "M_NOT_JSON").await;
    check("filter=unknown", 404, "M_NOT_FOUND").await;
    check("set_presence=asleep", 400, "M_INVALID_PARAM").await;
    check(
        "_cacheBuster=1&use_state_after=true&filter=%7B%22unknown%22%3A1%7D",
        200,
        "",
    )
    .await;
}

#[tokio::test]
async fn who_was_away_finds_what_changed() {
    let mut server = Server::new();
    let (alice, bob, rooms, since) = {
        let mut alice = Client::new(&server, "alice").await;
        let bob = Client::new(&server, "bob").await;
        let mut rooms = Vec::new();
        for _ in 0..3 {
            rooms.push(room_of(&[&bob, &alice]).await);
        }
        alice.sync().await;
        (alice.token, bob.token, rooms, alice.since)
    };
    server = server.restarted();
    server.say(&bob, &rooms[0], "meanwhile").await;
    let kick = json!({ "user_id": "@alice:test" });
    let line = format!("POST /rooms/{}/kick", rooms[1]);
    server.check(&bob, &line, (kick, 200, "")).await;
    let mut alice = Client {
        server: &server,
        token: alice,
        since,
    };
    let got = alice.sync().await;
    assert_eq!(texts(&joined(&got, &rooms[0])["timeline"]), ["meanwhile"]);
    assert_eq!(joined(&got, &rooms[0])["timeline"]["limited"], false);
    let left = &got.body["rooms"]["leave"][&rooms[1]];
    assert_eq!(members(&left["timeline"]), ["@alice:test"]);
    assert_eq!(joined(&got, &rooms[2])["timeline"]["events"], json!([]));
    assert!(is_empty(&alice.sync().await));
}

#[tokio::test]
async fn a_device_knows_its_own_events_again() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let room = room_of(&[&alice]).await;
    alice.sync().await;
    let event = server.say(&alice.token, &room, "mine").await;
    let got = alice.wait("timeout=10000").await;
    let shown = &joined(&got, &room)["timeline"]["events"][0];
    assert_eq!(shown["unsigned"]["transaction_id"], "mine");

    alice
        .ask(
            &format!("PUT /rooms/{room}/redact/{event}/r1"),
            json!({ "reason": "typo" }),
        )
        .await;
    let got = alice.wait("timeout=10000").await;
    let shown = &joined(&got, &room)["timeline"]["events"][0];
    assert_eq!(shown["redacts"], event);
    assert_eq!(shown["unsigned"]["transaction_id"], "r1");
    let anew = alice.from("", "timeout=0").await;
    let shown = find(&joined(&anew, &room)["timeline"], "m.room.message");
    assert_eq!(shown["content"], json!({}));
    let because = &shown["unsigned"]["redacted_because"];
    assert_eq!(
        (&because["sender"], &because["content"]["reason"]),
        (&json!("@alice:test"), &json!("typo"))
    );

    let login = json!({ "type": "m.login.password", "user": "alice", "password": "secret" });
    let phone = server
        .ask("", "POST /login", login)
        .await
        .text("access_token");
    let got = server.ask(&phone, "GET /sync", Value::Null).await;
    let shown = find(&joined(&got, &room)["timeline"], "m.room.redaction");
    assert_eq!(shown["unsigned"].get("transaction_id"), None);
}

#[tokio::test]
async fn names_and_presence_reach_neighbours() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let carol = Client::new(&server, "carol").await;
    let room = room_of(&[&alice, &bob]).await;
    alice.sync().await;
    bob.ask(
        "PUT /profile/@bob:test/displayname",
        json!({ "displayname": "Bob B." }),
    )
    .await;
    let got = alice.wait("timeout=10000").await;
    let member = find(&joined(&got, &room)["state"], "m.room.member");
    assert_eq!(member["content"]["displayname"], "Bob B.");

    let presence = |got: &Got| got.body["presence"]["events"].clone();
    let is = |presence: Value| json!([{ "type": "m.presence", "sender": "@bob:test", "content": presence }]);
    carol.from("", "timeout=0").await;
    bob.from("", "timeout=0&set_presence=offline").await;
    assert!(
        is_empty(&alice.sync().await),
        "a stranger, and one who hides"
    );
    bob.from("", "timeout=0&set_presence=online").await;
    let online = json!({ "presence": "online", "currently_active": true });
    assert_eq!(presence(&alice.wait("timeout=10000").await), is(online));
    bob.from("", "timeout=0&set_presence=unavailable").await;
    let away = json!({ "presence": "unavailable" });
    assert_eq!(presence(&alice.wait("timeout=10000").await), is(away));
}

#[tokio::test]
async fn what_somebody_says_of_himself_reaches_neighbours() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    room_of(&[&alice, &bob]).await;
    alice.sync().await;
    let path = "/presence/@bob:test/status";
    let put = async |body: Value| bob.ask(&format!("PUT {path}"), body).await;
    let check = async |alice: &mut Client<'_>, want: Value| {
        let got = alice.wait("timeout=10000").await;
        assert_eq!(got.body["presence"]["events"][0]["content"], want);
        let got = alice.ask(&format!("GET {path}"), Value::Null).await;
        assert_eq!(got.body, want);
    };
    put(json!({ "presence": "online", "status_msg": "reading" })).await;
    let reading =
        json!({ "presence": "online", "currently_active": true, "status_msg": "reading" });
    check(&mut alice, reading).await;
    put(json!({ "presence": "unavailable", "status_msg": "lunch" })).await;
    let lunch = json!({ "presence": "unavailable", "status_msg": "lunch" });
    check(&mut alice, lunch).await;
    // It holds until the device says something else.
    bob.from("", "timeout=0").await;
    assert_eq!(alice.sync().await.body["presence"]["events"], json!([]));
    bob.from("", "timeout=0&set_presence=online").await;
    let back = json!({ "presence": "online", "currently_active": true });
    check(&mut alice, back).await;
    put(json!({ "presence": "offline" })).await;
    check(&mut alice, json!({ "presence": "offline" })).await;
    let refused = async |line: String, body: Value, status: u16, code: &str| {
        server.check(&bob.token, &line, (body, status, code)).await;
    };
    let line = || format!("PUT {path}");
    refused(
        line(),
        json!({ "presence": "asleep" }),
        400,
        "M_INVALID_PARAM",
    )
    .await;
    refused(line(), json!({}), 400, "M_MISSING_PARAM").await;
    let long = json!({ "presence": "online", "status_msg": "x".repeat(2000) });
    refused(line(), long, 413, "M_TOO_LARGE").await;
    let others = "PUT /presence/@alice:test/status".to_owned();
    refused(others, json!({ "presence": "online" }), 403, "M_FORBIDDEN").await;
}

#[tokio::test]
async fn a_request_that_waits_is_small() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    alice.sync().await;
    alice.sync().await;
    let uri = format!(
        "/_matrix/client/v3/sync?timeout=60000&since={}",
        alice.since
    );
    let request = Request::get(uri)
        .header(header::AUTHORIZATION, format!("Bearer {}", alice.token))
        .body(axum::body::Body::empty())
        .unwrap();
    let mut response = server.router.clone().oneshot(request).await.unwrap();
    let waiting = waiting(&mut response).expect("nothing is new");
    assert!(size_of_val(&*waiting) <= 768, "{}", size_of_val(&*waiting));
}

#[tokio::test]
async fn a_stop_ends_requests_that_wait() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    alice.sync().await;
    let waiting = async {
        let before = std::time::Instant::now();
        alice.sync().await;
        alice.wait("timeout=60000").await;
        before.elapsed()
    };
    let stopping = async {
        tokio::task::yield_now().await;
        server.matrix.stop();
    };
    let (waited, ()) = tokio::join!(waiting, stopping);
    assert!(waited.as_secs() < 30, "{waited:?}");
}

#[tokio::test]
async fn who_was_away_learns_of_new_names() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let carol = Client::new(&server, "carol").await;
    let room = room_of(&[&alice, &bob]).await;
    alice.sync().await;
    for (client, name) in [(&bob, "bob"), (&carol, "carol")] {
        let uri = format!("PUT /profile/@{name}:test/displayname");
        client.ask(&uri, json!({ "displayname": "New" })).await;
    }
    // Nobody waited for this device while the names changed.
    let login = json!({ "type": "m.login.password", "user": "alice", "password": "secret" });
    let phone = server
        .ask("", "POST /login", login)
        .await
        .text("access_token");
    let uri = format!("GET /sync?since={}", alice.since);
    let got = server.ask(&phone, &uri, Value::Null).await;
    let member = find(&joined(&got, &room)["state"], "m.room.member");
    assert_eq!(member["state_key"], "@bob:test");
    assert_eq!(member["content"]["displayname"], "New");
}

#[tokio::test]
async fn filters_and_full_state() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let (room, other) = (room_of(&[&alice]).await, room_of(&[&alice]).await);
    alice.sync().await;
    server.say(&alice.token, &room, "here").await;
    server.say(&alice.token, &other, "there").await;
    let since = alice.since.clone();
    let with = async |filter: Value| {
        let stored = alice.ask("POST /user/@alice:test/filter", filter).await;
        let query = format!("timeout=0&filter={}", stored.text("filter_id"));
        alice.from(&since, &query).await
    };
    let got = with(json!({ "room": { "rooms": [room] } })).await;
    assert_eq!(texts(&joined(&got, &room)["timeline"]), ["here"]);
    assert_eq!(joined(&got, &other), &Value::Null);
    let got = with(json!({ "room": { "not_rooms": [room] } })).await;
    assert_eq!(joined(&got, &room), &Value::Null);
    let got = with(json!({ "room": { "timeline": { "not_types": ["m.room.*"] } } })).await;
    assert_eq!(joined(&got, &room)["timeline"]["events"], json!([]));
    let got = alice.from(&since, "timeout=0&full_state=true").await;
    let shown = joined(&got, &room);
    assert_eq!(texts(&shown["timeline"]), ["here"]);
    assert_eq!(types(&shown["state"])[0], "m.room.create");
    assert_eq!(members(&shown["state"]), ["@alice:test"]);
}

#[tokio::test]
async fn what_notifies_follows_the_rules_of_its_reader() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let carol = Client::new(&server, "carol").await;
    let room = room_of(&[&bob, &alice, &carol]).await;
    alice.sync().await;
    let say = async |transaction: &str, content: Value| {
        let line = format!("PUT /rooms/{room}/send/m.room.message/{transaction}");
        bob.ask(&line, content).await;
    };
    let text = |body: &str| json!({ "msgtype": "m.text", "body": body });
    let counts = |unread: u64, mentions: u64| json!({ "notification_count": unread, "highlight_count": mentions });
    let check = async |alice: &mut Client<'_>, want: Value| {
        let got = alice.wait("timeout=10000").await;
        assert_eq!(joined(&got, &room)["unread_notifications"], want);
    };
    let mut everyone = text("all of you");
    everyone["m.mentions"] = json!({ "room": true });
    say("a", everyone).await;
    check(&mut alice, counts(1, 1)).await;
    say("b", json!({ "msgtype": "m.notice", "body": "beep" })).await;
    check(&mut alice, counts(1, 1)).await;
    let keyword =
        json!({ "pattern": "tulip", "actions": ["notify", { "set_tweak": "highlight" }] });
    alice
        .ask("PUT /pushrules/global/content/tulip", keyword)
        .await;
    say("c", text("a Tulip grows")).await;
    check(&mut alice, counts(2, 2)).await;
    // A room of which one wants to hear only what is said to oneself.
    let rule = format!("PUT /pushrules/global/room/{room}");
    alice.ask(&rule, json!({ "actions": [] })).await;
    say("d", text("more")).await;
    check(&mut alice, counts(2, 2)).await;
    let mute = json!({ "actions": [], "conditions": [{ "kind": "event_match", "key": "room_id", "pattern": room }] });
    alice.ask("PUT /pushrules/global/override/mute", mute).await;
    say("e", text("alice")).await;
    check(&mut alice, counts(0, 0)).await;
}

#[tokio::test]
async fn who_is_ignored_is_not_heard() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let (bob, carol) = (
        Client::new(&server, "bob").await,
        Client::new(&server, "carol").await,
    );
    let room = room_of(&[&alice, &bob, &carol]).await;
    alice.sync().await;
    let list =
        json!({ "ignored_users": { "@bob:test": {}, "@nobody:test": {}, "@alice:test": {} } });
    alice
        .ask(
            "PUT /user/@alice:test/account_data/m.ignored_user_list",
            list,
        )
        .await;
    server.say(&bob.token, &room, "spam").await;
    bob.ask(
        &format!("PUT /rooms/{room}/typing/@bob:test"),
        json!({ "typing": true }),
    )
    .await;
    bob.ask("POST /createRoom", json!({ "invite": ["@alice:test"] }))
        .await;
    let line = format!("PUT /rooms/{room}/state/m.room.member/@bob:test");
    bob.ask(&line, json!({ "membership": "leave" })).await;
    server.say(&carol.token, &room, "ham").await;
    let got = alice.sync().await;
    let shown = joined(&got, &room);
    assert_eq!(texts(&shown["timeline"]), ["ham"]);
    assert!(
        types(&shown["timeline"]).contains(&"m.room.member"),
        "state is told"
    );
    assert_eq!(shown["unread_notifications"]["notification_count"], 1);
    assert!(!shown["ephemeral"].to_string().contains("@bob:test"));
    assert_eq!(got.body["rooms"]["invite"], json!({}));
    let read = async |want: &[&str]| {
        let got = alice
            .ask(
                &format!("GET /rooms/{room}/messages?dir=b&limit=3"),
                Value::Null,
            )
            .await;
        let events = json!({ "events": got.body["chunk"] });
        assert_eq!(texts(&events), want);
    };
    read(&["ham"]).await;
    let none = json!({ "ignored_users": {} });
    alice
        .ask(
            "PUT /user/@alice:test/account_data/m.ignored_user_list",
            none,
        )
        .await;
    read(&["ham", "spam"]).await;
    let anew = alice.from("", "timeout=0").await;
    assert_eq!(texts(&joined(&anew, &room)["timeline"]), ["spam", "ham"]);
    assert_eq!(anew.body["rooms"]["invite"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn rooms_that_were_left_are_told_to_those_who_ask() {
    let server = Server::new();
    let mut alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let room = room_of(&[&alice, &bob]).await;
    server.say(&alice.token, &room, "before").await;
    bob.ask(&format!("POST /rooms/{room}/leave"), json!({}))
        .await;
    let line = format!("PUT /rooms/{room}/state/m.room.name");
    alice.ask(&line, json!({ "name": "after" })).await;
    server.say(&alice.token, &room, "after").await;
    let filter = json!({ "room": { "include_leave": true, "timeline": { "limit": 1 } } });
    let stored = bob.ask("POST /user/@bob:test/filter", filter).await;
    let with = format!("timeout=0&filter={}", stored.text("filter_id"));
    let left = async |since: &str, query: &str| {
        let got = bob.from(since, query).await;
        got.body["rooms"]["leave"][&room].clone()
    };
    assert_eq!(left("", "timeout=0").await, Value::Null);
    let shown = left("", &with).await;
    assert_eq!(types(&shown["timeline"]), ["m.room.member"]);
    assert_eq!(shown["timeline"]["limited"], true);
    assert!(types(&shown["state"]).contains(&"m.room.create"));
    assert!(
        !types(&shown["state"]).contains(&"m.room.name"),
        "not what came later"
    );
    let now = bob.from("", "timeout=0").await.text("next_batch");
    assert_eq!(left(&now, &with).await, Value::Null);
    assert!(
        left(&now, &format!("{with}&full_state=true"))
            .await
            .is_object()
    );
    bob.ask(&format!("POST /rooms/{room}/forget"), json!({}))
        .await;
    assert_eq!(left("", &with).await, Value::Null);
    let line = format!("GET /rooms/{room}/messages?dir=b");
    server
        .check(&bob.token, &line, (Value::Null, 403, "M_FORBIDDEN"))
        .await;
    bob.ask(&format!("POST /rooms/{room}/join"), json!({}))
        .await;
    bob.ask(&line, Value::Null).await;
    alice.sync().await;
}

#[tokio::test]
async fn members_are_told_once_to_those_who_load_them_lazily() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let (bob, carol) = (
        Client::new(&server, "bob").await,
        Client::new(&server, "carol").await,
    );
    let room = room_of(&[&alice, &bob, &carol]).await;
    let filter = |redundant: bool| json!({ "room": { "timeline": { "limit": 1 }, "state": { "lazy_load_members": true, "include_redundant_members": redundant } } });
    let mut ids = Vec::new();
    for redundant in [false, true] {
        let stored = alice
            .ask("POST /user/@alice:test/filter", filter(redundant))
            .await;
        ids.push(stored.text("filter_id"));
    }
    let told = async |since: &str, filter: &str| {
        let got = alice
            .from(since, &format!("timeout=0&filter={filter}"))
            .await;
        let shown: Vec<_> = members(&joined(&got, &room)["state"]);
        (
            shown.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(),
            got.text("next_batch"),
        )
    };
    let (_, first) = told("", &ids[0]).await;
    server.say(&bob.token, &room, "one").await;
    let (shown, second) = told(&first, &ids[0]).await;
    // Heroes were told at the start.
    assert!(shown.is_empty() || shown == ["@bob:test"], "{shown:?}");
    server.say(&bob.token, &room, "two").await;
    assert_eq!(told(&second, &ids[0]).await.0, [""; 0], "told before");
    assert_eq!(
        told(&second, &ids[1]).await.0,
        ["@bob:test"],
        "asked for again"
    );
}
