//! Accounts and credentials.

use polylogue_hub::frontend::Security;
use polylogue_hub::{Registration, RegistrationTokens};
use serde_json::json;

use super::support::{House, PASSWORD, texts};
use crate::Config;

#[tokio::test]
async fn logging_in_and_out() {
    let house = House::new();
    let mut alice = house.connect().await;
    let register =
        json!({"type": "register", "name": "Alice", "password": PASSWORD, "device": "laptop"});
    let first = alice.done(register.clone()).await;
    assert_eq!(first["session"]["user"], "Alice");
    let mut phone = house.connect().await;
    phone.refused(register, "name_taken", Some("name")).await;
    let wrong = json!({"type": "login", "name": "alice", "password": "guess"});
    phone.refused(wrong, "bad_credentials", None).await;
    let nobody = json!({"type": "login", "name": "nobody", "password": "guess"});
    phone.refused(nobody, "bad_credentials", None).await;
    let login = json!({"type": "login", "name": "alice", "password": PASSWORD});
    let second = phone.done(login.clone()).await;
    assert_ne!(first["session"]["device"], second["session"]["device"]);
    phone.refused(login, "already_authenticated", None).await;

    let devices = phone.done(json!({"type": "devices"})).await;
    assert_eq!(devices["devices"][0]["id"], first["session"]["device"]);
    assert_eq!(devices["devices"][0]["name"], "laptop");
    assert!(devices["devices"][0]["created"].as_u64() > Some(1_600_000_000_000));
    assert_eq!(devices["devices"][1]["id"], second["session"]["device"]);

    let mut resumed = house
        .resume(first["session"]["token"].as_str().unwrap())
        .await;
    let other = json!({"type": "logout", "device": second["session"]["device"]});
    resumed.refused(other.clone(), "proof_needed", None).await;
    resumed
        .refused(
            json!({"type": "prove", "password": "guess"}),
            "bad_credentials",
            Some("password"),
        )
        .await;
    resumed
        .done(json!({"type": "prove", "password": PASSWORD}))
        .await;
    resumed.done(other).await;
    phone.ended("logged_out").await;
    resumed
        .refused(
            json!({"type": "logout", "device": "none"}),
            "no_such_device",
            Some("device"),
        )
        .await;

    // Its own credential: the answer comes, then the end, on both connections.
    let room = resumed.create("public", Some("#garden")).await;
    resumed
        .send_together(&[
            json!({"type": "logout", "id": 100}),
            json!({"type": "say", "room": room, "text": "too late"}),
        ])
        .await;
    assert_eq!(resumed.answer(100).await["type"], "ok");
    resumed.ended("logged_out").await;
    let mut bob = house.register("bob").await;
    bob.join(&room).await;
    let history = bob.done(json!({"type": "history", "room": room})).await;
    let events = history["history"]["events"].as_array().unwrap();
    assert_eq!(texts(events), [] as [&str; 0]);
    alice.ended("logged_out").await;
    let mut late = house.connect().await;
    let resume = json!({"type": "resume", "token": first["session"]["token"]});
    late.refused(resume, "unknown_token", Some("token")).await;
}

#[tokio::test]
async fn a_new_password_ends_the_other_credentials() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let login = json!({"type": "login", "name": "alice", "password": PASSWORD});
    let mut phone = house.connect().await;
    phone.done(login.clone()).await;
    let mut resumed = house.resume(&alice.token).await;
    let change = json!({"type": "set_password", "password": "new and better", "others": "keep"});
    resumed.refused(change.clone(), "proof_needed", None).await;
    // Whoever has just registered has just shown the password.
    alice.done(change).await;
    phone.done(json!({"type": "devices"})).await;
    // What the phone has proven is a password of the past.
    let again = json!({"type": "set_password", "password": "better still"});
    phone.refused(again.clone(), "proof_needed", None).await;
    phone
        .done(json!({"type": "prove", "password": "new and better"}))
        .await;
    phone.done(again).await;
    alice.ended("logged_out").await;
    resumed.ended("logged_out").await;
    phone.done(json!({"type": "devices"})).await;
    house
        .connect()
        .await
        .refused(login, "bad_credentials", None)
        .await;
}

#[tokio::test]
async fn passwords_do_not_travel_in_the_open() {
    let house = House::new();
    let alice = house.register("alice").await;
    let mut open = house.connect_over(Security::Plain).await;
    open.send(&json!({"type": "hello", "version": 1, "client": "test"}))
        .await;
    open.receive().await;
    let with_password = |kind: &str| json!({"type": kind, "name": "bob", "password": PASSWORD});
    open.refused(with_password("register"), "plain_connection", None)
        .await;
    open.refused(with_password("login"), "plain_connection", None)
        .await;
    // A token was given out over a better connection, and can be taken back.
    open.done(json!({"type": "resume", "token": alice.token}))
        .await;
    for kind in ["prove", "set_password"] {
        let request = json!({"type": kind, "password": PASSWORD});
        open.refused(request, "plain_connection", None).await;
    }
}

#[tokio::test]
async fn a_closed_house_takes_no_new_accounts() {
    let house = House::with(Config::default(), Registration::Closed);
    let register = json!({"type": "register", "name": "alice", "password": PASSWORD});
    let mut stranger = house.connect().await;
    stranger
        .refused(register, "registration_closed", None)
        .await;
}

#[tokio::test]
async fn a_registration_token_makes_an_account() {
    let tokens = Registration::Token(RegistrationTokens::new(["garden"]));
    let house = House::with(Config::default(), tokens);
    let mut stranger = house.connect().await;
    let register = |token: Option<&str>| {
        let mut request = json!({"type": "register", "name": "alice", "password": PASSWORD});
        if let Some(token) = token {
            request["token"] = token.into();
        }
        request
    };
    for wrong in [None, Some("shed")] {
        stranger
            .refused(register(wrong), "wrong_registration_token", Some("token"))
            .await;
    }
    stranger.done(register(Some("garden"))).await;
}

#[tokio::test]
async fn a_disabled_account_stays_outside() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let user = house.hub.world().user_named("alice").unwrap();
    let command = polylogue_core::Command::Disable {
        user,
        state: polylogue_core::command::AccountState::Disabled,
    };
    let administrator = polylogue_core::Actor::ADMINISTRATOR;
    let request = polylogue_hub::Request::new(administrator, command);
    house.hub.submit(request).await.unwrap();
    alice.ended("logged_out").await;
    let mut again = house.connect().await;
    let login = json!({"type": "login", "name": "alice", "password": PASSWORD});
    again.refused(login, "account_disabled", None).await;
    let resume = json!({"type": "resume", "token": alice.token});
    again.refused(resume, "unknown_token", Some("token")).await;
}

#[tokio::test]
async fn a_profile_shows_what_its_owner_shows() {
    let house = House::new();
    let mut alice = house.register("alice").await;
    let mut bob = house.register("bob").await;
    let profile = json!({"type": "set_profile", "display_name": "Alice A.", "avatar": "mxc://chat.example/a"});
    alice.done(profile).await;
    let own = alice.done(json!({"type": "profile"})).await;
    let want = json!({"user": "alice", "display_name": "Alice A.", "avatar": "mxc://chat.example/a", "presence": "online"});
    assert_eq!(own["profile"], want);
    let seen = bob.done(json!({"type": "profile", "user": "ALICE"})).await;
    assert_eq!(
        seen["profile"]["presence"],
        json!(null),
        "they share no room"
    );
    alice.create("public", Some("#garden")).await;
    bob.join("#garden").await;
    alice
        .done(json!({"type": "set_profile", "avatar": ""}))
        .await;
    let away = json!({"type": "set_presence", "presence": "away", "status": "lunch"});
    alice.done(away).await;
    let seen = bob.done(json!({"type": "profile", "user": "alice"})).await;
    let want =
        json!({"user": "alice", "display_name": "Alice A.", "presence": "away", "status": "lunch"});
    assert_eq!(seen["profile"], want);
    let long = json!({"type": "set_profile", "avatar": format!("mxc://{}", "x".repeat(1000))});
    alice.done(long).await;
    let longer = json!({"type": "set_profile", "avatar": format!("mxc://{}", "x".repeat(1100))});
    alice.refused(longer, "bad_value", Some("avatar")).await;
}
