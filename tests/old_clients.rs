//! Clients from before UTF-8: what they send is read where the configuration says so, and refused in so many words where it does not.
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

use support::irc::Identity;
use support::{Irc, Outcome, Server};

/// Two guests in a channel: what the second sees of bytes that the first sends.
fn said(server: &Server, bytes: &[u8], sees: [&str; 2]) -> Outcome<()> {
    let guest = |nick: &str| {
        let identity = Identity {
            nick: nick.to_owned(),
            account: None,
            capabilities: Vec::new(),
        };
        let mut client = Irc::login(server.irc(), &identity)?;
        client.send("JOIN #garden")?;
        client.expect(":* 366 *")?;
        Ok::<_, support::Failure>(client)
    };
    let (mut old, mut new) = (guest("old")?, guest("new")?);
    old.send_bytes(bytes)?;
    old.send("PRIVMSG #garden :the end")?;
    old.expect(sees[0])?;
    new.expect(sees[1]).map(drop)
}

#[test]
fn latin_1_is_read_where_that_is_configured() -> Outcome<()> {
    let server = Server::developed("[irc]\nlatin1 = true\n");
    said(
        &server,
        b"PRIVMSG #garden :Gr\xfc\xdfe f\xfcr 5 \x80\r\nPING :done\r\n",
        [
            "*PONG*done*",
            ":old!* PRIVMSG #garden :Gr\u{fc}\u{df}e f\u{fc}r 5 \u{20ac}",
        ],
    )
}

#[test]
fn latin_1_is_refused_otherwise() -> Outcome<()> {
    said(
        &Server::start(),
        b"PRIVMSG #garden :Gr\xfc\xdfe\r\n",
        [
            ":* FAIL PRIVMSG INVALID_UTF8 *",
            ":old!* PRIVMSG #garden :the end",
        ],
    )
}
