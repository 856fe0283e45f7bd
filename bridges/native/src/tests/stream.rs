//! The stream of events: nothing is missing and nothing comes twice, whatever happens to the connection.

use polylogue_core::facets;
use polylogue_core::visibility::HistoryVisibility;
use serde_json::json;

use super::support::{Client, House, texts};

async fn two_in_a_room(house: &House) -> (Client, Client, String) {
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let room = alice.create("public", Some("#garden")).await;
    bob.join("#garden").await;
    (alice, bob, room)
}

#[tokio::test]
async fn a_cut_connection_resumes_without_gap_or_repetition() {
    let house = House::new();
    let (mut alice, mut bob, room) = two_in_a_room(&house).await;
    let (_, _) = alice.subscribe("now").await;
    bob.say(&room, "1").await;
    bob.say(&room, "2").await;
    assert_eq!(alice.event().await["text"], "1");
    let frame = alice.next("event").await;
    assert_eq!(frame["event"]["text"], "2");
    let cursor = frame["cursor"].as_str().unwrap().to_owned();
    let token = alice.token.clone();
    drop(alice);

    bob.say(&room, "3").await;

    bob.say(&room, "4").await;
    let mut alice = house.resume(&token).await;
    let (missed, live) = alice.subscribe(&cursor).await;
    assert_eq!(texts(&missed), ["3", "4"]);
    bob.say(&room, "5").await;
    assert_eq!(alice.event().await["text"], "5");
    let mut again = house.resume(&token).await;
    let (missed, _) = again.subscribe(&live).await;
    assert_eq!(texts(&missed), ["5"]);
    let (missed, _) = house.resume(&token).await.subscribe("now").await;
    assert_eq!(missed, [] as [serde_json::Value; 0]);
}

/// Subscriptions that begin while others talk: each place in the stream is a way in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_may_begin_at_any_moment() {
    const SAID: usize = 300;
    let house = House::new();
    let (mut alice, mut bob, room) = two_in_a_room(&house).await;
    let (_, start) = alice.subscribe("now").await;
    let talking = tokio::spawn(async move {
        let mut numbers = Vec::new();
        for said in 0..SAID {
            let say = json!({"type": "say", "room": room, "text": said.to_string()});
            numbers.push(bob.request(say).await);
            if said % 50 == 49 {
                for number in numbers.drain(..) {
                    assert_eq!(bob.answer(number).await["type"], "ok");
                }
            }
        }
        // Whoever goes is a signal, which is not what this is about.
        bob
    });
    let want: Vec<String> = (0..SAID).map(|said| said.to_string()).collect();
    let mut cursor = start.clone();
    let mut seen: Vec<String> = Vec::new();
    for round in 0.. {
        let mut late = house.resume(&alice.token).await;
        late.done(json!({"type": "subscribe", "from": cursor}))
            .await;
        // Some frames of each connection, then it is cut.
        for _ in 0..20 {
            let frame = late.receive().await;
            cursor = frame["cursor"].as_str().unwrap().into();
            if frame["type"] == "event" {
                seen.push(frame["event"]["text"].as_str().unwrap().into());
            }
            if seen.len() == SAID {
                break;
            }
        }
        if seen.len() >= SAID {
            break;
        }
        assert!(round < SAID, "{seen:?}");
    }
    assert_eq!(seen, want);
    let _bob = talking.await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < SAID {
        seen.push(alice.event().await["text"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, want, "the connection that was there all the time");
    let (all, _) = house.resume(&alice.token).await.subscribe(&start).await;
    assert_eq!(texts(&all), want);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_caught_up_from_the_log() {
    const SAID: usize = 200;
    let house = House::new();
    let (mut alice, mut bob, room) = two_in_a_room(&house).await;
    alice.subscribe("now").await;
    let long = "x".repeat(60_000);
    // Far more than the socket and the outbox hold, and nobody reads.
    for said in 0..SAID {
        let say = json!({"type": "say", "room": room, "text": format!("{said} {long}")});
        bob.request(say).await;
        if said % 32 == 31 {
            bob.done(json!({"type": "devices"})).await;
        }
    }
    bob.done(json!({"type": "devices"})).await;
    for said in 0..SAID {
        let event = alice.event().await;
        let text = event["text"].as_str().unwrap();
        assert_eq!(text.split_once(' ').unwrap().0, said.to_string());
    }
    // And it is live again.
    bob.say(&room, "at last").await;
    assert_eq!(alice.event().await["text"], "at last");
    assert_eq!(alice.done(json!({"type": "rooms"})).await["type"], "ok");
}

#[tokio::test]
async fn a_stream_holds_what_concerns_its_owner() {
    let house = House::new();
    let (mut alice, mut bob, garden) = two_in_a_room(&house).await;
    let shed = alice.create("private", None).await;
    let token = bob.token.clone();
    let (_, start) = bob.subscribe("now").await;
    alice.say(&garden, "in the garden").await;
    alice.say(&shed, "a secret").await;
    alice
        .done(json!({"type": "invite", "room": shed, "user": "bob", "reason": "come"}))
        .await;
    alice
        .done(json!({"type": "kick", "room": garden, "user": "bob"}))
        .await;
    alice.say(&garden, "behind his back").await;
    alice
        .done(json!({"type": "ban", "room": garden, "user": "bob"}))
        .await;

    let mut live = Vec::new();
    while live.len() < 4 {
        live.push(bob.event().await);
    }
    let changes: Vec<_> = live.iter().map(|event| event["change"].as_str()).collect();
    assert_eq!(changes, [None, Some("invite"), Some("kick"), Some("ban")]);
    assert_eq!(live[0]["text"], "in the garden");
    assert_eq!(live[1]["reason"], "come");
    let (missed, _) = house.resume(&token).await.subscribe(&start).await;
    assert_eq!(missed, live, "the log tells what delivery told");
}

#[tokio::test]
async fn start_is_the_first_event_that_may_be_seen() {
    let house = House::new();
    let (mut alice, mut bob, garden) = two_in_a_room(&house).await;
    alice.say(&garden, "hello").await;
    let shed = alice.create("private", None).await;
    alice.say(&shed, "a secret").await;
    let (events, _) = bob.subscribe("start").await;
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "created", "member", "power", "state", "state", "state", "state", "member", "message"
        ]
    );
    assert!(events.iter().all(|event| event["room"] == *garden));
}

#[tokio::test]
async fn unsubscribed_is_unsubscribed() {
    let house = House::new();
    let (mut alice, mut bob, room) = two_in_a_room(&house).await;
    alice.done(json!({"type": "unsubscribe"})).await;
    alice.subscribe("now").await;
    let again = json!({"type": "subscribe", "from": "now"});
    alice
        .refused(again.clone(), "already_subscribed", None)
        .await;
    bob.say(&room, "1").await;
    assert_eq!(alice.event().await["text"], "1");
    alice.done(json!({"type": "unsubscribe"})).await;
    bob.say(&room, "2").await;
    bob.done(json!({"type": "typing", "room": room, "active": true}))
        .await;
    // Signals go on, and no event came before it.
    assert_eq!(alice.receive().await["signal"]["type"], "typing");
    alice.done(again).await;
    let (missed, _) = alice.until_live().await;
    assert_eq!(texts(&missed), [] as [&str; 0]);
}

#[tokio::test]
async fn a_place_of_a_lost_timeline_is_a_reset() {
    let house = House::new();
    let (mut alice, mut bob, room) = two_in_a_room(&house).await;
    let elsewhere = House::new();
    let mut stranger = elsewhere.register("stranger").await;
    let (_, lost) = stranger.subscribe("now").await;
    let answer = alice.done(json!({"type": "subscribe", "from": lost})).await;
    let reset = alice.receive().await;
    assert_eq!(reset["type"], "reset");
    assert_eq!(reset["cursor"], answer["subscribed"]["cursor"]);
    assert_eq!(alice.receive().await["type"], "live");
    bob.say(&room, "1").await;
    assert_eq!(alice.event().await["text"], "1");
    let (missed, _) = house
        .resume(&alice.token)
        .await
        .subscribe(reset["cursor"].as_str().unwrap())
        .await;
    assert_eq!(texts(&missed), ["1"]);
    let nonsense = json!({"type": "subscribe", "from": "yesterday"});
    bob.refused(nonsense, "bad_value", Some("from")).await;
}

#[tokio::test]
async fn what_newcomers_may_not_see_is_passed_over() {
    const SAID: usize = 300;
    let house = House::new();
    let mut alice = house.register("alice").await;
    let room = alice.create("public", Some("#garden")).await;
    let joined = facets::history_visibility(HistoryVisibility::Joined);
    house.set_state_as("alice", &room, joined).await;
    let say = |text: String| json!({"type": "say", "room": room, "text": text});
    let says: Vec<_> = (0..SAID).map(|said| say(said.to_string())).collect();
    alice.send_together(&says).await;
    alice.done(json!({"type": "devices"})).await;
    let mut bob = house.register("bob").await;
    bob.join("#garden").await;
    alice.say(&room, "welcome").await;
    let (events, _) = bob.subscribe("start").await;
    assert_eq!(texts(&events), ["welcome"], "none of what was before him");
    let history = bob.done(json!({"type": "history", "room": room})).await;
    let seen = history["history"]["events"].as_array().unwrap();
    assert_eq!(seen[seen.len() - 2..], events[events.len() - 2..]);
    assert_eq!(texts(seen), ["welcome"]);
}

#[tokio::test]
async fn a_room_that_was_left_is_silent_even_if_anyone_may_read_it() {
    let house = House::new();
    let (mut alice, mut bob, room) = two_in_a_room(&house).await;
    let open = facets::history_visibility(HistoryVisibility::WorldReadable);
    house.set_state_as("alice", &room, open).await;
    let (_, start) = bob.subscribe("now").await;
    alice.say(&room, "1").await;
    bob.done(json!({"type": "leave", "room": room})).await;
    alice.say(&room, "2").await;
    let (missed, _) = house.resume(&bob.token).await.subscribe(&start).await;
    assert_eq!(texts(&missed), ["1"]);
    assert_eq!(missed[1]["change"], "leave");
    let history = bob.done(json!({"type": "history", "room": room})).await;
    let events = history["history"]["events"].as_array().unwrap();
    assert_eq!(texts(events), ["1", "2"], "who asks is shown it");
}
