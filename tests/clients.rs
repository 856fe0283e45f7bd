//! Real programs against the real server: irssi, WeeChat, ii, irc-framework (the core of The Lounge and Kiwi IRC), and the native protocol's example
//! in Python, as their users use them. They must be installed (`apt-get install irssi weechat-headless tmux ii python3`, and
//! `tests/clients/install`): a test of a program that is not there fails.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "clients/framework.rs"]
mod framework;
#[path = "clients/ii.rs"]
mod ii;
#[path = "clients/installed.rs"]
mod installed;
#[path = "clients/irssi.rs"]
mod irssi;
#[path = "clients/program.rs"]
mod program;
#[path = "clients/python.rs"]
mod python;
#[expect(dead_code, unused_imports, reason = "each test uses a part of it")]
mod support;
#[path = "clients/weechat.rs"]
mod weechat;

use framework::Framework;
use ii::Ii;
use irssi::Irssi;
use program::{IrcClient, until};
use python::Python;
use serde_json::json;
use support::{Native, Outcome, Server};
use weechat::WeeChat;

/// A server on which these accounts are registered.
fn server_with(accounts: &[&str]) -> Outcome<Server> {
    let server = Server::start();
    for account in accounts {
        Native::hello(server.native(), &[])?.register(account)?;
    }
    Ok(server)
}

/// What somebody does with an IRC client in a day, while bob uses another program.
fn a_day(alice: &mut dyn IrcClient, server: &Server) -> Outcome<()> {
    alice.shows("Welcome")?;
    alice.enter("/join #garden")?;
    alice.shows("has joined #garden")?;
    let mut bob = Python::chat(server, "bob", "#garden")?;
    alice.shows("bob")?;

    alice.enter("/msg #garden hello from the terminal")?;
    bob.shows("<alice> hello from the terminal")?;
    bob.enter("hello from the program")?;
    alice.shows("hello from the program")?;
    bob.enter("/me waters the roses")?;
    alice.shows("waters the roses")?;
    alice.enter("/topic #garden What grows")?;
    bob.shows("What grows")?;

    alice.enter("/msg bob between us")?;
    bob.shows("<alice> between us")?;
    bob.enter("/msg alice only us")?;
    alice.shows("only us")?;

    // What was said meanwhile is there on return, without a question.
    alice.enter("/disconnect polylogue")?;
    let mut observer = Native::hello(server.native(), &[])?;
    observer.login("bob")?;
    until("alice's absence", || {
        let answer = observer.ask(json!({"type": "profile", "user": "alice"}));
        let shown = answer.ok()?.pointer("/profile/presence")?.clone();
        (shown == "offline").then_some(())
    })?;
    bob.enter("while you were away")?;
    bob.shows("<bob> while you were away")?;
    alice.does_not_show("while you were away")?;
    alice.enter("/connect polylogue")?;
    alice.shows("while you were away")?;
    alice.enter("/msg #garden so I see")?;
    bob.shows("<alice> so I see")
}

#[test]
fn irssi_for_a_day() -> Outcome<()> {
    let server = server_with(&["alice", "bob"])?;
    let mut alice = Irssi::start(&server, "alice")?;
    a_day(&mut alice, &server)
}

#[test]
fn weechat_for_a_day() -> Outcome<()> {
    let server = server_with(&["alice", "bob"])?;
    let mut alice = WeeChat::start(&server, "alice")?;
    a_day(&mut alice, &server)
}

#[test]
fn ii_for_a_day() -> Outcome<()> {
    let server = server_with(&["alice", "bob"])?;
    let mut alice = Ii::start(&server, "alice")?;
    a_day(&mut alice, &server)
}

/// A library that asks for history itself, and takes every line apart.
#[test]
fn irc_framework_for_a_day() -> Outcome<()> {
    let server = server_with(&["alice", "bob"])?;
    let mut alice = Framework::start(&server, "alice")?;
    a_day(&mut alice, &server)?;
    // In the order in which it was said, each once, and nothing that it does not understand.
    let shown = alice.shown();
    for once in ["while you were away", "so I see"] {
        let fresh = shown.rsplit("-- connected").next().unwrap_or_default();
        assert_eq!(fresh.matches(once).count(), 1, "{once}: {shown}");
    }
    alice.does_not_show("-- unknown")?;
    alice.does_not_show("-- error")
}

#[test]
fn all_in_one_room() -> Outcome<()> {
    let server = server_with(&["alice", "bob", "carol"])?;
    let mut alice = Irssi::start(&server, "alice")?;
    let mut carol = WeeChat::start(&server, "carol")?;
    alice.shows("Welcome")?;
    carol.shows("Welcome")?;
    alice.enter("/join #garden")?;
    alice.shows("has joined #garden")?;
    carol.enter("/join #garden")?;
    alice.shows("carol")?;
    let mut bob = Python::chat(&server, "bob", "#garden")?;
    bob.shows("3 members")?;

    alice.enter("/msg #garden one of irssi")?;
    carol.shows("one of irssi")?;
    bob.shows("<alice> one of irssi")?;
    carol.enter("/msg #garden two of WeeChat")?;
    alice.shows("two of WeeChat")?;
    bob.shows("<carol> two of WeeChat")?;
    bob.enter("three of Python")?;
    alice.shows("three of Python")?;
    carol.shows("three of Python")?;

    alice.enter("/msg carol from one terminal to the other")?;
    carol.shows("from one terminal to the other")?;
    carol.enter("/msg alice and back")?;
    alice.shows("and back")?;
    bob.enter("/history 3")?;
    bob.shows("<alice> one of irssi")?;
    bob.shows("<carol> two of WeeChat")?;
    bob.shows("<bob> three of Python")
}
