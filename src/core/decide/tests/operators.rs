//! Server operators: who is one, and what only they do.

use super::*;
use crate::command::{ModeChange, RoomFlag, Scope};
use crate::operator::OperatorCommand;

/// Dave's session of this number.
pub(super) fn dave(session: u64) -> Actor {
    Actor {
        session: Some(SessionId(session)),
        ..Actor::user(DAVE, None)
    }
}

pub(super) fn raise(house: &mut House, actor: &Actor) -> Result<(), Refusal> {
    let raise = OperatorCommand::Raise {
        session: SessionId(4),
        name: "root".into(),
    };
    outcome(&house.ask(actor, Command::Operator(raise)))
}

/// One of each thing that only operators do.
fn powers(room: RoomId) -> [OperatorCommand; 3] {
    let lock = Command::SetModes {
        room,
        changes: vec![ModeChange::Flag(RoomFlag::Closed, Direction::Add)],
    };
    [
        OperatorCommand::Announce {
            text: "the house is on fire".into(),
        },
        OperatorCommand::InServersName(Box::new(lock)),
        OperatorCommand::EndSessions {
            user: BOB,
            reason: "noise".into(),
        },
    ]
}

#[test]
fn powers_belong_to_the_session_that_was_raised() {
    let check = |prepare: &dyn Fn(&mut House), actor: &Actor, want: Result<(), Refusal>| {
        for number in 0..3 {
            let mut house = House::new();
            let room = house.garden();
            house.attach(Who::Account(DAVE)).unwrap();
            prepare(&mut house);
            let command = powers(room)[number].clone();
            let what = format!("{command:?}");
            let result = outcome(&house.ask(actor, Command::Operator(command)));
            assert_eq!(result, want, "{what}");
        }
    };
    let raised = |house: &mut House| raise(house, &Actor::SERVER).unwrap();
    let lowered = |house: &mut House| {
        raised(house);
        let lower = OperatorCommand::Lower {
            session: SessionId(4),
        };
        house.ask(&dave(4), Command::Operator(lower)).unwrap();
    };
    check(&|_| {}, &dave(4), Err(Refusal::OperatorNeeded));
    check(&raised, &dave(4), Ok(()));
    check(&raised, &dave(5), Err(Refusal::OperatorNeeded));
    check(
        &raised,
        &Actor::user(DAVE, None),
        Err(Refusal::OperatorNeeded),
    );
    check(&lowered, &dave(4), Err(Refusal::OperatorNeeded));
    check(&|_| {}, &Actor::ADMINISTRATOR, Ok(()));
}

#[test]
fn nobody_raises_himself() {
    let mut house = House::new();
    for actor in [dave(4), Actor::ADMINISTRATOR] {
        assert_eq!(raise(&mut house, &actor), Err(Refusal::Forbidden));
    }
    assert!(!house.world.live.is_operator(DAVE));
    raise(&mut house, &Actor::SERVER).unwrap();
    assert!(house.world.live.is_operator(DAVE));
}

#[test]
fn an_operator_acts_on_rooms_in_the_servers_name_only() {
    let mut house = House::new();
    let room = house.garden();
    raise(&mut house, &Actor::SERVER).unwrap();
    let [_, lock, _] = powers(room);
    house.ask(&dave(4), Command::Operator(lock)).unwrap();
    assert!(
        !house
            .standing(room, DAVE)
            .is_some_and(|m| m == Membership::Join)
    );
    let disguised = Command::Operator(OperatorCommand::Raise {
        session: SessionId(1),
        name: "root".into(),
    });
    let join = Command::Join {
        room: RoomRef::Id(room),
        key: None,
        missing: MissingRoom::Refuse,
        reason: None,
    };
    for command in [disguised, join] {
        let command = OperatorCommand::InServersName(Box::new(command));
        let result = house.ask(&dave(4), Command::Operator(command));
        assert_eq!(outcome(&result), Err(Refusal::Forbidden));
    }
    assert_eq!(dave(4).scope, Scope::User);
}

#[test]
fn a_guest_whose_sessions_are_ended_leaves_his_rooms() {
    let mut house = House::new();
    let room = house.garden();
    let guest = house.guest("visitor").unwrap();
    house.join(guest, "#garden").unwrap();
    raise(&mut house, &Actor::SERVER).unwrap();
    let end = |user| {
        Command::Operator(OperatorCommand::EndSessions {
            user,
            reason: "spam".into(),
        })
    };
    house.ask(&dave(4), end(guest)).unwrap();
    assert_ne!(house.standing(room, guest), Some(Membership::Join));
    assert_eq!(house.world.user_named("visitor"), None);
    // An account that is not here has nothing to end.
    house.ask(&dave(4), end(BOB)).unwrap();
    assert_eq!(house.standing(room, BOB), Some(Membership::Join));
    assert_eq!(
        outcome(&house.ask(&dave(4), end(BOB))),
        Err(Refusal::NoSuchUser)
    );
}

#[test]
fn a_guest_whose_sessions_are_ended_is_remembered_by_his_last_name() {
    let mut house = House::new();
    house.garden();
    let guest = house.guest("visitor").unwrap();
    house.join(guest, "#garden").unwrap();
    let nick = "wanderer".into();
    house.by(guest, Command::Rename { nick }).unwrap();
    raise(&mut house, &Actor::SERVER).unwrap();
    let end = OperatorCommand::EndSessions {
        user: guest,
        reason: "spam".into(),
    };
    house.ask(&dave(4), Command::Operator(end)).unwrap();
    let row = house.world.state.user(guest).unwrap();
    assert_eq!(&**row.name.nick(), "wanderer");
}
