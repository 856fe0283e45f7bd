//! Who may not use the server: whom a ban means, for how long, and what ends with it.

use std::net::IpAddr;

use super::operators::{dave, raise};
use super::*;
use crate::command::TimedCommand;
use crate::decide::Outcome;
use crate::live::Signal;
use crate::operator::{Lasting, OperatorCommand};
use crate::server_ban::BanTarget;

const HOUR: u64 = 3600 * 1000;

fn target(text: &str) -> BanTarget {
    text.parse()
        .map_or_else(|_| BanTarget::mask(text), BanTarget::Network)
}

fn ban(house: &mut House, on: &str, lasting: Lasting) -> Result<Vec<SessionId>, Refusal> {
    let command = OperatorCommand::Ban {
        target: target(on),
        reason: "noise".into(),
        lasting,
    };
    let decision = house.ask(&dave(4), Command::Operator(command))?;
    let ends = decision.changes.iter().filter_map(|change| match change {
        Change::Signal(Signal::Detached { id, .. }) => Some(*id),
        Change::Signal(_) | Change::Event(_) => None,
    });
    Ok(ends.collect())
}

/// Dave is an operator on session 4; a guest is here on session 5.
fn house() -> (House, UserId) {
    let mut house = House::new();
    raise(&mut house, &Actor::SERVER).unwrap();
    let guest = house.guest("visitor").unwrap();
    (house, guest)
}

/// Comes from an address.
fn come(house: &mut House, who: Who, address: &str) -> Result<UserId, Refusal> {
    house.address = Some(address.parse::<IpAddr>().unwrap());
    let result = house.attach(who);
    house.address = None;
    result
}

fn banned() -> Refusal {
    Refusal::ServerBanned {
        reason: "noise".into(),
    }
}

#[test]
fn a_mask_ends_the_sessions_that_it_means_and_keeps_them_out() {
    let check = |on: &str, expected: &[u64]| {
        let (mut house, _) = house();
        let ended = ban(&mut house, on, Lasting::Usual).unwrap();
        let expected: Vec<_> = expected.iter().copied().map(SessionId).collect();
        assert_eq!(ended, expected, "{on}");
        let guest = AccountName::guest("visitor", 2).unwrap();
        for (id, who) in [
            (SessionId(2), Who::Account(BOB)),
            (SessionId(3), Who::Account(CAROL)),
            (SessionId(5), Who::Guest(guest)),
        ] {
            if expected.contains(&id) {
                assert_eq!(house.attach(who), Err(banned()), "{on}");
            }
        }
        assert!(house.attach(Who::Account(DAVE)).is_ok(), "{on}");
    };
    check("bob!*@*", &[2]);
    check("BOB!*@*", &[2]);
    check("$a:?o?", &[2]);
    check("$a:*o*", &[2, 3]);
    check("visitor!*@*", &[5]);
    check("v*!user@host.example", &[5]);
    check("$!a", &[5]);
    check("nobody!*@*", &[]);
}

#[test]
fn an_account_that_is_banned_does_nothing_by_its_tokens_either() {
    let (mut house, _) = house();
    ban(&mut house, "bob!*@*", Lasting::For(HOUR)).unwrap();
    let join = |house: &mut House, user| outcome(&house.join(user, "#garden"));
    assert_eq!(join(&mut house, BOB), Err(banned()));
    assert_eq!(join(&mut house, CAROL), Ok(()));
    let login = Command::AddDevice {
        user: BOB,
        device: device("phone", "token"),
    };
    let proven = Actor {
        proof: Some(proof(&house, BOB, house.now)),
        ..Actor::user(BOB, None)
    };
    assert_eq!(outcome(&house.ask(&proven, login)), Err(banned()));
    // No ban waits for its timer.
    house.now = house.now.plus(HOUR);
    assert_eq!(join(&mut house, BOB), Ok(()));
}

#[test]
fn a_guest_cannot_take_a_banned_nick_and_nobody_registers_it() {
    let (mut house, guest) = house();
    ban(&mut house, "spam*!*@*", Lasting::Usual).unwrap();
    let actor = Actor {
        session: Some(SessionId(5)),
        ..Actor::user(guest, None)
    };
    let rename = Command::Rename {
        nick: "Spammer".into(),
    };
    assert_eq!(outcome(&house.ask(&actor, rename)), Err(banned()));
    assert_eq!(outcome(&house.register("spambot")), Err(banned()));
    assert_eq!(outcome(&house.register("erin")), Ok(()));
}

#[test]
fn an_address_is_banned_for_everybody_who_comes_from_there() {
    let (mut house, _) = house();
    come(&mut house, Who::Account(BOB), "192.0.2.7").unwrap();
    come(&mut house, Who::Account(CAROL), "2001:db8::7").unwrap();
    let ended = ban(&mut house, "192.0.2.0/24", Lasting::Usual).unwrap();
    assert_eq!(ended, [SessionId(6)]);
    let ended = ban(&mut house, "2001:db8::/64", Lasting::ForGood).unwrap();
    assert_eq!(ended, [SessionId(7)]);
    let check = |house: &mut House, address: &str, expected: Result<(), Refusal>| {
        let guest = AccountName::guest("other", 3).unwrap();
        for who in [Who::Account(BOB), Who::Guest(guest)] {
            let result = come(house, who, address).map(drop);
            assert_eq!(result, expected, "{address}");
            if result.is_ok() {
                let last = SessionId(house.sessions);
                let detach = Command::Detach {
                    session: last,
                    reason: "".into(),
                    absence: 0,
                };
                house.ask(&Actor::SERVER, detach).unwrap();
            }
        }
    };
    check(&mut house, "192.0.2.200", Err(banned()));
    check(&mut house, "::ffff:192.0.2.200", Err(banned()));
    check(&mut house, "192.0.3.1", Ok(()));
    check(&mut house, "2001:db8::ffff", Err(banned()));
    check(&mut house, "2001:db8:0:1::1", Ok(()));
    // Addresses change hands: without a time a ban of them is over after a day, one for good is not.
    house.now = house.now.plus(crate::limits::ADDRESS_BAN);
    check(&mut house, "192.0.2.200", Ok(()));
    check(&mut house, "2001:db8::ffff", Err(banned()));
}

#[test]
fn what_would_shut_out_too_many_is_refused() {
    let check = |on: &str, what: &'static str| {
        let (mut house, _) = house();
        let result = ban(&mut house, on, Lasting::Usual);
        assert_eq!(result, Err(Refusal::Invalid { what }), "{on}");
    };
    check("", "mask");
    check("*!*@*", "a ban of yourself");
    check("dave!*@*", "a ban of yourself");
    check("127.0.0.1", "a ban of this machine");
    check("127.0.0.0/16", "a ban of this machine");
    check("::1", "a ban of this machine");
    check("192.0.0.0/15", "a ban of more than a /16 (IPv6: a /32)");
    check("0.0.0.0/0", "a ban of more than a /16 (IPv6: a /32)");
    check("2001::/31", "a ban of more than a /16 (IPv6: a /32)");
}

#[test]
fn only_operators_ban_and_lift() {
    let (mut house, _) = house();
    let lift = || {
        Command::Operator(OperatorCommand::Unban {
            target: target("bob!*@*"),
        })
    };
    assert_eq!(
        outcome(&house.ask(&dave(4), lift())),
        Err(Refusal::Unchanged)
    );
    let ban_bob = Command::Operator(OperatorCommand::Ban {
        target: target("bob!*@*"),
        reason: "noise".into(),
        lasting: Lasting::Usual,
    });
    for command in [ban_bob, lift()] {
        let result = outcome(&house.by(CAROL, command));
        assert_eq!(result, Err(Refusal::OperatorNeeded));
    }
    ban(&mut house, "Bob!*@*", Lasting::Usual).unwrap();
    assert_eq!(house.attach(Who::Account(BOB)), Err(banned()));
    house.ask(&dave(4), lift()).unwrap();
    assert!(house.attach(Who::Account(BOB)).is_ok());
}

#[test]
fn a_guest_who_is_banned_leaves_his_rooms() {
    let (mut house, guest) = house();
    let room = house.garden();
    house.join(guest, "#garden").unwrap();
    ban(&mut house, "visitor!*@*", Lasting::Usual).unwrap();
    assert_eq!(house.standing(room, guest), None);
    assert!(!house.world.live.guests.contains_key(&guest));
}

#[test]
fn a_timer_takes_away_what_is_over_and_nothing_else() {
    let (mut house, _) = house();
    ban(&mut house, "bob!*@*", Lasting::For(HOUR)).unwrap();
    // For longer, before the first time is over.
    ban(&mut house, "bob!*@*", Lasting::For(2 * HOUR)).unwrap();
    let timers: Vec<_> = house.world.state.timers.clone().into_iter().collect();
    assert_eq!(timers.len(), 2);
    for (index, ((due, id), command)) in timers.into_iter().enumerate() {
        assert!(matches!(command, TimedCommand::ExpireServerBan { .. }));
        house.now = due;
        let timed = Command::Timed { id, command };
        let decision = house.ask(&Actor::SERVER, timed).unwrap();
        assert_eq!(decision.outcome, Outcome::Done);
        let left = house.world.state.server_bans.len();
        assert_eq!(left, 1 - index);
    }
    assert!(house.world.state.timers.is_empty());
}
