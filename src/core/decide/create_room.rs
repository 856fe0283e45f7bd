//! A room is made: by a request with all its wishes, or by joining a channel that nobody has yet.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, direct, invite, power, state, within};
use crate::body::{Body, Form, Message, Text, TextKind};
use crate::command::{CreateRoom, DirectRoom, Preset};
use crate::event::{Claim, Event, MemberChange, PowerChange, RoomChange, RoomSetting, StateChange};
use crate::facets;
use crate::ids::{RoomId, UserId};
use crate::limits;
use crate::name::{ChannelName, NameKey};
use crate::power::PowerLevels;
use crate::refusal::Refusal;
use crate::room::{Creation, JoinRule, Membership, RoomKind};
use crate::visibility::HistoryVisibility;

/// Makes a room as asked (Matrix `POST /createRoom`, "in the following order").
pub(super) fn create(at: Deciding<'_>, request: CreateRoom) -> Result<Decision, Refusal> {
    let actor = at.actor.user;
    if !at.world.is_account(actor) {
        return Err(Refusal::AccountRequired);
    }
    check(at, &request)?;
    let room = at.world.state.next_room;
    let kind = match (request.direct, request.invite.as_slice()) {
        (DirectRoom::Yes, [peer]) => RoomKind::Direct(actor, *peer),
        (DirectRoom::Yes | DirectRoom::No, _) => RoomKind::Group,
    };
    let creation = Creation {
        creator: actor,
        at: at.context.now,
        version: request.version,
        kind,
        content: request.content.clone(),
    };
    let levels = request
        .power
        .clone()
        .map_or_else(|| preset_levels(actor, &request), |levels| *levels);
    power::check_creator(&creation, &levels)?;
    let mut changes = Vec::new();
    let channel = match (&request.alias, kind) {
        (Some(alias), _) => Some(alias.clone()),
        (None, RoomKind::Direct(..)) => None,
        (None, RoomKind::Group) => private_name(at, request.name.as_deref().unwrap_or_default()),
    };
    changes.extend(channel.as_ref().map(|name| claim(room, name)));
    changes.extend(conversation(at, room, &request));
    changes.push(at.event(room, RoomChange::Created(creation)));
    changes.push(joined(room, actor, actor));
    changes.push(at.event(
        room,
        RoomChange::Power(PowerChange {
            levels,
            prefixes: Vec::new(),
            shown: Vec::new(),
            content: None,
        }),
    ));
    let mut states = Vec::new();
    if let Some(alias) = &request.alias {
        states.push(canonical_alias(at, alias));
    }
    let chosen = |preset: &StateChange| {
        let mut state = request.state.iter();
        state.any(|change| (&change.kind, &change.key) == (&preset.kind, &preset.key))
    };
    let presets = preset_states(request.preset).into_iter();
    states.extend(presets.filter(|preset| !chosen(preset)));
    let unencrypted = reads_plain_text(at, &request);
    let kept =
        |change: &&StateChange| unencrypted.is_empty() || *change.kind != *facets::ENCRYPTION;
    states.extend(request.state.iter().filter(kept).cloned());
    states.extend(request.name.as_deref().map(facets::name));
    states.extend(request.topic.as_deref().map(facets::topic));
    changes.extend(
        states
            .into_iter()
            .map(|change| at.event(room, RoomChange::State(change))),
    );
    changes.extend(named(at, room, channel.as_ref()));
    if request.listed {
        changes.push(Change::Event(Event::Setting {
            room,
            sender: actor,
            setting: RoomSetting::Listed(true),
        }));
    }
    changes.extend(unencrypted_notice(room, &unencrypted));
    if kind == RoomKind::Group {
        changes.extend(direct::count_invited(at, &request.invite)?);
    }
    for user in &request.invite {
        changes.extend(at.rows_for(*user));
        match kind {
            RoomKind::Direct(..) => changes.extend(direct::peer_comes(at, room, *user)?),
            RoomKind::Group => changes.push(invite::invited(at, room, *user, None)),
        }
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Room(room),
    })
}

/// Makes a channel that somebody joins on IRC. The server is its creator, so that its founder can be replaced; a guest who makes one is its
/// operator for as long as he stays.
pub(super) fn by_joining(at: Deciding<'_>, name: &ChannelName) -> Result<Decision, Refusal> {
    if !name.is_published() {
        return Err(Refusal::NoSuchRoom);
    }
    let actor = at.actor.user;
    let room = at.world.state.next_room;
    let creation = Creation {
        creator: UserId::SERVER,
        at: at.context.now,
        version: 11,
        kind: RoomKind::Group,
        content: None,
    };
    // RFC 2812 section 3.2.7: while a channel is open, any member invites.
    let mut levels = PowerLevels::default();
    levels.set(actor, if at.world.is_account(actor) { 100 } else { 50 });
    let by_server = |change| {
        Change::Event(Event::Room {
            room,
            sender: UserId::SERVER,
            change,
        })
    };
    let mut changes = at.rows_for(actor);
    changes.push(claim(room, name));
    changes.push(by_server(RoomChange::Created(creation)));
    changes.push(by_server(RoomChange::Power(PowerChange {
        levels,
        prefixes: Vec::new(),
        shown: Vec::new(),
        content: None,
    })));
    let states = [
        canonical_alias(at, name),
        facets::join_rules(JoinRule::Public),
        facets::history_visibility(HistoryVisibility::Shared),
        facets::guest_access(true),
    ];
    changes.extend(
        states
            .into_iter()
            .map(|change| by_server(RoomChange::State(change))),
    );
    changes.extend(named(at, room, Some(name)));
    changes.push(Change::Event(Event::Setting {
        room,
        sender: UserId::SERVER,
        setting: RoomSetting::Listed(true),
    }));
    changes.push(joined(room, actor, actor));
    Ok(Decision {
        changes,
        outcome: Outcome::Room(room),
    })
}

fn check(at: Deciding<'_>, request: &CreateRoom) -> Result<(), Refusal> {
    if !(10..=12).contains(&request.version) {
        return Err(Refusal::Invalid {
            what: "room version",
        });
    }
    within(request.name.as_deref(), "name", limits::ROOM_NAME)?;
    within(request.topic.as_deref(), "topic", limits::TOPIC)?;
    if request.invite.len() > limits::MASKS {
        return Err(Refusal::TooMany {
            what: "invitations at once",
            limit: limits::MASKS,
        });
    }
    for user in &request.invite {
        at.known(*user)?;
        if *user == at.actor.user {
            return Err(Refusal::AlreadyJoined(*user));
        }
    }
    if let Some(alias) = &request.alias
        && at.world.state.names.contains_key(&alias.claim())
    {
        return Err(Refusal::NameTaken);
    }
    let rooms = at
        .world
        .state
        .user(at.actor.user)
        .map_or(0, |user| user.joined().count());
    if rooms >= limits::ROOMS_PER_USER {
        return Err(Refusal::TooMany {
            what: "rooms",
            limit: limits::ROOMS_PER_USER,
        });
    }
    // The first one is final, so a second one can only be a mistake.
    let mut encryption = request
        .state
        .iter()
        .filter(|change| *change.kind == *facets::ENCRYPTION && change.key.is_empty());
    if let Some(first) = encryption.next()
        && encryption.any(|other| other.content != first.content)
    {
        return Err(Refusal::EncryptionIsFinal);
    }
    if request.state.len() >= limits::STATE_EVENTS {
        return Err(Refusal::TooMany {
            what: "state events",
            limit: limits::STATE_EVENTS,
        });
    }
    let sizes = request.state.iter();
    state::fits(
        sizes
            .map(|change| state::size(change, &change.content))
            .sum(),
    )?;
    request.state.iter().try_for_each(|change| {
        state::check(change)?;
        state::check_aliases(at, change, (request.alias.as_slice(), None))?;
        state::check_key_owner(at, change)
    })
}

pub(super) fn claim(room: RoomId, name: &ChannelName) -> Change {
    Change::Event(Event::Name {
        key: name.claim(),
        claim: Claim::Room(room),
    })
}

/// The first direct room of two that can be read everywhere is the one that a message by nick goes to.
fn conversation(at: Deciding<'_>, room: RoomId, request: &CreateRoom) -> Option<Change> {
    let ([peer], DirectRoom::Yes) = (request.invite.as_slice(), request.direct) else {
        return None;
    };
    let encrypted = request
        .state
        .iter()
        .any(|change| *change.kind == *facets::ENCRYPTION);
    let key = NameKey::direct(at.actor.user, *peer);
    let free = at.world.is_account(*peer) && !at.world.state.names.contains_key(&key);
    let plain = !encrypted || !reads_plain_text(at, request).is_empty();
    (free && plain).then_some(Change::Event(Event::Name {
        key,
        claim: Claim::Room(room),
    }))
}

/// What IRC calls a group without an alias: `&` and a slug of what people call it, with four random characters. Fixed for good.
pub(super) fn private_name(at: Deciding<'_>, name: &str) -> Option<ChannelName> {
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let slug: String = if words.is_empty() {
        "room".to_owned()
    } else {
        words.join("-").chars().take(32).collect()
    };
    // Another four characters if these are taken; 2^20 rooms of one name are more than anybody has.
    (0..16).find_map(|attempt| {
        let random = at.context.random.rotate_right(attempt * 8);
        let suffix: String = (0..4u32)
            .filter_map(|i| {
                char::from_digit(u32::try_from((random >> (5 * i)) & 31).unwrap_or(0), 32)
            })
            .collect();
        let name = ChannelName::parse(&format!("&{slug}-{suffix}")).ok()?;
        (!at.world.state.names.contains_key(&name.claim())).then_some(name)
    })
}

pub(super) fn named(at: Deciding<'_>, room: RoomId, name: Option<&ChannelName>) -> Option<Change> {
    let setting = RoomSetting::Names {
        names: vec![name?.clone()],
        reason: None,
    };
    Some(Change::Event(Event::Setting {
        room,
        sender: at.actor.user,
        setting,
    }))
}

fn canonical_alias(at: Deciding<'_>, name: &ChannelName) -> StateChange {
    facets::canonical_alias(&format!("{}:{}", name.as_str(), at.world.state.server_name))
}

fn joined(room: RoomId, sender: UserId, user: UserId) -> Change {
    let change = MemberChange {
        user,
        membership: Membership::Join,
        previous: None,
        reason: None,
        content: None,
    };
    Change::Event(Event::Room {
        room,
        sender,
        change: RoomChange::Member(change),
    })
}

/// Levels of a new room: the creator above all, the invited his equals in a trusted one. In version 12 the creator has no row: he stands
/// above every level (Matrix room version 12).
pub fn preset_levels(creator: UserId, request: &CreateRoom) -> PowerLevels {
    let mut levels = PowerLevels::default();
    if request.version < 12 {
        levels.set(creator, 100);
    }
    levels.events.insert("m.room.tombstone".into(), 100);
    levels.events.insert(facets::ENCRYPTION.into(), 100);
    levels.events.insert(facets::HISTORY_VISIBILITY.into(), 100);
    match request.preset {
        Preset::TrustedPrivate => request
            .invite
            .iter()
            .for_each(|user| levels.set(*user, 100)),
        Preset::Private | Preset::Public => {}
    }
    levels
}

/// Matrix `POST /createRoom`, "preset".
fn preset_states(preset: Preset) -> [StateChange; 3] {
    let (rule, guests) = match preset {
        Preset::Public => (JoinRule::Public, false),
        Preset::Private | Preset::TrustedPrivate => (JoinRule::Invite, true),
    };
    [
        facets::join_rules(rule),
        facets::history_visibility(HistoryVisibility::Shared),
        facets::guest_access(guests),
    ]
}

/// Who of a direct conversation that asks for encryption could not read it: those of whom no device has published keys. It is then made without,
/// for Element X always asks; nobody is told later that he was not reached.
fn reads_plain_text(at: Deciding<'_>, request: &CreateRoom) -> Vec<Arc<str>> {
    let asks = request
        .state
        .iter()
        .any(|change| *change.kind == *facets::ENCRYPTION);
    match request.direct {
        DirectRoom::Yes if asks => {}
        DirectRoom::Yes | DirectRoom::No => return Vec::new(),
    }
    let has_keys = |user: &UserId| {
        let known = at.world.state.user(*user);
        known.is_some_and(|user| {
            user.keys
                .devices
                .values()
                .any(|device| device.identity.is_some())
        })
    };
    let without = request.invite.iter().filter(|user| !has_keys(user));
    without
        .filter_map(|user| at.world.name_of(*user).map(|name| name.nick().clone()))
        .collect()
}

/// Says so in the room itself, before anything else is said there.
fn unencrypted_notice(room: RoomId, readers: &[Arc<str>]) -> Option<Change> {
    let (first, others) = readers.split_first()?;
    let names = others
        .iter()
        .fold(first.to_string(), |names, name| format!("{names}, {name}"));
    let text = format!(
        "{names} can't read end-to-end encrypted messages (IRC, or no encryption set up), so this conversation is not encrypted."
    );
    let form = Form::Native {
        text: text.into(),
        html: None,
    };
    let said = Message::plain(Body::Text(Text {
        kind: TextKind::Notice,
        form,
    }));
    Some(Change::Event(Event::Room {
        room,
        sender: UserId::SERVER,
        change: RoomChange::Message(said),
    }))
}

/// Why a member change happens, for those that give one.
pub(super) fn reason(text: Option<Arc<str>>) -> Result<Option<Arc<str>>, Refusal> {
    within(text.as_deref(), "reason", limits::REASON)?;
    Ok(text.filter(|text| !text.is_empty()))
}
