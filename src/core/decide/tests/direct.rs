//! Direct messages, and how strangers are kept from pressing.

use super::*;
use crate::command::CreateRoom;
use crate::limits::{
    PENDING_DIRECT_MESSAGES, STRANGER_COUNTS, STRANGERS, STRANGERS_INVITED, YOUNG,
};
use crate::live::Signal;
use crate::name::NameKey;
use crate::visibility::HistoryVisibility;

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
fn what_is_said_with_a_guest_stays_readable_while_he_is_here() {
    let mut house = House::new();
    let gale = house.guest("gale").unwrap();
    assert_eq!(
        dm(&mut house, gale, ALICE),
        Err(Refusal::DirectRefused),
        "no answer yet"
    );
    dm(&mut house, ALICE, gale).unwrap();
    dm(&mut house, gale, ALICE).unwrap();
    let senders = |house: &House, one, other| {
        let asides = house.world.live.asides.between(one, other);
        asides.map(|aside| aside.sender).collect::<Vec<_>>()
    };
    assert_eq!(senders(&house, ALICE, gale), [ALICE, gale]);
    assert_eq!(senders(&house, gale, ALICE), [ALICE, gale]);
    assert_eq!(senders(&house, BOB, gale), []);
    let numbers: Vec<u64> = (house.world.live.asides.between(ALICE, gale))
        .map(|aside| aside.stamp.number)
        .collect();
    assert_eq!(numbers, [1, 2], "no two have the same id");
    for _ in 0..crate::limits::ASIDES {
        dm(&mut house, ALICE, gale).unwrap();
    }
    assert_eq!(
        senders(&house, gale, ALICE).len(),
        crate::limits::ASIDES,
        "not without end"
    );
    let session = *house.world.live.sessions_of(gale).first().unwrap();
    let reason = "Bye".into();
    let detach = Command::Detach {
        session,
        reason,
        absence: 0,
    };
    house.ask(&Actor::SERVER, detach).unwrap();
    assert_eq!(senders(&house, ALICE, gale), []);
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
    let setting = crate::event::RoomSetting::Names {
        names: names.collect(),
        reason: None,
    };
    assert!(matches!(
        outcome(&house.by(ALICE, Command::SetSetting { room, setting })),
        Err(Refusal::TooMany { .. })
    ));
}

#[test]
fn an_invitation_is_not_pressed_on_who_went() {
    const DAY: u64 = 24 * 3600 * 1000;
    let mut house = House::new();
    dm(&mut house, ALICE, DAVE).unwrap();
    let room = room(&house, ALICE, DAVE);
    let leave = |house: &mut House| {
        let leave = Command::Leave { room, reason: None };
        house.by(DAVE, leave).unwrap();
    };
    leave(&mut house);
    let again = |house: &mut House| dm(house, ALICE, DAVE);
    assert_eq!(
        again(&mut house),
        Err(Refusal::DirectRefused),
        "asked today"
    );
    house.now = house.now.plus(DAY);
    assert_eq!(again(&mut house), Ok(()));
    assert_eq!(house.standing(room, DAVE), Some(Membership::Invite));
    leave(&mut house);
    house.now = house.now.plus(2 * DAY);
    assert_eq!(
        again(&mut house),
        Err(Refusal::DirectRefused),
        "refused twice"
    );
    let invite = Command::Invite {
        room,
        user: DAVE,
        reason: None,
    };
    assert_eq!(
        outcome(&house.by(ALICE, invite)),
        Err(Refusal::DirectRefused)
    );
    house.now = house.now.plus(28 * DAY);
    assert_eq!(again(&mut house), Ok(()), "a month later");
    assert_eq!(dm(&mut house, DAVE, ALICE), Ok(()));
    leave(&mut house);
    assert_eq!(again(&mut house), Ok(()), "who answered starts anew");
}

#[test]
fn a_leave_is_not_undone_by_another_room() {
    use crate::command::{CreateRoom, DirectRoom, Preset};
    let mut house = House::new();
    house.garden();
    dm(&mut house, ALICE, BOB).unwrap();
    let room = room(&house, ALICE, BOB);
    house
        .by(BOB, Command::Leave { room, reason: None })
        .unwrap();
    let wish = || {
        let request = CreateRoom {
            preset: Preset::TrustedPrivate,
            invite: vec![BOB],
            direct: DirectRoom::Yes,
            ..CreateRoom::default()
        };
        Command::CreateRoom(Box::new(request))
    };
    let other = house.world.state.next_room;
    house.by(ALICE, wish()).unwrap();
    assert_eq!(house.standing(other, BOB), Some(Membership::Invite));
    // Asked today, by whatever room.
    assert_eq!(dm(&mut house, ALICE, BOB), Err(Refusal::DirectRefused));
    assert_eq!(
        outcome(&house.by(ALICE, wish())),
        Err(Refusal::DirectRefused)
    );
}

#[test]
fn a_refusal_holds_in_all_rooms_of_the_two() {
    const DAY: u64 = 24 * 3600 * 1000;
    use crate::command::{CreateRoom, DirectRoom, Preset};
    let mut house = House::new();
    let wish = |house: &mut House| {
        let request = CreateRoom {
            preset: Preset::TrustedPrivate,
            invite: vec![DAVE],
            direct: DirectRoom::Yes,
            state: vec![encryption()],
            ..CreateRoom::default()
        };
        let room = house.world.state.next_room;
        house
            .by(ALICE, Command::CreateRoom(Box::new(request)))
            .map(|_| room)
    };
    let leave = |house: &mut House, room| {
        let leave = Command::Leave { room, reason: None };
        house.by(DAVE, leave).unwrap();
    };
    // Two rooms, of which neither is the one that a message by nick goes to, and one that is.
    dm(&mut house, ALICE, DAVE).unwrap();
    let plain = room(&house, ALICE, DAVE);
    house.now = house.now.plus(DAY);
    let second = wish(&mut house).unwrap();
    leave(&mut house, second);
    // Declined in one is declined in the other, though he is asked there still.
    assert_eq!(house.standing(plain, DAVE), Some(Membership::Invite));
    assert_eq!(dm(&mut house, ALICE, DAVE), Err(Refusal::DirectRefused));
    assert_eq!(
        outcome(&house.say(ALICE, Destination::Room(plain))),
        Err(Refusal::DirectRefused)
    );
    assert!(wish(&mut house).is_err());
    house.now = house.now.plus(DAY);
    assert_eq!(dm(&mut house, ALICE, DAVE), Ok(()), "asked again");
    leave(&mut house, plain);
    house.now = house.now.plus(2 * DAY);
    assert_eq!(
        wish(&mut house),
        Err(Refusal::DirectRefused),
        "refused twice"
    );
    // Whoever answers in one of them has answered.
    dm(&mut house, DAVE, ALICE).unwrap();
    assert_eq!(dm(&mut house, ALICE, DAVE), Ok(()));
    assert!(wish(&mut house).is_ok());
}

#[test]
fn ctcp_and_tags_press_a_stranger_no_more_than_words() {
    let mut house = House::new();
    let transient = |house: &mut House, to, text: Option<&str>| {
        use crate::live::{Transient, TransientKind, TransientTarget};
        let message = Transient {
            to: TransientTarget::User(to),
            kind: text.map_or(TransientKind::Tags, |text| TransientKind::Text(text.into())),
        };
        outcome(&house.by(ALICE, Command::Transient(message)))
    };
    // Three in all, whatever they are.
    assert_eq!(
        transient(&mut house, DAVE, Some("\u{1}VERSION\u{1}")),
        Ok(())
    );
    assert_eq!(transient(&mut house, DAVE, None), Ok(()));
    assert_eq!(dm(&mut house, ALICE, DAVE), Ok(()));
    assert_eq!(dm(&mut house, ALICE, DAVE), Err(Refusal::DirectRefused));
    assert_eq!(
        transient(&mut house, DAVE, None),
        Err(Refusal::DirectRefused)
    );
    dm(&mut house, DAVE, ALICE).unwrap();
    assert_eq!(transient(&mut house, DAVE, None), Ok(()));
    // Strangers are counted by whatever reaches them first, each once.
    for number in 1..STRANGERS {
        let name = format!("stranger{number}");
        house.register(&name).unwrap();
        let stranger = house.world.user_named(&name).unwrap();
        assert_eq!(transient(&mut house, stranger, None), Ok(()));
        assert_eq!(dm(&mut house, ALICE, stranger), Ok(()));
    }
    assert!(matches!(
        transient(&mut house, BOB, None),
        Err(Refusal::Throttled { .. })
    ));
}

#[test]
fn strangers_who_are_asked_into_rooms_of_many_count_as_well() {
    let mut house = House::new();
    let strangers: Vec<UserId> = (0..=STRANGERS_INVITED)
        .map(|number| {
            let name = format!("stranger{number}");
            house.register(&name).unwrap();
            house.world.user_named(&name).unwrap()
        })
        .collect();
    let create = |house: &mut House, invite: &[UserId]| {
        let request = CreateRoom {
            invite: invite.to_vec(),
            ..CreateRoom::default()
        };
        outcome(&house.by(ALICE, Command::CreateRoom(Box::new(request))))
    };
    let throttled = |house: &House| {
        Err(Refusal::Throttled {
            until: house.now.plus(YOUNG),
        })
    };
    let garden = house.garden();
    // Who shares a room is none.
    assert_eq!(create(&mut house, &[BOB, CAROL]), Ok(()));
    assert_eq!(create(&mut house, &strangers), throttled(&house));
    assert_eq!(create(&mut house, &strangers[2..]), Ok(()));
    let mut invite = |user| {
        let invite = Command::Invite {
            room: garden,
            user,
            reason: None,
        };
        outcome(&house.by(ALICE, invite))
    };
    assert_eq!(invite(strangers[0]), Ok(()));
    let refused = invite(strangers[1]);
    assert_eq!(refused, throttled(&house));
    assert_eq!(dm(&mut house, ALICE, strangers[1]), throttled(&house));
    assert_eq!(house.world.state.strangers.len(), STRANGERS_INVITED);
    assert_eq!(house.world.state.timers.len(), STRANGERS_INVITED);
    house.now = house.now.plus(YOUNG);
    assert_eq!(create(&mut house, &strangers[1..2]), Ok(()));
}

#[test]
fn an_account_writes_to_so_many_strangers() {
    let mut house = House::new();
    let strangers: Vec<UserId> = (0..=STRANGERS)
        .map(|number| {
            let name = format!("stranger{number}");
            house.register(&name).unwrap();
            house.world.user_named(&name).unwrap()
        })
        .collect();
    let (last, first) = strangers.split_last().unwrap();
    for stranger in first {
        assert_eq!(dm(&mut house, ALICE, *stranger), Ok(()));
    }
    assert!(matches!(
        dm(&mut house, ALICE, *last),
        Err(Refusal::Throttled { .. })
    ));
    assert_eq!(dm(&mut house, ALICE, strangers[0]), Ok(()), "no new one");
    assert_eq!(dm(&mut house, BOB, *last), Ok(()), "each for himself");
    // A young account waits a day, and an older one an hour.
    house.now = house.now.plus(YOUNG - 1);
    assert!(dm(&mut house, ALICE, *last).is_err());
    house.now = house.now.plus(1);
    assert_eq!(dm(&mut house, ALICE, *last), Ok(()));
    let more: Vec<UserId> = (0..STRANGERS)
        .map(|number| {
            let name = format!("other{number}");
            house.register(&name).unwrap();
            house.world.user_named(&name).unwrap()
        })
        .collect();
    for stranger in &more[1..] {
        assert_eq!(dm(&mut house, ALICE, *stranger), Ok(()));
    }
    assert!(dm(&mut house, ALICE, more[0]).is_err());
    house.now = house.now.plus(STRANGER_COUNTS);
    assert_eq!(dm(&mut house, ALICE, more[0]), Ok(()));
}

#[test]
fn nothing_flickers_between_two_before_both_have_spoken() {
    use crate::event::{Event, ReadAudience, UserChange};
    let mut house = House::new();
    dm(&mut house, ALICE, DAVE).unwrap();
    let room = room(&house, ALICE, DAVE);
    let typing = |house: &mut House, who| {
        let typing = Command::Typing {
            room,
            milliseconds: 6_000,
        };
        house.by(who, typing).unwrap().changes.len()
    };
    let audience = |house: &mut House, who, up_to| {
        let mark = Command::MarkRead {
            room,
            up_to: RoomSequence(up_to),
            time: house.now,
            audience: ReadAudience::Room,
        };
        let decision = house.by(who, mark).unwrap();
        match decision.changes.as_slice() {
            [
                Change::Event(Event::User {
                    change: UserChange::Read { audience, .. },
                    ..
                }),
            ] => *audience,
            other => panic!("{other:?}"),
        }
    };
    for who in [ALICE, DAVE] {
        assert_eq!(typing(&mut house, who), 0);
        assert_eq!(audience(&mut house, who, 1), ReadAudience::Own);
    }
    dm(&mut house, DAVE, ALICE).unwrap();
    for who in [ALICE, DAVE] {
        assert_eq!(typing(&mut house, who), 1);
        assert_eq!(audience(&mut house, who, 2), ReadAudience::Room);
    }
}

#[test]
fn who_is_asked_accepts_by_saying_something_in_the_room() {
    let mut house = House::new();
    dm(&mut house, ALICE, DAVE).unwrap();
    let room = room(&house, ALICE, DAVE);
    house.say(DAVE, Destination::Room(room)).unwrap();
    assert_eq!(house.standing(room, DAVE), Some(Membership::Join));
}

#[test]
fn a_third_person_makes_a_conversation_a_room_of_many() {
    let mut house = House::new();
    dm(&mut house, ALICE, DAVE).unwrap();
    let old = room(&house, ALICE, DAVE);
    let invite = |user| Command::Invite {
        room: old,
        user,
        reason: None,
    };
    house.by(ALICE, invite(CAROL)).unwrap();
    let state = house.room(old);
    assert_eq!(state.peer_of(ALICE), None);
    let name = state.canonical_name().unwrap().as_str();
    assert!(name.starts_with("&alice-dave-carol-"), "{name}");
    assert_eq!(
        house.world.state.room_named(&NameKey::channel(name)),
        Some(old)
    );
    // Who had not answered is asked into the room, and what is said there is not said to him.
    assert_eq!(house.standing(old, DAVE), Some(Membership::Invite));
    assert!(!house.room(old).kind.reaches(DAVE, Membership::Invite));
    // What was said before is for those who heard it.
    let seen = |house: &House| house.room(old).visibilities.clone();
    assert!(seen(&house).len() > 1, "as state as well");
    assert!(
        seen(&house)
            .iter()
            .all(|(_, one)| *one == HistoryVisibility::Joined)
    );
    // The name stays, whoever comes next.
    let names = house.room(old).names.clone();
    house.by(ALICE, invite(BOB)).unwrap();
    assert_eq!(house.room(old).names, names);
    // The two have a conversation of their own again.
    dm(&mut house, DAVE, ALICE).unwrap();
    assert_ne!(room(&house, ALICE, DAVE), old);
}

#[test]
fn whoever_walks_into_a_conversation_opens_it() {
    let mut house = House::new();
    dm(&mut house, ALICE, DAVE).unwrap();
    dm(&mut house, DAVE, ALICE).unwrap();
    let room = room(&house, ALICE, DAVE);
    let join = |house: &mut House| {
        house.by(
            CAROL,
            Command::Join {
                room: RoomRef::Id(room),
                key: None,
                missing: MissingRoom::Refuse,
                reason: None,
            },
        )
    };
    assert_eq!(outcome(&join(&mut house)), Err(Refusal::InviteOnly));
    let change = crate::facets::join_rules(crate::room::JoinRule::Public);
    house.by(ALICE, Command::SetState { room, change }).unwrap();
    join(&mut house).unwrap();
    assert_eq!(house.room(room).peer_of(ALICE), None);
    assert_eq!(house.room(room).joined, 3);
}
