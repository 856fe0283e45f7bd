//! Matrix clients that nobody here wrote against the real server, in one room and in direct conversations with IRC and native users. They must be
//! installed (`tests/clients/install`): a test of a client that is not there fails.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "clients/installed.rs"]
mod installed;
#[path = "clients/matrix.rs"]
mod matrix;
#[expect(dead_code, reason = "each test uses a part of it")]
mod support;

use matrix::MatrixClient;
use support::irc::Identity;
use support::{Irc, Native, Outcome, Server};

const ROOM: &str = "#garden:test";

/// Alice on IRC with somebody on Matrix: what either says reaches the other, in the room and in private, and is there afterwards.
fn talk(server: &Server, bob: &mut MatrixClient) -> Outcome<()> {
    let mut alice = Irc::login(server.irc(), &known("alice"))?;
    alice.send("JOIN #garden")?;
    alice.expect("* 366 * #garden *")?;
    bob.does(&format!("join {ROOM}"), "joined")?;
    alice.expect(":bob!* JOIN #garden")?;

    alice.send("PRIVMSG #garden :hello from a terminal")?;
    bob.shows("@alice:test", "hello from a terminal")?;
    bob.does(&format!("say {ROOM} hello from a room list"), "sent")?;
    alice.expect(":bob!* PRIVMSG #garden :hello from a room list")?;

    bob.does("dm @alice:test between us", "sent")?;
    alice.expect(":bob!* PRIVMSG alice :between us")?;
    alice.send("PRIVMSG bob :only us")?;
    bob.shows("@alice:test", "only us")?;

    let history = bob.history(ROOM)?;
    assert_eq!(history, ["hello from a terminal", "hello from a room list"]);
    Ok(())
}

/// Somebody on IRC with his account's password.
fn known(name: &str) -> Identity {
    Identity {
        nick: name.to_owned(),
        account: Some(name.to_owned()),
        capabilities: Vec::new(),
    }
}

fn server_with(accounts: &[&str]) -> Outcome<Server> {
    let server = Server::start();
    for account in accounts {
        Native::hello(server.native(), &[])?.register(account)?;
    }
    Ok(server)
}

#[test]
fn matrix_nio_talks_with_irc() -> Outcome<()> {
    let server = server_with(&["alice", "bob"])?;
    let mut bob = MatrixClient::nio(&server, "bob")?;
    talk(&server, &mut bob)
}

#[test]
fn matrix_js_sdk_talks_with_irc() -> Outcome<()> {
    let server = server_with(&["alice", "bob"])?;
    let mut bob = MatrixClient::js(&server, "bob")?;
    talk(&server, &mut bob)
}

#[test]
fn matrix_rust_sdk_talks_with_irc() -> Outcome<()> {
    let server = server_with(&["alice", "bob"])?;
    let mut bob = MatrixClient::rust(&server, "bob")?;
    talk(&server, &mut bob)
}

#[test]
fn all_in_one_room() -> Outcome<()> {
    let server = server_with(&["bob", "carol", "dave"])?;
    let mut bob = MatrixClient::nio(&server, "bob")?;
    let mut carol = MatrixClient::js(&server, "carol")?;
    let mut dave = MatrixClient::rust(&server, "dave")?;
    let mut guest = Irc::login(
        server.irc(),
        &Identity {
            account: None,
            ..known("visitor")
        },
    )?;
    guest.send("JOIN #garden")?;
    guest.expect("* 366 * #garden *")?;
    bob.does(&format!("join {ROOM}"), "joined")?;
    carol.does(&format!("join {ROOM}"), "joined")?;
    dave.does(&format!("join {ROOM}"), "joined")?;
    bob.does(&format!("say {ROOM} from nio"), "sent")?;
    carol.shows("@bob:test", "from nio")?;
    dave.shows("@bob:test", "from nio")?;
    carol.does(&format!("say {ROOM} from js"), "sent")?;
    bob.shows("@carol:test", "from js")?;
    dave.does(&format!("say {ROOM} from rust"), "sent")?;
    bob.shows("@dave:test", "from rust")?;
    carol.shows("@dave:test", "from rust")?;
    guest.expect(":bob!* PRIVMSG #garden :from nio")?;
    guest.expect(":carol!* PRIVMSG #garden :from js")?;
    guest.expect(":dave!* PRIVMSG #garden :from rust").map(drop)
}
