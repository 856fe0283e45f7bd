//! IRC where it is more than lines over TCP, against the real program with a configuration: TLS, certificates that log in, strict transport
//! security, WebSocket, what is said before registration, and what the operator configures.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[expect(dead_code, unused_imports, reason = "each test uses a part of it")]
mod support;
#[path = "irc/wire.rs"]
mod wire;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};

use rcgen::generate_simple_self_signed;
use rustix::process::{Pid, Signal, kill_process};
use support::{Irc, Outcome, Server};
use wire::{BINARY, Certificate, Lines, TEXT, Tls, WebSocket, Wire, tcp, tls};

/// A server with TLS on every protocol, and IRC without it too.
struct House {
    server: Server,
    certificate: Certificate,
    /// Where IRC is spoken over TLS.
    secure: SocketAddr,
    files: tempfile::TempDir,
}

impl House {
    /// With more configuration behind what every server here has.
    fn new(more: &str) -> Self {
        let certificate = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = tempfile::tempdir().unwrap();
        let at = |name: &str| files.path().join(name).display().to_string();
        std::fs::write(at("certificate.pem"), certificate.cert.pem()).unwrap();
        std::fs::write(at("key.pem"), certificate.signing_key.serialize_pem()).unwrap();
        std::fs::write(at("tokens"), "early-bird\n").unwrap();
        // What is said of it must be known before it listens: a port that is free at an address that nobody else has.
        static HOUSES: AtomicU8 = AtomicU8::new(1);
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let house = HOUSES.fetch_add(1, Ordering::Relaxed);
        let secure = SocketAddr::from(([127, 128 | high, low, house], 6697));
        let listener = |protocol: &str, address: &str, tls: bool| {
            format!("[[listen]]\nprotocol = \"{protocol}\"\naddress = \"{address}\"\ntls = {tls}\n")
        };
        let configuration = [
            "[server]\nname = \"test\"\n".to_owned(),
            listener("irc", "127.0.0.1:0", false),
            listener("irc", &secure.to_string(), true),
            listener("http", "127.0.0.1:0", true),
            format!(
                "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n",
                at("certificate.pem"),
                at("key.pem")
            ),
            more.replace("TOKENS", &at("tokens")),
        ];
        Self {
            server: Server::configured(&configuration.join("\n")),
            certificate,
            secure,
            files,
        }
    }

    fn over_tls(&self, own: Option<&Certificate>) -> Outcome<Lines<Tls>> {
        Ok(Lines::new(tls(self.secure, &self.certificate, own)?))
    }

    fn web(&self, subprotocol: (&str, u8), own: Option<&Certificate>) -> Outcome<WebSocket<Tls>> {
        let stream = tls(self.server.http(), &self.certificate, own)?;
        WebSocket::open(stream, subprotocol)
    }
}

const OPEN: &str = "[registration]\nmode = \"open\"\n";

/// The capabilities that are offered, each with its value.
fn offered(client: &mut dyn Wire) -> Outcome<String> {
    client.send("CAP LS 302")?;
    let mut all = String::new();
    loop {
        let line = client.expect(":* CAP * LS *")?;
        let (head, list) = line.rsplit_once(" :").unwrap_or((&line, ""));
        all.push(' ');
        all.push_str(list);
        if !head.ends_with(" *") {
            return Ok(all);
        }
    }
}

/// The value of a capability; empty if it has none, nothing if it is not offered.
fn value_of(offered: &str, capability: &str) -> Option<String> {
    offered.split(' ').find_map(|one| {
        let (name, value) = one.split_once('=').unwrap_or((one, ""));
        (name == capability).then(|| value.to_owned())
    })
}

#[test]
fn a_certificate_logs_in_over_tls_and_nowhere_else() -> Outcome<()> {
    let house = House::new(OPEN);
    let own = generate_simple_self_signed(["alice".to_owned()]).unwrap();
    let mut alice = house.over_tls(Some(&own))?;
    alice.greet("alice")?;
    alice.send("REGISTER * * :a password of some length")?;
    alice.expect(":* REGISTER SUCCESS alice *")?;
    alice.send("NS CERT ADD")?;
    alice.expect(":NickServ!* NOTICE alice :*")?;
    alice.send("QUIT")?;

    let log_in = |client: &mut dyn Wire| {
        client.send("CAP REQ sasl")?;
        client.expect(":* CAP * ACK *")?;
        client.send("AUTHENTICATE EXTERNAL")?;
        client.expect("AUTHENTICATE +")?;
        client.send("AUTHENTICATE +")
    };
    let mut phone = house.over_tls(Some(&own))?;
    let sasl = value_of(&offered(&mut phone)?, "sasl").unwrap();
    assert!(sasl.split(',').any(|one| one == "EXTERNAL"), "{sasl}");
    log_in(&mut phone)?;
    phone.expect(":* 900 * alice *")?;
    phone.expect(":* 903 *")?;

    // Another certificate is nobody's, and without one there is nothing to show.
    let other = generate_simple_self_signed(["alice".to_owned()]).unwrap();
    let mut mallory = house.over_tls(Some(&other))?;
    log_in(&mut mallory)?;
    mallory.expect(":* 904 *")?;
    let mut nobody = house.over_tls(None)?;
    let sasl = value_of(&offered(&mut nobody)?, "sasl").unwrap();
    assert!(!sasl.contains("EXTERNAL"), "{sasl}");

    // HTTP never asks for one: a browser would show it to every page.
    let mut web = house.web(("text.ircv3.net", TEXT), Some(&own))?;
    let sasl = value_of(&offered(&mut web)?, "sasl").unwrap();
    assert!(!sasl.contains("EXTERNAL"), "{sasl}");
    web.send("CAP REQ sasl")?;
    web.send("AUTHENTICATE EXTERNAL")?;
    web.expect(":* 908 *")?;
    web.expect(":* 904 *").map(drop)
}

#[test]
fn whoever_comes_without_tls_is_told_to_come_with_it() -> Outcome<()> {
    let house = House::new("[irc]\nsts_seconds = 3600\n");
    let mut plain = Lines::new(tcp(house.server.irc())?);
    let said = offered(&mut plain)?;
    let port = format!("port={}", house.secure.port());
    assert_eq!(value_of(&said, "sts"), Some(port), "{said}");
    // Passwords do not travel here.
    assert_eq!(value_of(&said, "sasl"), None, "{said}");
    let mut secure = house.over_tls(None)?;
    let said = offered(&mut secure)?;
    assert_eq!(value_of(&said, "sts"), Some("duration=3600".to_owned()));
    assert!(value_of(&said, "sasl").is_some(), "{said}");
    // Nobody asks for it, and browsers have means of their own.
    secure.send("CAP REQ sts")?;
    secure.expect(":* CAP * NAK *sts*")?;
    let mut web = house.web(("text.ircv3.net", TEXT), None)?;
    let said = offered(&mut web)?;
    assert_eq!(value_of(&said, "sts"), None, "{said}");

    let without = House::new("[irc]\nsts_seconds = 0\n");
    for client in [
        &mut Lines::new(tcp(without.server.irc())?) as &mut dyn Wire,
        &mut without.over_tls(None)?,
    ] {
        assert_eq!(value_of(&offered(client)?, "sts"), None);
    }
    Ok(())
}

#[test]
fn a_browser_speaks_irc_in_frames_of_text_or_bytes() -> Outcome<()> {
    let house = House::new(OPEN);
    let mut text = house.web(("text.ircv3.net", TEXT), None)?;
    let mut bytes = house.web(("binary.ircv3.net", BINARY), None)?;
    let mut plain = house.over_tls(None)?;
    text.greet("tess")?;
    bytes.greet("bert")?;
    plain.greet("pat")?;
    for (client, nick) in [
        (&mut text as &mut dyn Wire, "tess"),
        (&mut bytes, "bert"),
        (&mut plain, "pat"),
    ] {
        client.send("JOIN #garden")?;
        client.expect(&format!(":* 366 {nick} #garden *"))?;
    }
    text.send("PRIVMSG #garden :schöne Grüße 🌱")?;
    bytes.expect(":tess!* PRIVMSG #garden :schöne Grüße 🌱")?;
    plain.expect(":tess!* PRIVMSG #garden :schöne Grüße 🌱")?;
    bytes.send("PRIVMSG #garden :from bytes")?;
    text.expect(":bert!* PRIVMSG #garden :from bytes")?;
    // A frame with a line end is the same line; an empty one is none.
    text.send("")?;
    text.send("PRIVMSG #garden :with an end\r\n")?;
    plain.expect(":tess!* PRIVMSG #garden :with an end")?;
    text.send("QUIT :done")?;
    plain.expect(":tess!* QUIT *done*").map(drop)
}

#[test]
fn a_picture_of_the_network_is_announced_where_there_is_one() -> Outcome<()> {
    let house =
        House::new("[irc]\nicon = \"https://chat.example/icon.png\"\nnetwork = \"Garden\"\n");
    let mut client = Irc::connect(house.server.irc())?;
    client.send("NICK gale\r\nUSER g 0 * :g")?;
    client.expect(":* 005 gale * NETWORK=Garden *")?;
    client.settle()?;
    let all = client.all().join("\n");
    assert!(
        all.contains("draft/ICON=https://chat.example/icon.png"),
        "{all}"
    );
    let house = House::new("");
    let mut client = Irc::connect(house.server.irc())?;
    client.send("NICK gale\r\nUSER g 0 * :g")?;
    client.expect(":* 422 gale *")?;
    assert!(!client.all().join("\n").contains("ICON"));
    Ok(())
}

#[test]
fn a_client_whose_user_is_not_there_says_so_before_it_is_here() -> Outcome<()> {
    let house = House::new(OPEN);
    let mut watcher = Irc::connect(house.server.irc())?;
    watcher.send("NICK wanda\r\nUSER w 0 * :w\r\nJOIN #garden")?;
    watcher.expect(":* 366 *")?;
    let mut client = Irc::connect(house.server.irc())?;
    client
        .send("CAP REQ draft/pre-away\r\nAWAY :not yet\r\nNICK gale\r\nUSER g 0 * :g\r\nCAP END")?;
    client.expect(":* 001 gale *")?;
    watcher.send("WHOIS gale")?;
    watcher.expect(":* 301 wanda gale :not yet")?;
    client.send("AWAY")?;
    client.sync()?;
    watcher.send("WHOIS gale")?;
    watcher.expect(":* 311 wanda gale *")?;
    watcher.expect_nothing(":* 301 *", &mut support::Bindings::new())
}

#[test]
fn registration_tokens_are_read_again_on_sighup() -> Outcome<()> {
    let house = House::new("[registration]\nmode = \"token\"\ntokens_file = \"TOKENS\"\n");
    let valid = |token: &str| -> Outcome<bool> {
        use std::io::{Read as _, Write as _};
        let mut stream = tls(house.server.http(), &house.certificate, None)?;
        let path = "/_matrix/client/v1/register/m.login.registration_token/validity";
        write!(
            stream,
            "GET {path}?token={token} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        // The end of a connection without a word is an end here.
        let _ = stream.read_to_string(&mut answer);
        match (
            answer.contains("\"valid\":true"),
            answer.contains("\"valid\":false"),
        ) {
            (true, false) => Ok(true),
            (false, true) => Ok(false),
            _ => Err(support::Failure::new(answer)),
        }
    };
    assert!(valid("early-bird")? && !valid("late-bird")?);
    let reload = |tokens: &str, logged: &str| {
        let before = house.server.log_text().matches(logged).count();
        std::fs::write(house.files.path().join("tokens"), tokens).unwrap();
        let pid = Pid::from_raw(i32::try_from(house.server.pid()).unwrap()).unwrap();
        kill_process(pid, Signal::HUP).unwrap();
        let deadline = std::time::Instant::now() + support::patience();
        while house.server.log_text().matches(logged).count() == before {
            assert!(
                std::time::Instant::now() < deadline,
                "{logged:?} is not logged"
            );
            std::thread::yield_now();
        }
    };
    reload("late-bird\n", "the registration tokens were read again");
    assert!(!valid("early-bird")? && valid("late-bird")?);
    // A file that cannot be read changes nothing.
    reload("two words\n", "the old registration tokens stay in use");
    assert!(valid("late-bird")?);
    Ok(())
}
