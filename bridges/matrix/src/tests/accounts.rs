//! Accounts, credentials and what the server keeps for them.

use polylogue_hub::Registration;
use serde_json::{Value, json};

use super::Server;
use crate::Config;

#[tokio::test]
async fn registration_asks_for_a_dummy_stage() {
    let server = Server::new();
    let got = server
        .check(
            "",
            "POST /register",
            (
                json!({ "username": "alice", "password": "secret" }),
                401,
                "",
            ),
        )
        .await;
    assert_eq!(got.body["flows"], json!([{ "stages": ["m.login.dummy"] }]));
    let check = async |username: Value, status: u16, code: &str| {
        let body = json!({ "username": username, "password": "secret", "auth": { "type": "m.login.dummy" } });
        server
            .check("", "POST /register", (body, status, code))
            .await
    };
    let got = check(json!("alice"), 200, "").await;
    assert_eq!(got.body["user_id"], "@alice:test");
    check(json!("alice"), 400, "M_USER_IN_USE").await;
    check(json!("a1ice"), 400, "M_USER_IN_USE").await;
    check(json!("b&b"), 400, "M_INVALID_USERNAME").await;
    check(json!("admin"), 400, "M_INVALID_USERNAME").await;
    let got = check(Value::Null, 200, "").await;
    assert!(got.text("user_id").starts_with("@u"));
    server
        .check(
            "",
            "POST /register?kind=guest",
            (json!({}), 403, "M_GUEST_ACCESS_FORBIDDEN"),
        )
        .await;
    let wrong =
        json!({ "username": "carol", "password": "x", "auth": { "type": "m.login.recaptcha" } });
    server
        .check("", "POST /register", (wrong, 401, "M_UNRECOGNIZED"))
        .await;
    server
        .check(
            "",
            "GET /register/available?username=carol",
            (Value::Null, 200, ""),
        )
        .await;
    server
        .check(
            "",
            "GET /register/available?username=alice",
            (Value::Null, 400, "M_USER_IN_USE"),
        )
        .await;
}

#[tokio::test]
async fn closed_registration_is_refused_before_anything_is_asked() {
    let server = Server::with(Registration::Closed, Config::default());
    server
        .check("", "POST /register", (json!({}), 403, "M_FORBIDDEN"))
        .await;
}

#[tokio::test]
async fn login_takes_names_in_every_form() {
    let server = Server::new();
    server.account("alice").await;
    let check = async |who: Value, password: &str, (status, code): (u16, &str)| {
        let mut body =
            json!({ "type": "m.login.password", "password": password, "device_id": "PHONE" });
        body.as_object_mut()
            .unwrap()
            .extend(who.as_object().unwrap().clone());
        server.check("", "POST /login", (body, status, code)).await
    };
    let user = |user: &str| json!({ "identifier": { "type": "m.id.user", "user": user } });
    let got = check(user("alice"), "secret", (200, "")).await;
    assert_eq!(
        (got.text("user_id"), got.text("device_id")),
        ("@alice:test".to_owned(), "PHONE".to_owned())
    );
    assert_eq!(got.body.get("well_known"), None);
    check(user("@alice:test"), "secret", (200, "")).await;
    check(json!({ "user": "Alice" }), "secret", (200, "")).await;
    check(user("@alice:elsewhere"), "secret", (403, "M_FORBIDDEN")).await;
    check(user("alice"), "wrong", (403, "M_FORBIDDEN")).await;
    check(user("nobody"), "secret", (403, "M_FORBIDDEN")).await;
    check(
        json!({ "identifier": { "type": "m.id.phone", "phone": "1" } }),
        "secret",
        (400, "M_UNKNOWN"),
    )
    .await;
    let other = json!({ "type": "m.login.sso", "token": "x" });
    server
        .check("", "POST /login", (other, 400, "M_UNKNOWN"))
        .await;
    let got = server.check("", "GET /login", (Value::Null, 200, "")).await;
    let ways = json!([{ "type": "m.login.password" }, { "type": "m.login.token", "get_login_token": true }]);
    assert_eq!(got.body, json!({ "flows": ways }));
}

#[tokio::test]
async fn a_token_ends_with_logout() {
    let server = Server::new();
    let (first, login) = (
        server.account("alice").await,
        json!({ "type": "m.login.password", "user": "alice", "password": "secret" }),
    );
    let second = server
        .ask("", "POST /login", login.clone())
        .await
        .text("access_token");
    server
        .check(&second, "POST /logout", (Value::Null, 200, ""))
        .await;
    server
        .check(
            &second,
            "GET /account/whoami",
            (Value::Null, 401, "M_UNKNOWN_TOKEN"),
        )
        .await;
    server
        .check(&first, "GET /account/whoami", (Value::Null, 200, ""))
        .await;
    let third = server
        .ask("", "POST /login", login)
        .await
        .text("access_token");
    server
        .check(&third, "POST /logout/all", (json!({}), 200, ""))
        .await;
    server
        .check(
            &first,
            "GET /account/whoami",
            (Value::Null, 401, "M_UNKNOWN_TOKEN"),
        )
        .await;
}

#[tokio::test]
async fn ending_devices_and_changing_the_password_need_the_password() {
    let server = Server::new();
    let token = server.account("alice").await;
    server.account("bob").await;
    let login = json!({ "type": "m.login.password", "user": "alice", "password": "secret", "device_id": "PHONE",
        "initial_device_display_name": "My phone" });
    let phone = server
        .ask("", "POST /login", login)
        .await
        .text("access_token");
    let got = server
        .check(&token, "GET /devices/PHONE", (Value::Null, 200, ""))
        .await;
    let want = json!({ "device_id": "PHONE", "display_name": "My phone", "last_seen_ip": null, "last_seen_ts": null });
    assert_eq!(got.body, want);
    server
        .check(
            &token,
            "PUT /devices/PHONE",
            (json!({ "display_name": "Old phone" }), 200, ""),
        )
        .await;
    server
        .check(
            &token,
            "PUT /devices/NONE",
            (json!({ "display_name": "x" }), 404, "M_NOT_FOUND"),
        )
        .await;
    let got = server.ask(&token, "GET /devices", Value::Null).await;
    assert_eq!(got.body["devices"].as_array().unwrap().len(), 2);
    assert_eq!(got.body["devices"][1]["display_name"], "Old phone");

    let proof = |user: &str, password: &str| json!({ "auth": { "type": "m.login.password", "identifier": { "type": "m.id.user", "user": user }, "password": password } });
    let got = server
        .check(&token, "DELETE /devices/PHONE", (Value::Null, 401, ""))
        .await;
    assert_eq!(
        got.body["flows"],
        json!([{ "stages": ["m.login.password"] }])
    );
    server
        .check(
            &token,
            "DELETE /devices/PHONE",
            (proof("alice", "wrong"), 401, "M_FORBIDDEN"),
        )
        .await;
    server
        .check(
            &token,
            "DELETE /devices/PHONE",
            (proof("bob", "secret"), 401, "M_FORBIDDEN"),
        )
        .await;
    server
        .check(&phone, "GET /account/whoami", (Value::Null, 200, ""))
        .await;
    server
        .check(
            &token,
            "DELETE /devices/PHONE",
            (proof("alice", "secret"), 200, ""),
        )
        .await;
    server
        .check(
            &token,
            "DELETE /devices/PHONE",
            (proof("@alice:test", "secret"), 200, ""),
        )
        .await;
    server
        .check(
            &phone,
            "GET /account/whoami",
            (Value::Null, 401, "M_UNKNOWN_TOKEN"),
        )
        .await;

    let mut change = proof("alice", "secret");
    change["new_password"] = json!("better");
    server
        .check(
            &token,
            "POST /account/password",
            (json!({ "new_password": "better" }), 401, ""),
        )
        .await;
    server
        .check(&token, "POST /account/password", (change.clone(), 200, ""))
        .await;
    server
        .check(
            &token,
            "POST /account/password",
            (change, 401, "M_FORBIDDEN"),
        )
        .await;
}

#[tokio::test]
async fn profiles_show_the_nick_until_a_name_is_set() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let check = async |line: &str, want: Value| {
        assert_eq!(server.ask("", line, Value::Null).await.body, want, "{line}");
    };
    check(
        "GET /profile/@alice:test",
        json!({ "displayname": "alice" }),
    )
    .await;
    check("GET /profile/@alice:test/avatar_url", json!({})).await;
    server
        .check(
            &alice,
            "PUT /profile/@alice:test/displayname",
            (json!({ "displayname": "Alice A." }), 200, ""),
        )
        .await;
    server
        .check(
            &alice,
            "PUT /profile/@alice:test/avatar_url",
            (json!({ "avatar_url": "mxc://test/a" }), 200, ""),
        )
        .await;
    check(
        "GET /profile/@alice:test",
        json!({ "displayname": "Alice A.", "avatar_url": "mxc://test/a" }),
    )
    .await;
    check(
        "GET /profile/%40alice%3Atest/displayname",
        json!({ "displayname": "Alice A." }),
    )
    .await;
    server
        .check(
            &bob,
            "PUT /profile/@alice:test/displayname",
            (json!({ "displayname": "x" }), 403, "M_FORBIDDEN"),
        )
        .await;
    server
        .check(
            "",
            "GET /profile/@nobody:test",
            (Value::Null, 404, "M_NOT_FOUND"),
        )
        .await;
    let long = json!({ "displayname": "x".repeat(300) });
    server
        .check(
            &alice,
            "PUT /profile/@alice:test/displayname",
            (long, 413, "M_TOO_LARGE"),
        )
        .await;
}

#[tokio::test]
async fn account_data_comes_back_as_it_was() {
    let server = Server::new();
    let (alice, bob) = (server.account("alice").await, server.account("bob").await);
    let room = server.room(&alice, json!({})).await;
    let own = "/user/@alice:test";
    let check = async |path: &str, content: Value| {
        server
            .check(
                &alice,
                &format!("GET {own}{path}"),
                (Value::Null, 404, "M_NOT_FOUND"),
            )
            .await;
        server
            .check(
                &alice,
                &format!("PUT {own}{path}"),
                (content.clone(), 200, ""),
            )
            .await;
        assert_eq!(
            server
                .ask(&alice, &format!("GET {own}{path}"), Value::Null)
                .await
                .body,
            content
        );
        server
            .check(
                &bob,
                &format!("GET {own}{path}"),
                (Value::Null, 403, "M_FORBIDDEN"),
            )
            .await;
    };
    check("/account_data/m.direct", json!({ "@bob:test": [room] })).await;
    check(
        "/account_data/org.example",
        json!({ "fraction": 0.5, "deep": { "list": [1, null, "ü"] } }),
    )
    .await;
    check(
        &format!("/rooms/{room}/account_data/org.example"),
        json!({ "of": "the room" }),
    )
    .await;
    server
        .check(
            &alice,
            &format!("PUT {own}/account_data/m.fully_read"),
            (json!({}), 405, "M_BAD_JSON"),
        )
        .await;
    server
        .check(
            &alice,
            &format!("PUT {own}/account_data/m.push_rules"),
            (json!({}), 405, "M_BAD_JSON"),
        )
        .await;

    let tags = format!("{own}/rooms/{room}/tags");
    server
        .check(
            &alice,
            &format!("PUT {tags}/m.favourite"),
            (json!({ "order": 0.25 }), 200, ""),
        )
        .await;
    server
        .check(&alice, &format!("PUT {tags}/u.work"), (json!({}), 200, ""))
        .await;
    server
        .check(
            &alice,
            &format!("DELETE {tags}/u.work"),
            (Value::Null, 200, ""),
        )
        .await;
    let got = server
        .ask(&alice, &format!("GET {tags}"), Value::Null)
        .await;
    assert_eq!(
        got.body,
        json!({ "tags": { "m.favourite": { "order": 0.25 } } })
    );
}

#[tokio::test]
async fn filters_are_kept_once() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let filter = json!({ "room": { "timeline": { "limit": 20, "types": ["m.room.message"] }, "state": { "lazy_load_members": true } } });
    let first = server
        .check(
            &alice,
            "POST /user/@alice:test/filter",
            (filter.clone(), 200, ""),
        )
        .await
        .text("filter_id");
    let second = server
        .ask(&alice, "POST /user/@alice:test/filter", filter.clone())
        .await
        .text("filter_id");
    assert_eq!(first, second);
    assert_eq!(
        server
            .ask(
                &alice,
                &format!("GET /user/@alice:test/filter/{first}"),
                Value::Null
            )
            .await
            .body,
        filter
    );
    server
        .check(
            &alice,
            "GET /user/@alice:test/filter/none",
            (Value::Null, 404, "M_NOT_FOUND"),
        )
        .await;
    server
        .check(
            &alice,
            "POST /user/@alice:test/filter",
            (json!({ "room": 7 }), 400, "M_BAD_JSON"),
        )
        .await;
}

#[tokio::test]
async fn push_rules_begin_with_the_defaults() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let got = server
        .check(&alice, "GET /pushrules/", (Value::Null, 200, ""))
        .await;
    for list in ["override", "content", "room", "sender", "underride"] {
        assert!(got.body["global"][list].is_array(), "{list}");
    }
    assert_eq!(
        got.body["global"]["override"][0]["rule_id"],
        ".m.rule.master"
    );
    let rule = "/pushrules/global/content/tea";
    server
        .check(
            &alice,
            &format!("PUT {rule}"),
            (json!({ "actions": ["notify"] }), 400, "M_MISSING_PARAM"),
        )
        .await;
    server
        .check(
            &alice,
            &format!("PUT {rule}"),
            (json!({ "actions": ["notify"], "pattern": "tea" }), 200, ""),
        )
        .await;
    assert_eq!(
        server
            .ask(&alice, &format!("GET {rule}"), Value::Null)
            .await
            .body["pattern"],
        "tea"
    );
    server
        .check(
            &alice,
            &format!("PUT {rule}/enabled"),
            (json!({ "enabled": false }), 200, ""),
        )
        .await;
    assert_eq!(
        server
            .ask(&alice, &format!("GET {rule}/enabled"), Value::Null)
            .await
            .body,
        json!({ "enabled": false })
    );
    server
        .check(
            &alice,
            &format!("PUT {rule}/actions"),
            (json!({ "actions": [] }), 200, ""),
        )
        .await;
    assert_eq!(
        server
            .ask(&alice, &format!("GET {rule}/actions"), Value::Null)
            .await
            .body,
        json!({ "actions": [] })
    );
    server
        .check(&alice, &format!("DELETE {rule}"), (Value::Null, 200, ""))
        .await;
    server
        .check(
            &alice,
            &format!("GET {rule}"),
            (Value::Null, 404, "M_NOT_FOUND"),
        )
        .await;
    server
        .check(
            &alice,
            "DELETE /pushrules/global/override/.m.rule.master",
            (Value::Null, 400, "M_INVALID_PARAM"),
        )
        .await;
    server
        .check(
            &alice,
            "PUT /pushrules/global/override/.m.rule.master/enabled",
            (json!({ "enabled": true }), 200, ""),
        )
        .await;
    let got = server
        .ask(
            &alice,
            "GET /user/@alice:test/account_data/m.push_rules",
            Value::Null,
        )
        .await;
    assert_eq!(got.body["global"]["override"][0]["enabled"], true);
    server
        .check(
            &alice,
            "GET /pushrules/global/nonsense/x",
            (Value::Null, 400, "M_INVALID_PARAM"),
        )
        .await;
}

#[tokio::test]
async fn what_is_simply_there() {
    let server = Server::new();
    let alice = server.account("alice").await;
    let got = server
        .check(&alice, "GET /capabilities", (Value::Null, 200, ""))
        .await;
    assert_eq!(got.body["capabilities"]["m.room_versions"]["default"], "11");
    assert_eq!(
        server.ask(&alice, "GET /pushers", Value::Null).await.body,
        json!({ "pushers": [] })
    );
    assert_eq!(
        server
            .ask(&alice, "GET /thirdparty/protocols", Value::Null)
            .await
            .body,
        json!({})
    );
    let got = server
        .ask("", "GET /_matrix/client/versions", Value::Null)
        .await;
    // Media with a token, and unread counts by thread, are not here.
    assert_eq!(
        got.body["versions"],
        json!(["r0.6.1", "v1.1", "v1.2", "v1.3"])
    );
}

#[tokio::test]
async fn capitals_in_a_new_name_are_lowered() {
    let server = Server::new();
    let body =
        json!({ "username": "Alice", "password": "secret", "auth": { "type": "m.login.dummy" } });
    let got = server.check("", "POST /register", (body, 200, "")).await;
    assert_eq!(got.text("user_id"), "@alice:test");
    let line = "GET /register/available?username=ALICE";
    let taken = (Value::Null, 400, "M_USER_IN_USE");
    server.check("", line, taken).await;
    let identifier = json!({ "type": "m.id.user", "user": "Alice" });
    let body =
        json!({ "type": "m.login.password", "identifier": identifier, "password": "secret" });
    let got = server.check("", "POST /login", (body, 200, "")).await;
    assert_eq!(got.text("user_id"), "@alice:test");
}
