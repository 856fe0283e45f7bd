//! The door: who comes in, who is kept out, and what he is told.

use super::*;
use crate::command::ModeChange;
use crate::event::RoomSetting;
use crate::facets;
use crate::room::{ChannelModes, JoinRule};
use crate::visibility::HistoryVisibility;

/// Dave at the door of alice's channel.
fn at_the_door(
    what: &str,
    prepare: &dyn Fn(&mut House, RoomId),
    key: Option<&str>,
    want: Result<(), Refusal>,
) {
    let mut house = House::new();
    let room = house.garden();
    prepare(&mut house, room);
    assert_eq!(
        outcome(&house.join_with(DAVE, "#garden", key)),
        want,
        "{what}"
    );
    let inside = house.standing(room, DAVE) == Some(Membership::Join);
    assert_eq!(inside, want.is_ok(), "{what}");
}

fn invite(house: &mut House, room: RoomId) {
    house
        .by(
            ALICE,
            Command::Invite {
                room,
                user: DAVE,
                reason: None,
            },
        )
        .unwrap();
}

fn ban(house: &mut House, room: RoomId) {
    house
        .by(
            ALICE,
            Command::Ban {
                room,
                user: DAVE,
                reason: None,
            },
        )
        .unwrap();
}

fn close(house: &mut House, room: RoomId) {
    house
        .state(ALICE, room, facets::join_rules(JoinRule::Invite))
        .unwrap();
}

fn lock(house: &mut House, room: RoomId) {
    house
        .by(
            ALICE,
            Command::SetSetting {
                room,
                setting: RoomSetting::Key(Some("sesame".into())),
            },
        )
        .unwrap();
}

fn limit(house: &mut House, room: RoomId) {
    let modes = ChannelModes {
        limit: Some(3),
        ..ChannelModes::default()
    };
    house
        .state(ALICE, room, facets::channel_modes(modes))
        .unwrap();
}

fn both(one: fn(&mut House, RoomId), other: fn(&mut House, RoomId)) -> impl Fn(&mut House, RoomId) {
    move |house, room| {
        one(house, room);
        other(house, room);
    }
}

#[test]
fn who_comes_in() {
    at_the_door("an open door", &|_, _| {}, None, Ok(()));
    at_the_door("a ban", &ban, None, Err(Refusal::Banned));
    at_the_door(
        "a ban mask",
        &|house, room| house.mask(room, MaskList::Ban, "dave!*@*.example"),
        None,
        Err(Refusal::Banned),
    );
    let excepted = |house: &mut House, room| {
        house.mask(room, MaskList::Ban, "*!*@*.example");
        house.mask(room, MaskList::Exception, "$a:dave");
    };
    at_the_door("a ban mask with an exception", &excepted, None, Ok(()));
    at_the_door("a closed door", &close, None, Err(Refusal::InviteOnly));
    at_the_door("a closed door, invited", &both(close, invite), None, Ok(()));
    let listed = |house: &mut House, room| {
        close(house, room);
        house.mask(room, MaskList::Invitation, "$a:dave");
    };
    at_the_door(
        "a closed door, on the invitation list",
        &listed,
        None,
        Ok(()),
    );
    at_the_door("a lock, no key", &lock, None, Err(Refusal::WrongKey));
    at_the_door(
        "a lock, the wrong key",
        &lock,
        Some("open"),
        Err(Refusal::WrongKey),
    );
    at_the_door("a lock, the key", &lock, Some("sesame"), Ok(()));
    at_the_door("a lock, invited", &both(lock, invite), None, Ok(()));
    at_the_door("full", &limit, None, Err(Refusal::RoomFull));
    at_the_door("full, invited", &both(limit, invite), None, Ok(()));
    at_the_door(
        "full and locked: full comes first",
        &both(limit, lock),
        None,
        Err(Refusal::RoomFull),
    );
    at_the_door(
        "banned and invited before: the ban stands",
        &both(invite, ban),
        None,
        Err(Refusal::Banned),
    );
}

#[test]
fn a_ban_mask_that_names_an_account_is_its_ban() {
    for mask in ["$a:dave", "~a:dave", "dave!*@*"] {
        let mut house = House::new();
        let room = house.garden();
        house.mask(room, MaskList::Ban, mask);
        assert_eq!(house.standing(room, DAVE), Some(Membership::Ban), "{mask}");
        assert!(house.room(room).masks.is_empty(), "{mask}");
        house
            .by(
                ALICE,
                Command::SetMask {
                    room,
                    list: MaskList::Ban,
                    mask: mask.into(),
                    direction: Direction::Remove,
                    until: None,
                },
            )
            .unwrap();
        assert_eq!(outcome(&house.join(DAVE, "#garden")), Ok(()), "{mask}");
    }
}

#[test]
fn a_ban_that_is_over_holds_nobody_whatever_the_timer_does() {
    let mut house = House::new();
    let room = house.garden();
    let until = Some(house.now.plus(1_000));
    let command = Command::SetMask {
        room,
        list: MaskList::Ban,
        mask: "dave!*@host.example".into(),
        direction: Direction::Add,
        until,
    };
    house.by(ALICE, command).unwrap();
    assert_eq!(outcome(&house.join(DAVE, "#garden")), Err(Refusal::Banned));
    assert_eq!(house.world.state.timers.len(), 1);
    house.now = house.now.plus(1_000);
    assert_eq!(outcome(&house.join(DAVE, "#garden")), Ok(()));
}

#[test]
fn a_mask_has_one_timer_and_a_ban_needs_no_place_on_the_disk_for_it() {
    let mut house = House::new();
    let room = house.garden();
    let mask = |direction, until| Command::SetMask {
        room,
        list: MaskList::Ban,
        mask: "*!*@x".into(),
        direction,
        until,
    };
    for minutes in 1..4 {
        let until = Some(house.now.plus(minutes * 60_000));
        let decision = house.by(ALICE, mask(Direction::Add, until)).unwrap();
        let timers = &house.world.state.timers;
        let ends: Vec<_> = timers.keys().map(|(due, _)| Some(*due)).collect();
        assert_eq!(ends, [until]);
        let events = || decision.changes.iter().filter_map(Change::event);
        assert!(events().any(crate::Event::is_urgent));
        assert!(events().all(|event| event.is_urgent() || event.goes_along()));
    }
    house.by(ALICE, mask(Direction::Remove, None)).unwrap();
    assert!(house.world.state.timers.is_empty());
}

#[test]
fn a_timer_tidies_only_what_is_over() {
    let mut house = House::new();
    let room = house.garden();
    let until = Some(house.now.plus(1_000));
    let mask = |direction, until| Command::SetMask {
        room,
        list: MaskList::Quiet,
        mask: "*!*@x".into(),
        direction,
        until,
    };
    house.by(ALICE, mask(Direction::Add, until)).unwrap();
    let ((_, id), command) = house
        .world
        .state
        .timers
        .get_min()
        .map(|(key, command)| (*key, command.clone()))
        .unwrap();
    // Taken off and put on again for longer: the first timer must leave it.
    house.by(ALICE, mask(Direction::Remove, None)).unwrap();
    house
        .by(ALICE, mask(Direction::Add, Some(house.now.plus(5_000))))
        .unwrap();
    house.now = house.now.plus(2_000);
    house
        .ask(
            &Actor::SERVER,
            Command::Timed {
                id,
                command: command.clone(),
            },
        )
        .unwrap();
    assert_eq!(house.room(room).masks.len(), 1);
    assert_eq!(house.world.state.timers.len(), 1, "the first timer is done");
    house.now = house.now.plus(5_000);
    house
        .ask(
            &Actor::SERVER,
            Command::Timed {
                id: id + 1,
                command,
            },
        )
        .unwrap();
    assert!(house.room(room).masks.is_empty());
    assert_eq!(
        outcome(&house.by(
            ALICE,
            Command::Timed {
                id: 9,
                command: crate::command::TimedCommand::GuestGone {
                    user: BOB,
                    reason: "Bye".into()
                }
            }
        )),
        Err(Refusal::Forbidden)
    );
}

#[test]
fn outsiders_do_not_learn_of_rooms_without_a_published_name() {
    let mut house = House::new();
    let request = crate::command::CreateRoom {
        name: Some("Secret Plans".into()),
        ..Default::default()
    };
    house
        .by(ALICE, Command::CreateRoom(Box::new(request)))
        .unwrap();
    let room = RoomRef::Id(RoomId(1));
    let join = |missing| Command::Join {
        room: room.clone(),
        key: None,
        missing,
        reason: None,
    };
    assert_eq!(
        outcome(&house.by(DAVE, join(MissingRoom::Refuse))),
        Err(Refusal::InviteOnly),
        "nobody guesses an id"
    );
    let name = house.room(RoomId(1)).canonical_name().unwrap().clone();
    assert!(
        !name.is_published() && name.as_str().starts_with("&secret-plans-"),
        "{name}"
    );
    assert_eq!(
        outcome(&house.join(DAVE, name.as_str())),
        Err(Refusal::NoSuchRoom)
    );
}

#[test]
fn a_room_that_one_may_not_know_of_is_none_for_every_verb() {
    use crate::power::PowerLevels;
    let mut house = House::new();
    let request = crate::command::CreateRoom {
        name: Some("secret plans".into()),
        ..Default::default()
    };
    let made = house.by(ALICE, Command::CreateRoom(Box::new(request)));
    let super::super::Outcome::Room(room) = made.unwrap().outcome else {
        panic!()
    };
    let name = house.room(room).canonical_name().unwrap().clone();
    let target = EventRef {
        sequence: RoomSequence(1),
        position: Position(1),
        author: ALICE,
    };
    let reason = || None;
    let verbs = |room: RoomId| {
        [
            Command::Say(Say {
                to: Destination::Room(room),
                message: text("hello"),
            }),
            Command::Leave {
                room,
                reason: reason(),
            },
            Command::Invite {
                room,
                user: CAROL,
                reason: reason(),
            },
            Command::Kick {
                room,
                user: ALICE,
                reason: reason(),
            },
            Command::Ban {
                room,
                user: ALICE,
                reason: reason(),
            },
            Command::Unban {
                room,
                user: CAROL,
                reason: reason(),
            },
            Command::Redact {
                room,
                target,
                reason: reason(),
            },
            Command::SetTopic {
                room,
                topic: "mine".into(),
            },
            Command::SetState {
                room,
                change: facets::name("mine"),
            },
            Command::SetPower {
                room,
                levels: Box::new(PowerLevels::default()),
                known: None,
                content: None,
            },
            Command::SetModes {
                room,
                changes: vec![ModeChange::Limit(None)],
            },
            Command::SetPrefixes {
                room,
                changes: Vec::new(),
            },
            Command::SetMask {
                room,
                list: MaskList::Ban,
                mask: "dave!*@*".into(),
                direction: Direction::Add,
                until: None,
            },
            Command::SetSetting {
                room,
                setting: RoomSetting::Key(None),
            },
            Command::Typing {
                room,
                milliseconds: 1,
            },
            Command::SetMember {
                room,
                content: Json::parse("{}").unwrap(),
            },
        ]
    };
    // A mask for everybody does not tell on it either.
    house.mask(room, MaskList::Ban, "*!*@*");
    for (hidden, absent) in verbs(room).into_iter().zip(verbs(RoomId(99))) {
        let told = format!("{hidden:?}");
        let hidden = outcome(&house.by(DAVE, hidden));
        assert_eq!(hidden, Err(Refusal::NoSuchRoom), "{told}");
        assert_eq!(hidden, outcome(&house.by(DAVE, absent)), "{told}");
    }
    for reference in [name, ChannelName::parse("&nowhere-aaaa").unwrap()] {
        let knock = Command::Knock {
            room: RoomRef::Name(reference),
            reason: None,
        };
        assert_eq!(outcome(&house.by(DAVE, knock)), Err(Refusal::NoSuchRoom));
    }
}

#[test]
fn knocking() {
    let knock = |house: &mut House, user| {
        let room = RoomRef::Name(ChannelName::parse("#garden").unwrap());
        outcome(&house.by(
            user,
            Command::Knock {
                room,
                reason: Some("sesame".into()),
            },
        ))
    };
    let mut house = House::new();
    let room = house.garden();
    assert_eq!(
        knock(&mut house, DAVE),
        Err(Refusal::Forbidden),
        "an open door takes no knocks"
    );
    house
        .state(ALICE, room, facets::join_rules(JoinRule::Knock))
        .unwrap();
    lock(&mut house, room);
    assert_eq!(knock(&mut house, CAROL), Err(Refusal::AlreadyJoined(CAROL)));
    assert_eq!(knock(&mut house, DAVE), Ok(()));
    assert_eq!(house.standing(room, DAVE), Some(Membership::Knock));
    assert_eq!(knock(&mut house, DAVE), Ok(()), "twice is once");
    assert_eq!(
        outcome(&house.join(DAVE, "#garden")),
        Err(Refusal::InviteOnly)
    );
    invite(&mut house, room);
    assert_eq!(outcome(&house.join(DAVE, "#garden")), Ok(()));
}

#[test]
fn what_somebody_wrote_at_a_locked_door_is_not_kept() {
    let mut house = House::new();
    let room = house.garden();
    house
        .state(ALICE, room, facets::join_rules(JoinRule::Knock))
        .unwrap();
    lock(&mut house, room);
    let command = Command::Knock {
        room: RoomRef::Id(room),
        reason: Some("sesame".into()),
    };
    let decision = house.by(DAVE, command).unwrap();
    assert!(!format!("{decision:?}").contains("sesame"));
}

#[test]
fn whoever_finds_no_room_makes_one() {
    let mut house = House::new();
    house.join(DAVE, "#shed").unwrap();
    let room = house.room(RoomId(1));
    assert_eq!(
        (room.level(DAVE), room.creation.creator, room.listed),
        (100, UserId::SERVER, true)
    );
    assert_eq!(
        outcome(&house.join(DAVE, "#SHED")),
        Ok(()),
        "another case is the same room"
    );
    assert_eq!(house.world.state.rooms.len(), 1);
    let refuse = Command::Join {
        room: RoomRef::Name(ChannelName::parse("#barn").unwrap()),
        key: None,
        missing: MissingRoom::Refuse,
        reason: None,
    };
    assert_eq!(outcome(&house.by(DAVE, refuse)), Err(Refusal::NoSuchRoom));
    let gale = house.guest("gale").unwrap();
    house.join(gale, "#barn").unwrap();
    assert_eq!(
        house.room(RoomId(2)).level(gale),
        50,
        "a guest is an operator at most"
    );
}

#[test]
fn a_guest_who_is_gone_is_nobody() {
    let mut house = House::new();
    let room = house.garden();
    let gale = house.guest("gale").unwrap();
    house.join(gale, "#garden").unwrap();
    let session = *house.world.live.sessions_of(gale).first().unwrap();
    let actor = Actor {
        session: Some(session),
        ..Actor::user(gale, None)
    };
    let detach = Command::Detach {
        session,
        reason: "bye".into(),
        absence: 0,
    };
    house.ask(&actor, detach).unwrap();
    house.run_timers();
    assert_eq!(house.standing(room, gale), None, "his row goes with him");
    assert_eq!(
        outcome(&house.say(gale, Destination::Room(room))),
        Err(Refusal::Forbidden)
    );
    assert_eq!(
        outcome(&house.by(
            ALICE,
            Command::Invite {
                room,
                user: gale,
                reason: None
            }
        )),
        Err(Refusal::NoSuchUser)
    );
    assert_eq!(
        outcome(&house.by(
            ALICE,
            Command::Ban {
                room,
                user: gale,
                reason: None
            }
        )),
        Err(Refusal::NoSuchUser)
    );
    let add = Command::AddDevice {
        user: gale,
        device: device("phone", "t"),
    };
    assert_eq!(
        outcome(&house.ask(&Actor::SERVER, add)),
        Err(Refusal::AccountRequired)
    );
    assert_eq!(
        house.guest("gale").map(|user| user == gale),
        Ok(false),
        "the nick is free, for somebody else"
    );
}

#[test]
fn a_mask_that_is_there_for_a_time_can_be_put_on_for_longer() {
    let mut house = House::new();
    let room = house.garden();
    let mut check = |until: Option<u64>, want: Option<u64>| {
        let command = Command::SetMask {
            room,
            list: MaskList::Ban,
            mask: "*!*@x".into(),
            direction: Direction::Add,
            until: until.map(Timestamp),
        };
        house.by(ALICE, command).unwrap();
        let masks = &house.room(room).masks;
        assert_eq!(masks.len(), 1);
        assert_eq!(masks[0].until, want.map(Timestamp));
    };
    check(Some(5_000), Some(5_000));
    check(Some(4_000), Some(5_000));
    check(Some(6_000), Some(6_000));
    check(None, None);
    check(Some(9_000), None);
}

#[test]
fn a_mute_lets_in_and_keeps_quiet() {
    let check = |mask: &str, joins: bool, speaks: bool| {
        let mut house = House::new();
        let room = house.garden();
        house.mask(room, MaskList::Ban, mask);
        assert_eq!(house.join(DAVE, "#garden").is_ok(), joins, "{mask}");
        assert_eq!(
            house.say(DAVE, Destination::Room(room)).is_ok(),
            speaks,
            "{mask}"
        );
    };
    check("$m:dave!*@*", true, false);
    check("$m:$a:dave", true, false);
    check("$m:carol!*@*", true, true);
    check("$a:dave", false, false);
    check("$c:#nowhere", true, true);
}

#[test]
fn an_alias_leads_to_its_room() {
    let mut house = House::new();
    let room = house.garden();
    house.join(ALICE, "#pond").unwrap();
    let mut check = |content: &str, want: Result<(), Refusal>| {
        let change = StateChange {
            kind: facets::CANONICAL_ALIAS.into(),
            key: "".into(),
            content: Json::parse(content).unwrap(),
        };
        let asked = house.by(ALICE, Command::SetState { room, change });
        assert_eq!(outcome(&asked), want, "{content}");
    };
    let bad = || Err(Refusal::BadAlias);
    check(r##"{"alias":"#pond:test"}"##, bad());
    check(r##"{"alias":"#nowhere:test"}"##, bad());
    check(r##"{"alias":"#garden:elsewhere"}"##, bad());
    check(r##"{"alias":"garden"}"##, bad());
    check(
        r##"{"alias":"#garden:test","alt_aliases":["#pond:test"]}"##,
        bad(),
    );
    check(r##"{"alias":7}"##, Err(Refusal::Invalid { what: "alias" }));
    check(r##"{"alt_aliases":["#garden:test"]}"##, Ok(()));
    check(r##"{"alias":"#garden:test"}"##, Ok(()));
    check("{}", Ok(()));
    let request = crate::command::CreateRoom {
        state: vec![facets::canonical_alias("#garden:test")],
        ..Default::default()
    };
    let made = house.by(ALICE, Command::CreateRoom(Box::new(request)));
    assert_eq!(outcome(&made), Err(Refusal::BadAlias));
}

#[test]
fn who_knows_of_a_room_and_who_reads_it() {
    let check = |what: &str, prepare: &dyn Fn(&mut House, RoomId), want: [bool; 3]| {
        let mut house = House::new();
        let room = house.garden();
        prepare(&mut house, room);
        let state = house.room(room);
        let found = [
            state.is_known_to(DAVE),
            state.is_shown_to(DAVE),
            state.is_readable_by(DAVE),
        ];
        assert_eq!(found, want, "{what}: known, shown, readable");
        let inside = [
            state.is_known_to(CAROL),
            state.is_shown_to(CAROL),
            state.is_readable_by(CAROL),
        ];
        assert_eq!(inside, [true; 3], "{what}: carol is in it");
    };
    let set = |setting: RoomSetting| {
        move |house: &mut House, room| {
            let setting = setting.clone();
            let command = Command::SetSetting { room, setting };
            house.by(ALICE, command).unwrap();
        }
    };
    let unnamed = RoomSetting::Names {
        names: Vec::new(),
        reason: None,
    };
    let (unlisted, unnamed) = (set(RoomSetting::Listed(false)), set(unnamed));
    check("a channel", &|_, _| {}, [true, true, false]);
    check("hidden from the directory", &unlisted, [true, false, false]);
    check(
        "without a name, an address or an open door",
        &|house, room| {
            unlisted(house, room);
            unnamed(house, room);
            close(house, room);
        },
        [false; 3],
    );
    check(
        "whoever was asked in knows of it",
        &|house, room| {
            invite(house, room);
            unlisted(house, room);
            unnamed(house, room);
            close(house, room);
        },
        [true, false, false],
    );
    check(
        "whoever was put out does not read on",
        &|house, room| {
            house.join(DAVE, "#garden").unwrap();
            ban(house, room);
            unlisted(house, room);
        },
        [true, false, false],
    );
    check(
        "open to the world",
        &|house, room| {
            let open = facets::history_visibility(HistoryVisibility::WorldReadable);
            house.state(ALICE, room, open).unwrap();
            unlisted(house, room);
        },
        [true; 3],
    );
}

#[test]
fn a_room_that_is_closed_stays_so() {
    let mut house = House::new();
    let room = house.garden();
    invite(&mut house, room);
    let listed = Command::SetMask {
        room,
        list: MaskList::Invitation,
        mask: "*!*@*".into(),
        direction: Direction::Add,
        until: None,
    };
    house.by(ALICE, listed).unwrap();
    let close = || Command::CloseRoom { room, reason: None };
    let denied = house.by(BOB, close());
    assert!(matches!(denied, Err(Refusal::LevelTooLow { .. })));
    assert_eq!(outcome(&house.by(DAVE, close())), Err(Refusal::NotJoined));
    // Another owner is put out too.
    house
        .prefix(ALICE, room, (CAROL, Direction::Add, Prefix::Founder))
        .unwrap();
    let done = house.by(ALICE, close()).unwrap();
    assert!(done.changes.len() > 5, "all of it is one decision");
    for user in [ALICE, BOB, CAROL, DAVE] {
        assert_eq!(house.standing(room, user), Some(Membership::Leave));
        assert_eq!(
            outcome(&house.join(user, "#garden")),
            Err(Refusal::InviteOnly)
        );
        assert!(house.by(user, Command::LetIn { room }).is_err(), "{user:?}");
    }
    assert!(!house.room(room).listed);
    assert_eq!(house.room(room).joined, 0);
}

#[test]
fn clearing_a_room_puts_out_who_is_below() {
    let mut house = House::new();
    let room = house.garden();
    house.join(DAVE, "#garden").unwrap();
    let clear = || Command::ClearRoom {
        room,
        reason: Some("tidying".into()),
    };
    let denied = house.by(CAROL, clear());
    assert!(matches!(denied, Err(Refusal::LevelTooLow { .. })));
    house.by(BOB, clear()).unwrap();
    let standings = [ALICE, BOB, CAROL, DAVE].map(|user| house.standing(room, user));
    let (stays, goes) = (Some(Membership::Join), Some(Membership::Leave));
    assert_eq!(standings, [stays, stays, goes, goes]);
    assert_eq!(outcome(&house.by(BOB, clear())), Ok(()));
}

#[test]
fn a_room_leads_only_where_who_says_so_could_let_somebody_in() {
    let mut house = House::new();
    let room = house.garden();
    house.join(ALICE, "#lobby").unwrap();
    house.join(BOB, "#pond").unwrap();
    let mut check = |user: UserId, to: Option<&str>, expected: Result<(), Refusal>| {
        let name = to.map(|name| ChannelName::parse(name).unwrap());
        let change = crate::facets::set_forward(name.as_ref());
        let result = outcome(&house.state(user, room, change));
        assert_eq!(result, expected, "{user:?} {to:?}");
        if result.is_ok() {
            assert_eq!(crate::facets::forward(house.room(room)), name);
        }
    };
    check(ALICE, Some("#lobby"), Ok(()));
    check(ALICE, Some("#pond"), Err(Refusal::NotJoined));
    check(BOB, Some("#pond"), Ok(()));
    check(
        ALICE,
        Some("#garden"),
        Err(Refusal::Invalid { what: "channel" }),
    );
    check(ALICE, Some("#nowhere"), Err(Refusal::NoSuchRoom));
    check(ALICE, None, Ok(()));
    check(
        CAROL,
        None,
        Err(Refusal::LevelTooLow {
            needed: 50,
            have: 0,
        }),
    );
}

#[test]
fn the_key_is_for_the_operators_inside() {
    let mut house = House::new();
    let room = house.garden();
    assert_eq!(house.room(room).key_for(ALICE), None);
    lock(&mut house, room);
    let leave = Command::Leave { room, reason: None };
    let check = |house: &House, want: [Option<&str>; 4]| {
        let found = [ALICE, BOB, CAROL, DAVE].map(|user| house.room(room).key_for(user));
        assert_eq!(found, want);
    };
    let key = Some("sesame");
    check(&house, [key, key, None, None]);
    house.by(BOB, leave).unwrap();
    check(&house, [key, None, None, None]);
}
