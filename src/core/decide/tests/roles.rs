//! Who may do what in a room: operation by role, through the whole of `decide`.

use super::*;
use crate::body::Relation;
use crate::command::{ModeChange, RoomFlag};
use crate::event::RoomSetting;
use crate::facets;
use crate::limits;
use crate::live::{Transient, TransientKind, TransientTarget};
use crate::room::{ChannelModes, JoinRule};

/// Alice founded it, bob is an operator, carol a member, dave is outside; gale is a guest and a member, erin has a voice only.
fn house() -> (House, RoomId, [UserId; 6]) {
    let mut house = House::new();
    let room = house.garden();
    let gale = house.guest("gale").unwrap();
    house.join(gale, "#garden").unwrap();
    house.register("erin").unwrap();
    let erin = house.world.user_named("erin").unwrap();
    house.join(erin, "#garden").unwrap();
    house
        .prefix(ALICE, room, (erin, Direction::Add, Prefix::Voice))
        .unwrap();
    (house, room, [ALICE, BOB, erin, CAROL, gale, DAVE])
}

#[test]
fn operation_by_role() {
    const FOUNDER: &str = "founder";
    const OPERATOR: &str = "operator";
    const VOICE: &str = "voice";
    const MEMBER: &str = "member";
    const GUEST: &str = "guest";
    const OUTSIDER: &str = "outsider";
    let roles = [FOUNDER, OPERATOR, VOICE, MEMBER, GUEST, OUTSIDER];
    // What nobody but members and above may do is done by everyone in turn, each in a house of his own.
    let check = |what: &str, command: &dyn Fn(&House, RoomId) -> Command, allowed: &[&str]| {
        for (index, role) in roles.into_iter().enumerate() {
            let (mut house, room, users) = house();
            let command = command(&house, room);
            let result = house.by(users[index], command);
            assert_eq!(
                result.is_ok(),
                allowed.contains(&role),
                "{role}: {what}: {result:?}"
            );
        }
    };
    let operators = [FOUNDER, OPERATOR];
    let members = [FOUNDER, OPERATOR, VOICE, MEMBER, GUEST];
    let say = |_: &House, room| {
        Command::Say(Say {
            to: Destination::Room(room),
            message: text("hello"),
        })
    };
    check("say", &say, &members);
    check(
        "type",
        &|_, room| Command::Typing {
            room,
            milliseconds: 100,
        },
        &members,
    );
    check(
        "leave",
        &|_, room| Command::Leave { room, reason: None },
        &members,
    );
    check(
        "set the topic",
        &|_, room| Command::SetTopic {
            room,
            topic: "t".into(),
        },
        &operators,
    );
    check(
        "invite",
        &|_, room| Command::Invite {
            room,
            user: DAVE,
            reason: None,
        },
        &members,
    );
    check(
        "kick a member",
        &|_, room| Command::Kick {
            room,
            user: CAROL,
            reason: None,
        },
        &operators,
    );
    check(
        "kick an operator",
        &|_, room| Command::Kick {
            room,
            user: BOB,
            reason: None,
        },
        &[FOUNDER],
    );
    check(
        "ban an outsider",
        &|_, room| Command::Ban {
            room,
            user: DAVE,
            reason: None,
        },
        &operators,
    );
    check(
        "ban the founder",
        &|_, room| Command::Ban {
            room,
            user: ALICE,
            reason: None,
        },
        &[],
    );
    check("set a mask", &|_, room| mask(room), &operators);
    let setting = |setting: RoomSetting| {
        move |_: &House, room| Command::SetSetting {
            room,
            setting: setting.clone(),
        }
    };
    check(
        "set the key",
        &setting(RoomSetting::Key(Some("sesame".into()))),
        &operators,
    );
    check("unlist", &setting(RoomSetting::Listed(false)), &operators);
    let name = ChannelName::parse("#other").unwrap();
    check(
        "rename",
        &setting(RoomSetting::Names {
            names: vec![name],
            reason: None,
        }),
        &operators,
    );
    check(
        "set the join rule",
        &|_, room| Command::SetState {
            room,
            change: facets::join_rules(JoinRule::Invite),
        },
        &operators,
    );
    check(
        "redact carol's line",
        &|house, room| redact(house, room),
        &[FOUNDER, OPERATOR],
    );
    check(
        "voice a member",
        &|_, room| prefix(room, Prefix::Voice),
        &operators,
    );
    check(
        "op a member",
        &|_, room| prefix(room, Prefix::Operator),
        &operators,
    );
    check(
        "make a member the founder's equal",
        &|_, room| prefix(room, Prefix::Founder),
        &[FOUNDER],
    );
}

fn mask(room: RoomId) -> Command {
    Command::SetMask {
        room,
        list: MaskList::Ban,
        mask: "*!*@bad.example".into(),
        direction: Direction::Add,
        until: None,
    }
}

fn prefix(room: RoomId, prefix: Prefix) -> Command {
    Command::SetPrefixes {
        room,
        changes: vec![crate::command::PrefixChange {
            user: CAROL,
            prefix,
            direction: Direction::Add,
        }],
    }
}

/// Of somebody who is none of the roles, so that nobody's own line is meant.
fn redact(house: &House, room: RoomId) -> Command {
    Command::Redact {
        room,
        target: house.last(room, UserId(99)),
        reason: None,
    }
}

#[test]
fn redaction_by_role() {
    let check = |actor: UserId, author: UserId, want: Result<(), Refusal>| {
        let mut house = House::new();
        let room = house.garden();
        house.say(author, Destination::Room(room)).unwrap();
        let target = house.last(room, author);
        let got = house.by(
            actor,
            Command::Redact {
                room,
                target,
                reason: None,
            },
        );
        assert_eq!(outcome(&got), want, "{actor:?} redacts {author:?}");
    };
    check(CAROL, CAROL, Ok(()));
    check(BOB, CAROL, Ok(()));
    check(BOB, ALICE, Ok(()));
    check(
        CAROL,
        BOB,
        Err(Refusal::LevelTooLow {
            needed: 50,
            have: 0,
        }),
    );
    check(DAVE, CAROL, Err(Refusal::NotJoined));
}

#[test]
fn only_what_is_there_is_redacted() {
    let mut house = House::new();
    let room = house.garden();
    for sequence in [0, 1_000] {
        let target = EventRef {
            sequence: RoomSequence(sequence),
            ..house.last(room, ALICE)
        };
        assert_eq!(
            outcome(&house.by(
                ALICE,
                Command::Redact {
                    room,
                    target,
                    reason: None
                }
            )),
            Err(Refusal::NoSuchEvent)
        );
    }
}

#[test]
fn who_may_speak() {
    let check = |what: &str, prepare: &dyn Fn(&mut House, RoomId), want: Result<(), Refusal>| {
        let (mut house, room, [.., carol, _, _]) = house();
        prepare(&mut house, room);
        assert_eq!(
            outcome(&house.say(carol, Destination::Room(room))),
            want,
            "{what}"
        );
    };
    let moderated = |house: &mut House, room| {
        drop(
            house
                .levels(ALICE, room, |levels| levels.events_default = 1)
                .unwrap(),
        )
    };
    check("an open room", &|_, _| {}, Ok(()));
    check("+m", &moderated, Err(Refusal::CannotSpeak));
    let voiced = |house: &mut House, room| {
        moderated(house, room);
        house
            .prefix(ALICE, room, (CAROL, Direction::Add, Prefix::Voice))
            .unwrap();
    };
    check("+m with +v", &voiced, Ok(()));
    check(
        "muted by a level below 0",
        &|house, room| {
            drop(
                house
                    .levels(ALICE, room, |levels| levels.set(CAROL, -1))
                    .unwrap(),
            )
        },
        Err(Refusal::CannotSpeak),
    );
    check(
        "quieted",
        &|house, room| house.mask(room, MaskList::Quiet, "carol!*@*.example"),
        Err(Refusal::CannotSpeak),
    );
    check(
        "banned by mask",
        &|house, room| house.mask(room, MaskList::Ban, "*!*@host.example"),
        Err(Refusal::CannotSpeak),
    );
    let excepted = |house: &mut House, room| {
        house.mask(room, MaskList::Ban, "*!*@host.example");
        house.mask(room, MaskList::Exception, "$a:carol");
    };
    check("banned by mask, excepted", &excepted, Ok(()));
    let voiced_and_quiet = |house: &mut House, room| {
        house.mask(room, MaskList::Quiet, "*!*@*");
        house
            .prefix(ALICE, room, (CAROL, Direction::Add, Prefix::Voice))
            .unwrap();
    };
    check("a voice speaks through a quiet", &voiced_and_quiet, Ok(()));
}

#[test]
fn a_room_for_accounts_hears_no_guests() {
    let (mut house, room, [.., gale, _]) = house();
    let modes = ChannelModes {
        accounts_speak: true,
        ..ChannelModes::default()
    };
    house
        .state(ALICE, room, facets::channel_modes(modes))
        .unwrap();
    assert_eq!(
        outcome(&house.say(gale, Destination::Room(room))),
        Err(Refusal::AccountRequired)
    );
    assert_eq!(outcome(&house.say(CAROL, Destination::Room(room))), Ok(()));
}

fn set(house: &mut House, room: RoomId, changes: &[ModeChange]) {
    let changes = changes.to_vec();
    house
        .by(ALICE, Command::SetModes { room, changes })
        .unwrap();
}

#[test]
fn who_may_speak_from_outside() {
    let check = |what: &str, prepare: &dyn Fn(&mut House, RoomId), want: Result<(), Refusal>| {
        let (mut house, room, _) = house();
        let open = ModeChange::Flag(RoomFlag::MembersSpeak, Direction::Remove);
        set(&mut house, room, &[open]);
        prepare(&mut house, room);
        let got = outcome(&house.say(DAVE, Destination::Room(room)));
        assert_eq!(got, want, "{what}");
        let kind = TransientKind::Text("\u{1}VERSION\u{1}".into());
        let to = TransientTarget::Room(room);
        let passing = Command::Transient(Transient { to, kind });
        assert_eq!(outcome(&house.by(DAVE, passing)), want, "{what}, passing");
    };
    let mode = |flag, direction| {
        move |house: &mut House, room| set(house, room, &[ModeChange::Flag(flag, direction)])
    };
    check("-n", &|_, _| {}, Ok(()));
    check(
        "-n+n",
        &mode(RoomFlag::MembersSpeak, Direction::Add),
        Err(Refusal::NotJoined),
    );
    check(
        "-n+m",
        &mode(RoomFlag::Moderated, Direction::Add),
        Err(Refusal::CannotSpeak),
    );
    check(
        "-n+M, with an account",
        &mode(RoomFlag::AccountsSpeak, Direction::Add),
        Ok(()),
    );
    check(
        "-n+i, of a name that shows",
        &mode(RoomFlag::Closed, Direction::Add),
        Ok(()),
    );
    check(
        "banned",
        &|house, room| {
            let (user, reason) = (DAVE, None);
            house
                .by(ALICE, Command::Ban { room, user, reason })
                .unwrap();
        },
        Err(Refusal::NotJoined),
    );
    check(
        "banned by mask",
        &|house, room| house.mask(room, MaskList::Ban, "*!*@host.example"),
        Err(Refusal::CannotSpeak),
    );
    check(
        "quieted",
        &|house, room| house.mask(room, MaskList::Quiet, "$a:dave"),
        Err(Refusal::CannotSpeak),
    );
    check(
        "encrypted",
        &|house, room| {
            house.state(ALICE, room, encryption()).unwrap();
        },
        Err(Refusal::Encrypted),
    );
}

#[test]
fn guests_outside_are_kept_out_with_those_inside() {
    let (mut house, room, _) = house();
    let mallow = house.guest("mallow").unwrap();
    let remove = |flag| ModeChange::Flag(flag, Direction::Remove);
    let add = |flag| ModeChange::Flag(flag, Direction::Add);
    let check = |house: &mut House, changes: &[ModeChange], want| {
        set(house, room, changes);
        let got = outcome(&house.say(mallow, Destination::Room(room)));
        assert_eq!(got, want, "{changes:?}");
    };
    check(&mut house, &[remove(RoomFlag::MembersSpeak)], Ok(()));
    check(
        &mut house,
        &[add(RoomFlag::AccountsSpeak)],
        Err(Refusal::AccountRequired),
    );
    check(
        &mut house,
        &[remove(RoomFlag::AccountsSpeak), add(RoomFlag::AccountsOnly)],
        Err(Refusal::AccountRequired),
    );
}

#[test]
fn outsiders_add_nothing_to_what_members_said() {
    let (mut house, room, _) = house();
    let open = ModeChange::Flag(RoomFlag::MembersSpeak, Direction::Remove);
    set(&mut house, room, &[open]);
    house.say(DAVE, Destination::Room(room)).unwrap();
    let target = house.last(room, DAVE);
    let check = |house: &mut House, body, relation, want| {
        let message = Message {
            relation: Some(relation),
            ..Message::plain(body)
        };
        let to = Destination::Room(room);
        let got = house.by(DAVE, Command::Say(Say { to, message }));
        assert_eq!(outcome(&got), want, "{relation:?}");
    };
    let words = || text("hello").body;
    check(&mut house, words(), Relation::Reply(target), Ok(()));
    check(
        &mut house,
        words(),
        Relation::Edit(target),
        Err(Refusal::NotJoined),
    );
    let heart = Body::Reaction("heart".into());
    check(
        &mut house,
        heart,
        Relation::Reaction(target),
        Err(Refusal::NotJoined),
    );
}

#[test]
fn no_plain_text_in_an_encrypted_room() {
    let mut house = House::new();
    let room = house.garden();
    house.state(ALICE, room, encryption()).unwrap();
    assert_eq!(
        outcome(&house.say(ALICE, Destination::Room(room))),
        Err(Refusal::Encrypted)
    );
    let content = crate::body::Content {
        kind: "m.room.encrypted".into(),
        content: Json::parse("{}").unwrap(),
    };
    let send = |house: &mut House, body| {
        house.by(
            CAROL,
            Command::Say(Say {
                to: Destination::Room(room),
                message: Message::plain(body),
            }),
        )
    };
    assert_eq!(
        outcome(&send(&mut house, Body::Sealed(content.clone()))),
        Ok(())
    );
    assert_eq!(
        outcome(&send(&mut house, Body::Unknown(content))),
        Err(Refusal::Encrypted)
    );
    // The same again is nothing; another algorithm, or none, is refused.
    assert_eq!(outcome(&house.state(ALICE, room, encryption())), Ok(()));
    let other = Json::parse(r#"{"algorithm":"other"}"#).unwrap();
    let change = StateChange {
        content: other,
        ..encryption()
    };
    assert_eq!(
        outcome(&house.state(ALICE, room, change)),
        Err(Refusal::EncryptionIsFinal)
    );
    assert!(house.room(room).encryption.is_some());
}

#[test]
fn a_state_key_with_an_at_sign_belongs_to_its_user() {
    let mut house = House::new();
    let room = house.garden();
    let change = |key: &str| StateChange {
        kind: "org.example.mine".into(),
        key: key.into(),
        content: Json::parse("{}").unwrap(),
    };
    let check = |house: &mut House, key: &str, want| {
        assert_eq!(outcome(&house.state(BOB, room, change(key))), want, "{key}")
    };
    check(&mut house, "@bob:test", Ok(()));
    check(&mut house, "@alice:test", Err(Refusal::Forbidden));
    check(&mut house, "@bob:elsewhere", Err(Refusal::Forbidden));
    check(&mut house, "bob", Ok(()));
}

#[test]
fn redacted_state_says_nothing_any_more() {
    use crate::facets;
    let mut house = House::new();
    let room = house.garden();
    let redacted = |house: &mut House, change: StateChange| {
        let key = (change.kind.clone(), change.key.clone());
        house.state(ALICE, room, change).unwrap();
        let entry = house.room(room).extra[&key].clone();
        let target = EventRef {
            sequence: entry.sequence,
            position: entry.position,
            author: entry.sender,
        };
        let redact = Command::Redact {
            room,
            target,
            reason: None,
        };
        house.by(ALICE, redact).unwrap();
        house.room(room).extra[&key].content.clone()
    };
    assert_eq!(redacted(&mut house, facets::topic("secret")), Json::empty());
    assert_eq!(house.room(room).topic, None);
    assert_eq!(redacted(&mut house, facets::name("secret")), Json::empty());
    assert_eq!(house.room(room).name, None);
    let algorithm = redacted(&mut house, encryption());
    assert!(algorithm.as_str().contains("megolm"), "{algorithm:?}");
    assert!(house.room(room).encryption.is_some(), "once and for all");
    let rule = redacted(&mut house, facets::join_rules(crate::room::JoinRule::Knock));
    assert!(rule.as_str().contains("knock"), "{rule:?}");
    assert_eq!(house.room(room).join_rule, crate::room::JoinRule::Knock);
}

#[test]
fn a_rooms_state_is_bounded_in_bytes_as_well() {
    let mut house = House::new();
    let room = house.garden();
    let content =
        |bytes: usize| Json::parse(&format!(r#"{{"x":"{}"}}"#, "x".repeat(bytes))).unwrap();
    let change = |number: usize, bytes| StateChange {
        kind: "x.y".into(),
        key: number.to_string().into(),
        content: content(bytes),
    };
    let full = Err(Refusal::TooLarge {
        what: "state of the room",
        limit: limits::STATE_SIZE,
    });
    let mut number = 0;
    while house.room(room).extra_size + 60_010 < limits::STATE_SIZE {
        house.state(ALICE, room, change(number, 60_000)).unwrap();
        number += 1;
    }
    let known = house.room(room).extra.iter();
    let size =
        known.map(|((kind, key), entry)| kind.len() + key.len() + entry.content.as_str().len());
    assert_eq!(size.sum::<usize>(), house.room(room).extra_size);
    assert_eq!(
        outcome(&house.state(ALICE, room, change(number, 60_000))),
        full
    );
    // What replaces something counts for the difference.
    house.state(ALICE, room, change(0, 60_001)).unwrap();
    house.state(ALICE, room, change(0, 5)).unwrap();
    house.state(ALICE, room, change(number, 60_000)).unwrap();
}
