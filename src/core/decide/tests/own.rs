//! Owners of rooms, and how a room that lost them gets another.

use super::*;
use crate::command::AccountState;
use crate::event::RoomSetting;
use crate::facets;
use crate::room::{ChannelModes, JoinRule};

impl House {
    fn take(&mut self, user: UserId, room: RoomId) -> Result<(), Refusal> {
        outcome(&self.by(user, Command::TakeRoom { room }))
    }

    fn let_in(&mut self, user: UserId, room: RoomId) -> Result<(), Refusal> {
        outcome(&self.by(user, Command::LetIn { room }))
    }

    fn disable(&mut self, user: UserId) {
        let command = Command::Disable {
            user,
            state: AccountState::Disabled,
        };
        self.ask(&Actor::ADMINISTRATOR, command).unwrap();
    }

    fn successor(&mut self, by: UserId, room: RoomId, id: &str) -> Result<(), Refusal> {
        let change = facets::set_successor(Some(id));
        outcome(&self.by(by, Command::SetState { room, change }))
    }
}

#[test]
fn a_room_with_an_owner_is_not_taken() {
    let mut house = House::new();
    let room = house.garden();
    assert_eq!(house.take(ALICE, room), Ok(()), "she owns it already");
    assert_eq!(house.take(BOB, room), Err(Refusal::Owned));
    assert_eq!(house.take(DAVE, room), Err(Refusal::NotJoined));
    let gale = house.guest("gale").unwrap();
    assert_eq!(house.take(gale, room), Err(Refusal::AccountRequired));
}

#[test]
fn the_highest_takes_a_room_without_owner() {
    let mut house = House::new();
    let room = house.garden();
    house.disable(ALICE);
    assert!(matches!(
        house.take(CAROL, room),
        Err(Refusal::LevelTooLow { .. })
    ));
    assert_eq!(house.take(BOB, room), Ok(()));
    assert_eq!(house.room(room).level(BOB), 100);
    assert_eq!(house.take(CAROL, room), Err(Refusal::Owned));
}

#[test]
fn a_successor_comes_before_everybody() {
    let mut house = House::new();
    let room = house.garden();
    assert!(matches!(
        house.successor(BOB, room, "@bob:test"),
        Err(Refusal::LevelTooLow { .. })
    ));
    assert_eq!(house.successor(ALICE, room, "@carol:test"), Ok(()));
    assert_eq!(house.take(CAROL, room), Err(Refusal::Owned));
    house.disable(ALICE);
    assert_eq!(house.take(BOB, room), Err(Refusal::Forbidden));
    assert_eq!(house.take(CAROL, room), Ok(()));
    assert_eq!(house.room(room).level(CAROL), 100);
}

#[test]
fn who_may_let_others_in_comes_in() {
    let mut house = House::new();
    let room = house.garden();
    assert_eq!(house.let_in(BOB, room), Err(Refusal::AlreadyJoined(BOB)));
    house
        .by(
            ALICE,
            Command::Ban {
                room,
                user: BOB,
                reason: None,
            },
        )
        .unwrap();
    assert_eq!(house.let_in(BOB, room), Ok(()));
    assert_eq!(house.standing(room, BOB), Some(Membership::Invite));
    assert_eq!(
        house.let_in(DAVE, room),
        Err(Refusal::LevelTooLow {
            needed: 50,
            have: 0
        })
    );
}

#[test]
fn a_guest_takes_his_level_into_his_account() {
    let mut house = House::new();
    let gale = house.guest("gale").unwrap();
    house.join(gale, "#shed").unwrap();
    house.join(BOB, "#shed").unwrap();
    let key = ChannelName::parse("#shed").unwrap().claim();
    let room = house.world.state.room_named(&key).unwrap();
    assert_eq!(house.room(room).level(gale), 50);
    let session = house.world.live.sessions_of(gale)[0];
    let log_in = Command::LogIn {
        session,
        user: CAROL,
        device: None,
        presentation: house.world.live.sessions[&session].presentation.clone(),
    };
    let actor = Actor {
        session: Some(session),
        ..Actor::user(gale, None)
    };
    house.ask(&actor, log_in).unwrap();
    assert_eq!(house.room(room).level(CAROL), 50);
    assert_eq!(house.room(room).level(gale), 0);
    assert_eq!(house.take(CAROL, room), Ok(()));
}

#[test]
fn where_a_guest_was_his_account_is() {
    let check = |what: &str, prepare: &dyn Fn(&mut House, RoomId), want: Membership| {
        let mut house = House::new();
        let gale = house.guest("gale").unwrap();
        let room = house.garden();
        house.join(gale, "#garden").unwrap();
        prepare(&mut house, room);
        let session = house.world.live.sessions_of(gale)[0];
        let log_in = Command::LogIn {
            session,
            user: DAVE,
            device: None,
            presentation: house.world.live.sessions[&session].presentation.clone(),
        };
        let actor = Actor {
            session: Some(session),
            ..Actor::user(gale, None)
        };
        house.ask(&actor, log_in).unwrap();
        assert_ne!(house.standing(room, gale), Some(Membership::Join), "{what}");
        assert_eq!(house.standing(room, DAVE), Some(want), "{what}");
    };
    let set = |setting: RoomSetting| {
        move |house: &mut House, room| {
            let setting = setting.clone();
            let command = Command::SetSetting { room, setting };
            house.by(ALICE, command).unwrap();
        }
    };
    check("an open channel", &|_, _| {}, Membership::Join);
    check(
        "one that was closed behind him",
        &|house, room| {
            let closed = facets::join_rules(JoinRule::Invite);
            house.state(ALICE, room, closed).unwrap();
        },
        Membership::Join,
    );
    let key = RoomSetting::Key(Some("sesame".into()));
    check("one with a key", &set(key), Membership::Join);
    check(
        "a full one",
        &|house, room| {
            let modes = ChannelModes {
                limit: Some(1),
                ..ChannelModes::default()
            };
            let limit = facets::channel_modes(modes);
            house.state(ALICE, room, limit).unwrap();
        },
        Membership::Join,
    );
    check(
        "one that the account is banned from",
        &|house, room| {
            let ban = Command::Ban {
                room,
                user: DAVE,
                reason: None,
            };
            house.by(ALICE, ban).unwrap();
        },
        Membership::Ban,
    );
}

#[test]
fn a_mask_keeps_out_who_logs_in() {
    let mut house = House::new();
    let gale = house.guest("gale").unwrap();
    let room = house.garden();
    house.join(gale, "#garden").unwrap();
    let ban = Command::SetMask {
        room,
        list: MaskList::Ban,
        mask: "da?e!*@*".into(),
        direction: Direction::Add,
        until: None,
    };
    house.by(ALICE, ban).unwrap();
    let session = house.world.live.sessions_of(gale)[0];
    let log_in = Command::LogIn {
        session,
        user: DAVE,
        device: None,
        presentation: house.world.live.sessions[&session].presentation.clone(),
    };
    let actor = Actor {
        session: Some(session),
        ..Actor::user(gale, None)
    };
    house.ask(&actor, log_in).unwrap();
    assert_eq!(house.standing(room, DAVE), None);
}
