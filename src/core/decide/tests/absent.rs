//! Guests who are gone, and those who come back.

use super::*;
use crate::event::{Event, RoomChange};

const ABSENCE: u64 = 600_000;
const HOME: &str = "home.guest";

impl House {
    fn guest_from(&mut self, nick: &str, host: &str) -> Result<UserId, Refusal> {
        self.attach_from(Who::Guest(AccountName::guest(nick, 9).unwrap()), host)
    }

    /// His connection ends; what comes of it.
    fn loses(&mut self, guest: UserId) -> Vec<Change> {
        let session = *self.world.live.sessions_of(guest).first().unwrap();
        let detach = Command::Detach {
            session,
            reason: "Bye".into(),
            absence: ABSENCE,
        };
        self.ask(&Actor::SERVER, detach).unwrap().changes
    }
}

/// Who leaves, and why.
fn leaves(changes: &[Change]) -> Vec<(UserId, Arc<str>)> {
    let leave = |change: &Change| match change {
        Change::Event(Event::Room {
            change: RoomChange::Member(member),
            ..
        }) if member.membership == Membership::Leave => Some((member.user, member.reason.clone()?)),
        Change::Event(_) | Change::Signal(_) => None,
    };
    changes.iter().filter_map(leave).collect()
}

fn joined(house: &House, guest: UserId) -> bool {
    let room = house.world.state.room(RoomId(1)).unwrap();
    room.state.is_joined(guest)
}

/// A guest in a channel who lost his connection.
fn absent() -> (House, UserId) {
    let mut house = House::new();
    let room = house.garden();
    let gale = house.guest_from("gale", HOME).unwrap();
    house.join(gale, "#garden").unwrap();
    let decision = house.by(
        ALICE,
        Command::SetPrefixes {
            room,
            changes: vec![crate::command::PrefixChange {
                user: gale,
                prefix: Prefix::Operator,
                direction: Direction::Add,
            }],
        },
    );
    decision.unwrap();
    let changes = house.loses(gale);
    assert_eq!(leaves(&changes), [], "he is in his rooms");
    assert!(joined(&house, gale));
    assert!(house.world.is_gone(gale));
    assert_eq!(house.world.gone_from().get(&room), Some(&1));
    (house, gale)
}

#[test]
fn a_guest_who_comes_back_was_never_away() {
    let (mut house, gale) = absent();
    house.now = house.now.plus(ABSENCE - 1);
    house.run_timers();
    assert_eq!(house.guest_from("Gale", HOME), Ok(gale));
    assert!(house.world.state.timers.is_empty());
    assert!(house.world.gone_from().is_empty());
    assert_eq!(&**house.world.name_of(gale).unwrap().nick(), "Gale");
    let state = &house.world.state.room(RoomId(1)).unwrap().state;
    assert_eq!(state.prefixes(gale).highest(), Some(Prefix::Operator));
    assert_eq!(
        house.say(gale, Destination::Room(RoomId(1))).map(drop),
        Ok(())
    );
    // And once more.
    house.loses(gale);
    house.now = house.now.plus(ABSENCE);
    house.run_timers();
    assert!(!joined(&house, gale));
    assert!(house.world.state.absent.is_empty());
    assert_ne!(house.guest_from("Gale", HOME), Ok(gale), "he is too late");
}

#[test]
fn whoever_takes_the_nick_of_one_who_is_gone_drives_him_out() {
    type Taking = fn(&mut House) -> Result<Decision, Refusal>;
    let check = |what: &str, take: Taking| {
        let (mut house, gale) = absent();
        let decision = take(&mut house).unwrap();
        assert_eq!(
            leaves(&decision.changes),
            [(gale, "Connection lost".into())],
            "{what}"
        );
        assert!(!joined(&house, gale), "{what}");
        assert!(house.world.state.timers.is_empty(), "{what}");
        assert!(house.world.state.absent.is_empty(), "{what}");
    };
    check("another guest", |house| {
        let hugo = house.guest_from("hugo", "elsewhere.guest")?;
        house.by(
            hugo,
            Command::Rename {
                nick: "gale".into(),
            },
        )
    });
    check("a registration", |house| house.register("gale"));
    check("one that looks like it", |house| house.register("ga1e"));
    check("a grouped nick", |house| {
        house.by(
            ALICE,
            Command::GroupNick {
                nick: "gale".into(),
            },
        )
    });
    // From elsewhere under the same nick.
    for (nick, host) in [("gale", "elsewhere.guest"), ("ga1e", HOME)] {
        let (mut house, gale) = absent();
        assert_ne!(house.guest_from(nick, host), Ok(gale));
        assert!(!joined(&house, gale), "{nick} {host}");
    }
}

#[test]
fn when_nobody_comes_back_he_leaves_with_what_he_said() {
    let (mut house, gale) = absent();
    let due = house.world.state.timers.get_min().cloned().unwrap();
    assert_eq!(due.0.0, house.now.plus(ABSENCE));
    let ((_, id), command) = due;
    house.now = house.now.plus(ABSENCE);
    let decision = house.ask(&Actor::SERVER, Command::Timed { id, command });
    assert_eq!(leaves(&decision.unwrap().changes), [(gale, "Bye".into())]);
    assert!(house.world.state.timers.is_empty());
}

#[test]
fn who_is_put_out_while_he_is_gone_stays_out() {
    let (mut house, gale) = absent();
    let kick = Command::Kick {
        room: RoomId(1),
        user: gale,
        reason: None,
    };
    house.by(ALICE, kick).unwrap();
    assert_eq!(house.guest_from("gale", HOME), Ok(gale));
    assert!(!joined(&house, gale));
}

#[test]
fn a_guest_in_no_room_leaves_nothing_behind() {
    let mut house = House::new();
    let gale = house.guest_from("gale", HOME).unwrap();
    house.loses(gale);
    assert!(house.world.state.timers.is_empty());
    assert_ne!(house.guest_from("gale", HOME), Ok(gale));
}
