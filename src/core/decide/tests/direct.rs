//! Direct messages, and how strangers are kept from pressing.

use super::*;
use crate::limits::PENDING_DIRECT_MESSAGES;
use crate::live::Signal;
use crate::name::NameKey;

fn dm(house: &mut House, from: UserId, to: UserId) -> Result<(), Refusal> {
    outcome(&house.say(from, Destination::User(to)))
}

fn room(house: &House, one: UserId, other: UserId) -> RoomId {
    house
        .world
        .state
        .room_named(&NameKey::direct(one, other))
        .unwrap()
}

#[test]
fn two_have_one_room_whoever_begins() {
    let mut house = House::new();
    assert_eq!(dm(&mut house, ALICE, BOB), Ok(()));
    assert_eq!(dm(&mut house, BOB, ALICE), Ok(()));
    assert_eq!(house.world.state.rooms.len(), 1);
    let id = room(&house, BOB, ALICE);
    assert_eq!(house.world.state.room(id).unwrap().notifying, 2);
    let room = house.room(id);
    assert_eq!(
        (room.level(ALICE), room.level(BOB), room.listed),
        (100, 100, false)
    );
}

#[test]
fn a_stranger_is_asked_and_a_neighbour_is_in() {
    let mut house = House::new();
    house.garden();
    dm(&mut house, ALICE, BOB).unwrap();
    assert_eq!(
        house.standing(room(&house, ALICE, BOB), BOB),
        Some(Membership::Join)
    );
    dm(&mut house, ALICE, DAVE).unwrap();
    assert_eq!(
        house.standing(room(&house, ALICE, DAVE), DAVE),
        Some(Membership::Invite)
    );
}

#[test]
fn a_stranger_may_not_press() {
    let mut house = House::new();
    for _ in 0..PENDING_DIRECT_MESSAGES {
        assert_eq!(dm(&mut house, ALICE, DAVE), Ok(()));
    }
    assert_eq!(dm(&mut house, ALICE, DAVE), Err(Refusal::DirectRefused));
    assert_eq!(dm(&mut house, DAVE, ALICE), Ok(()), "who answers is in");
    assert_eq!(
        house.standing(room(&house, ALICE, DAVE), DAVE),
        Some(Membership::Join)
    );
    assert_eq!(dm(&mut house, ALICE, DAVE), Ok(()));
}

#[test]
fn whoever_left_is_asked_again_and_whoever_bans_is_left_alone() {
    let mut house = House::new();
    dm(&mut house, ALICE, DAVE).unwrap();
    dm(&mut house, DAVE, ALICE).unwrap();
    let room = room(&house, ALICE, DAVE);
    house
        .by(DAVE, Command::Leave { room, reason: None })
        .unwrap();
    assert_eq!(dm(&mut house, ALICE, DAVE), Ok(()));
    assert_eq!(house.standing(room, DAVE), Some(Membership::Invite));
    dm(&mut house, DAVE, ALICE).unwrap();
    // Equals can't ban each other; the server can.
    house
        .ask(
            &Actor::SERVER,
            Command::Ban {
                room,
                user: ALICE,
                reason: None,
            },
        )
        .unwrap();
    assert_eq!(dm(&mut house, ALICE, DAVE), Err(Refusal::DirectRefused));
    assert_eq!(dm(&mut house, DAVE, ALICE), Err(Refusal::DirectRefused));
}

#[test]
fn coming_back_by_answering_gives_no_more_than_coming_back() {
    let mut house = House::new();
    dm(&mut house, ALICE, DAVE).unwrap();
    dm(&mut house, DAVE, ALICE).unwrap();
    let room = room(&house, ALICE, DAVE);
    house
        .by(DAVE, Command::Leave { room, reason: None })
        .unwrap();
    house
        .ask(
            &Actor::SERVER,
            Command::SetPower {
                room,
                levels: Box::new(PowerLevels {
                    events_default: 1,
                    ..Default::default()
                }),
                known: None,
                content: None,
            },
        )
        .unwrap();
    assert_eq!(dm(&mut house, DAVE, ALICE), Err(Refusal::CannotSpeak));
    let nowhere = EventRef {
        sequence: RoomSequence(500),
        position: Position(500),
        author: ALICE,
    };
    let message = Message {
        relation: Some(crate::Relation::Reply(nowhere)),
        ..text("what?")
    };
    house
        .ask(
            &Actor::SERVER,
            Command::SetPower {
                room,
                levels: Box::default(),
                known: None,
                content: None,
            },
        )
        .unwrap();
    let answer = house.by(
        DAVE,
        Command::Say(Say {
            to: Destination::User(ALICE),
            message,
        }),
    );
    assert_eq!(outcome(&answer), Err(Refusal::NoSuchEvent));
}

#[test]
fn notes_to_oneself() {
    let mut house = House::new();
    house.garden();
    for _ in 0..5 {
        assert_eq!(dm(&mut house, ALICE, ALICE), Ok(()));
    }
    let id = room(&house, ALICE, ALICE);
    let room = house.room(id);
    assert_eq!(
        (room.joined, room.membership(ALICE)),
        (1, Some(Membership::Join))
    );
}

#[test]
fn an_encrypted_conversation_takes_no_plain_text() {
    let mut house = House::new();
    house.garden();
    dm(&mut house, ALICE, BOB).unwrap();
    let room = room(&house, ALICE, BOB);
    house.state(ALICE, room, encryption()).unwrap();
    assert_eq!(dm(&mut house, BOB, ALICE), Err(Refusal::Encrypted));
    house
        .by(BOB, Command::Leave { room, reason: None })
        .unwrap();
    assert_eq!(
        dm(&mut house, BOB, ALICE),
        Err(Refusal::Encrypted),
        "coming back does not help"
    );
}

#[test]
fn guests_talk_to_those_who_are_here_and_nothing_is_kept() {
    let mut house = House::new();
    house.garden();
    let gale = house.guest("gale").unwrap();
    let hugo = house.guest("hugo").unwrap();
    assert_eq!(
        dm(&mut house, gale, ALICE),
        Err(Refusal::DirectRefused),
        "not even a room in common"
    );
    house.join(gale, "#garden").unwrap();
    let head = house.world.state.head;
    for (from, to) in [(gale, ALICE), (ALICE, gale), (gale, hugo)] {
        let decision = house.say(from, Destination::User(to)).unwrap();
        assert!(
            matches!(
                decision.changes.as_slice(),
                [Change::Signal(Signal::Transient { .. })]
            ),
            "{decision:?}"
        );
    }
    assert_eq!(house.world.state.head, head);
    assert_eq!(dm(&mut house, ALICE, UserId(99)), Err(Refusal::NoSuchUser));
}

#[test]
fn a_conversation_with_somebody_without_keys_is_not_encrypted() {
    use crate::command::{CreateRoom, DirectRoom, Preset};
    use crate::facets;
    let encryption = StateChange {
        kind: facets::ENCRYPTION.into(),
        key: "".into(),
        content: Json::parse(r#"{"algorithm":"m.megolm.v1.aes-sha2"}"#).unwrap(),
    };
    let wish = |direct| {
        let request = CreateRoom {
            preset: Preset::TrustedPrivate,
            invite: vec![BOB],
            direct,
            state: vec![encryption.clone()],
            ..CreateRoom::default()
        };
        Command::CreateRoom(Box::new(request))
    };
    let mut house = House::new();
    house.by(ALICE, wish(DirectRoom::Yes)).unwrap();
    let direct = house.world.state.room(RoomId(1)).unwrap();
    assert_eq!(direct.state.encryption, None, "bob has no device with keys");
    assert_eq!(
        direct.sequence.0, 8,
        "and both are told, before the invitation"
    );
    house.by(ALICE, wish(DirectRoom::No)).unwrap();
    let group = house.world.state.room(RoomId(2)).unwrap();
    assert!(
        group.state.encryption.is_some(),
        "a group is what its maker wants"
    );
}

#[test]
fn a_stranger_presses_with_notices_no_more_than_with_words() {
    let mut house = House::new();
    let notice = |house: &mut House| {
        let mut message = text("psst");
        if let Body::Text(text) = &mut message.body {
            text.kind = TextKind::Notice;
        }
        let to = Destination::User(DAVE);
        outcome(&house.by(ALICE, Command::Say(Say { to, message })))
    };
    for _ in 0..PENDING_DIRECT_MESSAGES {
        assert_eq!(notice(&mut house), Ok(()));
    }
    assert_eq!(notice(&mut house), Err(Refusal::DirectRefused));
}

#[test]
fn a_guest_reaches_nobody_he_shares_no_room_with() {
    let mut house = House::new();
    let room = house.garden();
    let gale = house.guest("gale").unwrap();
    let ctcp = |house: &mut House, actor, to| {
        let message = crate::live::Transient {
            to: crate::live::TransientTarget::User(to),
            kind: crate::live::TransientKind::Text("\u{1}VERSION\u{1}".into()),
            tags: [].into(),
        };
        outcome(&house.by(actor, Command::Transient(message)))
    };
    assert_eq!(ctcp(&mut house, gale, ALICE), Err(Refusal::DirectRefused));
    assert_eq!(ctcp(&mut house, ALICE, gale), Ok(()));
    house.join(gale, "#garden").unwrap();
    assert_eq!(ctcp(&mut house, gale, ALICE), Ok(()));
    assert_eq!(ctcp(&mut house, ALICE, DAVE), Ok(()));
    dm(&mut house, ALICE, DAVE).unwrap();
    let ban = Command::Ban {
        room: self::room(&house, ALICE, DAVE),
        user: ALICE,
        reason: None,
    };
    house.ask(&Actor::SERVER, ban).unwrap();
    assert_eq!(ctcp(&mut house, ALICE, DAVE), Err(Refusal::DirectRefused));
    assert!(house.room(room).is_joined(gale));
}

#[test]
fn what_has_no_bound_of_its_own_gets_one() {
    let mut house = House::new();
    let room = house.garden();
    let mut message = text("all of you");
    message.mentions = vec![BOB; crate::limits::MENTIONS + 1].into();
    let to = Destination::Room(room);
    assert!(matches!(
        outcome(&house.by(ALICE, Command::Say(Say { to, message }))),
        Err(Refusal::TooMany { .. })
    ));
    let names = (0..=crate::limits::ROOM_NAMES)
        .map(|number| ChannelName::parse(&format!("#n{number}")).unwrap());
    let setting = crate::event::RoomSetting::Names(names.collect());
    assert!(matches!(
        outcome(&house.by(ALICE, Command::SetSetting { room, setting })),
        Err(Refusal::TooMany { .. })
    ));
}
