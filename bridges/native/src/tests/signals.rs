//! Signals: to those who are here and asked for them.

use polylogue_core::command::{Destination, Presentation, Say, Who};
use polylogue_core::name::AccountName;
use polylogue_core::{Body, Command, Form, Message, TextKind};
use polylogue_hub::frontend::Security;
use polylogue_hub::{Connecting, Mode, Outbox, Request, Session};
use serde_json::json;

use super::support::House;
use crate::render::NativeRenderer;

#[tokio::test]
async fn who_asked_sees_who_types_and_reads() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let room = alice.create("public", Some("#garden")).await;
    let mut bob = house.register("bob").await;
    bob.join("#garden").await;
    let mut deaf = house.connect_over(Security::Development).await;
    deaf.send(&json!({"type": "hello", "version": 1, "client": "test"}))
        .await;
    deaf.receive().await;
    deaf.done(json!({"type": "resume", "token": alice.token}))
        .await;

    bob.done(json!({"type": "typing", "room": room, "active": true}))
        .await;
    bob.done(json!({"type": "typing", "room": room, "active": false}))
        .await;
    // What came before Bob was in the room is no signal of his to Alice.
    let typing =
        |active: bool| json!({"type": "typing", "room": room, "user": "bob", "active": active});
    assert_eq!(alice.signal().await, typing(true));
    assert_eq!(alice.signal().await, typing(false));

    let first = alice.say(&room, "1").await;
    let second = alice.say(&room, "2").await;
    for event in [&first, &second] {
        bob.done(json!({"type": "read", "room": room, "event": event}))
            .await;
        let want = json!({"type": "read", "room": room, "user": "bob", "event": event});
        assert_eq!(alice.signal().await, want);
    }
    alice.say(&room, "3").await;
    let rooms = bob.done(json!({"type": "rooms"})).await;
    let shown = &rooms["rooms"]["items"][0];
    assert_eq!(
        (&shown["read"], &shown["unread"]),
        (&json!(second), &json!(1))
    );

    // Another connection of one's own is told, the one that did it is not.
    let mut phone = house.resume(&bob.token).await;
    phone
        .done(json!({"type": "read", "room": room, "event": second}))
        .await;
    let third = alice.say(&room, "4").await;
    phone
        .done(json!({"type": "read", "room": room, "event": third}))
        .await;
    assert_eq!(bob.signal().await["event"], *third);

    bob.done(json!({"type": "set_profile", "display_name": "Bob"}))
        .await;
    assert_eq!(alice.signal().await["type"], "read");
    let want =
        json!({"type": "profile", "user": "bob", "display_name": "Bob", "presence": "online"});
    assert_eq!(alice.signal().await, want);
    deaf.done(json!({"type": "devices"})).await;
    deaf.send(&json!({"type": "ping", "token": "last"})).await;
    assert_eq!(
        deaf.receive().await,
        json!({"type": "pong", "token": "last"}),
        "and nothing before it"
    );
}

#[tokio::test]
async fn presence_follows_all_connections_of_a_user() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    alice.create("public", Some("#garden")).await;
    let mut bob = house.register("bob").await;
    bob.join("#garden").await;
    let presence =
        |presence: &str| json!({"type": "presence", "user": "bob", "presence": presence});
    let set = |presence: &str| json!({"type": "set_presence", "presence": presence});

    let mut phone = house.resume(&bob.token).await;
    phone.done(set("away")).await;
    let mut away = set("away");
    away["status"] = "lunch".into();
    bob.done(away).await;
    // One away of two is not away.
    let mut want = presence("away");
    want["status"] = "lunch".into();
    let got = alice.signal().await;
    assert!(got == want || got == presence("away"), "{got}");
    phone.done(set("online")).await;
    assert_eq!(alice.signal().await, presence("online"));
    phone.done(set("offline")).await;
    assert_eq!(alice.signal().await["presence"], "away");
    bob.done(set("offline")).await;
    assert_eq!(alice.signal().await, presence("offline"));
    let seen = alice.done(json!({"type": "profile", "user": "bob"})).await;
    assert_eq!(seen["profile"]["presence"], "offline");
    bob.done(set("online")).await;
    assert_eq!(alice.signal().await, presence("online"));
    let mut with_status = set("online");
    with_status["status"] = "here".into();
    bob.done(with_status).await;
    let mut want = presence("online");
    want["status"] = "here".into();
    assert_eq!(alice.signal().await, want);
    drop(phone);
    drop(bob);
    assert_eq!(alice.signal().await, presence("offline"));
    let mut with_status = set("offline");
    with_status["status"] = "here".into();
    alice
        .refused(with_status, "bad_value", Some("status"))
        .await;
}

#[tokio::test]
async fn a_guest_whispers() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    alice.create("public", Some("#garden")).await;
    let guest = Session::attach(
        &house.hub,
        Connecting {
            address: None,
            away: None,
            who: Who::Guest(AccountName::guest("passer-by", 7).unwrap()),
            device: None,
            proof: None,
            presentation: Presentation {
                front: "irc",
                username: "~g".into(),
                host: "cloak".into(),
                real_name: "".into(),
                since: polylogue_core::Timestamp(0),
                visible: true,
                status: None,
                operator: polylogue_core::command::Operator::Person,
                metadata: Default::default(),
            },
            renderer: std::sync::Arc::new(NativeRenderer::new(house.hub.sealer())),
            outbox: Outbox::woken(Mode::Live),
        },
    )
    .await
    .unwrap();
    let room = house
        .hub
        .world()
        .state
        .room_named(&polylogue_core::name::NameKey::channel("#garden"));
    let change = polylogue_core::facets::guest_access(true);
    let owner = house.hub.world().user_named("alice").unwrap();
    let command = Command::SetState {
        room: room.unwrap(),
        change,
    };
    let actor = polylogue_core::Actor::user(owner, None);
    house
        .hub
        .submit(Request::new(actor, command))
        .await
        .unwrap();
    let command = Command::Join {
        room: polylogue_core::command::RoomRef::Id(room.unwrap()),
        key: None,
        missing: polylogue_core::command::MissingRoom::Refuse,
        reason: None,
    };
    house
        .hub
        .submit(Request::new(guest.actor(), command))
        .await
        .unwrap();

    let text = |kind, text: &str| {
        Message::plain(Body::Text(polylogue_core::Text {
            kind,
            form: Form::Irc(text.into()),
        }))
    };
    for (kind, said) in [
        (TextKind::Text, "\u{2}hi\u{2}"),
        (TextKind::Action, "waves"),
    ] {
        let command = Command::Say(Say {
            to: Destination::User(owner),
            message: text(kind, said),
        });
        house
            .hub
            .submit(Request::new(guest.actor(), command))
            .await
            .unwrap();
    }
    let want = json!({"type": "whisper", "user": "passer-by", "kind": "text", "text": "hi"});
    let mut signals = Vec::new();
    while signals.len() < 2 {
        let signal = alice.signal().await;
        if signal["type"] == "whisper" {
            signals.push(signal);
        }
    }
    assert_eq!(signals[0], want);
    assert_eq!(
        (&signals[1]["kind"], &signals[1]["text"]),
        (&json!("action"), &json!("waves"))
    );
    let answer = alice
        .done(json!({"type": "dm", "user": "passer-by", "text": "hello"}))
        .await;
    assert_eq!(
        answer.get("sent"),
        None,
        "what is said to a guest is not kept"
    );
}
