//! Keys and messages between devices: what is published, handed out once, signed, forgotten.

use super::*;
use crate::event::{Event, UserChange};
use crate::keys::KeysChange;
use crate::keys::{
    Addressee, HandedKey, KeyName, KeyObject, KeysCommand, Parcel, SigningRole, Upload,
};
use crate::limits;

const PHONE: DeviceId = DeviceId(1);
const LAPTOP: DeviceId = DeviceId(2);
const BOBS: DeviceId = DeviceId(3);

/// Alice with a phone and a laptop, bob with a device, all in one room with carol.
fn house() -> House {
    let mut house = House::new();
    for (user, label) in [(ALICE, "PHONE"), (ALICE, "LAPTOP"), (BOB, "BOBS")] {
        let device = device(label, label);
        house.by(user, Command::AddDevice { user, device }).unwrap();
    }
    house.garden();
    house
}

impl House {
    fn with(
        &mut self,
        (user, device): (UserId, DeviceId),
        command: KeysCommand,
    ) -> Result<Decision, Refusal> {
        let actor = Actor::user(user, Some(device));
        self.ask(&actor, Command::Keys(command))
    }

    fn upload(&mut self, upload: Upload) -> Result<Decision, Refusal> {
        self.with((ALICE, PHONE), KeysCommand::Upload(upload))
    }

    /// What bob gets when he asks for a key of alice's phone.
    fn claim(&mut self) -> Option<String> {
        let command = KeysCommand::Claim {
            user: ALICE,
            device: PHONE,
            algorithm: "sc".into(),
        };
        let decision = self.with((BOB, BOBS), command).unwrap();
        match decision.changes.as_slice() {
            [] => None,
            [
                Change::Event(Event::User {
                    change: UserChange::Keys(KeysChange::Claimed { key, .. }),
                    ..
                }),
            ] => Some(key.id.to_string()),
            other => panic!("{other:?}"),
        }
    }

    fn sign(
        &mut self,
        (signer, device): (UserId, DeviceId),
        (owner, name): (UserId, KeyName),
        signed: KeyObject,
    ) -> Result<(), Refusal> {
        let command = KeysCommand::Sign {
            owner,
            name,
            signed,
        };
        outcome(&self.with((signer, device), command))
    }

    fn waiting(&self, device: DeviceId) -> usize {
        let keys = &self.world.state.user(ALICE).unwrap().keys;
        keys.devices
            .get(&device)
            .map_or(0, |keys| keys.waiting.len())
    }

    fn changed(&self, viewer: UserId, since: Position) -> Vec<UserId> {
        self.world.devices_changed(viewer, since)
    }
}

fn key(id: &str) -> HandedKey {
    HandedKey {
        algorithm: "sc".into(),
        id: id.into(),
        blob: format!("\"{id}\"").into(),
    }
}

fn keys(ids: &[&str]) -> Vec<HandedKey> {
    ids.iter().map(|id| key(id)).collect()
}

fn one_time(ids: &[&str]) -> Upload {
    Upload {
        one_time: keys(ids),
        ..Upload::default()
    }
}

fn fallback(id: &str) -> Upload {
    Upload {
        fallback: keys(&[id]),
        ..Upload::default()
    }
}

fn object(name: &str, signers: &[&str]) -> KeyObject {
    let blob = Json::parse(&format!(r#"{{"name":"{name}"}}"#)).unwrap();
    let signatures = signers
        .iter()
        .map(|id| (Arc::from(*id), format!("by {id}").into()));
    KeyObject {
        blob,
        signatures: signatures.collect(),
    }
}

fn signers(key: &KeyObject) -> Vec<&str> {
    key.signatures.keys().map(|id| &**id).collect()
}

#[test]
fn one_time_keys_are_handed_out_once_and_in_order() {
    let mut house = house();
    house.upload(one_time(&["b", "a"])).unwrap();
    house.upload(one_time(&["c"])).unwrap();
    assert_eq!(house.claim().as_deref(), Some("b"));
    // The reply was lost, and the client sends them once more.
    house.upload(one_time(&["b", "a", "c"])).unwrap();
    let rest: Vec<_> = std::iter::from_fn(|| house.claim()).collect();
    assert_eq!(rest, ["a", "c"]);
}

#[test]
fn uploads_can_be_repeated_but_not_contradicted() {
    let mut house = house();
    let all = Upload {
        identity: Some(object("phone", &["ed25519:PHONE"])),
        one_time: keys(&["a"]),
        fallback: keys(&["f"]),
    };
    house.upload(all.clone()).unwrap();
    assert_eq!(house.upload(all).unwrap().changes, []);
    let mut other = one_time(&["x", "a"]);
    other.one_time[1].blob = "\"other\"".into();
    let refused = house.upload(other);
    assert!(
        matches!(refused, Err(Refusal::Invalid { .. })),
        "{refused:?}"
    );
    assert_eq!(house.claim().as_deref(), Some("a"));
    assert_eq!(
        house.claim().as_deref(),
        Some("f"),
        "nothing of a refused upload stays"
    );
}

#[test]
fn there_are_only_so_many_one_time_keys() {
    let mut house = house();
    let ids: Vec<String> = (0..=limits::ONE_TIME_KEYS).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let limit = limits::ONE_TIME_KEYS;
    let refused = house.upload(one_time(&ids)).map(drop);
    assert_eq!(
        refused,
        Err(Refusal::TooMany {
            what: "one-time keys",
            limit
        })
    );
    house.upload(one_time(&ids[..limit])).unwrap();
    house.upload(one_time(&ids[..1])).unwrap();
    house.upload(one_time(&ids[limit..])).unwrap_err();
}

#[test]
fn a_fallback_key_stays_until_another_comes() {
    let mut house = house();
    let unused = |house: &House| {
        let keys = &house.world.state.user(ALICE).unwrap().keys;
        keys.devices
            .get(&PHONE)
            .map_or_else(Vec::new, crate::keys::DeviceKeys::unused_fallback)
    };
    house.upload(fallback("f")).unwrap();
    house.upload(one_time(&["a"])).unwrap();
    assert_eq!(house.claim().as_deref(), Some("a"));
    assert_eq!(unused(&house), [Arc::from("sc")]);
    for _ in 0..2 {
        assert_eq!(house.claim().as_deref(), Some("f"));
        assert_eq!(unused(&house), []);
    }
    house.upload(fallback("f")).unwrap();
    assert_eq!(unused(&house), [], "the same one again is not a new one");
    house.upload(fallback("g")).unwrap();
    assert_eq!(unused(&house), [Arc::from("sc")]);
    assert_eq!(house.claim().as_deref(), Some("g"));
}

#[test]
fn a_device_that_ends_leaves_nothing() {
    let mut house = house();
    let mut all = one_time(&["a"]);
    all.identity = Some(object("phone", &[]));
    all.fallback = keys(&["f"]);
    house.upload(all).unwrap();
    send(&mut house, Addressee::Device(PHONE)).unwrap();
    let before = house.world.state.head;
    let command = Command::RemoveDevices {
        user: ALICE,
        devices: vec![PHONE],
    };
    house
        .ask(&Actor::user(ALICE, Some(PHONE)), command)
        .unwrap();
    assert_eq!((house.claim(), house.waiting(PHONE)), (None, 0));
    assert_eq!(house.changed(BOB, before), [ALICE]);
}

#[test]
fn others_learn_of_changes_if_they_share_a_room() {
    let mut house = house();
    let check = |house: &House, since: Position, want: &[&[UserId]; 4]| {
        for (viewer, want) in [ALICE, BOB, CAROL, DAVE].into_iter().zip(want) {
            assert_eq!(house.changed(viewer, since), *want, "{viewer:?}");
        }
    };
    let start = house.world.state.head;
    check(&house, start, &[&[], &[], &[], &[]]);
    let identity = |name: &str| Upload {
        identity: Some(object(name, &[])),
        ..Upload::default()
    };
    house.upload(one_time(&["a"])).unwrap();
    check(&house, start, &[&[], &[], &[], &[]]);
    house.upload(identity("phone")).unwrap();
    check(&house, start, &[&[ALICE], &[ALICE], &[ALICE], &[]]);
    let middle = house.world.state.head;
    house
        .with((BOB, BOBS), KeysCommand::Upload(identity("bobs")))
        .unwrap();
    check(&house, middle, &[&[BOB], &[BOB], &[BOB], &[]]);
    check(
        &house,
        start,
        &[&[ALICE, BOB], &[ALICE, BOB], &[ALICE, BOB], &[]],
    );
    let rename = |device| Command::RenameDevice {
        device,
        name: "new".into(),
    };
    let last = house.world.state.head;
    house.by(ALICE, rename(LAPTOP)).unwrap();
    check(&house, last, &[&[], &[], &[], &[]]);
    house.by(ALICE, rename(PHONE)).unwrap();
    check(&house, last, &[&[ALICE], &[ALICE], &[ALICE], &[]]);
}

#[test]
fn signing_keys_are_replaced_only_with_a_password() {
    use SigningRole::{Master, SelfSigning, UserSigning};
    let mut house = house();
    let mut check = |keys: &[(SigningRole, &str)], fresh: bool, want: Result<(), Refusal>| {
        let keys: Vec<_> = keys
            .iter()
            .map(|(role, name)| (*role, object(name, &[])))
            .collect();
        let actor = Actor {
            proof: fresh.then(|| proof(&house, ALICE, house.now)),
            ..Actor::user(ALICE, Some(PHONE))
        };
        let got = house.ask(&actor, Command::Keys(KeysCommand::UploadSigning(keys)));
        assert_eq!(outcome(&got), want);
    };
    let no_master = Err(Refusal::Invalid {
        what: "a signing key without a master key",
    });
    check(&[(SelfSigning, "s")], true, no_master);
    check(&[(Master, "m"), (SelfSigning, "s")], false, Ok(()));
    check(&[(Master, "m"), (SelfSigning, "s")], false, Ok(()));
    check(&[(SelfSigning, "s")], false, Ok(()));
    check(&[(UserSigning, "u")], false, Err(Refusal::ProofNeeded));
    check(&[(Master, "n")], false, Err(Refusal::ProofNeeded));
    check(&[(Master, "n"), (UserSigning, "u")], true, Ok(()));
    check(&[(Master, "m")], false, Err(Refusal::ProofNeeded));
}

#[test]
fn signatures_are_added_to_what_is_there() {
    let mut house = house();
    house
        .upload(Upload {
            identity: Some(object("phone", &["ed25519:PHONE"])),
            ..Upload::default()
        })
        .unwrap();
    let master = |signers| (SigningRole::Master, object("master", signers));
    let selfsigning = (SigningRole::SelfSigning, object("self", &["ed25519:M"]));
    let keys = vec![master(&[]), selfsigning];
    house
        .with((ALICE, PHONE), KeysCommand::UploadSigning(keys))
        .unwrap();
    let phone = KeyName::Device(PHONE);
    let signing = KeyName::Signing;
    let (alices, bobs) = ((ALICE, PHONE), (BOB, BOBS));
    let by = |name: &str, signer: &str| object(name, &[signer]);
    let check = |house: &mut House, who, what, signed, want: Result<(), Refusal>| {
        assert_eq!(house.sign(who, what, signed), want);
    };
    let before = house.world.state.head;
    check(
        &mut house,
        alices,
        (ALICE, phone),
        by("phone", "ed25519:S"),
        Ok(()),
    );
    check(
        &mut house,
        alices,
        (ALICE, signing(SigningRole::Master)),
        by("master", "ed25519:PHONE"),
        Ok(()),
    );
    assert_eq!(house.changed(CAROL, before), [ALICE]);
    let before = house.world.state.head;
    check(
        &mut house,
        bobs,
        (ALICE, signing(SigningRole::Master)),
        by("master", "ed25519:BU"),
        Ok(()),
    );
    assert_eq!(
        house.changed(CAROL, before),
        [],
        "only the signer learns of it"
    );
    assert_eq!(house.changed(ALICE, before), []);
    assert_eq!(house.changed(BOB, before), [ALICE]);
    check(
        &mut house,
        bobs,
        (ALICE, phone),
        by("phone", "ed25519:BU"),
        Err(Refusal::Forbidden),
    );
    let other_key = Err(Refusal::Invalid {
        what: "a signature on another key than the published one",
    });
    check(
        &mut house,
        alices,
        (ALICE, phone),
        by("other", "ed25519:S"),
        other_key,
    );
    check(
        &mut house,
        alices,
        (ALICE, KeyName::Device(LAPTOP)),
        by("laptop", "ed25519:S"),
        Err(Refusal::NoSuchDevice),
    );
    let none = Err(Refusal::Invalid {
        what: "a key without a signature of yours",
    });
    check(
        &mut house,
        alices,
        (ALICE, phone),
        object("phone", &[]),
        none,
    );
    let user = house.world.state.user(ALICE).unwrap();
    let object_of = |name| user.keys.object(name).unwrap();
    assert_eq!(signers(object_of(phone)), ["ed25519:PHONE", "ed25519:S"]);
    assert_eq!(
        signers(object_of(signing(SigningRole::Master))),
        ["ed25519:PHONE"]
    );
    let bob = house.world.state.user(BOB).unwrap();
    assert_eq!(signers(&bob.keys.vouched[&ALICE].1), ["ed25519:BU"]);
    // A device that sends its identity once more does not lose what others put on it.
    let again = Upload {
        identity: Some(object("phone", &["ed25519:PHONE"])),
        ..Upload::default()
    };
    assert_eq!(house.upload(again).unwrap().changes, []);
}

fn send(house: &mut House, to: Addressee) -> Result<Decision, Refusal> {
    let parcel = Parcel {
        user: ALICE,
        to,
        content: Json::empty(),
    };
    let command = KeysCommand::Send {
        kind: "m.test".into(),
        messages: vec![parcel],
    };
    house.with((BOB, BOBS), command)
}

#[test]
fn messages_wait_for_devices_until_they_have_them() {
    let mut house = house();
    let check = |house: &House, phone: usize, laptop: usize| {
        assert_eq!(
            (house.waiting(PHONE), house.waiting(LAPTOP)),
            (phone, laptop)
        );
    };
    send(&mut house, Addressee::Device(PHONE)).unwrap();
    check(&house, 1, 0);
    let first = house.world.state.head;
    send(&mut house, Addressee::All).unwrap();
    check(&house, 2, 1);
    send(&mut house, Addressee::Device(BOBS)).unwrap();
    check(&house, 2, 1);
    let acknowledge = |house: &mut House, up_to| {
        house
            .with((ALICE, PHONE), KeysCommand::Acknowledge { up_to })
            .unwrap()
            .changes
            .len()
    };
    assert_eq!(acknowledge(&mut house, first), 1);
    check(&house, 1, 1);
    assert_eq!(
        acknowledge(&mut house, first),
        0,
        "nothing is left to forget"
    );
    assert_eq!(acknowledge(&mut house, Position(u64::MAX)), 1);
    check(&house, 0, 1);
}

#[test]
fn the_oldest_messages_make_place() {
    let mut house = house();
    for _ in 0..limits::TO_DEVICE_MESSAGES {
        assert_eq!(
            send(&mut house, Addressee::Device(PHONE))
                .unwrap()
                .changes
                .len(),
            1
        );
    }
    let keys = house.world.state.user(ALICE).unwrap().keys.clone();
    let (oldest, _) = *keys.devices[&PHONE].waiting.get_min().unwrap();
    send(&mut house, Addressee::Device(PHONE)).unwrap();
    assert_eq!(house.waiting(PHONE), limits::TO_DEVICE_MESSAGES);
    let keys = house.world.state.user(ALICE).unwrap().keys.clone();
    assert!(!keys.devices[&PHONE].waiting.contains_key(&oldest));
}

#[test]
fn nobody_pushes_out_what_others_sent_to_a_device() {
    let mut house = house();
    let add = Command::AddDevice {
        user: CAROL,
        device: device("CAROLS", "CAROLS"),
    };
    house.by(CAROL, add).unwrap();
    let carols = DeviceId(4);
    let mut by = |sender, messages| {
        let parcel = Parcel {
            user: ALICE,
            to: Addressee::Device(PHONE),
            content: Json::empty(),
        };
        let command = KeysCommand::Send {
            kind: "m.test".into(),
            messages: vec![parcel; messages],
        };
        house.with(sender, command).map(drop)
    };
    by((CAROL, carols), 3).unwrap();
    for _ in 0..4 {
        by((BOB, BOBS), 400).unwrap();
    }
    by((CAROL, carols), 2).unwrap();
    assert_eq!(
        by((BOB, BOBS), limits::TO_DEVICE_AT_ONCE + 1),
        Err(Refusal::TooMany {
            what: "messages to devices at once",
            limit: limits::TO_DEVICE_AT_ONCE,
        })
    );
    let keys = house.world.state.user(ALICE).unwrap().keys.clone();
    let waiting = &keys.devices[&PHONE].waiting;
    assert_eq!(waiting.len(), limits::TO_DEVICE_MESSAGES);
    let carols = waiting.values().filter(|sender| **sender == CAROL);
    assert_eq!(carols.count(), 5);
}

#[test]
fn guests_and_sessions_without_a_device_have_no_keys() {
    let mut house = house();
    let guest = house.guest("visitor").unwrap();
    let command = || Command::Keys(KeysCommand::Upload(one_time(&["a"])));
    assert_eq!(
        outcome(&house.by(guest, command())),
        Err(Refusal::AccountRequired)
    );
    assert_eq!(
        outcome(&house.by(ALICE, command())),
        Err(Refusal::NoSuchDevice)
    );
    let of_another = house.ask(&Actor::user(ALICE, Some(BOBS)), command());
    assert_eq!(outcome(&of_another), Err(Refusal::LoggedOut));
}
