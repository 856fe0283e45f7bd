//! Frames, greetings, time and the end of a connection.

use polylogue_hub::Registration;
use polylogue_hub::frontend::Security;
use serde_json::json;

use super::support::House;
use crate::Config;

#[tokio::test]
async fn hello_comes_once_and_first() {
    let house = House::new();
    let mut rude = house.connect_over(Security::Development).await;
    rude.send(&json!({"type": "ping", "id": 7})).await;
    rude.ended("hello_expected").await;
    let mut twice = house.connect().await;
    twice
        .send(&json!({"type": "hello", "version": 1, "client": "test"}))
        .await;
    twice.ended("hello_expected").await;
    let mut newer = house.connect_over(Security::Development).await;
    newer
        .send(&json!({"type": "hello", "version": 2, "client": "test"}))
        .await;
    newer.ended("unsupported_version").await;

    let mut client = house.connect_over(Security::Development).await;
    let features = ["read", "smell", "typing", "read"];
    let hello =
        json!({"type": "hello", "id": 3, "version": 1, "client": "test", "features": features});
    client.send(&hello).await;
    let want = json!({
        "type": "hello", "id": 3, "server": "chat.example", "version": 1,
        "software": concat!("polylogue ", env!("CARGO_PKG_VERSION")),
        "features": ["typing", "read"],
        "limits": {"frame_bytes": 131_072, "text_bytes": 64_000, "history_events": 100, "requests": 64, "timeout_seconds": 150},
    });
    assert_eq!(client.receive().await, want);
    client.send(&json!({"type": "ping", "token": "a1"})).await;
    assert_eq!(
        client.receive().await,
        json!({"type": "pong", "token": "a1"})
    );
}

#[tokio::test]
async fn a_bad_body_spoils_no_other_frame() {
    let house = House::new();
    let mut client = house.register("alice").await;
    let check = async |client: &mut super::support::Client, body: &[u8], code: &str| {
        client.send_body(body).await;
        assert_eq!(client.receive().await["code"], code, "{body:?}");
    };
    check(&mut client, b"\xff", "not_utf8").await;
    check(&mut client, b"[]", "bad_json").await;
    check(
        &mut client,
        b"{\"type\":\"pong\",\"type\":\"pong\"}",
        "bad_json",
    )
    .await;
    check(&mut client, b"{\"type\":\"dance\"}", "unknown_type").await;
    check(&mut client, b"{\"type\":\"join\"}", "missing_field").await;
    check(
        &mut client,
        b"{\"type\":\"devices\",\"x\":1}",
        "unknown_field",
    )
    .await;
    check(&mut client, b"{\"type\":\"join\",\"room\":1}", "wrong_type").await;
    check(
        &mut client,
        b"{\"type\":\"join\",\"room\":\"\"}",
        "bad_value",
    )
    .await;
    client.done(json!({"type": "devices"})).await;
}

#[tokio::test]
async fn a_bad_header_ends_the_connection() {
    let house = House::new();
    let mut empty = house.connect().await;
    empty.send_bytes(&[0, 0, 0, 0]).await;
    empty.ended("bad_frame").await;
    let mut large = house.connect().await;
    large.send_bytes(b"GET / HTTP/1.1\r\n\r\n").await;
    large.ended("too_large").await;
    let mut short = house.connect().await;
    short.send_bytes(&[0, 0, 0, 9, b'{']).await;
    short.close_write().await;
    short.ended("bad_frame").await;
}

#[tokio::test]
async fn requests_are_answered_in_order_and_unnumbered_ones_only_refused() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let room = alice.create("public", None).await;
    let say = |text: &str| json!({"type": "say", "room": room, "text": text});
    alice.send(&say("no answer")).await;
    alice
        .send(&json!({"type": "say", "room": "none", "text": "x"}))
        .await;
    let mut numbers = Vec::new();
    for text in ["1", "2", "3"] {
        numbers.push(alice.request(say(text)).await);
    }
    numbers.push(
        alice
            .request(json!({"type": "history", "room": room, "limit": 4}))
            .await,
    );
    let refused = alice.receive().await;
    assert_eq!(
        (&refused["code"], refused.get("id")),
        (&json!("no_such_room"), None)
    );
    for number in &numbers[..3] {
        assert_eq!(alice.receive().await["id"], *number);
    }
    let history = alice.receive().await;
    let events = history["history"]["events"].as_array().unwrap();
    assert_eq!(super::support::texts(events), ["no answer", "1", "2", "3"]);
}

#[tokio::test]
async fn silence_is_asked_about_and_then_ends() {
    let house = House::new();
    let mut client = house.connect().await;
    let mut mute = house.connect_over(Security::Development).await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    mute.ended("timed_out").await;
    assert!(begun.elapsed().as_secs() >= 29);
    let ping = client.receive().await;
    assert_eq!(ping, json!({"type": "ping", "token": "s1"}));
    assert!((89..100).contains(&begun.elapsed().as_secs()));
    client.send(&json!({"type": "pong", "token": "s1"})).await;
    let ping = client.receive().await;
    assert_eq!(ping, json!({"type": "ping", "token": "s2"}));
    client.ended("timed_out").await;
}

#[tokio::test]
async fn a_server_that_goes_down_says_so() {
    let house = House::with(Config::default(), Registration::Open);
    let mut alice = house.register("alice").await;
    let mut stranger = house.connect().await;
    house.native.stop();
    alice.ended("shutting_down").await;
    stranger.ended("shutting_down").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_carries_the_same() {
    const SAID: usize = 100;
    let house = House::new();
    let mut alice = house.connect_over_tls().await;
    let hello = json!({"type": "hello", "version": 1, "client": "test"});
    alice.send(&hello).await;
    assert_eq!(alice.receive().await["type"], "hello");
    let register = json!({"type": "register", "name": "alice", "password": "x"});
    let token = alice.done(register).await["session"]["token"].take();
    let room = alice.create("public", Some("#garden")).await;
    alice.subscribe("now").await;
    let mut bob = house.register("bob").await;
    bob.join("#garden").await;
    assert_eq!(alice.event().await["change"], "join");
    // More than the sockets and the outbox hold, while nobody reads.
    let long = "x".repeat(60_000);
    for said in 0..SAID {
        bob.say(&room, &format!("{said} {long}")).await;
    }
    for said in 0..SAID {
        let event = alice.event().await;
        let text = event["text"].as_str().unwrap();
        assert_eq!(text.split_once(' ').unwrap().0, said.to_string());
    }
    alice.done(json!({"type": "logout"})).await;
    alice.ended("logged_out").await;
    let mut late = house.connect().await;
    let resume = json!({"type": "resume", "token": token});
    late.refused(resume, "unknown_token", Some("token")).await;
}
