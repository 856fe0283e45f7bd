//! The front-end over real sockets, on a real hub: what depends on limits. Everything else is shown by plays against the whole server.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use polylogue_core::Actor;
use polylogue_core::name::AccountName;
use polylogue_core::secret::{Password, PasswordHash};
use polylogue_hub::frontend::Security;
use polylogue_hub::{Frontend, Hub, Limits, Peer, Stream, hash_password};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

use crate::{Config, Irc, Texts};

/// No line takes this long: a test that waits for one that never comes ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes that a socket holds each way.
const SOCKET: u32 = 64 * 1024;

struct House {
    hub: Arc<Hub>,
    irc: Arc<Irc>,
    _directory: TempDir,
}

impl House {
    /// With an account alice.
    async fn new(limits: Limits, config: Config) -> Self {
        let open = polylogue_hub::Registration::Open;
        Self::where_accounts_are_made(open, limits, config).await
    }

    async fn where_accounts_are_made(
        registration: polylogue_hub::Registration,
        limits: Limits,
        config: Config,
    ) -> Self {
        let directory = TempDir::new().unwrap();
        let hub = Hub::open(&polylogue_hub::Config {
            data_dir: directory.path().join("data"),
            server_name: Some("test".into()),
            limits,
            registration,
            ..polylogue_hub::Config::default()
        })
        .unwrap();
        let name = AccountName::from_nick("alice").unwrap();
        hub.register(Actor::ADMINISTRATOR, name, Password::new("secret".into()))
            .await
            .unwrap();
        let texts = Texts {
            description: "For tests".into(),
            motd: None,
            secure_port: Some(6697),
        };
        let gateway = crate::Gateway {
            password: PasswordHash(hash_password("gateway-password").unwrap().into()),
            serves: Box::new(|address| address.is_loopback()),
        };
        let irc = Irc::new(hub.clone(), config, texts, vec![gateway]);
        Self {
            hub,
            irc,
            _directory: directory,
        }
    }

    /// Over sockets that hold little, so that who does not read falls behind soon.
    async fn client(&self) -> Client {
        self.client_with(None).await
    }

    /// The same, with a TLS certificate of its own.
    async fn client_with(&self, certificate: Option<[u8; 32]>) -> Client {
        self.client_over(Security::Secure, certificate).await
    }

    async fn client_over(&self, security: Security, certificate: Option<[u8; 32]>) -> Client {
        let socket = || {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_send_buffer_size(SOCKET).unwrap();
            socket.set_recv_buffer_size(SOCKET).unwrap();
            socket
        };
        let near = socket();
        near.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = near.listen(1).unwrap();
        let stream = socket()
            .connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let peer = Peer {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            security,
            certificate,
        };
        let accepted = Stream::Plain(listener.accept().await.unwrap().0);
        tokio::spawn(self.irc.clone().connection(accepted, peer));
        Client(BufReader::new(stream))
    }

    async fn guest(&self, nick: &str) -> Client {
        let mut client = self.client().await;
        client
            .send(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}"))
            .await;
        client.line(" 001 ").await;
        client
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    async fn send(&mut self, lines: &str) {
        let bytes = format!("{lines}\r\n");
        self.0.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// The next line that holds this.
    async fn line(&mut self, part: &str) -> String {
        let wait = async {
            loop {
                let mut line = String::new();
                assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0, "no {part:?}");
                if line.contains(part) {
                    return line;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap()
    }
}

#[tokio::test]
async fn who_says_much_waits_and_loses_nothing() {
    let limits = Limits {
        message_burst: 8,
        messages_per_second: 20,
        ..Limits::NONE
    };
    let house = House::new(limits, Config::default()).await;
    let (mut dave, mut erin) = (house.guest("dave").await, house.guest("erin").await);
    for client in [&mut dave, &mut erin] {
        client.send("JOIN #garden").await;
        client.line(" 366 ").await;
    }
    let began = Instant::now();
    let lines: Vec<String> = (0..28).map(|n| format!("PRIVMSG #garden :{n}")).collect();
    dave.send(&lines.join("\r\n")).await;
    dave.send("PING end").await;
    for number in 0..28 {
        let line = erin.line("PRIVMSG").await;
        assert!(line.ends_with(&format!(":{number}\r\n")), "{line}");
    }
    dave.line("PONG").await;
    // Eight at once, and twenty more at twenty a second.
    assert!(
        began.elapsed() >= Duration::from_millis(950),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn the_password_of_the_server_is_asked_of_who_makes_an_account() {
    let config = Config {
        password_hash: hash_password("sesame").unwrap(),
        register_before_connect: true,
        ..Config::default()
    };
    let house = House::new(Limits::NONE, config).await;
    for (password, answer) in [
        ("", "This server has a password"),
        ("PASS guess\r\n", "Password incorrect"),
        ("PASS sesame\r\n", "REGISTER SUCCESS"),
    ] {
        let mut dave = house.client().await;
        dave.send(&format!(
            "CAP LS 302\r\n{password}NICK dave\r\nREGISTER * * correct-horse"
        ))
        .await;
        let line = dave.line("REGISTER").await;
        assert!(line.contains(answer), "{password:?} {line}");
    }
    // Who comes by his account needs no other password, and is no guest afterwards.
    let mut alice = house.client().await;
    alice
        .send("PASS alice:secret\r\nNICK alice\r\nUSER alice 0 * :alice")
        .await;
    alice.line(" 001 ").await;
    alice.send("NS LOGOUT").await;
    let line = alice.line("NOTICE alice").await;
    assert!(line.contains("This server has a password"), "{line}");
}

#[tokio::test]
async fn a_pasted_text_waits_as_lines_do() {
    let limits = Limits {
        message_burst: 10,
        messages_per_second: 10,
        ..Limits::NONE
    };
    let house = House::new(limits, Config::default()).await;
    let (mut dave, mut erin) = (house.guest("dave").await, house.guest("erin").await);
    dave.send("CAP REQ :batch draft/multiline message-tags")
        .await;
    dave.line(" ACK ").await;
    for client in [&mut dave, &mut erin] {
        client.send("JOIN #garden").await;
        client.line(" 366 ").await;
    }
    let began = Instant::now();
    // Each costs six, of ten that there are.
    for paste in 0..3 {
        dave.send(&format!("BATCH +p{paste} draft/multiline #garden"))
            .await;
        for _ in 0..31 {
            let text = "x".repeat(390);
            dave.send(&format!("@batch=p{paste} PRIVMSG #garden :{text}"))
                .await;
        }
        dave.send(&format!(
            "@batch=p{paste} PRIVMSG #garden :last of {paste}\r\nBATCH -p{paste}"
        ))
        .await;
    }
    for paste in 0..3 {
        erin.line(&format!("last of {paste}")).await;
    }
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(750), "{took:?}");
}

#[tokio::test]
async fn a_text_that_is_not_closed_is_told() {
    let house = House::new(Limits::NONE, Config::default()).await;
    let mut dave = house.guest("dave").await;
    dave.send("CAP REQ :batch draft/multiline message-tags")
        .await;
    dave.line(" ACK ").await;
    dave.send("JOIN #garden").await;
    dave.line(" 366 ").await;
    for wrong in ["BATCH -q", "BATCH +q draft/multiline #garden"] {
        dave.send("BATCH +p draft/multiline #garden\r\n@batch=p PRIVMSG #garden :hello")
            .await;
        dave.send(wrong).await;
        dave.line("FAIL BATCH MULTILINE_INVALID :The batch was not closed")
            .await;
    }
}

#[tokio::test]
async fn what_is_no_speech_is_refused_at_once() {
    let limits = Limits {
        message_burst: 8,
        messages_per_second: 1,
        ..Limits::NONE
    };
    let house = House::new(limits, Config::default()).await;
    let mut dave = house.guest("dave").await;
    dave.send("JOIN #garden").await;
    dave.line(" 366 ").await;
    for number in 0..8 {
        dave.send(&format!("TOPIC #garden :{number}")).await;
        dave.line(" TOPIC ").await;
    }
    dave.send("TOPIC #garden :more").await;
    assert!(dave.line(" 400 ").await.contains("too fast"));
}

#[tokio::test]
async fn wrong_passwords_are_counted() {
    let limits = Limits {
        login_failures: 1,
        login_window_seconds: 600,
        login_failures_per_day: 50,
        ..Limits::NONE
    };
    let house = House::new(limits, Config::default()).await;
    for (password, answer) in [
        ("wrong", "Password incorrect"),
        ("secret", "Too many wrong"),
    ] {
        let mut client = house.client().await;
        client
            .send(&format!(
                "PASS alice:{password}\r\nNICK alice\r\nUSER alice 0 * :a"
            ))
            .await;
        assert!(client.line(" 464 ").await.contains(answer));
    }
    assert!(house.hub.world().user_named("alice").is_some());
}

#[tokio::test]
async fn who_was_refused_a_nick_logs_in_to_it() {
    let house = House::new(Limits::NONE, Config::default()).await;
    // Before registration is complete nothing is left to do then.
    for identify in ["NS IDENTIFY", "PRIVMSG NickServ :IDENTIFY"] {
        let mut dave = house.client().await;
        dave.send("NICK Alice\r\nUSER dave 0 * :dave").await;
        dave.line(" 433 ").await;
        let told = dave.line(" NOTICE ").await;
        assert!(told.contains("This nickname is registered"), "{told}");
        dave.send(&format!("{identify} secret")).await;
        assert!(dave.line(" 900 ").await.contains(" alice "));
        assert!(dave.line(" 001 ").await.contains(" 001 alice "));
    }
    // Who logs in before he is asked for a nick never hears that it is taken.
    let mut dave = house.client().await;
    dave.send("CAP REQ sasl\r\nNICK Alice\r\nUSER dave 0 * :dave")
        .await;
    dave.send("AUTHENTICATE PLAIN\r\nAUTHENTICATE AGFsaWNlAHNlY3JldA==\r\nCAP END")
        .await;
    let mut all = String::new();
    while !all.contains(" 001 ") {
        all.push_str(&dave.line(" ").await);
    }
    assert!(all.contains(" 900 ") && !all.contains(" 433 "), "{all}");
    assert!(all.contains(" 001 alice "), "{all}");
}

#[tokio::test]
async fn a_password_of_the_connection_is_that_of_an_account() {
    let house = House::new(Limits::NONE, Config::default()).await;
    for (lines, answer) in [
        ("PASS alice:secret\r\nNICK somebody", " 001 alice "),
        ("PASS alice/laptop:secret\r\nNICK somebody", " 001 alice "),
        ("PASS secret\r\nNICK Alice", " 001 alice "),
        ("NICK alice\r\nPASS secret", " 001 alice "),
        ("PASS secret\r\nNICK somebody", " 464 "),
        ("PASS wrong\r\nNICK alice", " 464 "),
    ] {
        let mut client = house.client().await;
        client.send(&format!("{lines}\r\nUSER d 0 * :d")).await;
        client.line(answer).await;
    }
}

#[tokio::test]
async fn a_token_of_this_server_logs_in_for_as_long_as_it_holds() {
    let house = House::new(Limits::NONE, Config::default()).await;
    let alice = house.hub.world().user_named("alice").unwrap();
    let login = house
        .hub
        .log_in(house.hub.proof_of(alice).unwrap(), None, None)
        .await
        .unwrap();
    let payload = |authzid: &str, token: &str| {
        let text = format!("n,{authzid},\u{1}auth=Bearer {token}\u{1}\u{1}");
        polylogue_irc::sasl::chunks(text.as_bytes()).join("\r\nAUTHENTICATE ")
    };
    for (authzid, token, answer) in [
        ("", "ply_wrong", " 904 "),
        ("a=bob", &*login.token, " 904 "),
        ("a=alice", &login.token, " 903 "),
    ] {
        let mut client = house.client().await;
        client
            .send("CAP REQ sasl\r\nNICK dave\r\nUSER d 0 * :d\r\nAUTHENTICATE OAUTHBEARER")
            .await;
        let payload = payload(authzid, token);
        client.send(&format!("AUTHENTICATE {payload}")).await;
        if answer == " 904 " {
            // {"status":"invalid_token"}, which the client has to answer (RFC 7628 section 3.2.3).
            let told = client.line("AUTHENTICATE eyJ").await;
            assert!(
                told.trim_end()
                    .ends_with("eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0="),
                "{told}"
            );
            client.send("AUTHENTICATE AQ==").await;
        }
        client.line(answer).await;
    }
    // What came from it ends with it.
    let mut client = house.guest("erin").await;
    let payload = payload("", &login.token);
    client
        .send(&format!(
            "AUTHENTICATE OAUTHBEARER\r\nAUTHENTICATE {payload}"
        ))
        .await;
    client.line(" 903 ").await;
    client.line(" NICK ").await;
    client.send("NS PASSWD better-password").await;
    assert!(client.line(" NOTICE ").await.contains("password again"));
    let remove = polylogue_core::Command::RemoveDevices {
        user: alice,
        devices: vec![login.device],
    };
    let request = polylogue_hub::Request::new(Actor::ADMINISTRATOR, remove);
    house.hub.submit(request).await.unwrap();
    client.line("ERROR ").await;
}

#[tokio::test]
async fn a_certificate_logs_in_for_as_long_as_it_is_listed() {
    let house = House::new(Limits::NONE, Config::default()).await;
    let external =
        "CAP LS 302\r\nCAP REQ sasl\r\nNICK dave\r\nUSER d 0 * :d\r\nAUTHENTICATE EXTERNAL";
    let mut owner = house.client_with(Some([7; 32])).await;
    owner.send(external).await;
    assert!(owner.line(" LS ").await.contains("EXTERNAL"));
    owner.line("AUTHENTICATE +").await;
    owner.send("AUTHENTICATE +").await;
    owner.line(" 904 ").await;
    owner
        .send("CAP END\r\nNS IDENTIFY alice secret\r\nNS CERT ADD")
        .await;
    owner.line("certificate was added").await;
    owner.send("NS CERT LIST").await;
    owner.line(&"07".repeat(32)).await;

    let mut client = house.client_with(Some([7; 32])).await;
    client.send(external).await;
    client.line("AUTHENTICATE +").await;
    client.send("AUTHENTICATE Ym9i").await;
    client.line(" 904 ").await;
    client
        .send("AUTHENTICATE EXTERNAL\r\nAUTHENTICATE YWxpY2U=\r\nCAP END")
        .await;
    client.line(" 903 ").await;
    client.line(" 001 alice ").await;
    // It is no password: what asks for one asks for it.
    client.send("NS CERT ADD").await;
    client.line("password again").await;
    // Without a certificate there is nothing to show.
    let mut other = house.client().await;
    other.send(external).await;
    assert!(!other.line(" LS ").await.contains("EXTERNAL"));
    other.line(" 904 ").await;

    owner
        .send(&format!("NS CERT DEL {}", "07".repeat(32)))
        .await;
    owner.line("certificate was removed").await;
    client.line("ERROR ").await;
}

/// A login with SCRAM-SHA-256: the salt, and the last line of the exchange.
async fn scram(house: &House, account: &str, password: &str) -> (String, String) {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::{Digest, Sha256};
    let mac = |key: &[u8], text: &[u8]| -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text);
        mac.finalize().into_bytes().into()
    };
    let read = |line: &str| {
        let text = line.trim_end().rsplit(' ').next().unwrap();
        String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
    };
    let mut client = house.client().await;
    client
        .send("CAP REQ sasl\r\nNICK dave\r\nUSER d 0 * :d\r\nAUTHENTICATE SCRAM-SHA-256")
        .await;
    client.line("AUTHENTICATE +").await;
    let bare = format!("n={account},r=abcdefgh");
    let first = STANDARD.encode(format!("n,,{bare}"));
    client.send(&format!("AUTHENTICATE {first}")).await;
    let said = read(&client.line("AUTHENTICATE ").await);
    let field = |name: &str| {
        said.split(',')
            .find_map(|f| f.strip_prefix(name))
            .unwrap()
            .to_owned()
    };
    let (nonce, salt) = (field("r="), field("s="));
    assert!(nonce.starts_with("abcdefgh"), "{said}");
    let rounds: u32 = field("i=").parse().unwrap();
    let mut salted = [0; 32];
    let bytes = STANDARD.decode(&salt).unwrap();
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &bytes, rounds, &mut salted);
    let client_key = mac(&salted, b"Client Key");
    let without_proof = format!("c=biws,r={nonce}");
    let signed = format!("{bare},{said},{without_proof}");
    let signature = mac(&Sha256::digest(client_key), signed.as_bytes());
    let proof: Vec<u8> = client_key
        .iter()
        .zip(signature)
        .map(|(a, b)| a ^ b)
        .collect();
    let last = STANDARD.encode(format!("{without_proof},p={}", STANDARD.encode(proof)));
    client.send(&format!("AUTHENTICATE {last}")).await;
    let answer = client.line("").await;
    if answer.contains(" 904 ") {
        return (salt, answer);
    }
    let ours = mac(&mac(&salted, b"Server Key"), signed.as_bytes());
    assert_eq!(read(&answer), format!("v={}", STANDARD.encode(ours)));
    client.send("AUTHENTICATE +\r\nCAP END").await;
    client.line(" 903 ").await;
    (salt, client.line(" 001 ").await)
}

#[tokio::test]
async fn scram_is_for_accounts_that_asked_for_it() {
    let config = Config {
        scram: true,
        ..Config::default()
    };
    let house = House::new(Limits::NONE, config).await;
    // Whoever did not looks like whoever is not there, each time the same.
    let (decoy, answer) = scram(&house, "alice", "secret").await;
    assert!(answer.contains(" 904 "), "{answer}");
    let (nobody, answer) = scram(&house, "nobody", "secret").await;
    assert!(answer.contains(" 904 ") && nobody != decoy, "{answer}");
    assert_eq!(scram(&house, "alice", "secret").await.0, decoy);

    let mut alice = house.guest("dora").await;
    alice
        .send("NS IDENTIFY alice secret\r\nNS SET SCRAM ON\r\nNS IDENTIFY secret\r\nPING done")
        .await;
    alice.line("PONG").await;
    let (salt, answer) = scram(&house, "alice", "secret").await;
    assert!(answer.contains(" 001 alice ") && salt != decoy, "{answer}");
    assert!(scram(&house, "alice", "Secret").await.1.contains(" 904 "));

    // A verifier is void with its password.
    alice.send("NS PASSWD another\r\nPING done").await;
    alice.line("PONG").await;
    assert!(scram(&house, "alice", "secret").await.1.contains(" 904 "));
    alice.send("NS IDENTIFY another\r\nPING done").await;
    alice.line("PONG").await;
    assert!(scram(&house, "alice", "another").await.1.contains(" 001 "));
    alice.send("NS SET SCRAM OFF\r\nPING done").await;
    alice.line("PONG").await;
    assert_eq!(scram(&house, "alice", "another").await.0, decoy);
}

#[tokio::test]
async fn clients_are_told_to_come_over_tls() {
    for (security, sts_seconds, expected) in [
        (Security::Plain, 600, Some("sts=port=6697")),
        (Security::Secure, 600, Some("sts=duration=600")),
        (Security::Development, 600, None),
        (Security::Plain, 0, None),
    ] {
        let config = Config {
            sts_seconds,
            ..Config::default()
        };
        let house = House::new(Limits::NONE, config).await;
        let mut client = house.client_over(security, None).await;
        client.send("CAP LS 302").await;
        let mut told = client.line(" LS ").await;
        while told.contains(" LS * ") && !told.contains(" sts=") {
            told = client.line(" LS ").await;
        }
        let sts = told
            .split([' ', ':'])
            .find(|word| word.trim_end().starts_with("sts"));
        assert_eq!(sts.map(str::trim_end), expected, "{told}");
        client.send("CAP REQ sts\r\nCAP LS 301").await;
        client.line(" NAK ").await;
        assert!(!client.line(" LS ").await.contains("sts"));
    }
}

#[tokio::test]
async fn a_gateway_says_for_whom_it_speaks() {
    let house = House::new(Limits::NONE, Config::default()).await;
    for line in [
        "WEBIRC wrong kiwi host.example 192.0.2.7",
        "WEBIRC gateway-password kiwi host.example",
        "WEBIRC gateway-password kiwi host.example 192.0.2",
        "NICK x\r\nWEBIRC gateway-password kiwi host.example 192.0.2.7",
    ] {
        let mut client = house.client().await;
        client.send(line).await;
        client.line("ERROR ").await;
    }
    // The cloak is the client's; nobody sees an address but himself, and no host name is believed.
    let mut masks = Vec::new();
    for address in ["192.0.2.7", "0::ffff:c000:207", "192.0.2.8"] {
        let mut client = house.client().await;
        client
            .send(&format!(
                "WEBIRC gateway-password kiwi host.example {address} :secure\r\nNICK dave\r\nUSER d 0 * :d"
            ))
            .await;
        let welcome = client.line(" 001 ").await;
        assert!(!welcome.contains("192.0.2") && !welcome.contains("host.example"));
        masks.push(welcome);
        client.send("USERIP dave\r\nQUIT").await;
        assert!(client.line(" 340 ").await.contains("@192.0.2."));
        client.line("ERROR ").await;
    }
    assert_eq!(masks[0], masks[1], "an address in two forms");
    assert_ne!(masks[0], masks[2]);
    // What is not secure up to the client takes no passwords.
    for (options, expected) in [("secure", " 001 alice "), ("tls=no", " 464 ")] {
        let mut client = house.client().await;
        client
            .send(&format!(
                "WEBIRC gateway-password kiwi host.example 192.0.2.7 :{options}\r\nPASS alice:secret\r\nNICK dave\r\nUSER d 0 * :d"
            ))
            .await;
        client.line(expected).await;
    }
}

#[tokio::test]
async fn what_is_over_its_announced_length_is_refused_whole() {
    let config = Config {
        nick_length: 9,
        channel_length: 16,
        topic_length: 80,
        kick_length: 80,
        away_length: 80,
        ..Config::default()
    };
    let house = House::new(Limits::NONE, config).await;
    let mut dave = house.client().await;
    dave.send("NICK davedavedave\r\nUSER dave 0 * :dave").await;
    dave.line(" 432 ").await;
    dave.send("NICK dave").await;
    dave.line(" 001 ").await;
    dave.send("JOIN #garden").await;
    dave.line(" 366 ").await;
    let long = "x".repeat(81);
    for (line, answer) in [
        (format!("NICK {long}"), " 432 "),
        (format!("JOIN #{long}"), " 403 "),
        ("JOIN #a-name-of-18-bytes".to_owned(), " 417 "),
        (format!("TOPIC #garden :{long}"), " 417 "),
        (format!("KICK #garden dave :{long}"), " 417 "),
        (format!("AWAY :{long}"), " 417 "),
    ] {
        dave.send(&line).await;
        dave.line(answer).await;
    }
    dave.send(&format!("TOPIC #garden :{}", "x".repeat(80)))
        .await;
    dave.line(" TOPIC ").await;
}

#[tokio::test]
async fn the_server_says_what_it_is() {
    let house = House::new(Limits::NONE, Config::default()).await;
    let mut dave = house.guest("dave").await;
    dave.send("WHOIS dave").await;
    assert!(dave.line(" 312 ").await.ends_with(":For tests\r\n"));
}

/// Lines of 400 bytes that fill an outbox, both of its sockets, and more.
const FLOOD: usize = 4 * polylogue_hub::outbox::BOUND / 400;

#[tokio::test]
async fn who_fell_behind_is_told_what_is_in_no_log() {
    let house = House::new(Limits::NONE, Config::default()).await;
    let mut slow = house.client().await;
    slow.send("CAP REQ away-notify\r\nNICK slow\r\nUSER s 0 * :s\r\nCAP END")
        .await;
    slow.line(" 001 ").await;
    let mut others = Vec::new();
    for nick in ["flood", "dave", "erin", "gina"] {
        others.push(house.guest(nick).await);
    }
    for client in [&mut slow].into_iter().chain(&mut others) {
        client.send("JOIN #garden").await;
        client.line(" 366 ").await;
    }
    let [flood, dave, erin, gina] = others.as_mut_slice() else {
        panic!("four came");
    };
    let text = "x".repeat(400);
    let lines = vec![format!("PRIVMSG #garden :{text}"); FLOOD].join("\r\n");
    // Everybody else reads, and only then goes on.
    let (_, (), (), ()) = tokio::join!(
        async {
            flood.send(&lines).await;
            flood.send("PRIVMSG #garden :enough").await;
        },
        async { drop(dave.line(":enough").await) },
        async { drop(erin.line(":enough").await) },
        async { drop(gina.line(":enough").await) },
    );
    dave.send("NICK dora\r\nPRIVMSG #garden :I am dora").await;
    erin.line(":I am dora").await;
    gina.send("AWAY :watering").await;
    gina.line(" 306 ").await;
    erin.send("QUIT :good night").await;
    dave.line(" QUIT ").await;
    // One came, and is gone again.
    let mut hugo = house.guest("hugo").await;
    hugo.send("JOIN #garden\r\nQUIT :wrong room").await;
    dave.line(":hugo!").await;
    dave.line(" QUIT ").await;
    gina.send("PRIVMSG #garden :that was all").await;
    // The lines that nobody reads wait in the log.
    let mut told = Vec::new();
    loop {
        let line = slow.line(" ").await;
        if !line.contains("xxx") {
            told.push(line.trim_end().to_owned());
        }
        if told
            .last()
            .is_some_and(|line| line.ends_with("that was all"))
        {
            break;
        }
    }
    let place = |start: &str, part: &str| {
        let found = told
            .iter()
            .position(|line| line.starts_with(start) && line.contains(part));
        found.unwrap_or_else(|| panic!("no {start} {part} in {told:#?}"))
    };
    let renamed = place(":dave!", " NICK dora");
    assert!(renamed < place(":dora!", ":I am dora"), "{told:#?}");
    place(":gina!", " AWAY :watering");
    place(":erin!", " QUIT :");
    assert!(!told.iter().any(|line| line.contains("hugo")), "{told:#?}");
    // It is live again.
    gina.send("AWAY").await;
    gina.line(" 305 ").await;
    let back = slow.line(" AWAY").await;
    assert!(
        back.starts_with(":gina!") && back.ends_with(" AWAY\r\n"),
        "{back}"
    );
}

#[tokio::test]
async fn modes_of_one_batch_are_told_once() {
    use polylogue_core::Command;
    use polylogue_core::command::{Direction, ModeChange, RoomFlag};
    use polylogue_core::name::NameKey;
    use polylogue_hub::Request;
    let house = House::new(Limits::NONE, Config::default()).await;
    let mut dave = house.guest("dave").await;
    dave.send("JOIN #garden").await;
    dave.line(" 366 ").await;
    let world = house.hub.world();
    let room = world
        .state
        .room_named(&NameKey::channel("#garden"))
        .unwrap();
    // Asked for together, they are decided together.
    let flags = [
        (RoomFlag::NoCtcp, Direction::Add),
        (RoomFlag::Moderated, Direction::Add),
        (RoomFlag::NoColour, Direction::Add),
        (RoomFlag::TopicLocked, Direction::Remove),
    ];
    let requests = flags.map(|(flag, direction)| {
        let changes = vec![ModeChange::Flag(flag, direction)];
        Request::new(Actor::SERVER, Command::SetModes { room, changes })
    });
    for result in house.hub.submit_all(requests.into()).await {
        result.unwrap();
    }
    dave.send("PING end").await;
    let mut told = String::new();
    loop {
        let line = dave.line(" ").await;
        if line.contains(" PONG ") {
            break;
        }
        if let Some((_, modes)) = line.split_once(" MODE #garden ") {
            told.extend(modes.chars().filter(char::is_ascii_alphabetic));
        }
    }
    let mut letters: Vec<char> = told.chars().collect();
    letters.sort_unstable();
    assert_eq!(letters, ['C', 'c', 'm', 't'], "{told}");
}

#[tokio::test]
async fn what_is_set_before_registration_holds_after_it() {
    let house = House::new(Limits::NONE, Config::default()).await;
    let mut watcher = house.guest("watcher").await;
    watcher.send("CAP REQ away-notify\r\nJOIN #garden").await;
    watcher.line(" 366 ").await;
    let mut client = house.client().await;
    client
        .send("CAP REQ :draft/pre-away draft/metadata-3 batch\r\nAWAY *\r\nMETADATA * SET display-name :Gale")
        .await;
    client.line(" 306 * ").await;
    client.line(" 761 * * display-name * :Gale").await;
    client.send("ISUPPORT").await;
    client.line("BATCH +i1 draft/isupport").await;
    client.line("@batch=i1 :test 005 * CASEMAPPING=ascii").await;
    client.send("METADATA #garden GET avatar").await;
    client.line(" 451 ").await;
    client
        .send("NICK gale\r\nUSER gale 0 * :gale\r\nCAP END")
        .await;
    client.line(" 001 ").await;
    client.line("BATCH +m1 metadata gale").await;
    client.line(" 761 gale gale display-name * :Gale").await;
    client.send("JOIN #garden\r\nWHOIS gale").await;
    client.line(" 301 gale gale :Away").await;
    watcher.line("AWAY :Away").await;
}

#[tokio::test]
async fn an_account_comes_with_an_address_where_one_is_needed() {
    let config = Config {
        register_needs_address: true,
        ..Config::default()
    };
    let house = House::new(Limits::NONE, config).await;
    let mut gale = house.guest("gale").await;
    gale.send("CAP LS 302").await;
    gale.line("custom-account-name,email-required").await;
    for address in ["*", "gale", "@example.org", "gale@"] {
        gale.send(&format!("REGISTER * {address} correct-horse"))
            .await;
        gale.line("FAIL REGISTER INVALID_EMAIL gale :").await;
    }
    gale.send("REGISTER * gale@example.org correct-horse").await;
    gale.line("REGISTER SUCCESS gale").await;
    let world = house.hub.world();
    let gale = world.user_named("gale").unwrap();
    let kept = house
        .hub
        .account_data(gale, polylogue_core::Position(0))
        .await
        .unwrap();
    let kept = format!("{kept:?}");
    assert!(kept.contains("gale@example.org"), "{kept}");
}

#[tokio::test]
async fn where_accounts_need_a_token_irc_says_where_to_make_one() {
    let tokens = polylogue_hub::RegistrationTokens::new(["garden"]);
    let by_token = polylogue_hub::Registration::Token(tokens);
    let house = House::where_accounts_are_made(by_token, Limits::NONE, Config::default()).await;
    let mut gale = house.guest("gale").await;
    let why = "Accounts need a registration token here: make yours with a Matrix or native client";
    gale.send("REGISTER * * garden").await;
    let refused = format!("FAIL REGISTER TEMPORARILY_UNAVAILABLE gale :{why}");
    gale.line(&refused).await;
    gale.send("PRIVMSG NickServ :REGISTER garden").await;
    gale.line(why).await;
    gale.send("CAP LS 302").await;
    let offered = gale.line(" CAP ").await;
    assert!(!offered.contains("account-registration"), "{offered}");
}
