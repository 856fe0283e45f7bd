//! Whom somebody does not want to hear: by name, the same list as on Matrix, or by mask.

use super::*;
use crate::command::PutCondition;
use crate::event::RoomChange;
use crate::ignore::USERS;

fn silence(
    house: &mut House,
    user: UserId,
    mask: &str,
    direction: Direction,
) -> Result<(), Refusal> {
    let command = Command::Silence {
        mask: mask.into(),
        direction,
    };
    outcome(&house.by(user, command))
}

#[test]
fn masks_and_names_keep_out_what_is_said() {
    let mut house = House::new();
    let guest = house.guest("noisy").unwrap();
    let check = |house: &mut House, mask: &str, kept_out: &[UserId]| {
        silence(house, ALICE, mask, Direction::Add).unwrap();
        for user in [ALICE, BOB, CAROL, guest] {
            let expected = kept_out.contains(&user);
            assert_eq!(
                house.world.ignores(ALICE, user),
                expected,
                "{mask} {user:?}"
            );
            assert!(!house.world.ignores(BOB, user), "it is alice's own");
        }
        silence(
            house,
            ALICE,
            &mask.to_uppercase().replace("$A", "$a"),
            Direction::Remove,
        )
        .unwrap();
        let ignores = house.world.state.ignores.get(&ALICE);
        assert_eq!(ignores.map_or(0, |ignores| ignores.count()), 0, "{mask}");
    };
    check(&mut house, "bob!*@*", &[BOB]);
    check(&mut house, "$a:bob", &[BOB]);
    check(&mut house, "noisy!*@*", &[guest]);
    check(&mut house, "*!*@host.*", &[BOB, CAROL, guest]);
    check(&mut house, "$!a", &[guest]);
    check(&mut house, "alice!*@*", &[]);
    check(&mut house, "nobody!*@*", &[]);
}

#[test]
fn a_name_is_on_the_list_that_matrix_clients_keep() {
    let mut house = House::new();
    let list = r#"{"ignored_users":{"@bob:test":{"why":"noise"},"@bob:elsewhere":{}},"other":1}"#;
    let command = Command::SetAccountData {
        room: None,
        kind: USERS.into(),
        content: Json::parse(list).unwrap(),
        condition: PutCondition::Always,
    };
    house.by(ALICE, command).unwrap();
    assert!(house.world.ignores(ALICE, BOB));
    silence(&mut house, ALICE, "carol!*@*", Direction::Add).unwrap();
    silence(&mut house, ALICE, "bob!*@*", Direction::Remove).unwrap();
    assert!(!house.world.ignores(ALICE, BOB));
    assert!(house.world.ignores(ALICE, CAROL));
    let ignores = &house.world.state.ignores[&ALICE];
    let written = ignores.with_user("test", ("dave", Direction::Add)).unwrap();
    let expected =
        r#"{"ignored_users":{"@bob:elsewhere":{},"@carol:test":{},"@dave:test":{}},"other":1}"#;
    assert_eq!(written.as_str(), expected);
}

#[test]
fn what_somebody_does_to_a_room_is_told() {
    let mut house = House::new();
    let room = house.garden();
    silence(&mut house, ALICE, "bob!*@*", Direction::Add).unwrap();
    let member = |user, membership| {
        RoomChange::Member(crate::event::MemberChange {
            user,
            membership,
            previous: None,
            reason: None,
            content: None,
        })
    };
    let check = |change: &RoomChange, kept: bool| {
        assert_eq!(
            house.world.is_kept_from(ALICE, (BOB, change)),
            kept,
            "{change:?}"
        );
        assert!(!house.world.is_kept_from(CAROL, (BOB, change)));
    };
    check(&RoomChange::Message(text("hello")), true);
    check(&member(ALICE, Membership::Invite), true);
    check(&member(CAROL, Membership::Invite), false);
    check(&member(BOB, Membership::Leave), false);
    check(&RoomChange::State(encryption()), false);
    assert!(house.room(room).is_joined(BOB));
}

#[test]
fn the_list_is_an_accounts_and_has_an_end() {
    let mut house = House::new();
    let guest = house.guest("visitor").unwrap();
    let result = silence(&mut house, guest, "bob!*@*", Direction::Add);
    assert_eq!(result, Err(Refusal::AccountRequired));
    for number in 0..crate::limits::SILENCED {
        silence(&mut house, ALICE, &format!("n{number}!*@*"), Direction::Add).unwrap();
    }
    // One that is there is no further one.
    silence(&mut house, ALICE, "N1!*@*", Direction::Add).unwrap();
    for mask in ["more!*@*", "bob!*@*"] {
        assert_eq!(
            silence(&mut house, ALICE, mask, Direction::Add),
            Err(Refusal::TooMany {
                what: "silenced masks",
                limit: crate::limits::SILENCED
            }),
            "{mask}"
        );
    }
    silence(&mut house, ALICE, "n1!*@*", Direction::Remove).unwrap();
    silence(&mut house, ALICE, "more!*@*", Direction::Add).unwrap();
}
