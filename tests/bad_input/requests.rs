//! Requests of Matrix clients that no client should send: a table, and many more from a seed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::House;
use super::support::http::segment;
use super::support::matrix::{API, Matrix};
use super::support::random::Random;
use super::support::{Outcome, patience};

/// Requests that are made up.
const MADE_UP: usize = 600;

/// Somebody who is logged in, in a room with one message, and not in another.
struct Mallory {
    token: String,
    /// Names for what is in paths, and what they stand for.
    places: Vec<(&'static str, String)>,
}

impl Mallory {
    fn come(house: &House) -> Outcome<Self> {
        let address = house.server.http();
        let mut carol = Matrix::register(address, "carol")?;
        let mut mallory = Matrix::register(address, "mallory")?;
        let text = |body: &Value, key: &str| body[key].as_str().unwrap().to_owned();
        let message = json!({"msgtype": "m.text", "body": "hi"});
        mallory.join("#garden")?;
        let room = mallory.room_id("#garden")?;
        let said = mallory.request(
            ("PUT", "/rooms/#garden/send/m.room.message/1"),
            Some(&message),
        )?;
        let event = text(&said.body, "event_id");
        let made = carol.request(
            ("POST", "/createRoom"),
            Some(&json!({"preset": "private_chat"})),
        )?;
        let hidden = text(&made.body, "room_id");
        let path = format!("/rooms/{hidden}/send/m.room.message/1");
        let foreign = text(
            &carol.request(("PUT", &path), Some(&message))?.body,
            "event_id",
        );
        let places = [
            ("{room}", room),
            ("{event}", event),
            ("{hidden}", hidden),
            ("{foreign}", foreign),
            ("{me}", mallory.user_id.clone()),
        ];
        Ok(Self {
            token: mallory.token.clone(),
            places: places.map(|(name, id)| (name, segment(&id))).into(),
        })
    }

    /// Fills in a path below the client-server API, or takes one from the root.
    fn target(&self, path: &str) -> String {
        let path = self
            .places
            .iter()
            .fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
        match path.strip_prefix('~') {
            Some(path) => path.to_owned(),
            None => format!("{API}{path}"),
        }
    }

    fn authorization(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.token)
    }
}

/// Sends bytes over a connection of their own and takes what comes back: the status, whether browsers may read it, and the body.
fn exchange(house: &House, bytes: &[u8]) -> Outcome<(u16, bool, Value)> {
    let mut stream = TcpStream::connect(house.server.http())?;
    stream.set_read_timeout(Some(patience()))?;
    // The server may answer before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let open = head
        .to_ascii_lowercase()
        .contains("\r\naccess-control-allow-origin: *");
    Ok((status, open, serde_json::from_str(body).unwrap_or_default()))
}

fn request((method, target): (&str, &str), headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// What a request is called, its bytes, and the status and error code that it gets.
type Row<'a> = (&'a str, Vec<u8>, (u16, &'a str));

/// Each request gets its error, readable for browsers too, and everybody else goes on. All that do not are told at once.
fn check(house: &mut House, rows: &[Row<'_>]) -> Outcome<()> {
    let mut wrong = Vec::new();
    for (what, bytes, expected) in rows {
        let (status, open, body) = exchange(house, bytes)?;
        let code = body["errcode"].as_str().unwrap_or_default();
        let words = body["error"].as_str().unwrap_or_default();
        if (status, code) != *expected || !open || words.is_empty() {
            wrong.push(format!("{what}: {expected:?} wanted, {status} {body} came"));
        }
        house.is_unharmed()?;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn bad_tokens() -> Outcome<()> {
    let mut house = House::open()?;
    let mallory = Mallory::come(&house)?;
    let target = mallory.target("/account/whoami");
    let cases = [
        ("no token", String::new(), "M_MISSING_TOKEN"),
        (
            "an empty token",
            "Authorization: Bearer \r\n".to_owned(),
            "M_MISSING_TOKEN",
        ),
        (
            "another scheme",
            "Authorization: Basic bWFsbG9yeQ==\r\n".to_owned(),
            "M_MISSING_TOKEN",
        ),
        (
            "bytes that are not ASCII",
            "Authorization: Bearer caf\u{e9}\r\n".to_owned(),
            "M_MISSING_TOKEN",
        ),
        (
            "a token that is none",
            "Authorization: Bearer nonsense\r\n".to_owned(),
            "M_UNKNOWN_TOKEN",
        ),
        (
            "a token with one letter less",
            mallory.authorization().replacen("\r\n", "", 1)[..mallory.authorization().len() - 3]
                .to_owned()
                + "\r\n",
            "M_UNKNOWN_TOKEN",
        ),
    ];
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (what, headers, code) in &cases {
        rows.push((what, request(("GET", &target), headers, b""), (401, code)));
    }
    let in_query = request(("GET", &format!("{target}?access_token=nonsense")), "", b"");
    rows.push((
        "a wrong token in the query",
        in_query,
        (401, "M_UNKNOWN_TOKEN"),
    ));
    check(&mut house, &rows)
}

#[test]
fn bad_bodies() -> Outcome<()> {
    let mut house = House::open()?;
    let mallory = Mallory::come(&house)?;
    let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let long = |bytes: usize| format!(r#"{{"msgtype":"m.text","body":"{}"}}"#, "a".repeat(bytes));
    let number = |number: &str| format!(r#"{{"msgtype":"m.text","body":"a","n":{number}}}"#);
    let (bad, not_json) = ((400, "M_BAD_JSON"), (400, "M_NOT_JSON"));
    let cases: &[(&str, Vec<u8>, (u16, &str))] = &[
        ("nothing", b"".to_vec(), not_json),
        ("no JSON", b"hello".to_vec(), not_json),
        ("half of it", br#"{"msgtype":"m.text""#.to_vec(), not_json),
        ("two values", b"{}{}".to_vec(), not_json),
        ("a list", b"[]".to_vec(), bad),
        ("a string", br#""a""#.to_vec(), bad),
        ("bytes that are not UTF-8", b"{\"msgtype\":\"m.text\",\"body\":\"caf\xe9\"}".to_vec(), not_json),
        ("half a surrogate pair", br#"{"msgtype":"m.text","body":"\ud800"}"#.to_vec(), not_json),
        ("110 levels", deep(110).into(), bad),
        ("10,000 levels", deep(10_000).into(), not_json),
        ("NaN", number("NaN").into(), not_json),
        ("1e400", number("1e400").into(), not_json),
        ("a fraction", number("1.5").into(), bad),
        ("2^53+1", number("9007199254740993").into(), bad),
        ("2^64", number("18446744073709551616").into(), bad),
        ("a body that is a number", br#"{"msgtype":"m.text","body":7}"#.to_vec(), bad),
        ("a msgtype that is a list", br#"{"msgtype":["m.text"],"body":"a"}"#.to_vec(), bad),
        ("65 KiB", long(65 * 1024).into(), (413, "M_TOO_LARGE")),
        ("a mebibyte and more", long(1 << 20).into(), (413, "M_TOO_LARGE")),
        ("a reply to an event of another room", json!({"msgtype": "m.text", "body": "a", "m.relates_to": {"m.in_reply_to": {"event_id": "$AAAAAAAAAAAAAAAAAAAAAA"}}}).to_string().into(), (404, "M_NOT_FOUND")),
    ];
    let target = mallory.target("/rooms/{room}/send/m.room.message/t");
    let rows: Vec<Row<'_>> = cases
        .iter()
        .enumerate()
        .map(|(number, (what, body, expected))| {
            let target = format!("{target}{number}");
            let bytes = request(("PUT", &target), &mallory.authorization(), body);
            (*what, bytes, *expected)
        })
        .collect();
    check(&mut house, &rows)
}

#[test]
fn bad_requests() -> Outcome<()> {
    let mut house = House::open()?;
    let mallory = Mallory::come(&house)?;
    let (invalid, bad) = ((400, "M_INVALID_PARAM"), (400, "M_BAD_JSON"));
    let missing = (400, "M_MISSING_PARAM");
    let (forbidden, not_found) = ((403, "M_FORBIDDEN"), (404, "M_NOT_FOUND"));
    let (unknown, wrong_method) = ((404, "M_UNRECOGNIZED"), (405, "M_UNRECOGNIZED"));
    let cases: &[(&str, &str, (u16, &str))] = &[
        ("GET /frobnicate", "", unknown),
        ("GET ~/_matrix", "", unknown),
        ("GET ~/_matrix/client/v9/sync", "", unknown),
        ("GET ~/_matrix/federation/v1/version", "", unknown),
        ("DELETE /sync", "", wrong_method),
        ("POST /account/whoami", "{}", wrong_method),
        ("GET /createRoom", "", wrong_method),
        // Tokens and filters.
        ("GET /sync?since=yesterday", "", invalid),
        ("GET /sync?since=caf%FF", "", invalid),
        ("GET /sync?timeout=soon", "", invalid),
        ("GET /sync?timeout=-1", "", invalid),
        ("GET /sync?filter=nonsense", "", not_found),
        ("GET /sync?filter=%7B", "", (400, "M_NOT_JSON")),
        ("GET /sync?filter=%7B%22room%22%3A7%7D", "", bad),
        ("GET /sync?set_presence=asleep", "", invalid),
        (
            "POST /user/{me}/filter",
            r#"{"room":{"timeline":{"limit":"ten"}}}"#,
            bad,
        ),
        ("GET /user/{me}/filter/nonsense", "", not_found),
        ("GET /user/@carol:test/filter/a", "", forbidden),
        (
            "GET /rooms/{room}/messages?from=nonsense&dir=b",
            "",
            invalid,
        ),
        ("GET /rooms/{room}/messages?dir=sideways", "", invalid),
        ("GET /rooms/{room}/messages", "", missing),
        ("GET /keys/changes?from=nonsense&to=nonsense", "", invalid),
        // What must be there.
        ("POST /login", "{}", missing),
        (
            "POST /login",
            r#"{"type":"m.login.password","user":"a"}"#,
            missing,
        ),
        ("GET /register/available", "", missing),
        (
            "GET ~/_matrix/client/v1/register/m.login.registration_token/validity",
            "",
            missing,
        ),
        ("GET /keys/changes", "", missing),
        ("POST /keys/query", "{}", missing),
        ("POST /keys/claim", "{}", missing),
        ("POST /search", "{}", missing),
        (
            "POST /search",
            r#"{"search_categories":{"room_events":{}}}"#,
            missing,
        ),
        ("PUT /sendToDevice/m.dummy/1", "{}", missing),
        ("POST /delete_devices", "{}", missing),
        ("POST /user_directory/search", "{}", missing),
        ("PUT /presence/{me}/status", "{}", missing),
        ("PUT /rooms/{room}/typing/{me}", "{}", missing),
        ("POST /rooms/{room}/kick", "{}", missing),
        ("POST /rooms/{room}/ban", "{}", missing),
        ("POST /rooms/{room}/unban", "{}", missing),
        ("PUT /directory/room/%23shed%3Atest", "{}", missing),
        ("PUT /pushrules/global/override/a", "{}", missing),
        (
            "PUT /pushrules/global/override/.m.rule.master/enabled",
            "{}",
            missing,
        ),
        (
            "PUT /pushrules/global/override/.m.rule.master/actions",
            "{}",
            missing,
        ),
        (
            "PUT /pushrules/global/content/a",
            r#"{"actions":[]}"#,
            missing,
        ),
        ("POST /createRoom", r#"{"initial_state":[{}]}"#, missing),
        (
            "GET ~/_matrix/client/v1/rooms/{room}/timestamp_to_event?dir=b",
            "",
            missing,
        ),
        (
            "GET ~/_matrix/client/v1/rooms/{room}/timestamp_to_event?ts=1",
            "",
            missing,
        ),
        ("PUT /rooms/{room}/send/m.room.message/1", "{}", bad),
        ("PUT /rooms/{room}/state/m.room.member/{me}", "{}", bad),
        // Numbers and words that a query does not take.
        ("GET /publicRooms?limit=many", "", invalid),
        ("GET /publicRooms?since=nonsense", "", invalid),
        ("GET /rooms/{room}/members?membership=lurk", "", invalid),
        ("GET /rooms/{room}/members?at=nonsense", "", invalid),
        (
            "GET ~/_matrix/client/v1/rooms/{room}/timestamp_to_event?dir=b&ts=noon",
            "",
            invalid,
        ),
        (
            "GET ~/_matrix/client/v1/rooms/{room}/threads?include=some",
            "",
            invalid,
        ),
        (
            "GET ~/_matrix/client/v1/rooms/{room}/hierarchy?from=nonsense",
            "",
            invalid,
        ),
        ("GET /pushrules/global/nonsense/a", "", invalid),
        ("GET /thirdparty/protocol/smoke", "", not_found),
        ("GET /room_keys/version", "", not_found),
        // Ids that are none, or of something else.
        ("GET /rooms/{room}/event/nonsense", "", not_found),
        ("GET /rooms/{room}/event/{foreign}", "", not_found),
        ("GET /rooms/{room}/context/{foreign}", "", not_found),
        ("GET /rooms/caf%FF/state", "", invalid),
        ("PUT /rooms/{room}/redact/{foreign}/1", "{}", not_found),
        (
            "POST /rooms/{room}/receipt/m.read/{foreign}",
            "{}",
            not_found,
        ),
        ("POST /rooms/{room}/receipt/m.seen/{event}", "{}", invalid),
        (
            "GET ~/_matrix/client/v1/rooms/{room}/relations/{foreign}",
            "",
            not_found,
        ),
        ("POST /join/%23nowhere%3Atest", "{}", not_found),
        ("GET /directory/room/%23nowhere%3Atest", "", not_found),
        ("GET /directory/room/nonsense", "", invalid),
        ("GET /profile/@nobody:test", "", not_found),
        ("GET /rooms/{room}/state/m.room.nothing", "", not_found),
        // Other people's.
        (
            "PUT /profile/@carol:test/displayname",
            r#"{"displayname":"a"}"#,
            forbidden,
        ),
        ("PUT /user/@carol:test/account_data/a", "{}", forbidden),
        (
            "PUT /rooms/{room}/typing/@carol:test",
            r#"{"typing":true}"#,
            forbidden,
        ),
        (
            "PUT /presence/@carol:test/status",
            r#"{"presence":"online"}"#,
            forbidden,
        ),
        // Rooms that one is not in.
        ("GET /rooms/{hidden}/state", "", forbidden),
        ("GET /rooms/{hidden}/members", "", forbidden),
        ("GET /rooms/{hidden}/joined_members", "", forbidden),
        ("GET /rooms/{hidden}/messages?dir=b", "", forbidden),
        ("GET /rooms/{hidden}/event/{foreign}", "", not_found),
        (
            "GET ~/_matrix/client/v1/rooms/{hidden}/timestamp_to_event?dir=f&ts=0",
            "",
            forbidden,
        ),
        (
            "PUT /rooms/{hidden}/send/m.room.message/1",
            r#"{"msgtype":"m.text","body":"a"}"#,
            forbidden,
        ),
        (
            "PUT /rooms/{hidden}/state/m.room.topic",
            r#"{"topic":"a"}"#,
            forbidden,
        ),
        ("POST /rooms/{hidden}/join", "{}", forbidden),
        (
            "POST /rooms/{hidden}/invite",
            r#"{"user_id":"@bob:test"}"#,
            forbidden,
        ),
        // Values of the wrong kind.
        ("POST /createRoom", r#"{"preset":7}"#, bad),
        ("POST /createRoom", r#"{"initial_state":{}}"#, bad),
        ("POST /rooms/{room}/invite", r#"{"user_id":7}"#, bad),
        ("POST /rooms/{room}/invite", "{}", missing),
        (
            "POST /rooms/{room}/kick",
            r#"{"user_id":"nobody"}"#,
            not_found,
        ),
        (
            "PUT /rooms/{room}/state/m.room.power_levels",
            r#"{"users":{"@alice:test":"many"}}"#,
            bad,
        ),
        ("PUT /rooms/{room}/typing/{me}", r#"{"typing":"yes"}"#, bad),
        ("POST /login", r#"{"type":7}"#, bad),
        (
            "POST /login",
            r#"{"type":"m.login.magic"}"#,
            (400, "M_UNKNOWN"),
        ),
        (
            "POST /register",
            r#"{"username":"two words"}"#,
            (400, "M_INVALID_USERNAME"),
        ),
        (
            "POST /keys/upload",
            r#"{"one_time_keys":{"nonsense":"a"}}"#,
            invalid,
        ),
        ("POST /keys/query", r#"{"device_keys":[]}"#, bad),
    ];
    let rows: Vec<Row<'_>> = cases
        .iter()
        .map(|(line, body, expected)| {
            let (method, path) = line.split_once(' ').unwrap();
            let target = mallory.target(path);
            let bytes = request((method, &target), &mallory.authorization(), body.as_bytes());
            (*line, bytes, *expected)
        })
        .collect();
    check(&mut house, &rows)
}

#[test]
fn half_open_requests() -> Outcome<()> {
    let mut house = House::open()?;
    let mallory = Mallory::come(&house)?;
    let target = mallory.target("/rooms/{room}/send/m.room.message/half");
    let body = br#"{"msgtype":"m.text","body":"half a message"}"#;
    let whole = request(("PUT", &target), &mallory.authorization(), body);
    // Cut in the middle of the first line, of the head, and of the body.
    for end in [10, 60, whole.len() - 5] {
        let mut stream = TcpStream::connect(house.server.http())?;
        stream.write_all(&whole[..end])?;
        stream.shutdown(std::net::Shutdown::Write)?;
        stream.set_read_timeout(Some(patience()))?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        assert!(
            !answer.starts_with(b"HTTP/1.1 200"),
            "half of it was enough: {end}"
        );
        house.is_unharmed()?;
    }
    // Nothing at all, and a client that goes while it waits.
    drop(TcpStream::connect(house.server.http())?);
    let target = mallory.target("/sync?timeout=30000");
    let mut stream = TcpStream::connect(house.server.http())?;
    stream.write_all(&request(("GET", &target), &mallory.authorization(), b""))?;
    drop(stream);
    house.is_unharmed()?;
    assert!(
        !house
            .alice
            .all()
            .iter()
            .any(|line| line.contains("half a message"))
    );
    Ok(())
}

/// What a segment of a path, or a value of a query, may be.
const SEGMENTS: [&str; 18] = [
    "{room}",
    "{event}",
    "{hidden}",
    "{foreign}",
    "{me}",
    "",
    ".",
    "..",
    "%00",
    "%FF",
    "%2F",
    "%23garden%3Atest",
    "%21%3A",
    "%40%3Atest",
    "%24",
    "-1",
    "18446744073709551616",
    "m.room.member",
];
/// Paths; `*` stands for one of those.
const PATHS: [&str; 36] = [
    "/sync?since=*&filter=*&timeout=0",
    "/rooms/*/state",
    "/rooms/*/state/*",
    "/rooms/*/state/*/*",
    "/rooms/*/send/*/*",
    "/rooms/*/redact/*/*",
    "/rooms/*/messages?from=*&dir=*&limit=*",
    "/rooms/*/context/*?limit=*",
    "/rooms/*/event/*",
    "/rooms/*/members?at=*&membership=*",
    "/rooms/*/joined_members",
    "/rooms/*/typing/*",
    "/rooms/*/receipt/*/*",
    "/rooms/*/read_markers",
    "/rooms/*/invite",
    "/rooms/*/kick",
    "/rooms/*/ban",
    "/rooms/*/unban",
    "/rooms/*/leave",
    "/rooms/*/forget",
    "/rooms/*/aliases",
    "/join/*",
    "/knock/*",
    "/createRoom",
    "/directory/room/*",
    "/directory/list/room/*",
    "/publicRooms?since=*&limit=*",
    "/profile/*",
    "/profile/*/displayname",
    "/presence/*/status",
    "/user/*/filter",
    "/user/*/account_data/*",
    "/user/*/rooms/*/tags/*",
    "/pushrules/global/*/*/*",
    "/keys/*",
    "/sendToDevice/*/*",
];
/// What a member of a body may be called, and what it may be.
const KEYS: [&str; 20] = [
    "msgtype",
    "body",
    "m.relates_to",
    "membership",
    "user_id",
    "reason",
    "users",
    "join_rule",
    "topic",
    "name",
    "alias",
    "preset",
    "visibility",
    "initial_state",
    "invite",
    "device_keys",
    "messages",
    "typing",
    "presence",
    "room_alias_name",
];
const VALUES: [&str; 16] = [
    "null",
    "true",
    "7",
    "-1",
    "1.5",
    "9007199254740993",
    "1e400",
    "\"\"",
    "\"m.text\"",
    "\"\\u0000\"",
    "\"@mallory:test\"",
    "[]",
    "[null]",
    "{}",
    "{\"\":{}}",
    "{\"rel_type\":\"m.replace\",\"event_id\":\"$\",\"m.in_reply_to\":7}",
];

fn one<'a>(of: &[&'a str], random: &mut Random) -> &'a str {
    of[usize::try_from(random.below(of.len() as u64)).unwrap()]
}

/// Whatever is asked, the answer is the server's own, in JSON, and never that something in it broke.
#[test]
fn made_up_requests() -> Outcome<()> {
    let seed = Random::seed("POLYLOGUE_SEED");
    println!("POLYLOGUE_SEED={seed}");
    let mut random = Random::new(seed);
    let mut house = House::open()?;
    let mallory = Mallory::come(&house)?;
    for number in 0..MADE_UP {
        let template = one(&PATHS, &mut random);
        let target = template
            .split('*')
            .enumerate()
            .fold(String::new(), |target, (at, part)| {
                let value = if at == 0 {
                    ""
                } else {
                    one(&SEGMENTS, &mut random)
                };
                target + value + part
            });
        let members: Vec<_> = (0..random.below(4))
            .map(|_| {
                format!(
                    "\"{}\":{}",
                    one(&KEYS, &mut random),
                    one(&VALUES, &mut random)
                )
            })
            .collect();
        let mut body = format!("{{{}}}", members.join(","));
        if random.below(8) == 0 {
            body.pop();
        }
        let method = one(&["GET", "PUT", "POST", "DELETE"], &mut random);
        let target = mallory.target(&target);
        let bytes = request((method, &target), &mallory.authorization(), body.as_bytes());
        let (status, _, answer) = exchange(&house, &bytes)?;
        let what = format!("{method} {target} {body} -> {status} {answer}");
        assert!(status < 500, "{what}");
        assert!(answer.is_object() || answer.is_array(), "{what}");
        assert!(
            status < 400 || answer["errcode"].is_string() || answer["flows"].is_array(),
            "{what}"
        );
        if number % 50 == 0 {
            house.is_unharmed()?;
        }
    }
    house.is_unharmed()
}
