//! The command line as it is typed.

use clap::CommandFactory;

use super::*;

/// What a command line is refused with, in one line; empty if it is accepted.
fn refusal(line: &str) -> String {
    match Arguments::try_parse_from(line.split(' ')) {
        Ok(_) => String::new(),
        Err(error) => error.to_string().replace('\n', " "),
    }
}

fn check(line: &str, expected: &str) {
    let found = refusal(line);
    if expected.is_empty() {
        assert_eq!(found, "", "{line}");
    } else {
        assert!(found.contains(expected), "{line}: {found}");
    }
}

#[test]
fn the_command_line_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn development_is_asked_for() {
    check("polylogue run", "required arguments were not provided");
    check("polylogue run --dev", "");
    check("polylogue run --config c.toml", "");
    check("polylogue run --dev --config c.toml", "");
    check(
        "polylogue run --config c.toml --irc 127.0.0.1:1",
        "required arguments were not provided",
    );
    check(
        "polylogue run --config c.toml --data-dir d",
        "required arguments were not provided",
    );
    check("polylogue run --config c.toml --print-addresses", "");
}

#[test]
fn development_listens_on_loopback_only() {
    check("polylogue run --dev --irc 127.0.0.1:0 --native [::1]:0", "");
    check("polylogue run --dev --irc 127.1.2.3:6667", "");
    check("polylogue run --dev --irc localhost:6667", "");
    check("polylogue run --dev --irc [::ffff:127.0.0.1]:0", "");
    for address in [
        "0.0.0.0:6667",
        "[::]:6667",
        "192.0.2.1:6667",
        "[::ffff:192.0.2.1]:6667",
    ] {
        check(
            &format!("polylogue run --dev --irc {address}"),
            "loopback addresses only",
        );
        check(
            &format!("polylogue run --dev --native {address}"),
            "loopback addresses only",
        );
    }
    check(
        "polylogue run --dev --irc example.org:6667",
        "expected an IP address and a port",
    );
    check(
        "polylogue run --dev --irc 127.0.0.1",
        "expected an IP address and a port",
    );
}

#[test]
fn the_server_name_is_a_host_name() {
    check("polylogue run --dev --server-name chat.example.org", "");
    check(
        "polylogue run --dev --server-name Chat!",
        "expected a host name",
    );
}

#[test]
fn a_password_is_never_an_argument() {
    check("polylogue user add alice", "");
    check("polylogue user add alice secret", "unexpected argument");
    check(
        "polylogue user passwd alice --password secret",
        "unexpected argument",
    );
    check("polylogue user list --json --data-dir d", "");
    check(
        "polylogue user list --data-dir d --config c",
        "cannot be used with",
    );
}
