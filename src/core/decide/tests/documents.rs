//! What protocols keep for a user: under which condition, and how much.

use super::*;
use crate::command::PutCondition;
use crate::document::DocumentKey;
use crate::limits::{DOCUMENT, DOCUMENTS, DOCUMENTS_SIZE};

fn put(key: &str, blob: Option<&Arc<[u8]>>, condition: PutCondition) -> Command {
    Command::PutDocument {
        kind: "test".into(),
        key: key.into(),
        blob: blob.cloned(),
        condition,
    }
}

fn data(kind: &str, content: &str, condition: PutCondition) -> Command {
    Command::SetAccountData {
        room: None,
        kind: kind.into(),
        content: Json::parse(content).unwrap(),
        condition,
    }
}

fn version(house: &House, key: &DocumentKey) -> Position {
    let user = house.world.state.user(ALICE).unwrap();
    user.documents.version(key)
}

#[test]
fn of_two_who_write_over_the_same_version_one_wins() {
    let mut house = House::new();
    let blob: Arc<[u8]> = [1].into();
    let document = DocumentKey::Document("test".into(), "k".into());
    let datum = DocumentKey::AccountData(None, "m.tag".into());
    for _ in 0..2 {
        let seen = PutCondition::Version(version(&house, &document));
        assert_eq!(
            outcome(&house.by(ALICE, put("k", Some(&blob), seen))),
            Ok(())
        );
        let current = version(&house, &document);
        assert_eq!(
            outcome(&house.by(ALICE, put("k", Some(&blob), seen))),
            Err(Refusal::Conflict { current })
        );
        let seen = PutCondition::Version(version(&house, &datum));
        assert_eq!(outcome(&house.by(ALICE, data("m.tag", "{}", seen))), Ok(()));
        let current = version(&house, &datum);
        assert_eq!(
            outcome(&house.by(ALICE, data("m.tag", "{}", seen))),
            Err(Refusal::Conflict { current })
        );
    }
}

#[test]
fn a_version_of_what_was_deleted_never_comes_again() {
    let mut house = House::new();
    let blob: Arc<[u8]> = [1].into();
    let key = DocumentKey::Document("test".into(), "k".into());
    house
        .by(ALICE, put("k", Some(&blob), PutCondition::Always))
        .unwrap();
    let first = PutCondition::Version(version(&house, &key));
    house
        .by(ALICE, put("k", None, PutCondition::Always))
        .unwrap();
    let none = PutCondition::Version(Position(0));
    house.by(ALICE, put("k", Some(&blob), none)).unwrap();
    let current = version(&house, &key);
    assert_eq!(
        outcome(&house.by(ALICE, put("k", Some(&blob), first))),
        Err(Refusal::Conflict { current })
    );
}

#[test]
fn only_a_higher_rank_takes_the_place_of_a_lower_one() {
    let mut house = House::new();
    let blob: Arc<[u8]> = [1].into();
    let mut put = |rank, done| {
        let asked = house.by(ALICE, put("k", Some(&blob), PutCondition::Rank(rank)));
        assert_eq!(asked.is_ok(), done, "{rank}");
    };
    put(3, true);
    put(3, false);
    put(-1, false);
    put(4, true);
}

#[test]
fn an_account_keeps_so_many_values_and_so_many_bytes() {
    let mut house = House::new();
    let small: Arc<[u8]> = [1].into();
    for number in 0..DOCUMENTS {
        let key = number.to_string();
        house
            .by(ALICE, put(&key, Some(&small), PutCondition::Always))
            .unwrap();
    }
    let full = Err(Refusal::TooMany {
        what: "values of account data",
        limit: DOCUMENTS,
    });
    let always = PutCondition::Always;
    assert_eq!(
        outcome(&house.by(ALICE, put("one more", Some(&small), always))),
        full
    );
    assert_eq!(outcome(&house.by(ALICE, data("m.x", "{}", always))), full);
    assert_eq!(
        outcome(&house.by(ALICE, put("0", Some(&small), always))),
        Ok(())
    );
    assert_eq!(
        outcome(&house.by(BOB, put("0", Some(&small), always))),
        Ok(())
    );
    assert_eq!(outcome(&house.by(ALICE, put("0", None, always))), Ok(()));
    assert_eq!(outcome(&house.by(ALICE, data("m.x", "{}", always))), Ok(()));

    let large: Arc<[u8]> = vec![0; DOCUMENT].into();
    for number in 0..DOCUMENTS_SIZE / DOCUMENT {
        let key = number.to_string();
        house.by(CAROL, put(&key, Some(&large), always)).unwrap();
    }
    let full = Err(Refusal::TooLarge {
        what: "account data",
        limit: DOCUMENTS_SIZE,
    });
    assert_eq!(
        outcome(&house.by(CAROL, put("one more", Some(&small), always))),
        full
    );
    assert_eq!(outcome(&house.by(CAROL, data("m.x", "{}", always))), full);
    assert_eq!(
        outcome(&house.by(CAROL, put("0", Some(&small), always))),
        Ok(())
    );
    assert_eq!(outcome(&house.by(CAROL, data("m.x", "{}", always))), Ok(()));
}
