//! The server is killed at random moments while many clients talk, and started again: what was acknowledged, or seen by anybody, is there
//! exactly once, in one order, on every protocol.
//!
//! `POLYLOGUE_CRASH_ROUNDS` sets how often (20 unless set), `POLYLOGUE_CRASH_SEED` repeats a run's moments as far as the machine lets it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "crash/audit.rs"]
mod audit;
#[path = "crash/matrix.rs"]
mod matrix;
#[expect(dead_code, reason = "each test uses a part of it")]
mod support;
#[path = "crash/writers.rs"]
mod writers;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use audit::Audit;
use support::random::Random;
use support::{Inbox, Server, patience};
use writers::Writer;

/// The room in which all of it happens.
pub const ROOM: &str = "#storm";

/// Where a server listens now.
#[derive(Clone, Copy)]
pub struct Addresses {
    irc: SocketAddr,
    native: SocketAddr,
    http: SocketAddr,
}

impl Addresses {
    fn of(server: &Server) -> Self {
        Self {
            irc: server.irc(),
            native: server.native(),
            http: server.http(),
        }
    }
}

/// A message as somebody saw it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    id: String,
    text: String,
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled() {
    let rounds = std::env::var("POLYLOGUE_CRASH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20);
    let seed = Random::seed("POLYLOGUE_CRASH_SEED");
    println!("POLYLOGUE_CRASH_SEED={seed}");
    let mut random = Random::new(seed);

    let mut server = Server::start();
    let mut audit = Audit::begin(Addresses::of(&server)).unwrap();
    let mut writers = Writer::cast(Addresses::of(&server)).unwrap();
    for round in 1..=rounds {
        let addresses = Addresses::of(&server);
        // The moment: soon after some acknowledgement; mostly after everybody had one.
        let wanted = 1 + random.below(300);
        let voices = match random.below(4) {
            0 => 1,
            _ => writers.len(),
        };
        let acknowledged = Inbox::default();
        std::thread::scope(|scope| {
            for writer in &mut writers {
                let acknowledged = acknowledged.clone();
                scope.spawn(move || writer.write_until_cut(addresses, &acknowledged));
            }
            let mut begin = None;
            let reached = acknowledged.wait(patience() * 2, |state| {
                let heard = || state.items.iter().collect::<BTreeSet<_>>().len() >= voices;
                begin = begin.or_else(|| heard().then_some(state.items.len() as u64));
                begin.filter(|begin| state.items.len() as u64 >= begin + wanted)
            });
            let came = acknowledged.lock().items.len();
            server.kill();
            assert!(
                reached.is_some(),
                "round {round}: only {came} acknowledgements of {wanted} came"
            );
        });
        server.start_again();
        audit.read_on(Addresses::of(&server)).unwrap();
        for writer in &mut writers {
            writer.catch_up(Addresses::of(&server)).unwrap();
            audit.check(writer);
        }
    }
    server.stop();
    server.start_again();
    audit.read_again(Addresses::of(&server)).unwrap();
    let (messages, acknowledged) = (
        audit.messages().len(),
        writers
            .iter()
            .map(|writer| writer.acknowledged.len())
            .sum::<usize>(),
    );
    for writer in &writers {
        assert!(
            !writer.acknowledged.is_empty() && writer.seen.iter().any(|seen| !seen.is_empty()),
            "{} said or saw nothing",
            writer.name
        );
    }
    println!("{rounds} kills, {acknowledged} acknowledged messages, {messages} in the history");
    assert!(acknowledged as u64 >= rounds, "hardly anything was said");
}
