//! Whom a change concerns: by room, by user, by neighbourhood. What each of them is told is for the front-ends' renderers.

use polylogue_core::event::{ReadAudience, UserChange};
use polylogue_core::keys::KeysChange;
use polylogue_core::live::TransientTarget;
use polylogue_core::room::RoomKind;
use polylogue_core::{DeviceId, Event, RoomChange, RoomId, Signal, UserId};

use super::{Change, Delivery};

/// The sessions concerned: those in these rooms and those of these users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipients {
    pub(super) rooms: Vec<RoomId>,
    pub(super) users: Vec<UserId>,
    /// Who caused it.
    pub(super) actor: UserId,
    /// Whom it is about.
    pub(super) target: Option<UserId>,
    /// Whether the rooms stand only for "everybody who shares one with the actor".
    pub(super) neighbours: bool,
}

pub(super) fn recipients(delivery: &Delivery, change: &Change) -> Recipients {
    match change {
        Change::Event(record, _) => of_event(delivery, &record.entry.event),
        Change::Signal(signal, ..) => of_signal(delivery, signal),
    }
}

fn of_event(delivery: &Delivery, event: &Event) -> Recipients {
    match event {
        Event::Room {
            room,
            sender,
            change,
        } => {
            let target = match change {
                RoomChange::Member(member) => Some(member.user),
                RoomChange::Created(_)
                | RoomChange::Message(_)
                | RoomChange::Power(_)
                | RoomChange::State(_)
                | RoomChange::Redaction { .. }
                | RoomChange::Redacted(_) => None,
            };
            Recipients {
                rooms: vec![*room],
                users: target.into_iter().collect(),
                actor: *sender,
                target,
                neighbours: false,
            }
        }
        Event::Setting { room, sender, .. } => Recipients {
            rooms: vec![*room],
            users: Vec::new(),
            actor: *sender,
            target: None,
            neighbours: false,
        },
        Event::User { user, change } => match change {
            UserChange::Renamed(_) | UserChange::Profile { .. } => neighbours(delivery, *user),
            UserChange::Read {
                room,
                audience: ReadAudience::Room,
                ..
            } => Recipients {
                rooms: vec![*room],
                users: vec![*user],
                actor: *user,
                target: None,
                neighbours: false,
            },
            UserChange::DeviceRenamed { device, .. } | UserChange::DeviceRemoved(device)
                if has_identity(delivery, (*user, *device)) =>
            {
                neighbours(delivery, *user)
            }
            UserChange::Keys(change) => of_keys(delivery, *user, change),
            UserChange::Created { .. }
            | UserChange::Password(_)
            | UserChange::Disabled(_)
            | UserChange::NickGrouped(_)
            | UserChange::NickUngrouped(_)
            | UserChange::DeviceAdded(_)
            | UserChange::DeviceRenamed { .. }
            | UserChange::DeviceRemoved(_)
            | UserChange::Request { .. }
            | UserChange::AccountData { .. }
            | UserChange::Read {
                audience: ReadAudience::Own,
                ..
            }
            | UserChange::Document(_) => own(*user),
        },
        Event::Name { .. } | Event::ServerBan { .. } | Event::Timer { .. } => own(UserId::SERVER),
    }
}

/// Devices and keys that others see are told to everybody in a room with their owner; what waits for a device only to him.
fn of_keys(delivery: &Delivery, user: UserId, change: &KeysChange) -> Recipients {
    match change {
        KeysChange::Device { .. } | KeysChange::Signing { .. } => neighbours(delivery, user),
        KeysChange::OneTime { .. }
        | KeysChange::Fallback { .. }
        | KeysChange::Claimed { .. }
        | KeysChange::Vouched { .. }
        | KeysChange::ToDevice { .. } => own(user),
        // Who has read his messages needs not be woken for it.
        KeysChange::Forgotten { .. } | KeysChange::GaveWay { .. } => Recipients {
            users: Vec::new(),
            ..own(user)
        },
    }
}

/// Whether others know of a device, or did before this batch.
fn has_identity(delivery: &Delivery, (user, device): (UserId, DeviceId)) -> bool {
    [&delivery.before, &delivery.world]
        .into_iter()
        .filter_map(|world| world.state.user(user))
        .any(|user| user.keys.identity(device).is_some())
}

fn of_signal(delivery: &Delivery, signal: &Signal) -> Recipients {
    match signal {
        Signal::Attached { session, .. } => neighbours(delivery, session.user),
        Signal::Detached { user, .. }
        | Signal::Left { user, .. }
        | Signal::Presented { user, .. }
        | Signal::GuestRenamed { user, .. }
        | Signal::Away { user, .. } => neighbours(delivery, *user),
        Signal::Operator { user, .. } | Signal::Hearing { user, .. } => own(*user),
        Signal::Announcement { sender, .. } => {
            let sessions = delivery.world.live.sessions.values();
            let hearing = sessions.filter(|session| session.hears);
            Recipients {
                users: hearing.map(|session| session.user).collect(),
                ..own(*sender)
            }
        }
        Signal::Typing { room, user, .. } => Recipients {
            rooms: vec![*room],
            users: Vec::new(),
            actor: *user,
            target: None,
            neighbours: false,
        },
        Signal::Transient {
            sender, message, ..
        } => match message.to {
            TransientTarget::Room(room) | TransientTarget::Ranked(room, _) => Recipients {
                rooms: vec![room],
                users: Vec::new(),
                actor: *sender,
                target: None,
                neighbours: false,
            },
            TransientTarget::User(user) => Recipients {
                rooms: Vec::new(),
                users: vec![user, *sender],
                actor: *sender,
                target: Some(user),
                neighbours: false,
            },
        },
    }
}

fn own(user: UserId) -> Recipients {
    Recipients {
        rooms: Vec::new(),
        users: vec![user],
        actor: user,
        target: None,
        neighbours: false,
    }
}

/// A user's own sessions and everybody in a room with him, but not who has not answered him in a conversation of two. Both states are asked: a
/// guest's end takes him out of his rooms in the same batch.
fn neighbours(delivery: &Delivery, user: UserId) -> Recipients {
    let mut rooms: Vec<RoomId> = [&delivery.before, &delivery.world]
        .into_iter()
        .flat_map(|world| {
            let rooms = world.state.user(user).into_iter();
            rooms.flat_map(|user| user.joined()).filter(move |room| {
                let room = world.state.room(*room);
                room.is_none_or(|room| room.state.is_answered(user))
            })
        })
        .collect();
    rooms.sort_unstable();
    rooms.dedup();
    Recipients {
        rooms,
        users: vec![user],
        actor: user,
        target: None,
        neighbours: true,
    }
}

/// Whether a change that concerns a room is for this user too: what is said to those with a prefix is for them and for whoever says it.
pub(super) fn is_for(delivery: &Delivery, change: &Change, user: UserId) -> bool {
    let Change::Signal(signal, ..) = change else {
        return true;
    };
    let Signal::Transient {
        sender, message, ..
    } = &**signal
    else {
        return true;
    };
    match message.to {
        TransientTarget::Room(_) | TransientTarget::User(_) => true,
        TransientTarget::Ranked(room, prefix) => {
            let room = delivery.world.state.room(room);
            user == *sender || room.is_some_and(|room| room.state.is_ranked(user, prefix))
        }
    }
}

/// Whether a change is what somebody says whom a user ignores.
pub(super) fn is_kept_from(delivery: &Delivery, change: &Change, user: UserId) -> bool {
    let world = &delivery.world;
    if !world.state.ignores.contains_key(&user) {
        return false;
    }
    match change {
        Change::Event(record, _) => match &record.entry.event {
            Event::Room { sender, change, .. } => world.is_kept_from(user, (*sender, change)),
            Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => false,
        },
        Change::Signal(signal, ..) => match &**signal {
            Signal::Transient { sender, .. } | Signal::Typing { user: sender, .. } => {
                world.ignores(user, *sender)
            }
            Signal::Attached { .. }
            | Signal::Detached { .. }
            | Signal::Left { .. }
            | Signal::Presented { .. }
            | Signal::GuestRenamed { .. }
            | Signal::Away { .. }
            | Signal::Operator { .. }
            | Signal::Hearing { .. }
            | Signal::Announcement { .. } => false,
        },
    }
}

/// The room in which something passes.
pub(super) fn passing_in(change: &Change) -> Option<RoomId> {
    let Change::Signal(signal, ..) = change else {
        return None;
    };
    let Signal::Transient { message, .. } = &**signal else {
        return None;
    };
    match message.to {
        TransientTarget::Room(room) | TransientTarget::Ranked(room, _) => Some(room),
        TransientTarget::User(_) => None,
    }
}

/// Whether somebody says something to himself: in his conversation with nobody else, or as a guest.
pub(super) fn is_to_self(delivery: &Delivery, change: &Change) -> bool {
    match change {
        Change::Signal(signal, ..) => matches!(
            &**signal,
            Signal::Transient { sender, message, .. } if message.to == TransientTarget::User(*sender)
        ),
        Change::Event(..) => {
            super::run::message_room(change).is_some_and(|room| is_soliloquy(delivery, room))
        }
    }
}

/// Whether a room is somebody's conversation with himself.
pub(super) fn is_soliloquy(delivery: &Delivery, room: RoomId) -> bool {
    let room = delivery.world.state.room(room);
    room.is_some_and(|room| match room.state.creation.kind {
        RoomKind::Direct(one, other) => one == other,
        RoomKind::Group => false,
    })
}
