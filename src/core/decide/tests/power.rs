//! Levels and prefixes: two views of one store, there and back.

use super::*;
use crate::command::{ModeChange, RoomFlag};
use crate::room::JoinRule;
use Direction::{Add, Remove};
use Prefix::{Admin, Founder, HalfOperator, Operator, Voice};

/// Carol's level and what shows of her, after alice did these things to her.
fn carol(steps: &[(Direction, Prefix)]) -> (i64, Vec<Prefix>) {
    carol_from(0, steps)
}

fn carol_from(level: i64, steps: &[(Direction, Prefix)]) -> (i64, Vec<Prefix>) {
    let mut house = House::new();
    let room = house.garden();
    house
        .levels(ALICE, room, |levels| levels.set(CAROL, level))
        .unwrap();
    for (direction, prefix) in steps {
        house
            .prefix(ALICE, room, (CAROL, *direction, *prefix))
            .unwrap();
    }
    let room = house.room(room);
    (room.level(CAROL), room.prefixes(CAROL).iter().collect())
}

#[test]
fn prefixes_given_and_taken() {
    assert_eq!(carol(&[(Add, Voice)]), (1, vec![Voice]));
    assert_eq!(carol(&[(Add, HalfOperator)]), (25, vec![HalfOperator]));
    assert_eq!(carol(&[(Add, Operator)]), (50, vec![Operator]));
    assert_eq!(carol(&[(Add, Admin)]), (75, vec![Admin]));
    assert_eq!(carol(&[(Add, Founder)]).0, 100);
    assert_eq!(carol(&[(Add, Operator), (Remove, Operator)]), (0, vec![]));
    // A voice given to an operator is only a bit, and is what is left of him.
    assert_eq!(
        carol(&[(Add, Operator), (Add, Voice)]),
        (50, vec![Operator, Voice])
    );
    assert_eq!(
        carol(&[(Add, Operator), (Add, Voice), (Remove, Operator)]),
        (1, vec![Voice])
    );
    assert_eq!(
        carol(&[(Add, Voice), (Add, Operator), (Remove, Operator)]),
        (1, vec![Voice])
    );
    assert_eq!(
        carol(&[(Add, Voice), (Add, Operator), (Remove, Voice)]),
        (50, vec![Operator])
    );
    assert_eq!(
        carol(&[
            (Add, HalfOperator),
            (Add, Voice),
            (Add, Operator),
            (Remove, Operator)
        ]),
        (25, vec![HalfOperator, Voice])
    );
    assert_eq!(carol(&[(Remove, Operator)]), (0, vec![]));
}

#[test]
fn a_level_of_ones_own_survives_what_does_not_touch_it() {
    assert_eq!(carol_from(42, &[]), (42, vec![HalfOperator]));
    assert_eq!(
        carol_from(42, &[(Add, HalfOperator)]),
        (42, vec![HalfOperator])
    );
    assert_eq!(
        carol_from(42, &[(Add, Voice)]),
        (42, vec![HalfOperator, Voice])
    );
    assert_eq!(
        carol_from(42, &[(Add, Voice), (Remove, Voice)]),
        (42, vec![HalfOperator])
    );
    assert_eq!(carol_from(42, &[(Remove, HalfOperator)]), (0, vec![]));
    assert_eq!(
        carol_from(42, &[(Add, Voice), (Remove, HalfOperator)]),
        (1, vec![Voice])
    );
    assert_eq!(
        carol_from(42, &[(Remove, Operator)]),
        (42, vec![HalfOperator])
    );
    assert_eq!(carol_from(42, &[(Add, Operator)]), (50, vec![Operator]));
    assert_eq!(carol_from(-5, &[(Remove, Voice)]), (-5, vec![]));
}

#[test]
fn giving_what_shows_already_is_no_event() {
    let mut house = House::new();
    let room = house.garden();
    house
        .levels(ALICE, room, |levels| levels.set(CAROL, 42))
        .unwrap();
    for change in [
        (CAROL, Add, HalfOperator),
        (BOB, Add, Operator),
        (CAROL, Remove, Operator),
    ] {
        assert!(
            house
                .prefix(ALICE, room, change)
                .unwrap()
                .changes
                .is_empty(),
            "{change:?}"
        );
    }
}

#[test]
fn what_is_left_without_a_prefix_is_everybodys_level() {
    let mut house = House::new();
    let room = house.garden();
    house
        .levels(ALICE, room, |levels| levels.users_default = 1)
        .unwrap();
    house.prefix(ALICE, room, (BOB, Remove, Operator)).unwrap();
    assert_eq!(house.room(room).level(BOB), 1, "as all the others");
    house.prefix(ALICE, room, (BOB, Remove, Voice)).unwrap();
    assert_eq!(house.room(room).level(BOB), 0, "less than all the others");
}

#[test]
fn nobody_gives_or_takes_more_than_he_has() {
    let check = |actor: UserId, change: (UserId, Direction, Prefix), want: Result<(), Refusal>| {
        let mut house = House::new();
        let room = house.garden();
        house
            .prefix(ALICE, room, (CAROL, Add, HalfOperator))
            .unwrap();
        house.join(DAVE, "#garden").unwrap();
        assert_eq!(
            outcome(&house.prefix(actor, room, change)),
            want,
            "{actor:?} {change:?}"
        );
    };
    check(BOB, (DAVE, Add, Operator), Ok(()));
    check(BOB, (DAVE, Add, Admin), Err(Refusal::TargetLevel));
    check(BOB, (ALICE, Remove, Founder), Err(Refusal::TargetLevel));
    check(BOB, (BOB, Remove, Operator), Ok(()));
    check(
        BOB,
        (UserId(99), Add, Voice),
        Err(Refusal::TargetNotJoined(UserId(99))),
    );
    check(CAROL, (DAVE, Add, Voice), Ok(()));
    check(
        CAROL,
        (DAVE, Add, HalfOperator),
        Err(Refusal::LevelTooLow {
            needed: 50,
            have: 25,
        }),
    );
    check(CAROL, (CAROL, Remove, HalfOperator), Ok(()));
    check(
        DAVE,
        (DAVE, Add, Voice),
        Err(Refusal::LevelTooLow {
            needed: 25,
            have: 0,
        }),
    );
}

#[test]
fn levels_as_a_whole_follow_the_same_rule() {
    let check =
        |what: &str, actor: UserId, change: fn(&mut PowerLevels), want: Result<(), Refusal>| {
            let mut house = House::new();
            let room = house.garden();
            assert_eq!(outcome(&house.levels(actor, room, change)), want, "{what}");
        };
    check(
        "an operator raises a member to his own",
        BOB,
        |levels| levels.set(CAROL, 50),
        Ok(()),
    );
    check(
        "above his own",
        BOB,
        |levels| levels.set(CAROL, 51),
        Err(Refusal::TargetLevel),
    );
    check(
        "himself",
        BOB,
        |levels| levels.set(BOB, 51),
        Err(Refusal::TargetLevel),
    );
    check("himself lower", BOB, |levels| levels.set(BOB, 10), Ok(()));
    check(
        "the founder lower",
        BOB,
        |levels| levels.set(ALICE, 10),
        Err(Refusal::TargetLevel),
    );
    check("what bans take", BOB, |levels| levels.ban = 40, Ok(()));
    check(
        "what bans take, above his own",
        BOB,
        |levels| levels.ban = 60,
        Err(Refusal::TargetLevel),
    );
    check(
        "a type's level above his own",
        BOB,
        |levels| levels.events.extend([("m.room.topic".into(), 60)]),
        Err(Refusal::TargetLevel),
    );
    check(
        "a member",
        CAROL,
        |levels| levels.set(CAROL, 100),
        Err(Refusal::LevelTooLow {
            needed: 50,
            have: 0,
        }),
    );
    check(
        "an outsider",
        DAVE,
        |levels| levels.set(DAVE, 100),
        Err(Refusal::NotJoined),
    );
}

#[test]
fn a_prefix_ends_with_the_membership_and_a_level_does_not() {
    let mut house = House::new();
    let room = house.garden();
    house.prefix(ALICE, room, (BOB, Add, Voice)).unwrap();
    house
        .by(BOB, Command::Leave { room, reason: None })
        .unwrap();
    house.join(BOB, "#garden").unwrap();
    assert_eq!(
        house.room(room).prefixes(BOB).iter().collect::<Vec<_>>(),
        [Operator]
    );
    house.prefix(ALICE, room, (BOB, Remove, Operator)).unwrap();
    assert_eq!(
        house.room(room).level(BOB),
        0,
        "the voice of before is gone"
    );
}

#[test]
fn two_who_change_different_levels_at_once_do_not_undo_each_other() {
    let mut house = House::new();
    let room = house.garden();
    let known = house.room(room).power.clone();
    let change = |change: fn(&mut PowerLevels)| {
        let mut levels = (*known).clone();
        change(&mut levels);
        Command::SetPower {
            room,
            levels: Box::new(levels),
            known: Some(known.clone()),
            content: None,
        }
    };
    house
        .by(ALICE, change(|levels| levels.events_default = 1))
        .unwrap();
    house.by(ALICE, change(|levels| levels.kick = 60)).unwrap();
    house
        .by(ALICE, change(|levels| levels.set(CAROL, 1)))
        .unwrap();
    house
        .by(ALICE, change(|levels| levels.set(BOB, 0)))
        .unwrap();
    let power = &house.room(room).power;
    assert_eq!((power.events_default, power.kick), (1, 60));
    assert_eq!(
        (power.of(CAROL), power.of(BOB), power.of(ALICE)),
        (1, 0, 100)
    );
}

#[test]
fn modes_change_their_part_and_nothing_else() {
    use RoomFlag::{Closed, Moderated, NoKnock, TopicLocked};
    let mut house = House::new();
    let room = house.garden();
    let mut check = |changes: &[(Direction, RoomFlag)], events: usize, expected| {
        let changes = changes
            .iter()
            .map(|(direction, flag)| ModeChange::Flag(*flag, *direction))
            .collect();
        let decision = house.by(ALICE, Command::SetModes { room, changes });
        let state = house.room(room);
        let levels = (
            state.power.to_set("m.room.topic"),
            state.power.events_default,
        );
        assert_eq!((levels, state.join_rule, state.modes.no_knock), expected);
        assert_eq!(decision.unwrap().changes.len(), events);
    };
    check(
        &[(Remove, TopicLocked)],
        1,
        ((0, 0), JoinRule::Public, false),
    );
    check(
        &[(Add, Moderated), (Add, TopicLocked)],
        1,
        ((50, 1), JoinRule::Public, false),
    );
    check(&[(Add, Moderated)], 0, ((50, 1), JoinRule::Public, false));
    check(
        &[(Add, Closed), (Remove, Moderated)],
        2,
        ((50, 0), JoinRule::Knock, false),
    );
    check(&[(Add, NoKnock)], 2, ((50, 0), JoinRule::Invite, true));
    // With the door, who may invite changes too.
    check(&[(Remove, Closed)], 2, ((50, 0), JoinRule::Public, true));
    check(&[(Add, Closed)], 2, ((50, 0), JoinRule::Invite, true));
    check(&[(Remove, NoKnock)], 2, ((50, 0), JoinRule::Knock, false));
    check(
        &[(Remove, Closed), (Add, NoKnock), (Add, Closed)],
        2,
        ((50, 0), JoinRule::Invite, true),
    );
    let changes = vec![ModeChange::Limit(Some(5)), ModeChange::Flag(Moderated, Add)];
    let refused = house.by(CAROL, Command::SetModes { room, changes });
    assert!(refused.is_err() && house.room(room).modes.limit.is_none());
}

#[test]
fn a_half_operator_leaves_those_above_him_as_they_are() {
    let check = |target: i64, want: Result<(), Refusal>| {
        let mut house = House::new();
        let room = house.garden();
        let set = |levels: &mut PowerLevels| {
            levels.set(CAROL, 25);
            levels.set(BOB, target);
        };
        house.levels(ALICE, room, set).unwrap();
        let done = house.prefix(CAROL, room, (BOB, Add, Voice));
        assert_eq!(outcome(&done), want, "{target}");
    };
    check(0, Ok(()));
    check(25, Ok(()));
    check(50, Err(Refusal::TargetLevel));
    check(100, Err(Refusal::TargetLevel));
}

#[test]
fn any_member_invites_while_the_channel_is_open() {
    let mut house = House::new();
    let room = house.garden();
    let mut check = |direction, want: Result<(), Refusal>| {
        let changes = vec![ModeChange::Flag(RoomFlag::Closed, direction)];
        house
            .by(ALICE, Command::SetModes { room, changes })
            .unwrap();
        let invite = Command::Invite {
            room,
            user: DAVE,
            reason: None,
        };
        assert_eq!(outcome(&house.by(CAROL, invite)), want, "{direction:?}");
    };
    let refused = Refusal::LevelTooLow {
        needed: 50,
        have: 0,
    };
    check(Remove, Ok(()));
    check(Add, Err(refused));
    check(Remove, Ok(()));
}
