//! Keys for end-to-end encryption and messages between devices.

use serde_json::{Value, json};

use super::{Got, Server};

/// A user with one device.
struct Client<'a> {
    server: &'a Server,
    token: String,
    user: String,
    device: String,
}

impl<'a> Client<'a> {
    async fn new(server: &'a Server, name: &str) -> Self {
        Self::with(server, server.account(name).await).await
    }

    /// Another device of an account.
    async fn again(server: &'a Server, name: &str, device: &str) -> Self {
        let body = json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": name },
            "password": "secret",
            "device_id": device,
        });
        let got = server.check("", "POST /login", (body, 200, "")).await;
        Self::with(server, got.text("access_token")).await
    }

    async fn with(server: &'a Server, token: String) -> Self {
        let got = server.ask(&token, "GET /account/whoami", Value::Null).await;
        Self {
            server,
            user: got.text("user_id"),
            device: got.text("device_id"),
            token,
        }
    }

    async fn check(&self, line: &str, want: (Value, u16, &str)) -> Got {
        self.server.check(&self.token, line, want).await
    }

    async fn ask(&self, line: &str, body: Value) -> Value {
        self.check(line, (body, 200, "")).await.body
    }

    fn device_keys(&self) -> Value {
        let named = |algorithm: &str| format!("{algorithm}:{}", self.device);
        json!({
            "user_id": self.user,
            "device_id": self.device,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
            "keys": { named("curve25519"): "c", named("ed25519"): "e" },
            "signatures": { &self.user: { named("ed25519"): "own" } },
        })
    }

    async fn publish(&self) {
        let body = json!({ "device_keys": self.device_keys() });
        self.ask("POST /keys/upload", body).await;
    }

    fn signing_key(&self, usage: &str, public: &str) -> Value {
        json!({
            "user_id": self.user,
            "usage": [usage],
            "keys": { format!("ed25519:{public}"): public },
        })
    }

    async fn publish_master(&self) {
        let body = json!({ "master_key": self.signing_key("master", "M") });
        self.ask("POST /keys/device_signing/upload", body).await;
    }

    async fn query(&self, user: &str) -> Value {
        let body = json!({ "device_keys": { user: [] } });
        self.ask("POST /keys/query", body).await
    }

    async fn claim(&self, of: &Client<'_>) -> Value {
        let body = json!({ "one_time_keys": { &of.user: { &of.device: "signed_curve25519" } } });
        let mut got = self.ask("POST /keys/claim", body).await;
        assert_eq!(got["failures"], json!({}));
        got["one_time_keys"][&of.user][&of.device].take()
    }
}

fn one_time(ids: &[&str]) -> Value {
    let keys = ids
        .iter()
        .map(|id| (format!("signed_curve25519:{id}"), json!({ "key": id })));
    keys.collect::<serde_json::Map<_, _>>().into()
}

#[tokio::test]
async fn a_device_is_found_by_others_as_it_published_itself() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    assert_eq!(
        bob.query(&alice.user).await["device_keys"],
        json!({ &alice.user: {} })
    );
    alice.publish().await;
    let mut want = alice.device_keys();
    let found = bob.query(&alice.user).await;
    assert_eq!(found["device_keys"][&alice.user][&alice.device], want);
    assert_eq!(found["failures"], json!({}));
    let line = format!("PUT /devices/{}", alice.device);
    alice
        .ask(&line, json!({ "display_name": "the phone" }))
        .await;
    want["unsigned"] = json!({ "device_display_name": "the phone" });
    let found = bob.query(&alice.user).await;
    assert_eq!(found["device_keys"][&alice.user][&alice.device], want);
    let unknown = json!({ "device_keys": { "@nobody:test": [], "@alice:elsewhere": [], &alice.user: ["OTHER"] } });
    let found = bob.ask("POST /keys/query", unknown).await;
    assert_eq!(found["device_keys"], json!({ &alice.user: {} }));
    let server = {
        drop((alice, bob));
        server.restarted()
    };
    let bob = Client::again(&server, "bob", "B").await;
    let found = bob.query("@alice:test").await;
    let devices = found["device_keys"]["@alice:test"].as_object().unwrap();
    assert_eq!(devices.values().collect::<Vec<_>>(), [&want]);
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let check = async |change: fn(&mut Value), code: &str| {
        let mut keys = alice.device_keys();
        change(&mut keys);
        let body = json!({ "device_keys": keys });
        alice.check("POST /keys/upload", (body, 400, code)).await;
    };
    check(
        |keys| keys["user_id"] = "@bob:test".into(),
        "M_INVALID_PARAM",
    )
    .await;
    check(|keys| keys["device_id"] = "OTHER".into(), "M_INVALID_PARAM").await;
    check(|keys| keys["keys"] = json!([]), "M_BAD_JSON").await;
    check(
        |keys| keys["signatures"]["@bob:test"] = json!({ "ed25519:B": "s" }),
        "M_INVALID_PARAM",
    )
    .await;
    let names = ["noalgorithm", ":id", "signed_curve25519:"];
    for name in names {
        let body = json!({ "one_time_keys": { name: { "key": "k" } } });
        alice
            .check("POST /keys/upload", (body, 400, "M_INVALID_PARAM"))
            .await;
    }
    let body = json!({ "one_time_keys": { "a:b": 7 } });
    alice
        .check("POST /keys/upload", (body, 400, "M_BAD_JSON"))
        .await;
}

#[tokio::test]
async fn one_time_keys_are_counted_and_handed_out_once() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let upload = async |body: Value| {
        let got = alice.ask("POST /keys/upload", body).await;
        got["one_time_key_counts"].clone()
    };
    assert_eq!(upload(json!({})).await, json!({ "signed_curve25519": 0 }));
    let keys = json!({ "one_time_keys": one_time(&["a", "b"]) });
    assert_eq!(
        upload(keys.clone()).await,
        json!({ "signed_curve25519": 2 })
    );
    assert_eq!(
        upload(keys.clone()).await,
        json!({ "signed_curve25519": 2 })
    );
    let other = json!({ "one_time_keys": { "signed_curve25519:a": { "key": "other" } } });
    alice
        .check("POST /keys/upload", (other, 400, "M_INVALID_PARAM"))
        .await;
    let key = |id: &str| json!({ format!("signed_curve25519:{id}"): { "key": id } });
    assert_eq!(bob.claim(&alice).await, key("a"));
    assert_eq!(upload(keys).await, json!({ "signed_curve25519": 1 }));
    assert_eq!(bob.claim(&alice).await, key("b"));
    assert_eq!(bob.claim(&alice).await, Value::Null);
    upload(json!({ "fallback_keys": one_time(&["f"]) })).await;
    for _ in 0..2 {
        assert_eq!(bob.claim(&alice).await, key("f"));
    }
    let nobody = json!({ "one_time_keys": { "@nobody:test": { "X": "signed_curve25519" }, &alice.user: { "X": "signed_curve25519" } } });
    let got = bob.ask("POST /keys/claim", nobody).await;
    assert_eq!(got["one_time_keys"], json!({}));
    alice.ask("POST /logout", Value::Null).await;
    let again = Client::again(&server, "alice", &alice.device).await;
    assert_eq!(bob.claim(&again).await, Value::Null);
}

#[tokio::test]
async fn many_at_once_get_different_keys() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let ids: Vec<String> = (0..8).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let body = json!({ "one_time_keys": one_time(&ids) });
    alice.ask("POST /keys/upload", body).await;
    let claims = tokio::join!(
        bob.claim(&alice),
        bob.claim(&alice),
        bob.claim(&alice),
        bob.claim(&alice)
    );
    let claims = [claims.0, claims.1, claims.2, claims.3];
    let mut names: Vec<_> = claims
        .iter()
        .map(|key| key.as_object().unwrap().keys().next().unwrap())
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4, "{claims:?}");
}

#[tokio::test]
async fn cross_signing_keys_are_replaced_only_with_the_password() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let upload = "POST /keys/device_signing/upload";
    let keys = |master: &str| {
        json!({
            "master_key": alice.signing_key("master", master),
            "self_signing_key": alice.signing_key("self_signing", "S"),
            "user_signing_key": alice.signing_key("user_signing", "U"),
        })
    };
    let alone = json!({ "self_signing_key": alice.signing_key("self_signing", "S") });
    alice.check(upload, (alone, 400, "M_INVALID_PARAM")).await;
    let mixed = json!({ "master_key": alice.signing_key("self_signing", "M") });
    alice.check(upload, (mixed, 400, "M_INVALID_PARAM")).await;
    let anothers = json!({ "master_key": bob.signing_key("master", "M") });
    alice
        .check(upload, (anothers, 400, "M_INVALID_PARAM"))
        .await;
    let device = json!({ "master_key": alice.signing_key("master", &alice.device) });
    alice.check(upload, (device, 400, "M_INVALID_PARAM")).await;
    for _ in 0..2 {
        alice.check(upload, (keys("M"), 200, "")).await;
    }
    let got = alice.check(upload, (keys("N"), 401, "")).await;
    assert_eq!(
        got.body["flows"],
        json!([{ "stages": ["m.login.password"] }])
    );
    let mut proven = keys("N");
    proven["auth"] = json!({ "type": "m.login.password", "identifier": { "type": "m.id.user", "user": "alice" }, "password": "wrong" });
    alice
        .check(upload, (proven.clone(), 401, "M_FORBIDDEN"))
        .await;
    proven["auth"]["password"] = "secret".into();
    alice.check(upload, (proven, 200, "")).await;
    let seen = async |by: &Client<'_>| {
        let found = by.query(&alice.user).await;
        let public = |name: &str| found[name][&alice.user]["keys"].clone();
        ["master_keys", "self_signing_keys", "user_signing_keys"].map(public)
    };
    let public = |id: &str| json!({ format!("ed25519:{id}"): id });
    assert_eq!(seen(&alice).await, [public("N"), public("S"), public("U")]);
    assert_eq!(
        seen(&bob).await,
        [public("N"), public("S"), Value::Null],
        "the user-signing key is its owner's alone"
    );
}

#[tokio::test]
async fn signatures_are_added_and_shown_to_whom_they_concern() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let carol = Client::new(&server, "carol").await;
    alice.publish().await;
    let master = alice.signing_key("master", "M");
    let body =
        json!({ "master_key": master, "self_signing_key": alice.signing_key("self_signing", "S") });
    alice.ask("POST /keys/device_signing/upload", body).await;
    let sign = async |by: &Client<'_>, id: &str, (mut object, key): (Value, &str)| {
        object["signatures"][&by.user] = json!({ key: "signature" });
        let body = json!({ &alice.user: { id: object } });
        let got = by.ask("POST /keys/signatures/upload", body).await;
        got["failures"][&alice.user][id]["errcode"].clone()
    };
    let device = alice.device.as_str();
    let done = Value::Null;
    let by_self = (alice.device_keys(), "ed25519:S");
    assert_eq!(sign(&alice, device, by_self).await, done);
    let by_device = (master.clone(), "ed25519:DEVICE");
    assert_eq!(sign(&alice, "M", by_device).await, done);
    let by_bob = (master.clone(), "ed25519:BU");
    assert_eq!(sign(&bob, "M", by_bob.clone()).await, done);
    assert_eq!(sign(&bob, "M", by_bob.clone()).await, done);
    let bobs = (alice.device_keys(), "ed25519:BU");
    assert_eq!(sign(&bob, device, bobs.clone()).await, "M_FORBIDDEN");
    assert_eq!(sign(&bob, "X", bobs).await, "M_NOT_FOUND");
    let mut changed = master.clone();
    changed["usage"] = json!(["master", "more"]);
    let changed = (changed, "ed25519:BU");
    assert_eq!(sign(&bob, "M", changed).await, "M_INVALID_PARAM");
    let signers = async |by: &Client<'_>| {
        let found = by.query(&alice.user).await;
        let device = &found["device_keys"][&alice.user][device]["signatures"];
        let master = &found["master_keys"][&alice.user]["signatures"];
        (device.clone(), master.clone())
    };
    let own = format!("ed25519:{device}");
    let on_device = json!({ &alice.user: { own: "own", "ed25519:S": "signature" } });
    let of_alice = json!({ "ed25519:DEVICE": "signature" });
    let to_others = json!({ &alice.user: of_alice });
    let to_bob = json!({ &alice.user: of_alice, &bob.user: { "ed25519:BU": "signature" } });
    assert_eq!(
        signers(&alice).await,
        (on_device.clone(), to_others.clone())
    );
    assert_eq!(signers(&carol).await, (on_device.clone(), to_others));
    assert_eq!(signers(&bob).await, (on_device, to_bob));
}

#[tokio::test]
async fn changes_are_told_between_two_tokens() {
    let server = Server::new();
    let alice = Client::new(&server, "alice").await;
    let bob = Client::new(&server, "bob").await;
    let stranger = Client::new(&server, "stranger").await;
    let room = json!({ "preset": "public_chat", "room_alias_name": "garden" });
    server.room(&alice.token, room).await;
    let token = async |of: &Client<'_>| {
        let got = of.ask("GET /sync?timeout=0", Value::Null).await;
        got["next_batch"].as_str().unwrap().to_owned()
    };
    let changes = async |of: &Client<'_>, from: &str| {
        let line = format!("GET /keys/changes?from={from}&to={from}");
        of.ask(&line, Value::Null).await
    };
    let [a, b, s] = [
        token(&alice).await,
        token(&bob).await,
        token(&stranger).await,
    ];
    alice.publish().await;
    let nothing = json!({ "changed": [], "left": [] });
    let changed = |user: &str| json!({ "changed": [user], "left": [] });
    assert_eq!(changes(&alice, &a).await, changed(&alice.user));
    assert_eq!(changes(&bob, &b).await, nothing);
    let after = token(&bob).await;
    bob.ask("POST /join/%23garden:test", json!({})).await;
    assert_eq!(changes(&bob, &after).await, changed(&alice.user));
    assert_eq!(changes(&stranger, &s).await, nothing);
    let after = token(&alice).await;
    bob.publish().await;
    assert_eq!(changes(&alice, &after).await, changed(&bob.user));
    bob.check(
        "GET /keys/changes?from=x&to=x",
        (Value::Null, 400, "M_INVALID_PARAM"),
    )
    .await;
}

/// A client that syncs.
struct Syncing<'a> {
    client: Client<'a>,
    since: String,
}

impl<'a> Syncing<'a> {
    async fn new(client: Client<'a>) -> Self {
        let mut syncing = Self {
            client,
            since: String::new(),
        };
        syncing.next(0).await;
        syncing
    }

    /// The next reply, without showing that it came.
    async fn peek(&self, timeout: u32) -> Value {
        let line = format!("GET /sync?since={}&timeout={timeout}", self.since);
        self.client.ask(&line, Value::Null).await
    }

    async fn next(&mut self, timeout: u32) -> Value {
        let got = self.peek(timeout).await;
        self.since = got["next_batch"].as_str().unwrap().to_owned();
        got
    }
}

const NONE: [u64; 0] = [];

/// The numbers in the messages of a reply.
fn numbers(reply: &Value) -> Vec<u64> {
    let events = reply["to_device"]["events"].as_array().unwrap();
    let number = |event: &Value| event["content"]["n"].as_u64().unwrap();
    events.iter().map(number).collect()
}

async fn send(from: &Client<'_>, (user, device): (&str, &str), n: u64) {
    let body = json!({ "messages": { user: { device: { "n": n } } } });
    let line = format!("PUT /sendToDevice/m.test/{n}");
    from.ask(&line, body).await;
}

#[tokio::test]
async fn messages_wait_until_the_next_token_shows_that_they_came() {
    let server = Server::new();
    let bob = Client::new(&server, "bob").await;
    let mut phone = Syncing::new(Client::new(&server, "alice").await).await;
    let mut laptop = Syncing::new(Client::again(&server, "alice", "LAPTOP").await).await;
    let user = phone.client.user.clone();
    let device = phone.client.device.clone();
    send(&bob, (&user, &device), 1).await;
    send(&bob, (&user, &device), 1).await;
    send(&bob, (&user, "*"), 2).await;
    send(&bob, (&user, "NOBODY"), 3).await;
    send(&bob, ("@nobody:test", "*"), 4).await;
    for _ in 0..2 {
        let got = phone.peek(0).await;
        assert_eq!(numbers(&got), [1, 2], "the reply may be lost");
        let first = &got["to_device"]["events"][0];
        assert_eq!(
            *first,
            json!({ "type": "m.test", "sender": "@bob:test", "content": { "n": 1 } })
        );
    }
    phone.next(0).await;
    let before = phone.since.clone();
    assert_eq!(numbers(&phone.next(0).await), NONE);
    phone.since = String::new();
    assert_eq!(numbers(&phone.next(0).await), NONE, "they are gone");
    phone.since = before;
    assert_eq!(numbers(&phone.next(0).await), NONE);
    assert_eq!(numbers(&laptop.next(0).await), [2]);
}

#[tokio::test]
async fn many_messages_come_in_portions() {
    let server = Server::new();
    let bob = Client::new(&server, "bob").await;
    let mut alice = Syncing::new(Client::new(&server, "alice").await).await;
    let room = server
        .room(&alice.client.token, json!({ "preset": "private_chat" }))
        .await;
    for n in 0..130 {
        send(&bob, (&alice.client.user, "*"), n).await;
    }
    server.say(&alice.client.token, &room, "last").await;
    let first = alice.next(60_000).await;
    assert_eq!(numbers(&first), (0..100).collect::<Vec<_>>());
    let texts = |reply: &Value| reply["rooms"]["join"][&room]["timeline"]["events"].to_string();
    assert!(!texts(&first).contains("last"), "{first}");
    let second = alice.next(60_000).await;
    assert_eq!(numbers(&second), (100..130).collect::<Vec<_>>());
    assert!(texts(&second).contains("last"), "{second}");
}

#[tokio::test]
async fn whoever_waits_is_told_of_messages_and_keys() {
    let server = Server::new();
    let bob = Client::new(&server, "bob").await;
    let client = Client::new(&server, "alice").await;
    let mut keys = json!({ "one_time_keys": one_time(&["a"]) });
    keys["fallback_keys"] = one_time(&["f"]);
    client.ask("POST /keys/upload", keys).await;
    let mut alice = Syncing::new(client).await;
    let user = alice.client.user.clone();
    let (got, ()) = tokio::join!(alice.next(60_000), send(&bob, (&user, "*"), 7));
    assert_eq!(numbers(&got), [7]);
    let count = |reply: &Value| reply["device_one_time_keys_count"]["signed_curve25519"].clone();
    let unused = |reply: &Value| reply["device_unused_fallback_key_types"].clone();
    assert_eq!(
        (count(&got), unused(&got)),
        (json!(1), json!(["signed_curve25519"]))
    );
    let device = alice.client.device.clone();
    let claim = async || {
        let body = json!({ "one_time_keys": { &user: { &device: "signed_curve25519" } } });
        bob.ask("POST /keys/claim", body).await;
    };
    let (got, ()) = tokio::join!(alice.next(60_000), claim());
    assert_eq!(
        (count(&got), unused(&got)),
        (json!(0), json!(["signed_curve25519"]))
    );
    let (got, ()) = tokio::join!(alice.next(60_000), claim());
    assert_eq!((count(&got), unused(&got)), (json!(0), json!([])));
}

#[tokio::test]
async fn device_lists_follow_rooms_and_keys() {
    let server = Server::new();
    let mut alice = Syncing::new(Client::new(&server, "alice").await).await;
    let mut bob = Syncing::new(Client::new(&server, "bob").await).await;
    let mut carol = Syncing::new(Client::new(&server, "carol").await).await;
    let nothing = json!({ "changed": [], "left": [] });
    let changed = |users: &[&str]| json!({ "changed": users, "left": [] });
    let lists = |reply: Value| reply["device_lists"].clone();
    alice.client.publish().await;
    bob.client.publish().await;
    assert_eq!(lists(alice.next(0).await), changed(&["@alice:test"]));
    assert_eq!(lists(bob.next(0).await), changed(&["@bob:test"]));
    let room = json!({ "preset": "public_chat", "room_alias_name": "garden" });
    let room = server.room(&alice.client.token, room).await;
    let join = "POST /join/%23garden:test";
    bob.client.ask(join, json!({})).await;
    assert_eq!(lists(alice.next(0).await), changed(&["@bob:test"]));
    assert_eq!(lists(bob.next(0).await), changed(&["@alice:test"]));
    carol.client.ask(join, json!({})).await;
    assert_eq!(lists(alice.next(0).await), nothing, "she has no keys yet");
    assert_eq!(
        lists(carol.next(0).await),
        changed(&["@alice:test", "@bob:test"])
    );
    server.say(&carol.client.token, &room, "hello").await;
    assert_eq!(lists(alice.next(0).await), nothing);
    bob.next(0).await;
    let (got, ()) = tokio::join!(bob.next(60_000), alice.client.publish_master());
    assert_eq!(lists(got), changed(&["@alice:test"]));
    alice.next(0).await;
    carol.next(0).await;
    let leave = format!("POST /rooms/{room}/leave");
    bob.client.ask(&leave, json!({})).await;
    let left = |users: &[&str]| json!({ "changed": [], "left": users });
    assert_eq!(lists(alice.next(0).await), left(&["@bob:test"]));
    assert_eq!(
        lists(bob.next(0).await),
        left(&["@alice:test", "@carol:test"])
    );
    alice.client.ask("POST /logout", Value::Null).await;
    assert_eq!(
        lists(carol.next(0).await),
        json!({ "changed": ["@alice:test"], "left": ["@bob:test"] })
    );
    assert_eq!(lists(bob.next(0).await), nothing);
}
