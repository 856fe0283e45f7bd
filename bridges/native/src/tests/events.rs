//! What people do on other protocols, as native clients read it.

use polylogue_core::body::Content;
use polylogue_core::{Body, Form, Json, Message, TextKind};
use serde_json::json;

use super::support::House;

#[tokio::test]
async fn words_of_other_protocols() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let room = alice.create("public", Some("#garden")).await;
    bob.join("#garden").await;
    alice.subscribe("now").await;
    let matrix = Json::from_value(&json!({
        "msgtype": "m.text", "body": "*hi*", "format": "org.matrix.custom.html",
        "formatted_body": "<b>hi</b><script>x</script>",
    }));
    for (kind, form, want) in [
        (
            TextKind::Text,
            Form::Irc("plain".into()),
            ("text", "plain", None),
        ),
        (
            TextKind::Notice,
            Form::Irc("\u{2}bold\u{2} & \u{1d}more".into()),
            (
                "notice",
                "bold & more",
                Some("<strong>bold</strong> &amp; <em>more</em>"),
            ),
        ),
        (
            TextKind::Action,
            Form::Irc("waves".into()),
            ("action", "waves", None),
        ),
        (
            TextKind::Text,
            Form::Matrix(matrix.unwrap()),
            ("text", "*hi*", Some("<strong>hi</strong>")),
        ),
    ] {
        house.say_as("bob", &room, (kind, form)).await;
        let event = alice.event().await;
        let got = (
            event["kind"].as_str().unwrap(),
            event["text"].as_str().unwrap(),
            event["html"].as_str(),
        );
        assert_eq!(got, want);
        assert_eq!(event["sender"], "bob");
    }
    let poll = Content {
        kind: "m.poll.start".into(),
        content: Json::from_value(&json!({"m.poll": {"question": {"m.text": "tulips?"}}})).unwrap(),
    };
    let message = Message::plain(Body::Media(poll));
    house.say_body_as("bob", &room, message).await;
    assert_eq!(alice.event().await["text"], "[poll] tulips?");
}

#[tokio::test]
async fn what_the_server_does_has_its_name() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let user = house.hub.world().user_named("alice").unwrap();
    // As IRC makes a channel.
    let command = polylogue_core::Command::Join {
        room: polylogue_core::command::RoomRef::Name(
            polylogue_core::name::ChannelName::parse("#new").unwrap(),
        ),
        key: None,
        missing: polylogue_core::command::MissingRoom::Create,
        reason: None,
    };
    let actor = polylogue_core::Actor::user(user, None);
    house
        .hub
        .submit(polylogue_hub::Request::new(actor, command))
        .await
        .unwrap();
    let history = alice.done(json!({"type": "history", "room": "#new"})).await;
    let created = &history["history"]["events"][0];
    assert_eq!(
        (&created["type"], &created["sender"]),
        (&json!("created"), &json!("server"))
    );
    let mut impostor = house.connect().await;
    let register = json!({"type": "register", "name": "server", "password": "x"});
    impostor.refused(register, "bad_name", Some("name")).await;
}
