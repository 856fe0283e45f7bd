//! Rooms: made, entered, left, listed, ruled.

use serde_json::{Value, json};

use super::support::House;

fn aliases(answer: &Value) -> Vec<&str> {
    let rooms = answer["rooms"]["items"].as_array().unwrap();
    rooms
        .iter()
        .filter_map(|room| room["alias"].as_str())
        .collect()
}

fn users(answer: &Value) -> Vec<(&str, i64)> {
    let members = answer["members"]["items"].as_array().unwrap();
    members
        .iter()
        .map(|member| {
            (
                member["user"].as_str().unwrap(),
                member["level"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_room_is_what_its_maker_wished() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let create = json!({
        "type": "create", "visibility": "public", "alias": "#Garden", "name": "The garden", "topic": "What grows",
        "invite": ["bob"],
    });
    let made = alice.done(create.clone()).await;
    let id = made["room"]["id"].clone();
    let want = json!({
        "id": id, "alias": "#Garden", "name": "The garden", "topic": "What grows", "members": 1, "encrypted": false,
        "membership": "join",
    });
    assert_eq!(made["room"], want);
    assert_eq!(id.as_str().unwrap().len(), 22, "opaque: {id}");
    alice.refused(create, "name_taken", Some("alias")).await;
    let mine = bob.done(json!({"type": "rooms"})).await;
    assert_eq!(mine["rooms"]["items"][0]["membership"], "invite");
    let joined = bob.done(json!({"type": "join", "room": "#garden"})).await;
    assert_eq!(joined["room"]["members"], 2);
    let again = bob.done(json!({"type": "join", "room": id})).await;
    assert_eq!(again["room"], joined["room"]);
    bob.done(json!({"type": "leave", "room": id, "reason": "winter"}))
        .await;
    let mine = bob.done(json!({"type": "rooms"})).await;
    assert_eq!(mine["rooms"]["items"], json!([]));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    for name in ["#a1", "#b2", "#c3", "#d4", "#e5"] {
        alice.create("public", Some(name)).await;
    }
    alice.create("unlisted", Some("#hidden")).await;
    let mut bob = house.register("bob").await;
    bob.join("#c3").await;
    for (kind, client, all) in [("rooms", &mut alice, 6), ("directory", &mut bob, 5)] {
        let mut seen: Vec<String> = Vec::new();
        let mut page = Value::Null;
        loop {
            let request = json!({"type": kind, "limit": 2, "page": page});
            let answer = client.done(request).await;
            assert!(answer["rooms"]["items"].as_array().unwrap().len() <= 2);
            seen.extend(aliases(&answer).into_iter().map(str::to_owned));
            page = answer["rooms"]["next"].clone();
            if page.is_null() {
                break;
            }
        }
        assert_eq!(seen.len(), all, "{kind} {seen:?}");
        seen.dedup();
        assert_eq!(seen.len(), all, "{kind} {seen:?}");
        let bad = json!({"type": kind, "page": "2"});
        client.refused(bad, "bad_value", Some("page")).await;
    }
    let found = bob.done(json!({"type": "directory", "search": "C3"})).await;
    assert_eq!(aliases(&found), ["#c3"]);
    assert_eq!(found["rooms"]["items"][0]["membership"], "join");
    let members = json!({"type": "members", "room": "#c3", "limit": 1});
    let first = bob.done(members.clone()).await;
    assert_eq!(users(&first), [("alice", 100)]);
    let mut next = members;
    next["page"] = first["members"]["next"].clone();
    let second = bob.done(next).await;
    assert_eq!(users(&second), [("bob", 0)]);
    assert_eq!(second["members"]["next"], Value::Null);
}

#[tokio::test]
async fn the_powerful_rule() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let room = alice.create("public", Some("#garden")).await;
    let shown = alice.done(json!({"type": "directory"})).await;
    assert_eq!(shown["rooms"]["items"][0]["id"], *room);
    bob.join(&room).await;
    alice.subscribe("now").await;

    let topic = json!({"type": "set_topic", "room": room, "topic": "What\ngrows"});
    bob.refused(topic.clone(), "forbidden", None).await;
    let sent = alice.done(topic.clone()).await;
    let event = alice.event().await;
    assert_eq!(
        (&event["type"], &event["topic"]),
        (&json!("topic"), &json!("What\ngrows"))
    );
    assert_eq!(event["id"], sent["sent"]["event"]);
    assert_eq!(event["time"], sent["sent"]["time"]);
    alice.refused(topic, "unchanged", None).await;
    alice
        .done(json!({"type": "set_name", "room": room, "name": "Garden"}))
        .await;
    assert_eq!(alice.event().await["name"], "Garden");

    let power = json!({"type": "set_power", "room": room, "power": {"users": {"bob": 50}, "events_default": 1}});
    alice.done(power.clone()).await;
    let event = alice.event().await;
    assert_eq!(event["power"]["users"], json!({"alice": 100, "bob": 50}));
    assert_eq!(event["power"]["events_default"], 1);
    assert_eq!(event["power"]["ban"], 50, "what is not named stays");
    alice.refused(power, "unchanged", None).await;
    let too_much = json!({"type": "set_power", "room": room, "power": {"users": {"bob": 101}}});
    bob.refused(too_much, "forbidden", None).await;
    let nobody = json!({"type": "set_power", "room": room, "power": {"users": {"nobody": 1}}});
    bob.refused(nobody, "no_such_user", Some("power.users.nobody"))
        .await;

    let mut carol = house.register("carol").await;
    carol.join(&room).await;
    assert_eq!(alice.event().await["change"], "join");
    carol
        .refused(
            json!({"type": "say", "room": room, "text": "x"}),
            "forbidden",
            None,
        )
        .await;
    let ban = json!({"type": "ban", "room": room, "user": "carol", "reason": "weeds"});
    bob.done(ban).await;
    let event = alice.event().await;
    let got = (
        &event["sender"],
        &event["user"],
        &event["change"],
        &event["reason"],
    );
    assert_eq!(
        got,
        (
            &json!("bob"),
            &json!("carol"),
            &json!("ban"),
            &json!("weeds")
        )
    );
    carol
        .refused(json!({"type": "join", "room": room}), "banned", None)
        .await;
    let banned = bob
        .done(json!({"type": "members", "room": room, "membership": "ban"}))
        .await;
    assert_eq!(users(&banned), [("carol", 0)]);
    let request = json!({"type": "unban", "room": room, "user": "carol", "reason": "spring"});
    bob.done(request).await;
    let event = alice.event().await;
    assert_eq!(
        (&event["change"], &event["reason"]),
        (&json!("kick"), &json!("spring")),
        "the ban is taken back"
    );
    carol.join(&room).await;
}

#[tokio::test]
async fn a_hidden_room_is_no_room() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let room = alice.create("private", None).await;
    let event = alice.say(&room, "a secret").await;
    let unknown = house.hub.room_key(polylogue_core::RoomId(4711));
    for room in [room.as_str(), unknown.as_str(), "r7", "#nowhere"] {
        let requests = [
            json!({"type": "join", "room": room}),
            json!({"type": "leave", "room": room}),
            json!({"type": "knock", "room": room}),
            json!({"type": "invite", "room": room, "user": "alice"}),
            json!({"type": "kick", "room": room, "user": "nobody"}),
            json!({"type": "ban", "room": room, "user": "alice"}),
            json!({"type": "unban", "room": room, "user": "alice"}),
            json!({"type": "members", "room": room}),
            json!({"type": "set_topic", "room": room, "topic": "x"}),
            json!({"type": "set_name", "room": room, "name": "x"}),
            json!({"type": "set_power", "room": room, "power": {"ban": 0}}),
            json!({"type": "say", "room": room, "text": "x"}),
            json!({"type": "say", "room": room, "text": "x", "reply_to": event}),
            json!({"type": "edit", "room": room, "text": "x", "target": event}),
            json!({"type": "react", "room": room, "reaction": "x", "target": event}),
            json!({"type": "redact", "room": room, "target": event}),
            json!({"type": "send", "room": room, "event_type": "x.y", "content": {}}),
            json!({"type": "history", "room": room}),
            json!({"type": "history", "room": room, "around": event}),
            json!({"type": "typing", "room": room, "active": true}),
            json!({"type": "read", "room": room, "event": event}),
        ];
        for request in requests {
            let answer = bob.ask(request.clone()).await;
            let want = json!({"type": "error", "id": answer["id"], "code": "no_such_room", "message": "no such room", "field": "room"});
            assert_eq!(answer, want, "{request}");
        }
    }
    alice
        .done(json!({"type": "invite", "room": room, "user": "bob"}))
        .await;
    bob.refused(
        json!({"type": "say", "room": room, "text": "x"}),
        "not_joined",
        Some("room"),
    )
    .await;
    bob.join(&room).await;
}

#[tokio::test]
async fn doors() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let closed = alice.create("private", Some("#closed")).await;
    bob.refused(
        json!({"type": "join", "room": "#closed"}),
        "invite_only",
        None,
    )
    .await;
    bob.refused(
        json!({"type": "knock", "room": "#closed"}),
        "forbidden",
        None,
    )
    .await;
    let rule = polylogue_core::facets::join_rules(polylogue_core::room::JoinRule::Knock);
    let room = house.hub.open_room_key(&closed).unwrap();
    let alice_id = house.hub.world().user_named("alice").unwrap();
    let as_alice = |command| {
        let actor = polylogue_core::Actor::user(alice_id, None);
        house
            .hub
            .submit(polylogue_hub::Request::new(actor, command))
    };
    let command = polylogue_core::Command::SetState { room, change: rule };
    as_alice(command).await.unwrap();
    alice.subscribe("now").await;
    bob.done(json!({"type": "knock", "room": "#closed", "reason": "I have a key"}))
        .await;
    let event = alice.event().await;
    assert_eq!(
        (&event["change"], &event["reason"]),
        (&json!("knock"), &json!("I have a key"))
    );
    alice
        .done(json!({"type": "invite", "room": closed, "user": "bob"}))
        .await;
    bob.join("#closed").await;
    let invited = json!({"type": "invite", "room": closed, "user": "bob"});
    alice.refused(invited, "already_joined", None).await;
    let kick = json!({"type": "kick", "room": closed, "user": "bob"});
    alice.done(kick.clone()).await;
    alice.refused(kick, "user_not_joined", Some("user")).await;

    let locked = alice.create("public", Some("#locked")).await;
    let room = house.hub.open_room_key(&locked).unwrap();
    let setting = polylogue_core::event::RoomSetting::Key(Some("sesame".into()));
    let command = polylogue_core::Command::SetSetting { room, setting };
    as_alice(command).await.unwrap();
    bob.refused(
        json!({"type": "join", "room": "#locked"}),
        "wrong_room_key",
        Some("room_key"),
    )
    .await;
    bob.done(json!({"type": "join", "room": "#locked", "room_key": "sesame"}))
        .await;
}
