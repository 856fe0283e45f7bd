//! One room with every kind of client that is there: irssi, WeeChat, matrix-nio, matrix-js-sdk and the native protocol's example in Python. What
//! anybody says, all others see; and pairs of them talk in private. They must be installed (`.ci/run` does it): the test of a client that is not
//! there fails.
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
#[path = "clients/irssi.rs"]
mod irssi;
#[expect(dead_code, reason = "each test uses a part of it")]
#[path = "clients/matrix.rs"]
mod matrix;
#[expect(dead_code, reason = "each test uses a part of it")]
#[path = "clients/program.rs"]
mod program;
#[path = "clients/python.rs"]
mod python;
#[expect(dead_code, unused_imports, reason = "each test uses a part of it")]
mod support;
#[path = "clients/weechat.rs"]
mod weechat;

use irssi::Irssi;
use matrix::MatrixClient;
use program::IrcClient;
use python::Python;
use support::{Native, Outcome, Server};
use weechat::WeeChat;

const ROOM: &str = "#garden";

/// Somebody in the room.
struct Person {
    name: &'static str,
    client: Client,
}

enum Client {
    Irc(Box<dyn IrcClient>),
    Program(Python),
    Matrix(MatrixClient),
}

impl Person {
    /// On IRC, once the room is joined.
    fn on_irc(name: &'static str, mut client: impl IrcClient + 'static) -> Outcome<Self> {
        client.shows("Welcome")?;
        client.enter(&format!("/join {ROOM}"))?;
        client.shows(&format!("has joined {ROOM}"))?;
        let client = Client::Irc(Box::new(client));
        Ok(Self { name, client })
    }

    /// On Matrix, once the room is joined.
    fn on_matrix(name: &'static str, mut client: MatrixClient) -> Outcome<Self> {
        client.does(&format!("join {ROOM}:test"), "joined")?;
        let client = Client::Matrix(client);
        Ok(Self { name, client })
    }

    /// Says something in the room.
    fn says(&mut self, text: &str) -> Outcome<()> {
        match &mut self.client {
            Client::Irc(irc) => irc.enter(&format!("/msg {ROOM} {text}")),
            Client::Program(program) => program.enter(text),
            Client::Matrix(matrix) => matrix.does(&format!("say {ROOM}:test {text}"), "sent"),
        }
    }

    /// Says something to one other person.
    fn whispers(&mut self, to: &str, text: &str) -> Outcome<()> {
        match &mut self.client {
            Client::Irc(irc) => irc.enter(&format!("/msg {to} {text}")),
            Client::Program(program) => program.enter(&format!("/msg {to} {text}")),
            Client::Matrix(matrix) => matrix.does(&format!("dm @{to}:test {text}"), "sent"),
        }
    }

    /// Waits until it is shown that somebody said this.
    fn sees(&mut self, by: &str, text: &str) -> Outcome<()> {
        match &mut self.client {
            Client::Irc(irc) => irc.shows(text),
            Client::Program(program) => program.shows(&format!("<{by}> {text}")),
            Client::Matrix(matrix) => matrix.shows(&format!("@{by}:test"), text).map(drop),
        }
    }
}

#[test]
fn every_client_in_one_room() -> Outcome<()> {
    let names = ["alice", "walt", "nina", "judy", "pete"];
    let server = Server::start();
    for name in names {
        Native::hello(server.native(), &[])?.register(name)?;
    }
    let [irssi, weechat, nio, js, program] = names;
    let mut people = [
        Person::on_irc(irssi, Irssi::start(&server, irssi)?)?,
        Person::on_irc(weechat, WeeChat::start(&server, weechat)?)?,
        Person::on_matrix(nio, MatrixClient::nio(&server, nio)?)?,
        Person::on_matrix(js, MatrixClient::js(&server, js)?)?,
        Person {
            name: program,
            client: Client::Program(Python::chat(&server, program, ROOM)?),
        },
    ];

    for speaker in 0..people.len() {
        let name = people[speaker].name;
        let text = format!("the word of {name}");
        people[speaker].says(&text)?;
        for listener in people.iter_mut().filter(|one| one.name != name) {
            listener.sees(name, &text)?;
        }
    }

    let position = |name: &str| {
        names
            .iter()
            .position(|one| *one == name)
            .expect("one of them")
    };
    for (one, other) in [(irssi, js), (weechat, nio), (program, js), (nio, program)] {
        let (from, to) = (position(one), position(other));
        let (question, answer) = (
            format!("a word from {one} to {other}"),
            format!("and back from {other} to {one}"),
        );
        people[from].whispers(other, &question)?;
        people[to].sees(one, &question)?;
        people[to].whispers(one, &answer)?;
        people[from].sees(other, &answer)?;
    }
    Ok(())
}
