//! What people do, at random: most of it sensible, some of it refused.

use std::sync::Arc;

use polylogue_core::body::{Form, Message, Text, TextKind};
use polylogue_core::command::{
    AccountState, CreateRoom, Destination, DirectRoom, Direction, MissingRoom, NewDevice,
    OtherDevices, PrefixChange, Preset, PutCondition, RoomRef, Say,
};
use polylogue_core::document::DocumentKey;
use polylogue_core::event::{ReadAudience, RoomSetting, StateChange};
use polylogue_core::facets;
use polylogue_core::live::{Transient, TransientKind, TransientTarget};
use polylogue_core::name::{AccountName, ChannelName};
use polylogue_core::power::Prefix;
use polylogue_core::room::{ChannelModes, JoinRule, MaskList};
use polylogue_core::secret::{PasswordHash, TokenHash};
use polylogue_core::state::World;
use polylogue_core::user::ProfileField;
use polylogue_core::visibility::HistoryVisibility;
use polylogue_core::{
    Body, Command, EventRef, Json, Position, Relation, RoomId, RoomSequence, SessionId, Timestamp,
    UserId,
};

use crate::ledger::Ledger;
use crate::random::Random;

const NICKS: [&str; 6] = ["alice", "bob", "carol", "dave", "erin", "frank"];
const GUESTS: [&str; 4] = ["gale", "hugo", "ines", "alice"];
const CHANNELS: [&str; 4] = ["#attic", "#barn", "#cellar", "#dock"];
const MASKS: [&str; 5] = ["gale!*@*", "*!*@guest.example", "$a:bob", "$!a", "*!*@*"];

/// What a command is made from: what its author can know.
pub(crate) struct Known<'a> {
    pub(crate) world: &'a World,
    pub(crate) ledger: &'a Ledger,
    pub(crate) now: Timestamp,
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    /// A number that no other command has.
    pub(crate) unique: u64,
}

/// A registration.
pub(crate) fn register(random: &mut Random) -> Command {
    let name = AccountName::from_nick(random.pick(&NICKS).unwrap()).unwrap();
    Command::Register {
        name,
        password: PasswordHash("hash".into()),
        device: None,
        contact: None,
    }
}

/// A guest's name.
pub(crate) fn guest(random: &mut Random) -> AccountName {
    AccountName::guest(random.pick(&GUESTS).unwrap(), u128::from(random.next())).unwrap()
}

/// A login.
pub(crate) fn device(unique: u64) -> NewDevice {
    NewDevice {
        label: format!("L{}", unique % 5).into(),
        name: None,
        token: TokenHash::of(&unique.to_string()),
    }
}

pub(crate) fn text(text: &str) -> Message {
    Message::plain(Body::Text(Text {
        kind: TextKind::Text,
        form: Form::Irc(text.into()),
    }))
}

/// Something said in a room, under a key whose name is in the text.
pub(crate) fn once(known: &Known<'_>, random: &mut Random, key: &str) -> Command {
    let message = text(&format!("once:{key}:{}", known.unique));
    Command::Say(Say {
        to: Destination::Room(some_room(known, random)),
        message,
    })
}

/// Anything else.
pub(crate) fn any(known: &Known<'_>, random: &mut Random) -> Command {
    let room = some_room(known, random);
    let user = some_user(known, random);
    match random.below(44) {
        0..=4 => join(random),
        5 => Command::Join {
            room: RoomRef::Id(room),
            key: Some("sesame".into()),
            missing: MissingRoom::Refuse,
            reason: None,
        },
        6 => Command::Leave { room, reason: None },
        7..=13 => Command::Say(Say {
            to: Destination::Room(room),
            message: message(known, random, room),
        }),
        14..=15 => Command::Say(Say {
            to: Destination::User(user),
            message: text("psst"),
        }),
        16 => Command::Kick {
            room,
            user,
            reason: Some("because".into()),
        },
        17 if random.one_in(2) => Command::Ban {
            room,
            user,
            reason: None,
        },
        17 => Command::Unban {
            room,
            user,
            reason: None,
        },
        18 => Command::Invite {
            room,
            user,
            reason: None,
        },
        19 => prefixes(room, user, random),
        20 => power(known, room, user, random),
        21 => Command::SetTopic {
            room,
            topic: format!("topic {}", random.below(3)).into(),
        },
        22..=23 => Command::SetState {
            room,
            change: state(random),
        },
        24..=25 => Command::Redact {
            room,
            target: some_event(known, random, room),
            reason: None,
        },
        26 => {
            let audience = if random.one_in(2) {
                ReadAudience::Own
            } else {
                ReadAudience::Room
            };
            Command::MarkRead {
                room,
                up_to: some_sequence(known, random, room),
                time: Timestamp(random.below(2_000) as u64),
                audience,
            }
        }
        27..=28 => mask(known, room, random),
        29 => Command::SetSetting {
            room,
            setting: setting(random),
        },
        30 => create(random, user),
        31 => Command::Knock {
            room: RoomRef::Id(room),
            reason: Some("please".into()),
        },
        32 if random.one_in(2) => present(known, random),
        32 => Command::SetAway {
            session: known.session,
            text: random.one_in(2).then(|| "gone".into()),
        },
        33 => Command::Typing {
            room,
            milliseconds: 1000,
        },
        34 => {
            let to = if random.one_in(2) {
                TransientTarget::Room(room)
            } else {
                TransientTarget::User(user)
            };
            Command::Transient(Transient {
                to,
                kind: TransientKind::Tags,
            })
        }
        35 => {
            let nick = random
                .pick(&["Alice", "BOB", "gale", "Hugo", "judy"])
                .unwrap();
            Command::Rename {
                nick: (*nick).into(),
            }
        }
        36 if random.one_in(2) => {
            let value = random
                .one_in(3)
                .then(|| format!("Name {}", random.below(3)).into());
            Command::SetProfile {
                field: ProfileField::DisplayName,
                value,
            }
        }
        36..=37 => Command::AddDevice {
            user: known.user,
            device: device(known.unique),
        },
        38 => account(known, user, random),
        39..=42 => crate::keys::any(known, user, random),
        _ => document(known, random),
    }
}

/// Another real name for the author's connection.
fn present(known: &Known<'_>, random: &mut Random) -> Command {
    let session = known.world.live.sessions.get(&known.session);
    let Some(session) = session else {
        return Command::SetAway {
            session: known.session,
            text: None,
        };
    };
    let mut presentation = session.presentation.clone();
    presentation.real_name = format!("Real Name {}", random.below(3)).into();
    Command::Present {
        session: known.session,
        presentation,
    }
}

fn join(random: &mut Random) -> Command {
    let name = ChannelName::parse(random.pick(&CHANNELS).unwrap()).unwrap();
    Command::Join {
        room: RoomRef::Name(name),
        key: Some("sesame".into()),
        missing: MissingRoom::Create,
        reason: None,
    }
}

fn message(known: &Known<'_>, random: &mut Random, room: RoomId) -> Message {
    let kind = *random
        .pick(&[TextKind::Text, TextKind::Notice, TextKind::Action])
        .unwrap();
    let body = if random.one_in(12) {
        Body::Reaction("+1".into())
    } else {
        Body::Text(Text {
            kind,
            form: Form::Irc(format!("line {}", known.unique).into()),
        })
    };
    let relation = random
        .one_in(4)
        .then(|| Relation::Reply(some_event(known, random, room)));
    Message {
        body,
        relation,
        mentions: Arc::default(),
    }
}

fn prefixes(room: RoomId, user: UserId, random: &mut Random) -> Command {
    let change = |random: &mut Random| PrefixChange {
        user,
        prefix: *random.pick(&Prefix::ALL).unwrap(),
        direction: if random.one_in(2) {
            Direction::Add
        } else {
            Direction::Remove
        },
    };
    let changes = (0..=random.below(2)).map(|_| change(random)).collect();
    Command::SetPrefixes { room, changes }
}

fn power(known: &Known<'_>, room: RoomId, user: UserId, random: &mut Random) -> Command {
    let mut levels = known
        .ledger
        .state
        .room(room)
        .map(|room| (*room.state.power).clone())
        .unwrap_or_default();
    levels.set(user, *random.pick(&[-1, 0, 1, 42, 50, 100]).unwrap());
    if random.one_in(3) {
        levels.events_default = *random.pick(&[0, 1]).unwrap();
    }
    Command::SetPower {
        room,
        levels: Box::new(levels),
        known: None,
        content: None,
    }
}

fn state(random: &mut Random) -> StateChange {
    use HistoryVisibility::{Invited, Joined, Shared, WorldReadable};
    match random.below(12) {
        0..=3 => facets::history_visibility(
            *random
                .pick(&[WorldReadable, Shared, Invited, Joined])
                .unwrap(),
        ),
        4..=6 => facets::join_rules(
            *random
                .pick(&[JoinRule::Public, JoinRule::Invite, JoinRule::Knock])
                .unwrap(),
        ),
        7 => facets::guest_access(random.one_in(2)),
        8 => facets::name("a room"),
        9 => facets::channel_modes(ChannelModes {
            no_ctcp: random.one_in(2),
            outsiders_speak: random.one_in(2),
            limit: random.one_in(2).then_some(2),
            ..Default::default()
        }),
        10 if random.one_in(4) => encryption(random),
        _ => {
            let content = Json::parse(&format!("{{\"n\":{}}}", random.below(3))).unwrap();
            StateChange {
                kind: "org.example.thing".into(),
                key: format!("k{}", random.below(2)).into(),
                content,
            }
        }
    }
}

fn encryption(random: &mut Random) -> StateChange {
    let algorithm = random
        .pick(&["m.megolm.v1.aes-sha2", "org.example.other"])
        .unwrap();
    let content = Json::parse(&format!("{{\"algorithm\":\"{algorithm}\"}}")).unwrap();
    StateChange {
        kind: facets::ENCRYPTION.into(),
        key: "".into(),
        content,
    }
}

fn mask(known: &Known<'_>, room: RoomId, random: &mut Random) -> Command {
    let lists = [
        MaskList::Ban,
        MaskList::Exception,
        MaskList::Invitation,
        MaskList::Quiet,
    ];
    let until = random
        .one_in(2)
        .then(|| known.now.plus(u64::try_from(random.below(5_000)).unwrap()));
    Command::SetMask {
        room,
        list: *random.pick(&lists).unwrap(),
        mask: (*random.pick(&MASKS).unwrap()).into(),
        direction: if random.one_in(3) {
            Direction::Remove
        } else {
            Direction::Add
        },
        until,
    }
}

fn setting(random: &mut Random) -> RoomSetting {
    match random.below(4) {
        0 => RoomSetting::Key(random.one_in(2).then(|| "sesame".into())),
        1 => RoomSetting::Listed(random.one_in(2)),
        _ => {
            let mut names: Vec<_> = CHANNELS
                .iter()
                .filter(|_| random.one_in(3))
                .map(|name| ChannelName::parse(name).unwrap())
                .collect();
            names.dedup();
            RoomSetting::Names {
                names,
                reason: None,
            }
        }
    }
}

fn create(random: &mut Random, user: UserId) -> Command {
    let alias = random
        .one_in(2)
        .then(|| ChannelName::parse(random.pick(&CHANNELS).unwrap()).unwrap());
    Command::CreateRoom(Box::new(CreateRoom {
        preset: *random
            .pick(&[Preset::Private, Preset::TrustedPrivate, Preset::Public])
            .unwrap(),
        alias,
        name: Some("made".into()),
        topic: random.one_in(2).then(|| "about".into()),
        invite: if random.one_in(2) {
            vec![user]
        } else {
            Vec::new()
        },
        direct: if random.one_in(3) {
            DirectRoom::Yes
        } else {
            DirectRoom::No
        },
        listed: random.one_in(2),
        version: *random.pick(&[10, 11, 12]).unwrap(),
        state: (0..random.below(3)).map(|_| state(random)).collect(),
        ..CreateRoom::default()
    }))
}

fn account(known: &Known<'_>, user: UserId, random: &mut Random) -> Command {
    let devices = known
        .world
        .state
        .user(known.user)
        .map_or(&[][..], |user| &user.devices);
    match random.below(8) {
        0..=4 => {
            let devices = random
                .pick(devices)
                .map(|device| device.id)
                .into_iter()
                .collect();
            Command::RemoveDevices {
                user: known.user,
                devices,
            }
        }
        5 => Command::SetPassword {
            user: known.user,
            password: PasswordHash("new".into()),
            others: OtherDevices::LogOut,
        },
        6 => Command::Disable {
            user: known.user,
            state: AccountState::Disabled,
        },
        _ => Command::Disable {
            user,
            state: AccountState::Disabled,
        },
    }
}

fn document(known: &Known<'_>, random: &mut Random) -> Command {
    if random.one_in(2) {
        let content = Json::parse("{\"a\":1}").unwrap();
        return Command::SetAccountData {
            room: None,
            kind: "m.tag".into(),
            content,
            condition: condition(
                known,
                DocumentKey::AccountData(None, "m.tag".into()),
                random,
            ),
        };
    }
    let blob: Arc<[u8]> = known.unique.to_le_bytes().into();
    let blob = (!random.one_in(4)).then_some(blob);
    Command::PutDocument {
        kind: "filter".into(),
        key: "1".into(),
        blob,
        condition: condition(
            known,
            DocumentKey::Document("filter".into(), "1".into()),
            random,
        ),
    }
}

/// What the author has seen of a value, or does not care about.
fn condition(known: &Known<'_>, key: DocumentKey, random: &mut Random) -> PutCondition {
    let user = known.world.state.user(known.user);
    match user {
        Some(user) if random.one_in(2) => PutCondition::Version(user.documents.version(&key)),
        Some(_) | None if random.one_in(2) => PutCondition::Version(Position(0)),
        Some(_) | None => PutCondition::Always,
    }
}

/// Mostly a room that the author is in.
fn some_room(known: &Known<'_>, random: &mut Random) -> RoomId {
    let own: Vec<_> = known
        .world
        .state
        .user(known.user)
        .into_iter()
        .flat_map(|user| user.joined())
        .collect();
    match random.pick(&own) {
        Some(room) if !random.one_in(4) => *room,
        Some(_) | None => RoomId(
            u32::try_from(
                random.below(usize::try_from(known.world.state.next_room.0).unwrap() + 1),
            )
            .unwrap(),
        ),
    }
}

/// Mostly a user that there is.
fn some_user(known: &Known<'_>, random: &mut Random) -> UserId {
    let live = &known.world.live;
    let mut users: Vec<_> = known
        .world
        .state
        .users
        .keys()
        .chain(live.guests.keys())
        .copied()
        .collect();
    // In an order that the next run has too.
    users.sort_unstable();
    random.pick(&users).copied().unwrap_or(UserId(99))
}

fn some_event(known: &Known<'_>, random: &mut Random, room: RoomId) -> EventRef {
    let sequence = some_sequence(known, random, room);
    known.ledger.find(room, sequence).unwrap_or(EventRef {
        sequence,
        position: Position(1),
        author: UserId::SERVER,
    })
}

fn some_sequence(known: &Known<'_>, random: &mut Random, room: RoomId) -> RoomSequence {
    let last = known
        .world
        .state
        .room(room)
        .map_or(1, |room| room.sequence.0);
    RoomSequence(u64::try_from(random.below(usize::try_from(last).unwrap() + 2)).unwrap())
}
