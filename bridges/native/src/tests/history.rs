//! Pages of history.

use serde_json::{Value, json};

use super::support::{Client, House, texts};

async fn page(
    client: &mut Client,
    room: &str,
    place: Option<(&str, &Value)>,
    limit: usize,
) -> Value {
    let mut request = json!({"type": "history", "room": room, "limit": limit});
    if let Some((name, place)) = place {
        request[name] = place.clone();
    }
    client.done(request).await["history"].take()
}

fn said(page: &Value) -> Vec<&str> {
    texts(page["events"].as_array().unwrap())
}

#[tokio::test]
async fn every_event_is_on_one_page_whichever_way() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let room = alice.create("public", None).await;
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(Value::from(alice.say(&room, &number.to_string()).await));
    }
    let latest = page(&mut alice, &room, None, 4).await;
    assert_eq!(said(&latest), ["6", "7", "8", "9"]);
    assert_eq!(latest.get("after"), None, "there is nothing after it");
    let earlier = page(&mut alice, &room, Some(("before", &latest["before"])), 4).await;
    assert_eq!(said(&earlier), ["2", "3", "4", "5"]);
    let later = page(&mut alice, &room, Some(("after", &earlier["after"])), 3).await;
    assert_eq!(said(&later), ["6", "7", "8"]);
    let last = page(&mut alice, &room, Some(("after", &later["after"])), 3).await;
    assert_eq!((said(&last), last.get("after")), (vec!["9"], None));
    assert!(last["before"].is_string());

    let before = page(&mut alice, &room, Some(("before", &ids[3])), 2).await;
    assert_eq!(said(&before), ["1", "2"]);
    let after = page(&mut alice, &room, Some(("after", &ids[3])), 2).await;
    assert_eq!(said(&after), ["4", "5"]);
    for (limit, want) in [
        (1, vec!["3"]),
        (2, vec!["3", "4"]),
        (3, vec!["2", "3", "4"]),
        (4, vec!["2", "3", "4", "5"]),
    ] {
        let around = page(&mut alice, &room, Some(("around", &ids[3])), limit).await;
        assert_eq!(said(&around), want);
        assert!(around["before"].is_string() && around["after"].is_string());
    }
    let around = page(&mut alice, &room, Some(("around", &earlier["after"])), 2).await;
    assert_eq!(said(&around), ["5", "6"]);

    // All the way back, and all the way forth again.
    let mut place = Value::Null;
    let mut all = Vec::new();
    loop {
        let page = page(
            &mut alice,
            &room,
            (!place.is_null()).then_some(("before", &place)),
            3,
        )
        .await;
        let mut events = page["events"].as_array().unwrap().clone();
        events.append(&mut all);
        all = events;
        place = page["before"].clone();
        if place.is_null() {
            break;
        }
    }
    assert_eq!(all[0]["type"], "created");
    let first = all[0]["id"].clone();
    let rest = page(&mut alice, &room, Some(("after", &first)), 100).await;
    assert_eq!(rest["events"].as_array().unwrap()[..], all[1..]);
    assert_eq!(rest.get("after"), None);
}

#[tokio::test]
async fn a_page_is_never_longer_than_a_frame() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let room = alice.create("public", None).await;
    // Each takes two bytes on the wire.
    let text = "\n".repeat(60_000);
    for _ in 0..12 {
        alice.say(&room, &text).await;
    }
    let latest = page(&mut alice, &room, None, 12).await;
    let count = latest["events"].as_array().unwrap().len();
    assert!((5..12).contains(&count), "{count}");
    let rest = page(
        &mut alice,
        &room,
        Some(("before", &latest["before"])),
        12 - count,
    )
    .await;
    assert_eq!(
        said(&rest).len(),
        12 - count,
        "what had no room is on the next page"
    );
}

#[tokio::test]
async fn history_is_for_those_who_may_see_it() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let room = alice.create("public", Some("#garden")).await;
    let secret = alice.say(&room, "before").await;
    let outside = page(&mut bob, "#garden", None, 10).await;
    assert_eq!(outside, json!({"events": []}));
    let around = json!({"type": "history", "room": room, "around": secret});
    bob.refused(around, "no_such_event", Some("around")).await;
    bob.join("#garden").await;
    let inside = page(&mut bob, "#garden", None, 10).await;
    assert_eq!(said(&inside), ["before"]);
    bob.done(json!({"type": "leave", "room": room})).await;
    alice.say(&room, "behind his back").await;
    let after = page(&mut bob, &room, None, 10).await;
    assert_eq!(said(&after), ["before"]);
    let lost = json!({"type": "history", "room": room, "before": "~AAAAAAAAAAAAAAAAAAAAAA"});
    alice.refused(lost, "no_such_event", Some("before")).await;
    let too_many = json!({"type": "history", "room": room, "limit": 101});
    alice.refused(too_many, "bad_value", Some("limit")).await;
}
