//! Who is banned from the server is told so at every door: IRC, Matrix and native, by account and by address.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[expect(dead_code, reason = "each test uses a part of it")]
mod support;

use serde_json::{Value, json};
use support::http::{Ask, Http};
use support::irc::Identity;
use support::{Irc, Native, Outcome, Server, password, patience};

/// A server with the operator `root` and a gateway on this machine.
fn server() -> Server {
    Server::developed(include_str!("scenarios/operators.toml"))
}

/// Somebody on IRC, with his account or as a guest.
fn identity(nick: &str, account: Option<&str>) -> Identity {
    Identity {
        nick: nick.to_owned(),
        account: account.map(str::to_owned),
        capabilities: Vec::new(),
    }
}

fn operator(server: &Server) -> Outcome<Irc> {
    let mut olga = Irc::login(server.irc(), &identity("olga", None))?;
    olga.send("OPER root secret")?;
    olga.expect(":* 381 *")?;
    Ok(olga)
}

#[test]
fn who_is_banned_is_refused_at_every_door() -> Outcome<()> {
    let server = server();
    let mut native = Native::hello(server.native(), &[])?;
    native.register("bob")?;
    let mut olga = operator(&server)?;
    olga.send("KLINE 1h bob :enough")?;
    olga.expect(":* NOTICE olga :bob!* is banned: enough *")?;
    let reason = "you are banned from this server: enough";
    let mut irc = Irc::connect(server.irc())?;
    irc.send(&format!("PASS :bob:{}", password("bob")))?;
    irc.send("NICK bob")?;
    irc.send("USER bob 0 * :bob")?;
    irc.expect(&format!("*{reason}*"))?;
    irc.expect_end()?;
    // What a stranger cannot find out: whether an account is banned.
    let mut stranger = Irc::connect(server.irc())?;
    stranger.send("PASS :bob:wrong")?;
    stranger.send("NICK bob")?;
    stranger.send("USER bob 0 * :bob")?;
    stranger.expect(":* 464 * :Password incorrect")?;
    let mut again = Native::hello(server.native(), &[])?;
    let refused = again.login("bob").unwrap_err();
    assert!(refused.0.contains("server_banned"), "{refused}");
    let (status, body) = login(&server, "bob")?;
    assert_eq!((status, &body["errcode"]), (403, &json!("M_FORBIDDEN")));
    assert_eq!(body["error"], reason);
    olga.send("UNKLINE bob")?;
    olga.expect(":* NOTICE olga :bob!* is not banned any more")?;
    Irc::login(server.irc(), &identity("bob", Some("bob")))?;
    assert_eq!(login(&server, "bob")?.0, 200);
    let log = server.log_text();
    for line in ["KLINE bob", "UNKLINE bob"] {
        assert!(log.contains(line), "no audit line for {line}");
    }
    Ok(())
}

#[test]
fn an_address_is_banned_by_the_nick_that_comes_from_it() -> Outcome<()> {
    let server = server();
    let mut olga = operator(&server)?;
    let behind = |address: &str, nick: &str| -> Outcome<Irc> {
        let mut client = Irc::connect(server.irc())?;
        client.send(&format!("WEBIRC secret gateway host.example {address}"))?;
        client.send(&format!("NICK {nick}"))?;
        client.send(&format!("USER {nick} 0 * :{nick}"))?;
        Ok(client)
    };
    let mut dave = behind("192.0.2.7", "dave")?;
    dave.expect(":* 001 *")?;
    olga.send("DLINE 1h dave :noise")?;
    olga.expect(":* NOTICE olga :192.0.2.7/32 is banned: noise *")?;
    dave.expect("ERROR :*Banned from this server: noise*")?;
    let mut other = behind("192.0.2.7", "other")?;
    other.expect(":* 465 * :you are banned from this server: noise")?;
    other.expect_end()?;
    behind("192.0.2.8", "neighbour")?.expect(":* 001 *")?;
    Ok(())
}

/// Logs in on Matrix: the status, and what was answered.
fn login(server: &Server, user: &str) -> Outcome<(u16, Value)> {
    let body = json!({"type": "m.login.password", "user": user, "password": password(user)});
    let answer = Http::connect(server.http(), patience())?.request(Ask {
        method: "POST",
        target: "/_matrix/client/v3/login",
        token: None,
        body: Some(&body),
    })?;
    Ok((answer.status, answer.body))
}
