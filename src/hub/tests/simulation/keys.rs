//! What devices do with keys and messages to each other, at random.

use std::sync::Arc;

use polylogue_core::keys::{
    Addressee, HandedKey, KeyObject, KeysCommand, Parcel, SigningRole, Upload,
};
use polylogue_core::{Command, Json, Position, UserId};

use crate::commands::Known;
use crate::random::Random;

const ALGORITHM: &str = "signed_curve25519";

/// Something about keys, to or from a user.
pub(crate) fn any(known: &Known<'_>, user: UserId, random: &mut Random) -> Command {
    let devices = known
        .world
        .state
        .user(user)
        .map_or(&[][..], |user| &user.devices);
    let device = random.pick(devices).map(|device| device.id);
    Command::Keys(match (random.below(8), device) {
        (0..=1, Some(device)) => KeysCommand::Claim {
            user,
            device,
            algorithm: ALGORITHM.into(),
        },
        (2, _) => KeysCommand::UploadSigning(vec![(SigningRole::Master, object(known, random))]),
        (3..=4, device) => {
            let to = device
                .filter(|_| random.one_in(2))
                .map_or(Addressee::All, Addressee::Device);
            KeysCommand::Send {
                kind: "m.dummy".into(),
                messages: vec![Parcel {
                    user,
                    to,
                    content: number(known.unique),
                }],
            }
        }
        (5, _) => KeysCommand::Acknowledge {
            up_to: Position(known.world.state.head.0),
        },
        (_, _) => KeysCommand::Upload(Upload {
            identity: random.one_in(3).then(|| object(known, random)),
            one_time: (0..random.below(4))
                .map(|index| key(known, index))
                .collect(),
            fallback: if random.one_in(4) {
                vec![key(known, 9)]
            } else {
                Vec::new()
            },
        }),
    })
}

/// A key that no other one is like.
fn key(known: &Known<'_>, index: usize) -> HandedKey {
    let id: Arc<str> = format!("{}-{index}", known.unique).into();
    HandedKey {
        algorithm: ALGORITHM.into(),
        blob: format!("\"{id}\"").into(),
        id,
    }
}

fn object(known: &Known<'_>, random: &mut Random) -> KeyObject {
    KeyObject {
        blob: number(if random.one_in(2) { 1 } else { known.unique }),
        signatures: Default::default(),
    }
}

fn number(number: u64) -> Json {
    Json::parse(&format!("{{\"n\":{number}}}")).unwrap()
}
