//! Rooms: made, found, entered, left, and who may.

use serde_json::{Value, json};

use super::Server;

#[tokio::test]
async fn rooms_are_made_as_asked() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server
        .room(
            &alice,
            json!({
                "preset": "public_chat", "visibility": "public", "room_alias_name": "garden", "name": "The Garden", "topic": "plants",
                "invite": ["@bob:test"], "room_version": "10", "creation_content": { "m.federate": false, "creator": "@mallory:test" },
                "initial_state": [{ "type": "m.room.avatar", "content": { "url": "mxc://test/a" } }],
                "power_level_content_override": { "events_default": 1, "users": { "@alice:test": 100, "@bob:test": 50 } },
            }),
        )
        .await;
    assert!(
        room.starts_with('!') && room.ends_with(":test") && room.len() == 28,
        "{room}"
    );
    let check = async |path: &str, want: Value| {
        assert_eq!(
            server
                .ask(
                    &alice,
                    &format!("GET /rooms/{room}/state/{path}"),
                    Value::Null
                )
                .await
                .body,
            want,
            "{path}"
        );
    };
    check("m.room.name", json!({ "name": "The Garden" })).await;
    check("m.room.name/", json!({ "name": "The Garden" })).await;
    check("m.room.topic", json!({ "topic": "plants" })).await;
    check("m.room.join_rules", json!({ "join_rule": "public" })).await;
    check("m.room.canonical_alias", json!({ "alias": "#garden:test" })).await;
    check("m.room.avatar", json!({ "url": "mxc://test/a" })).await;
    check(
        "m.room.create",
        json!({ "m.federate": false, "creator": "@alice:test", "room_version": "10" }),
    )
    .await;
    let power = server
        .ask(
            &alice,
            &format!("GET /rooms/{room}/state/m.room.power_levels"),
            Value::Null,
        )
        .await
        .body;
    assert_eq!(
        (
            &power["events_default"],
            &power["users"]["@bob:test"],
            &power["ban"]
        ),
        (&json!(1), &json!(50), &json!(50))
    );
    let state = server
        .ask(&alice, &format!("GET /rooms/{room}/state"), Value::Null)
        .await
        .body;
    let kinds: Vec<_> = state
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds[..3],
        ["m.room.create", "m.room.member", "m.room.power_levels"]
    );

    server
        .check(&bob, &format!("POST /join/{room}"), (Value::Null, 200, ""))
        .await;
    let refuse = async |body: Value, status: u16, code: &str| {
        server
            .check(&alice, "POST /createRoom", (body, status, code))
            .await;
    };
    refuse(json!({ "room_alias_name": "garden" }), 400, "M_ROOM_IN_USE").await;
    refuse(json!({ "room_alias_name": "a b" }), 400, "M_INVALID_PARAM").await;
    refuse(
        json!({ "room_version": "1" }),
        400,
        "M_UNSUPPORTED_ROOM_VERSION",
    )
    .await;
    refuse(json!({ "preset": "nonsense" }), 400, "M_BAD_JSON").await;
    refuse(json!({ "invite": ["@nobody:test"] }), 404, "M_NOT_FOUND").await;
    refuse(json!({ "invite": ["@bob:elsewhere"] }), 404, "M_NOT_FOUND").await;
    refuse(
        json!({ "initial_state": [{ "type": "m.room.member", "content": {} }] }),
        400,
        "M_INVALID_ROOM_STATE",
    )
    .await;
    refuse(
        json!({ "power_level_content_override": { "users": { "@nobody:test": 1 } } }),
        400,
        "M_INVALID_PARAM",
    )
    .await;
    refuse(json!({ "invite_3pid": [{}] }), 403, "M_THREEPID_DENIED").await;
}

#[tokio::test]
async fn members_come_and_go() {
    let server = Server::new();
    let (alice, bob, carol) = (
        server.account("alice").await,
        server.account("bob").await,
        server.account("carol").await,
    );
    let room = server
        .room(&alice, json!({ "preset": "private_chat" }))
        .await;
    let at = |verb: &str| format!("POST /rooms/{room}/{verb}");
    let bob_id = json!({ "user_id": "@bob:test", "reason": "because" });
    server
        .check(&bob, &at("join"), (json!({}), 403, "M_FORBIDDEN"))
        .await;
    server
        .check(&bob, &at("invite"), (bob_id.clone(), 403, "M_FORBIDDEN"))
        .await;
    server
        .check(&alice, &at("invite"), (json!({}), 400, "M_MISSING_PARAM"))
        .await;
    server
        .check(&alice, &at("invite"), (bob_id.clone(), 200, ""))
        .await;
    server.check(&bob, &at("join"), (json!({}), 200, "")).await;
    assert_eq!(
        server
            .ask(&bob, "GET /joined_rooms", Value::Null)
            .await
            .body,
        json!({ "joined_rooms": [room] })
    );
    server
        .check(&alice, &at("invite"), (bob_id.clone(), 403, "M_FORBIDDEN"))
        .await;
    server
        .check(
            &bob,
            &at("kick"),
            (json!({ "user_id": "@alice:test" }), 403, "M_FORBIDDEN"),
        )
        .await;
    server
        .check(&bob, &at("forget"), (Value::Null, 400, "M_UNKNOWN"))
        .await;
    server
        .check(&alice, &at("kick"), (bob_id.clone(), 200, ""))
        .await;
    server
        .check(&alice, &at("kick"), (bob_id.clone(), 403, "M_BAD_STATE"))
        .await;
    server
        .check(&bob, &at("forget"), (Value::Null, 200, ""))
        .await;
    server
        .check(&alice, &at("ban"), (bob_id.clone(), 200, ""))
        .await;
    server
        .check(&bob, &at("join"), (json!({}), 403, "M_FORBIDDEN"))
        .await;
    server
        .check(&alice, &at("unban"), (bob_id.clone(), 200, ""))
        .await;
    server
        .check(&alice, &at("unban"), (bob_id.clone(), 403, "M_BAD_STATE"))
        .await;
    server
        .check(&carol, &at("leave"), (Value::Null, 403, "M_FORBIDDEN"))
        .await;

    let got = server
        .ask(
            &alice,
            &format!("GET /rooms/{room}/members?membership=leave"),
            Value::Null,
        )
        .await;
    assert_eq!(got.body["chunk"][0]["state_key"], "@bob:test");
    assert_eq!(got.body["chunk"].as_array().unwrap().len(), 1);
    let got = server
        .ask(
            &alice,
            &format!("GET /rooms/{room}/joined_members"),
            Value::Null,
        )
        .await;
    assert_eq!(
        got.body,
        json!({ "joined": { "@alice:test": { "display_name": "alice", "avatar_url": null } } })
    );
    server
        .check(
            &carol,
            &format!("GET /rooms/{room}/members"),
            (Value::Null, 403, "M_FORBIDDEN"),
        )
        .await;
    server
        .check(
            &alice,
            &format!("GET /rooms/{room}/members?membership=x"),
            (Value::Null, 400, "M_INVALID_PARAM"),
        )
        .await;
    server
        .check(
            &alice,
            "POST /join/!nonsense:test",
            (Value::Null, 404, "M_NOT_FOUND"),
        )
        .await;
    server
        .check(
            &alice,
            "POST /join/%23nowhere:test",
            (Value::Null, 404, "M_NOT_FOUND"),
        )
        .await;
}

#[tokio::test]
async fn knocking_asks_to_be_let_in() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server.room(&alice, json!({})).await;
    server
        .check(
            &bob,
            &format!("POST /knock/{room}"),
            (json!({}), 403, "M_FORBIDDEN"),
        )
        .await;
    let rules = format!("PUT /rooms/{room}/state/m.room.join_rules");
    server
        .check(
            &alice,
            &rules,
            (json!({ "join_rule": "nonsense" }), 400, "M_INVALID_PARAM"),
        )
        .await;
    server
        .check(&alice, &rules, (json!({ "join_rule": "knock" }), 200, ""))
        .await;
    server
        .check(
            &bob,
            &format!("POST /knock/{room}"),
            (json!({ "reason": "please" }), 200, ""),
        )
        .await;
    let got = server
        .ask(
            &alice,
            &format!("GET /rooms/{room}/state/m.room.member/@bob:test"),
            Value::Null,
        )
        .await;
    assert_eq!(
        (&got.body["membership"], &got.body["reason"]),
        (&json!("knock"), &json!("please"))
    );
}

#[tokio::test]
async fn state_goes_through_the_commands_of_its_own() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server
        .room(&alice, json!({ "preset": "public_chat" }))
        .await;
    let path = |rest: &str| format!("PUT /rooms/{room}/state/{rest}");
    let check = async |token: &str, rest: &str, (body, status, code): (Value, u16, &str)| {
        server.check(token, &path(rest), (body, status, code)).await
    };
    let first = check(&alice, "m.room.name", (json!({ "name": "One" }), 200, "")).await;
    let again = check(&alice, "m.room.name", (json!({ "name": "One" }), 200, "")).await;
    assert_eq!(
        first.text("event_id"),
        again.text("event_id"),
        "the same again is the same event"
    );
    let got = server
        .ask(
            &alice,
            &format!("GET /rooms/{room}/state/m.room.name?format=event"),
            Value::Null,
        )
        .await;
    assert_eq!(got.text("event_id"), first.text("event_id"));
    check(
        &alice,
        "org.example/some%2Fkey",
        (json!({ "x": 1 }), 200, ""),
    )
    .await;
    let got = server
        .ask(
            &alice,
            &format!("GET /rooms/{room}/state/org.example/some%2Fkey"),
            Value::Null,
        )
        .await;
    assert_eq!(got.body, json!({ "x": 1 }));
    check(
        &bob,
        "m.room.name",
        (json!({ "name": "Two" }), 403, "M_FORBIDDEN"),
    )
    .await;
    check(&alice, "m.room.create", (json!({}), 403, "M_FORBIDDEN")).await;
    check(
        &alice,
        "org.example/@bob:test",
        (json!({}), 403, "M_FORBIDDEN"),
    )
    .await;

    let joined = check(
        &bob,
        "m.room.member/@bob:test",
        (json!({ "membership": "join" }), 200, ""),
    )
    .await;
    let again = check(
        &bob,
        "m.room.member/@bob:test",
        (json!({ "membership": "join" }), 200, ""),
    )
    .await;
    assert_eq!(joined.text("event_id"), again.text("event_id"));
    for (by, membership, status, code) in [
        (&alice, "leave", 200, ""),
        (&alice, "ban", 200, ""),
        (&bob, "join", 403, "M_FORBIDDEN"),
        (&alice, "leave", 200, ""),
        (&alice, "invite", 200, ""),
        (&alice, "nonsense", 400, "M_BAD_JSON"),
        (&alice, "join", 403, "M_FORBIDDEN"),
    ] {
        let content = json!({ "membership": membership });
        check(by, "m.room.member/@bob:test", (content, status, code)).await;
    }

    let levels = json!({ "users": { "@alice:test": 100, "@bob:test": 50 }, "kick": 10, "org.example": "kept" });
    let set = check(&alice, "m.room.power_levels", (levels.clone(), 200, "")).await;
    let again = check(&alice, "m.room.power_levels", (levels.clone(), 200, "")).await;
    assert_eq!(set.text("event_id"), again.text("event_id"));
    assert_eq!(
        server
            .ask(
                &alice,
                &format!("GET /rooms/{room}/state/m.room.power_levels"),
                Value::Null
            )
            .await
            .body,
        levels
    );
    for (content, status, code) in [
        (
            json!({ "users": { "@nobody:test": 5 } }),
            400,
            "M_INVALID_PARAM",
        ),
        (json!({ "kick": "10" }), 400, "M_BAD_JSON"),
        (
            json!({ "users": { "@alice:test": 1000 } }),
            403,
            "M_FORBIDDEN",
        ),
    ] {
        check(&alice, "m.room.power_levels", (content, status, code)).await;
    }
}

#[tokio::test]
async fn aliases_lead_to_rooms() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server
        .room(
            &alice,
            json!({ "room_alias_name": "one", "preset": "public_chat" }),
        )
        .await;
    let other = server
        .room(&bob, json!({ "room_alias_name": "other" }))
        .await;
    let alias = |name: &str| format!("/directory/room/%23{name}:test");
    let target = json!({ "room_id": room });
    let got = server
        .check("", &format!("GET {}", alias("one")), (Value::Null, 200, ""))
        .await;
    assert_eq!(got.body, json!({ "room_id": room, "servers": ["test"] }));
    server
        .check(
            &bob,
            &format!("PUT {}", alias("two")),
            (target.clone(), 403, "M_FORBIDDEN"),
        )
        .await;
    server
        .check(
            &alice,
            &format!("PUT {}", alias("two")),
            (target.clone(), 200, ""),
        )
        .await;
    server
        .check(
            &alice,
            &format!("PUT {}", alias("other")),
            (target.clone(), 409, "M_UNKNOWN"),
        )
        .await;
    server
        .check(
            &alice,
            "PUT /directory/room/%23x:elsewhere",
            (target, 400, "M_INVALID_PARAM"),
        )
        .await;
    let got = server
        .ask(&alice, &format!("GET /rooms/{room}/aliases"), Value::Null)
        .await;
    assert_eq!(got.body, json!({ "aliases": ["#one:test", "#two:test"] }));

    let canonical = format!("PUT /rooms/{room}/state/m.room.canonical_alias");
    server
        .check(
            &alice,
            &canonical,
            (json!({ "alias": "#other:test" }), 400, "M_BAD_ALIAS"),
        )
        .await;
    server
        .check(
            &alice,
            &canonical,
            (
                json!({ "alias": "#two:test", "alt_aliases": ["#one:test"] }),
                200,
                "",
            ),
        )
        .await;
    let got = server
        .ask(&alice, &format!("GET /rooms/{room}/aliases"), Value::Null)
        .await;
    assert_eq!(got.body, json!({ "aliases": ["#two:test", "#one:test"] }));
    server
        .check(&bob, "POST /join/%23one:test", (json!({}), 200, ""))
        .await;
    server
        .check(
            &bob,
            &format!("DELETE {}", alias("two")),
            (Value::Null, 403, "M_FORBIDDEN"),
        )
        .await;
    server
        .check(
            &alice,
            &format!("DELETE {}", alias("two")),
            (Value::Null, 200, ""),
        )
        .await;
    server
        .check(
            "",
            &format!("GET {}", alias("two")),
            (Value::Null, 404, "M_NOT_FOUND"),
        )
        .await;
    let got = server
        .ask(
            &alice,
            &format!("GET /rooms/{room}/state/m.room.canonical_alias"),
            Value::Null,
        )
        .await;
    assert_eq!(got.body, json!({ "alt_aliases": ["#one:test"] }));
    server
        .check(
            &alice,
            &format!("PUT {}", alias("three")),
            (json!({ "room_id": other }), 403, "M_FORBIDDEN"),
        )
        .await;
}

#[tokio::test]
async fn the_directory_lists_what_is_published() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let body = json!({ "visibility": "public", "name": "The Garden", "room_alias_name": "garden" });
    let garden = server.room(&alice, body).await;
    let hidden = server.room(&alice, json!({ "name": "Hidden" })).await;
    server
        .check(&bob, "POST /join/%23garden:test", (json!({}), 200, ""))
        .await;
    let space = json!({ "visibility": "public", "name": "Space", "creation_content": { "type": "m.space" } });
    let space = server.room(&alice, space).await;
    let listed = async |line: &str, body: Value, want: &[&str]| {
        let got = server.check(&alice, line, (body, 200, "")).await;
        let ids: Vec<_> = got.body["chunk"]
            .as_array()
            .unwrap()
            .iter()
            .map(|room| room["room_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, want, "{line}");
        got
    };
    let got = listed("GET /publicRooms", Value::Null, &[&garden, &space]).await;
    let first = &got.body["chunk"][0];
    assert_eq!(
        (&first["num_joined_members"], &first["canonical_alias"]),
        (&json!(2), &json!("#garden:test"))
    );
    assert_eq!(
        (
            &first["world_readable"],
            &first["guest_can_join"],
            &first["name"]
        ),
        (&json!(false), &json!(false), &json!("The Garden"))
    );
    let got = listed("GET /publicRooms?limit=1", Value::Null, &[&garden]).await;
    listed(
        &format!("GET /publicRooms?limit=1&since={}", got.text("next_batch")),
        Value::Null,
        &[&space],
    )
    .await;
    listed(
        "POST /publicRooms",
        json!({ "filter": { "generic_search_term": "GARD" } }),
        &[&garden],
    )
    .await;
    listed(
        "POST /publicRooms",
        json!({ "filter": { "room_types": ["m.space"] } }),
        &[&space],
    )
    .await;
    listed(
        "POST /publicRooms",
        json!({ "filter": { "room_types": [null] } }),
        &[&garden],
    )
    .await;

    let listing = format!("/directory/list/room/{hidden}");
    assert_eq!(
        server
            .ask("", &format!("GET {listing}"), Value::Null)
            .await
            .body,
        json!({ "visibility": "private" })
    );
    server
        .check(
            &bob,
            &format!("PUT {listing}"),
            (json!({ "visibility": "public" }), 403, "M_FORBIDDEN"),
        )
        .await;
    server
        .check(
            &alice,
            &format!("PUT {listing}"),
            (json!({ "visibility": "public" }), 200, ""),
        )
        .await;
    listed("GET /publicRooms", Value::Null, &[&garden, &hidden, &space]).await;
}

#[tokio::test]
async fn people_are_found_who_can_be_met() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    server.account("bobby").await;
    let search = async |term: &str, want: &[&str]| {
        let got = server
            .check(
                &alice,
                "POST /user_directory/search",
                (json!({ "search_term": term }), 200, ""),
            )
            .await;
        let ids: Vec<_> = got.body["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["user_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, want, "{term}");
    };
    search("bob", &[]).await;
    server
        .check(
            &alice,
            "GET /presence/@bob:test/status",
            (Value::Null, 403, "M_FORBIDDEN"),
        )
        .await;
    let room = server
        .room(&alice, json!({ "preset": "public_chat" }))
        .await;
    server
        .check(&bob, &format!("POST /join/{room}"), (json!({}), 200, ""))
        .await;
    search("BO", &["@bob:test"]).await;
    search("@bob:test", &["@bob:test"]).await;
    search("carol", &[]).await;
    let got = server
        .check(
            &alice,
            "GET /presence/@bob:test/status",
            (Value::Null, 200, ""),
        )
        .await;
    assert_eq!(got.body, json!({ "presence": "offline" }));
}

#[tokio::test]
async fn rooms_are_the_same_after_a_restart() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let body = json!({ "preset": "public_chat", "name": "Garden", "room_alias_name": "garden" });
    let room = server.room(&alice, body).await;
    server
        .check(&bob, &format!("POST /join/{room}"), (json!({}), 200, ""))
        .await;
    let levels = json!({ "users": { "@alice:test": 100, "@bob:test": 50 } });
    server
        .check(
            &alice,
            &format!("PUT /rooms/{room}/state/m.room.power_levels"),
            (levels, 200, ""),
        )
        .await;
    let state = async |server: &Server| {
        let line = format!("GET /rooms/{room}/state");
        let got = server.check(&alice, &line, (Value::Null, 200, "")).await;
        let mut events = got.body.as_array().unwrap().clone();
        for event in &mut events {
            event["unsigned"].as_object_mut().unwrap().remove("age");
        }
        events
    };
    let before = state(&server).await;
    let server = server.restarted();
    assert_eq!(state(&server).await, before);
    let got = server
        .check(
            "",
            "GET /directory/room/%23garden:test",
            (Value::Null, 200, ""),
        )
        .await;
    assert_eq!(got.text("room_id"), room);
    server.say(&bob, &room, "hello").await;
}

#[tokio::test]
async fn creators_of_version_12_have_no_level_written_down() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let levels = json!({ "users": { "@alice:test": 100 } });
    let body = json!({ "room_version": "12", "power_level_content_override": levels });
    let refused = (body, 400, "M_INVALID_ROOM_STATE");
    server.check(&alice, "POST /createRoom", refused).await;
    let room = server.room(&alice, json!({ "room_version": "12" })).await;
    let line = format!("PUT /rooms/{room}/state/m.room.power_levels");
    let refused = (levels.clone(), 400, "M_INVALID_PARAM");
    server.check(&alice, &line, refused).await;
    let room = server.room(&alice, json!({})).await;
    let line = format!("PUT /rooms/{room}/state/m.room.power_levels");
    server.check(&alice, &line, (levels, 200, "")).await;
}

#[tokio::test]
async fn a_space_shows_its_rooms() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let space = json!({ "type": "m.space" });
    let public = |name: &str| json!({ "preset": "public_chat", "name": name });
    let mut root = public("root");
    root["creation_content"] = space.clone();
    let mut inner = public("inner");
    inner["creation_content"] = space;
    let root = server.room(&alice, root).await;
    let inner = server.room(&alice, inner).await;
    let open = server.room(&alice, public("open")).await;
    let hidden = server.room(&alice, json!({ "name": "hidden" })).await;
    let deep = server.room(&alice, public("deep")).await;
    let put = async |space: &str, child: &str, content: Value| {
        let line = format!("PUT /rooms/{space}/state/m.space.child/{child}");
        server.check(&alice, &line, (content, 200, "")).await;
    };
    let via = |order: &str| json!({ "via": ["test"], "order": order });
    put(&root, &open, via("b")).await;
    put(&root, &inner, via("a")).await;
    put(
        &root,
        &hidden,
        json!({ "via": ["test"], "suggested": true }),
    )
    .await;
    put(&inner, &deep, via("a")).await;
    put(&inner, &root, via("b")).await;
    let list = async |token: &str, query: &str| {
        let line = format!("GET /_matrix/client/v1/rooms/{root}/hierarchy{query}");
        server
            .check(token, &line, (Value::Null, 200, ""))
            .await
            .body
    };
    let check = async |token: &str, query: &str, want: &[&str]| {
        let got = list(token, query).await;
        let rooms = got["rooms"].as_array().unwrap().iter();
        let names: Vec<_> = rooms.map(|room| room["name"].as_str().unwrap()).collect();
        assert_eq!(names, want, "{query}");
    };
    check(&alice, "", &["root", "inner", "open", "hidden", "deep"]).await;
    check(&bob, "", &["root", "inner", "open", "deep"]).await;
    check(&alice, "?max_depth=1", &["root", "inner", "open", "hidden"]).await;
    check(&alice, "?suggested_only=true", &["root", "hidden"]).await;
    let first = list(&bob, "?limit=1").await;
    assert_eq!(first["rooms"][0]["room_type"], "m.space");
    assert_eq!(first["rooms"][0]["children_state"][0]["state_key"], *inner);
    let next = first["next_batch"].as_str().unwrap();
    check(&bob, &format!("?from={next}&limit=1"), &["inner"]).await;
    put(&root, &open, json!({})).await;
    check(&bob, "", &["root", "inner", "deep"]).await;
    let line = format!("GET /_matrix/client/v1/rooms/{hidden}/hierarchy");
    server
        .check(&bob, &line, (Value::Null, 403, "M_FORBIDDEN"))
        .await;
}

#[tokio::test]
async fn a_name_for_one_room_stays_when_the_profile_changes() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let (room, other) = (
        server.room(&alice, json!({})).await,
        server.room(&alice, json!({})).await,
    );
    let member = |room: &str| format!("/rooms/{room}/state/m.room.member/@alice:test");
    let content = json!({ "membership": "join", "displayname": "Gardener", "org.example": 1 });
    let line = format!("PUT {}", member(&room));
    let set = server.check(&alice, &line, (content, 200, "")).await;
    let name = "PUT /profile/@alice:test/displayname";
    let body = json!({ "displayname": "Alice" });
    server.check(&alice, name, (body, 200, "")).await;
    let read = async |room: &str| {
        let line = format!("GET {}?format=event", member(room));
        server.check(&alice, &line, (Value::Null, 200, "")).await
    };
    let here = read(&room).await;
    assert_eq!(here.body["event_id"], set.body["event_id"]);
    assert_eq!(
        here.body["content"],
        json!({ "membership": "join", "displayname": "Gardener", "org.example": 1 })
    );
    assert_eq!(read(&other).await.body["content"]["displayname"], "Alice");
    // Joining again says nothing new.
    let line = format!("PUT {}", member(&room));
    let again = server
        .check(&alice, &line, (json!({ "membership": "join" }), 200, ""))
        .await;
    assert_eq!(again.body["event_id"], set.body["event_id"]);
}
