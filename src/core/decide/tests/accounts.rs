//! Names, credentials and what needs a fresh password.

use super::*;
use crate::command::{AccountState, OtherDevices, Scope};
use crate::event::{ReadAudience, RoomSetting};
use crate::limits::PROOF_AGE;
use crate::live::Signal;

#[test]
fn a_guest_is_looked_up_by_his_localpart_while_he_is_here_and_as_long_as_anything_is_left_of_him() {
    let mut house = House::new();
    let guest = house.guest("gale").unwrap();
    let session = house.world.live.sessions_of(guest)[0];
    let localpart = house.world.name_of(guest).unwrap().localpart().clone();
    assert_eq!(house.world.guest_with(&localpart), Some(guest));
    assert_eq!(house.world.guest_with("guest.nobody"), None);
    house.join(guest, "#garden").unwrap();
    let gone = Command::Detach {
        session,
        reason: "gone".into(),
        absence: 0,
    };
    house.ask(&Actor::SERVER, gone).unwrap();
    assert!(house.world.live.guest_localparts.is_empty());
    assert_eq!(house.world.guest_with(&localpart), Some(guest));
    // Of one who did nothing, nothing is left.
    let other = house.attach(Who::Guest(AccountName::guest("mist", 2).unwrap()));
    let other = other.unwrap();
    let session = house.world.live.sessions_of(other)[0];
    let localpart = house.world.name_of(other).unwrap().localpart().clone();
    let gone = Command::Detach {
        session,
        reason: "gone".into(),
        absence: 0,
    };
    house.ask(&Actor::SERVER, gone).unwrap();
    assert_eq!(house.world.guest_with(&localpart), None);
}

#[test]
fn nobody_takes_names_from_everybody_by_giving_them_up() {
    let mut house = House::new();
    let limit = crate::limits::NAMES_PER_USER;
    let mut take = |nick: String| {
        let nick: std::sync::Arc<str> = nick.into();
        let group = Command::GroupNick { nick: nick.clone() };
        outcome(&house.by(ALICE, group))?;
        outcome(&house.by(ALICE, Command::UngroupNick { nick }))
    };
    for number in 1..limit {
        assert_eq!(take(format!("nick{number}x")), Ok(()), "{number}");
    }
    let full = Err(Refusal::TooMany {
        what: "nicks, those that were given up included",
        limit,
    });
    assert_eq!(take("onemore".to_owned()), full);
    // One that was his stays his.
    assert_eq!(take("nick7x".to_owned()), Ok(()));
    let room = house.garden();
    let limit = crate::limits::NAMES_PER_ROOM;
    let mut name = |number: usize| {
        let names = ["#garden".to_owned(), format!("#garden{number}")];
        let names = names
            .map(|name| ChannelName::parse(&name).unwrap())
            .to_vec();
        let setting = RoomSetting::Names {
            names,
            reason: None,
        };
        outcome(&house.by(ALICE, Command::SetSetting { room, setting }))
    };
    for number in 1..limit {
        assert_eq!(name(number), Ok(()), "{number}");
    }
    let full = Err(Refusal::TooMany {
        what: "names of a room, those that were given up included",
        limit,
    });
    assert_eq!(name(limit), full);
    assert_eq!(name(3), Ok(()));
}

#[test]
fn a_session_that_attaches_again_is_none_more() {
    let mut house = House::new();
    let presentation = house.world.live.sessions[&SessionId(1)]
        .presentation
        .clone();
    let mut attach = |session| {
        let attach = Attach {
            session: SessionId(session),
            who: Who::Account(ALICE),
            device: None,
            address: None,
            presentation: presentation.clone(),
            away: None,
        };
        let actor = Actor {
            session: Some(SessionId(session)),
            ..Actor::user(ALICE, None)
        };
        outcome(&house.ask(&actor, Command::Attach(Box::new(attach))))
    };
    let limit = crate::limits::SESSIONS_PER_USER;
    for session in 100..100 + u64::try_from(limit).unwrap() - 1 {
        assert_eq!(attach(session), Ok(()));
    }
    assert_eq!(attach(100), Ok(()));
    let full = Err(Refusal::TooMany {
        what: "sessions",
        limit,
    });
    assert_eq!(attach(99), full);
}

#[test]
fn logging_out_everywhere_ends_sessions_by_password_too() {
    let mut house = House::new();
    let add = Command::AddDevice {
        user: ALICE,
        device: device("phone", "1"),
    };
    house.by(ALICE, add).unwrap();
    assert!(!house.world.live.sessions_of(ALICE).is_empty());
    let everywhere = Actor {
        proof: Some(proof(&house, ALICE, house.now)),
        ..Actor::user(ALICE, Some(DeviceId(1)))
    };
    house.ask(&everywhere, Command::RemoveAllDevices).unwrap();
    assert!(house.world.live.sessions_of(ALICE).is_empty());
    assert!(!house.world.live.sessions_of(BOB).is_empty());
}

#[test]
fn a_login_by_a_password_that_was_changed_meanwhile_is_none() {
    let mut house = House::new();
    let old = proof(&house, ALICE, house.now);
    let presentation = house.world.live.sessions[&SessionId(1)]
        .presentation
        .clone();
    let logins = |house: &mut House, proof| {
        let actor = |session| Actor {
            session,
            proof: Some(proof),
            ..Actor::user(ALICE, None)
        };
        let attach = Attach {
            address: None,
            session: SessionId(90),
            who: Who::Account(ALICE),
            device: None,
            presentation: presentation.clone(),
            away: None,
        };
        let gale = house.guest("gale").unwrap();
        let session = house.world.live.sessions_of(gale)[0];
        let log_in = Command::LogIn {
            session,
            user: ALICE,
            device: None,
            presentation: presentation.clone(),
        };
        let guest = Actor {
            user: gale,
            ..actor(Some(session))
        };
        let device = Command::AddDevice {
            user: ALICE,
            device: device("phone", "1"),
        };
        [
            outcome(&house.ask(&actor(None), device)),
            outcome(&house.ask(
                &actor(Some(SessionId(90))),
                Command::Attach(Box::new(attach)),
            )),
            outcome(&house.ask(&guest, log_in)),
        ]
    };
    let change = Command::SetPassword {
        user: ALICE,
        password: PasswordHash("new".into()),
        others: OtherDevices::LogOut,
    };
    house.ask(&Actor::ADMINISTRATOR, change).unwrap();
    for done in logins(&mut house, old) {
        assert_eq!(done, Err(Refusal::ProofNeeded));
    }
    let guests: Vec<SessionId> = house
        .world
        .live
        .guests
        .keys()
        .flat_map(|guest| house.world.live.sessions_of(*guest).to_vec())
        .collect();
    for session in guests {
        let end = Command::Detach {
            session,
            reason: "bye".into(),
            absence: 0,
        };
        house.ask(&Actor::SERVER, end).unwrap();
    }
    let new = proof(&house, ALICE, house.now);
    assert_eq!(logins(&mut house, new), [Ok(()), Ok(()), Ok(())]);
}

impl House {
    /// A phone that somebody has logged in with.
    fn phone(&mut self, user: UserId) -> DeviceId {
        let login = Command::AddDevice {
            user,
            device: device("phone", "1"),
        };
        self.by(user, login).unwrap();
        self.world.state.user(user).unwrap().devices[0].id
    }
}

#[test]
fn a_name_is_given_once() {
    let check = |name: &str, want: Result<(), Refusal>| {
        let mut house = House::new();
        house.guest("gale").unwrap();
        assert_eq!(outcome(&house.register(name)), want, "{name}");
    };
    check("erin", Ok(()));
    check("alice", Err(Refusal::NameTaken));
    check("ALICE", Err(Refusal::NameTaken));
    check("a1ice", Err(Refusal::NameTaken));
    check("alice_", Err(Refusal::NameTaken));
}

#[test]
fn a_guest_gives_his_nick_to_an_account() {
    let mut house = House::new();
    let gale = house.guest("gale").unwrap();
    house.register("gale").unwrap();
    let account = house.world.user_named("gale").unwrap();
    assert_ne!(account, gale);
    assert!(house.world.is_account(account));
    let nick = house.world.name_of(gale).unwrap().nick().clone();
    assert_eq!(&*nick, "Guest0007");
    assert_eq!(house.world.user_named(&nick), Some(gale));
    // The next one finds another free number.
    let hugo = house.guest("hugo").unwrap();
    house.register("hugo").unwrap();
    assert_eq!(&**house.world.name_of(hugo).unwrap().nick(), "Guest0008");
}

#[test]
fn a_session_leaves_its_account_and_the_account_stays() {
    let mut house = House::new();
    let room = house.garden();
    let id = house.world.live.sessions_of(ALICE)[0];
    let presentation = house.world.live.sessions[&id].presentation.clone();
    let actor = Actor {
        session: Some(id),
        ..Actor::user(ALICE, None)
    };
    let log_out = Command::LogOut {
        session: id,
        presentation,
    };
    house.ask(&actor, log_out).unwrap();
    let guest = house.world.live.sessions[&id].user;
    assert!(!house.world.is_account(guest));
    assert_eq!(&**house.world.name_of(guest).unwrap().nick(), "Guest0007");
    assert!(house.world.live.sessions_of(ALICE).is_empty());
    assert_eq!(house.standing(room, ALICE), Some(Membership::Join));
    assert_eq!(house.standing(room, guest), None);
}

#[test]
fn grouped_nicks_lead_to_their_account() {
    let mut house = House::new();
    let group = |house: &mut House, nick: &str| {
        outcome(&house.by(ALICE, Command::GroupNick { nick: nick.into() }))
    };
    let hugo = house.guest("hugo").unwrap();
    assert_eq!(group(&mut house, "bob"), Err(Refusal::NameTaken));
    assert_eq!(group(&mut house, "b0b"), Err(Refusal::NameTaken));
    assert!(matches!(
        group(&mut house, "NickServ"),
        Err(Refusal::BadName(_))
    ));
    assert_eq!(group(&mut house, "Hugo"), Ok(()), "from a guest");
    assert_ne!(&**house.world.name_of(hugo).unwrap().nick(), "hugo");
    assert_eq!(house.world.user_named("hUGO"), Some(ALICE));
    assert_eq!(&**house.world.name_of(ALICE).unwrap().nick(), "alice");
    assert_eq!(house.guest("hugo"), Err(Refusal::NameTaken));
    assert_eq!(outcome(&house.register("hugo")), Err(Refusal::NameTaken));
    // What looks like it is nobody, and claimed with it.
    assert_eq!(house.world.user_named("hug0"), None);
    let nick: Arc<str> = "hugo".into();
    house
        .by(ALICE, Command::UngroupNick { nick: nick.clone() })
        .unwrap();
    assert_eq!(house.world.user_named("hugo"), None);
    assert_eq!(outcome(&house.register("hugo")), Err(Refusal::NameTaken));
    for nick in ["hugo", "g1", "g2", "g3", "g4"] {
        assert_eq!(group(&mut house, nick), Ok(()), "{nick}");
    }
    assert!(matches!(
        group(&mut house, "g5"),
        Err(Refusal::TooMany { .. })
    ));
}

#[test]
fn sessions_are_ended_by_their_owner() {
    let mut house = House::new();
    house.now = Timestamp(PROOF_AGE * 2);
    let bobs = house.world.live.sessions_of(BOB)[0];
    let mine = house.world.live.sessions_of(ALICE)[0];
    house.attach(Who::Account(ALICE)).unwrap();
    let second = house.world.live.sessions_of(ALICE)[1];
    let actor = |proof| Actor {
        session: Some(mine),
        proof,
        ..Actor::user(ALICE, None)
    };
    let end = |id| Command::EndSessions { sessions: vec![id] };
    let fresh = Some(proof(&house, ALICE, house.now));
    assert_eq!(
        outcome(&house.ask(&actor(None), end(second))),
        Err(Refusal::ProofNeeded)
    );
    assert_eq!(
        outcome(&house.ask(&actor(fresh), end(bobs))),
        Err(Refusal::Forbidden)
    );
    assert_eq!(outcome(&house.ask(&actor(fresh), end(second))), Ok(()));
    assert_eq!(house.world.live.sessions_of(ALICE), [mine]);
    assert_eq!(outcome(&house.ask(&actor(None), end(mine))), Ok(()));
}

#[test]
fn a_guest_takes_nobodys_name() {
    let mut house = House::new();
    assert_eq!(house.guest("Alice"), Err(Refusal::NameTaken));
    let gale = house.guest("gale").unwrap();
    assert_eq!(house.guest("gale"), Err(Refusal::NameTaken));
    let rename = |house: &mut House, user, nick: &str| {
        outcome(&house.by(user, Command::Rename { nick: nick.into() }))
    };
    assert_eq!(rename(&mut house, gale, "bob"), Err(Refusal::NameTaken));
    assert_eq!(
        rename(&mut house, gale, "Gale"),
        Ok(()),
        "his own in another case"
    );
    assert_eq!(rename(&mut house, gale, "hugo"), Ok(()));
    assert_eq!(house.world.user_named("hugo"), Some(gale));
    assert_eq!(house.world.user_named("gale"), None);
    assert_eq!(rename(&mut house, ALICE, "ALICE"), Ok(()));
    assert_eq!(
        rename(&mut house, ALICE, "alicia"),
        Err(Refusal::NickLocked)
    );
    assert!(rename(&mut house, gale, "a b").is_err());
}

#[test]
fn a_room_takes_only_free_names() {
    let mut house = House::new();
    let room = house.garden();
    house.join(DAVE, "#shed").unwrap();
    let names = |names: &[&str]| {
        let names = names.iter();
        RoomSetting::Names {
            names: names
                .map(|name| ChannelName::parse(name).unwrap())
                .collect(),
            reason: None,
        }
    };
    let set = |house: &mut House, wanted: &[&str]| {
        outcome(&house.by(
            ALICE,
            Command::SetSetting {
                room,
                setting: names(wanted),
            },
        ))
    };
    assert_eq!(set(&mut house, &["#shed"]), Err(Refusal::NameTaken));
    assert_eq!(set(&mut house, &["#orchard", "#garden"]), Ok(()));
    assert_eq!(set(&mut house, &["#orchard"]), Ok(()));
    // A name given up leads here still, and to nobody else.
    assert_eq!(
        house
            .world
            .state
            .room_named(&ChannelName::parse("#garden").unwrap().claim()),
        Some(room)
    );
    house.join(DAVE, "#garden").unwrap();
    assert_eq!(house.standing(room, DAVE), Some(Membership::Join));
}

/// Every command that needs a password proof, and for each the answer without one, with an old one and with a fresh one.
#[test]
fn what_needs_a_password_proof() {
    let mut house = House::new();
    for (label, token) in [("here", "1"), ("there", "2")] {
        house
            .by(
                ALICE,
                Command::AddDevice {
                    user: ALICE,
                    device: device(label, token),
                },
            )
            .unwrap();
    }
    let (here, there) = (DeviceId(1), DeviceId(2));
    house.now = Timestamp(10 * PROOF_AGE);
    let proofs = [
        None,
        Some(Timestamp(house.now.0 - PROOF_AGE - 1)),
        Some(Timestamp(house.now.0 - PROOF_AGE)),
        Some(house.now),
    ]
    .map(|at| at.map(|at| proof(&house, ALICE, at)));
    let check = |command: Command, needed: bool| {
        for (index, proof) in proofs.into_iter().enumerate() {
            let actor = Actor {
                user: ALICE,
                session: None,
                device: Some(here),
                scope: Scope::User,
                proof,
            };
            let result = decide(
                &house.world,
                &actor,
                command.clone(),
                Context {
                    now: house.now,
                    random: 1,
                },
            );
            let refused = matches!(result, Err(Refusal::ProofNeeded));
            assert_eq!(
                refused,
                needed && index < 2,
                "{command:?} with {proof:?}: {result:?}"
            );
        }
        let administrator = decide(
            &house.world,
            &Actor::ADMINISTRATOR,
            command,
            Context {
                now: house.now,
                random: 1,
            },
        );
        assert!(!matches!(administrator, Err(Refusal::ProofNeeded)));
    };
    check(
        Command::SetPassword {
            user: ALICE,
            password: PasswordHash("x".into()),
            others: OtherDevices::Keep,
        },
        true,
    );
    check(
        Command::Disable {
            user: ALICE,
            state: AccountState::Disabled,
        },
        true,
    );
    check(
        Command::RemoveDevices {
            user: ALICE,
            devices: vec![there],
        },
        true,
    );
    check(
        Command::RemoveDevices {
            user: ALICE,
            devices: vec![here, there],
        },
        true,
    );
    check(
        Command::RemoveDevices {
            user: ALICE,
            devices: vec![here],
        },
        false,
    );
    check(Command::RemoveAllDevices, false);
    check(
        Command::AddCertificate {
            device: device("certificate", "9"),
        },
        true,
    );
    check(
        Command::AddDevice {
            user: ALICE,
            device: device("third", "3"),
        },
        false,
    );
    check(
        Command::Rename {
            nick: "ALICE".into(),
        },
        false,
    );
    check(
        Command::MarkRead {
            room: RoomId(1),
            up_to: RoomSequence(1),
            time: Timestamp(1),
            audience: ReadAudience::Own,
        },
        false,
    );
}

#[test]
fn an_account_is_its_owners_and_the_administrators() {
    let check = |actor: &Actor, command: Command, want: Result<(), Refusal>| {
        let mut house = House::new();
        assert_eq!(
            outcome(&house.ask(actor, command.clone())),
            want,
            "{actor:?} {command:?}"
        );
    };
    let house = House::new();
    let proven = |user| Actor {
        proof: Some(proof(&house, user, Timestamp(1_000))),
        ..Actor::user(user, None)
    };
    let password = Command::SetPassword {
        user: ALICE,
        password: PasswordHash("x".into()),
        others: OtherDevices::LogOut,
    };
    check(&proven(ALICE), password.clone(), Ok(()));
    check(&proven(BOB), password.clone(), Err(Refusal::Forbidden));
    check(&Actor::ADMINISTRATOR, password, Ok(()));
    let disable = |state| Command::Disable { user: ALICE, state };
    check(
        &proven(BOB),
        disable(AccountState::Disabled),
        Err(Refusal::Forbidden),
    );
    check(&proven(ALICE), disable(AccountState::Disabled), Ok(()));
    check(
        &proven(ALICE),
        disable(AccountState::Enabled),
        Err(Refusal::Forbidden),
    );
    check(
        &Actor::ADMINISTRATOR,
        Command::Disable {
            user: UserId(99),
            state: AccountState::Disabled,
        },
        Err(Refusal::NoSuchUser),
    );
}

#[test]
fn the_end_of_a_credential_ends_what_came_from_it() {
    let mut house = House::new();
    house
        .by(
            ALICE,
            Command::AddDevice {
                user: ALICE,
                device: device("phone", "1"),
            },
        )
        .unwrap();
    let phone = DeviceId(1);
    let presentation = house
        .world
        .live
        .sessions
        .get(&SessionId(1))
        .unwrap()
        .presentation
        .clone();
    let attach = Attach {
        address: None,
        away: None,
        session: SessionId(50),
        who: Who::Account(ALICE),
        device: Some(phone),
        presentation,
    };
    house.by(ALICE, Command::Attach(Box::new(attach))).unwrap();
    assert_eq!(
        house.world.live.sessions_of(ALICE),
        [SessionId(1), SessionId(50)]
    );
    let actor = Actor::user(ALICE, Some(phone));
    let decision = house
        .ask(
            &actor,
            Command::RemoveDevices {
                user: ALICE,
                devices: vec![phone],
            },
        )
        .unwrap();
    let ended: Vec<_> = decision
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Signal(Signal::Detached { id, .. }) => Some(*id),
            Change::Signal(_) | Change::Event(_) => None,
        })
        .collect();
    assert_eq!(ended, [SessionId(50)]);
    assert_eq!(house.world.live.sessions_of(ALICE), [SessionId(1)]);
    assert_eq!(house.world.state.device_of(&TokenHash::of("1")), None);
}

#[test]
fn what_was_on_its_way_from_what_has_ended_is_not_done() {
    let mut house = House::new();
    let room = house.garden();
    let phone = house.phone(ALICE);
    let on = |session: u64, device| Actor {
        session: Some(SessionId(session)),
        ..Actor::user(ALICE, device)
    };
    let say = || {
        Command::Say(super::Say {
            to: Destination::Room(room),
            message: super::text("hello"),
        })
    };
    let check = |house: &mut House, actor: Actor, expected: Result<(), Refusal>| {
        assert_eq!(outcome(&house.ask(&actor, say())), expected, "{actor:?}");
    };
    check(&mut house, on(1, None), Ok(()));
    check(&mut house, Actor::user(ALICE, Some(phone)), Ok(()));
    check(&mut house, on(2, None), Err(Refusal::LoggedOut));
    check(&mut house, on(99, None), Err(Refusal::LoggedOut));
    let remove = Command::RemoveDevices {
        user: ALICE,
        devices: vec![phone],
    };
    house.ask(&Actor::user(ALICE, Some(phone)), remove).unwrap();
    check(
        &mut house,
        Actor::user(ALICE, Some(phone)),
        Err(Refusal::LoggedOut),
    );
    check(&mut house, on(1, Some(phone)), Err(Refusal::LoggedOut));
    check(&mut house, on(1, None), Ok(()));
}

#[test]
fn a_new_password_ends_what_the_old_one_began() {
    let mut house = House::new();
    let phone = house.phone(ALICE);
    house.attach(Who::Account(ALICE)).unwrap();
    let actor = Actor {
        session: Some(SessionId(1)),
        proof: Some(proof(&house, ALICE, house.now)),
        ..Actor::user(ALICE, None)
    };
    let change = |others| Command::SetPassword {
        user: ALICE,
        password: PasswordHash("new".into()),
        others,
    };
    house.ask(&actor, change(OtherDevices::Keep)).unwrap();
    assert_eq!(house.world.live.sessions_of(ALICE).len(), 2);
    assert_eq!(
        outcome(&house.ask(&actor, change(OtherDevices::LogOut))),
        Err(Refusal::ProofNeeded),
        "the proof was of the old one"
    );
    let actor = Actor {
        proof: Some(proof(&house, ALICE, house.now)),
        ..actor
    };
    house.ask(&actor, change(OtherDevices::LogOut)).unwrap();
    assert_eq!(
        house.world.live.sessions_of(ALICE),
        [SessionId(1)],
        "the one that asked stays"
    );
    let known = house.world.state.user(ALICE).unwrap();
    assert_eq!(known.device(phone), None);
}

#[test]
fn nobody_ends_anothers_session_or_logs_in_for_him() {
    let mut house = House::new();
    let end = Command::Detach {
        session: SessionId(2),
        reason: "bye".into(),
        absence: 0,
    };
    let actor = Actor {
        session: Some(SessionId(1)),
        ..Actor::user(ALICE, None)
    };
    assert_eq!(outcome(&house.ask(&actor, end)), Err(Refusal::Forbidden));
    let device = device("phone", "1");
    let login = Command::AddDevice { user: BOB, device };
    assert_eq!(outcome(&house.by(ALICE, login)), Err(Refusal::Forbidden));
}

#[test]
fn the_same_device_again_replaces_the_token() {
    let mut house = House::new();
    for token in ["1", "2"] {
        house
            .by(
                ALICE,
                Command::AddDevice {
                    user: ALICE,
                    device: device("phone", token),
                },
            )
            .unwrap();
    }
    assert_eq!(house.world.state.user(ALICE).unwrap().devices.len(), 1);
    assert_eq!(house.world.state.device_of(&TokenHash::of("1")), None);
    assert!(house.world.state.device_of(&TokenHash::of("2")).is_some());
}

#[test]
fn a_disabled_account_can_do_nothing() {
    let mut house = House::new();
    let room = house.garden();
    house
        .by(
            CAROL,
            Command::AddDevice {
                user: CAROL,
                device: device("phone", "1"),
            },
        )
        .unwrap();
    house
        .ask(
            &Actor::ADMINISTRATOR,
            Command::Disable {
                user: CAROL,
                state: AccountState::Disabled,
            },
        )
        .unwrap();
    assert!(house.world.live.sessions_of(CAROL).is_empty());
    assert!(house.world.state.user(CAROL).unwrap().devices.is_empty());
    assert_eq!(
        outcome(&house.say(CAROL, Destination::Room(room))),
        Err(Refusal::Disabled)
    );
    assert_eq!(house.attach(Who::Account(CAROL)), Err(Refusal::Disabled));
    assert_eq!(
        outcome(&house.by(
            CAROL,
            Command::AddDevice {
                user: CAROL,
                device: device("new", "2")
            }
        )),
        Err(Refusal::Disabled)
    );
    house
        .ask(
            &Actor::ADMINISTRATOR,
            Command::Disable {
                user: CAROL,
                state: AccountState::Enabled,
            },
        )
        .unwrap();
    assert_eq!(house.attach(Who::Account(CAROL)), Ok(CAROL));
}

#[test]
fn read_marks_only_move_forward() {
    let mut house = House::new();
    let room = house.garden();
    let mark = |house: &mut House, up_to, time, audience| {
        let command = Command::MarkRead {
            room,
            up_to: RoomSequence(up_to),
            time: Timestamp(time),
            audience,
        };
        house.by(CAROL, command)
    };
    let mut check = |(up_to, time), audience, expected: Option<(u64, u64, u64)>| {
        let moved = !mark(&mut house, up_to, time, audience)
            .unwrap()
            .changes
            .is_empty();
        let mark = house.world.state.user(CAROL).unwrap().mark(room);
        let now = (mark.read.0, mark.marker.0, mark.time.0);
        assert_eq!(moved.then_some(now), expected);
    };
    check((5, 50), ReadAudience::Own, Some((0, 5, 50)));
    check((4, 40), ReadAudience::Own, None);
    check((5, 50), ReadAudience::Own, None);
    check((3, 30), ReadAudience::Room, Some((3, 5, 50)));
    // What IRC marks is a time, and that may lie between two events or before the first.
    check((0, 55), ReadAudience::Own, Some((3, 5, 55)));
    check((0, u64::MAX), ReadAudience::Own, Some((3, 5, 1_000)));
    assert_eq!(
        outcome(&mark(&mut house, 999, 1, ReadAudience::Own)),
        Err(Refusal::NoSuchEvent)
    );
    assert_eq!(
        outcome(&house.by(
            DAVE,
            Command::MarkRead {
                room,
                up_to: RoomSequence(1),
                time: Timestamp(1),
                audience: ReadAudience::Own
            }
        )),
        Err(Refusal::NotJoined)
    );
}

#[test]
fn an_avatar_may_be_longer_than_a_name() {
    let mut house = House::new();
    let mut set = |field, length: usize| {
        let value = Some("x".repeat(length).into());
        outcome(&house.by(ALICE, Command::SetProfile { field, value }))
    };
    use crate::user::ProfileField::{Avatar, DisplayName};
    assert_eq!(set(Avatar, 1024), Ok(()));
    assert!(set(Avatar, 1025).is_err());
    assert_eq!(set(DisplayName, 256), Ok(()));
    assert!(set(DisplayName, 257).is_err());
}

#[test]
fn a_room_is_not_made_with_two_encryptions() {
    let mut house = House::new();
    let mut create = |algorithms: &[&str]| {
        let state = algorithms.iter().map(|algorithm| {
            let content = format!("{{\"algorithm\":\"{algorithm}\"}}");
            StateChange {
                kind: crate::facets::ENCRYPTION.into(),
                key: "".into(),
                content: Json::parse(&content).unwrap(),
            }
        });
        let request = crate::command::CreateRoom {
            state: state.collect(),
            ..Default::default()
        };
        outcome(&house.by(ALICE, Command::CreateRoom(Box::new(request))))
    };
    assert_eq!(create(&["a", "a"]), Ok(()));
    assert_eq!(create(&["a", "b"]), Err(Refusal::EncryptionIsFinal));
}

#[test]
fn typing_that_is_over_is_forgotten() {
    let mut house = House::new();
    let room = house.garden();
    let typing = |milliseconds| Command::Typing { room, milliseconds };
    house.by(ALICE, typing(30_000)).unwrap();
    house.now = house.now.plus(10_000);
    house.by(BOB, typing(30_000)).unwrap();
    house.by(BOB, typing(0)).unwrap();
    assert_eq!(house.world.live.typing.len(), 1);
    house.now = house.now.plus(30_000);
    house.by(CAROL, typing(30_000)).unwrap();
    let who: Vec<_> = house
        .world
        .live
        .typing
        .keys()
        .map(|(_, user)| *user)
        .collect();
    assert_eq!(who, [CAROL]);
}

#[test]
fn a_guest_who_logs_in_is_found_by_his_old_nick_until_he_goes() {
    let mut house = House::new();
    let gale = house.guest("gale").unwrap();
    let session = *house.world.live.sessions_of(gale).first().unwrap();
    let presentation = (house.world.live.sessions.get(&session))
        .unwrap()
        .presentation
        .clone();
    let actor = Actor {
        session: Some(session),
        ..Actor::user(gale, None)
    };
    let log_in = Command::LogIn {
        session,
        user: ALICE,
        device: None,
        presentation,
    };
    house.ask(&actor, log_in).unwrap();
    assert_eq!(house.world.reached_by("Gale"), Some(ALICE));
    assert_eq!(house.world.reached_by("ga1e"), None, "only looks like it");
    assert_eq!(house.world.user_named("gale"), None, "it is nobody's name");
    assert!(house.guest("gale").is_err());
    let reason = "Bye".into();
    let detach = Command::Detach {
        session,
        reason,
        absence: 0,
    };
    house.ask(&Actor::SERVER, detach).unwrap();
    assert_eq!(house.world.reached_by("gale"), None);
    assert!(house.guest("gale").is_ok());
}

#[test]
fn an_address_is_kept_in_the_decision_that_makes_the_account() {
    let mut house = House::new();
    let mut register = |name: &str, address: String| {
        let command = Command::Register {
            name: AccountName::from_nick(name).unwrap(),
            password: PasswordHash("hash".into()),
            device: None,
            contact: Some(address.into()),
        };
        outcome(&house.by(UserId::SERVER, command))
    };
    assert_eq!(register("erin", "erin@example.org".into()), Ok(()));
    let long = format!("{}@example.org", "x".repeat(250));
    assert!(register("frank", long).is_err());
    let erin = house.world.user_named("erin").unwrap();
    let kept = &house.world.state.user(erin).unwrap().documents;
    assert_eq!(kept.count(), 1);
    assert_eq!(house.world.user_named("frank"), None);
}
