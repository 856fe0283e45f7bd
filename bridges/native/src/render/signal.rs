//! What flickers, as signals: to those who asked for the feature, never to the connection that caused it.

use polylogue_core::event::{ReadAudience, RoomSetting, UserChange};
use polylogue_core::live::{Transient, TransientKind, TransientTarget};
use polylogue_core::state::World;
use polylogue_core::{RoomId, RoomSequence, UserId};
use polylogue_hub::{Relation, Rendering};
use polylogue_native::signal::{
    RoomOpened, UserPresence, UserProfile, UserRead, UserTyping, Whisper,
};
use polylogue_native::{Presence, Signal, TextKind};

use super::{Dialect, NativeRenderer};
use crate::names;

/// What is told of a change to a user.
pub(super) fn of_user(
    renderer: &NativeRenderer,
    what: Rendering<'_>,
    (user, change): (UserId, &UserChange),
) -> Option<Signal> {
    let dialect = Dialect(what.dialect);
    match change {
        UserChange::Read {
            room,
            up_to,
            audience,
            ..
        } => {
            let concerned =
                match (what.relation, audience) {
                    (Relation::Origin, _)
                    | (Relation::Other | Relation::Target, ReadAudience::Own) => false,
                    (Relation::Own, _)
                    | (Relation::Other | Relation::Target, ReadAudience::Room) => true,
                };
            (concerned && dialect.has(Dialect::READ))
                .then(|| read(renderer, what.world, (user, *room, *up_to)))?
        }
        UserChange::Profile { .. } => (dialect.has(Dialect::PROFILE)
            && what.relation != Relation::Origin)
            .then(|| Signal::Profile(profile(what.world, user))),
        UserChange::Created { .. }
        | UserChange::Renamed(_)
        | UserChange::Password(_)
        | UserChange::Disabled(_)
        | UserChange::NickGrouped(_)
        | UserChange::NickUngrouped(_)
        | UserChange::DeviceAdded(_)
        | UserChange::DeviceRenamed { .. }
        | UserChange::DeviceRemoved(_)
        | UserChange::Request { .. }
        | UserChange::AccountData { .. }
        | UserChange::Document(_)
        | UserChange::Keys(_) => None,
    }
}

/// What is told of a change to a room beside its timeline.
pub(super) fn of_room(
    renderer: &NativeRenderer,
    dialect: Dialect,
    (room, setting): (RoomId, &RoomSetting),
) -> Option<Signal> {
    match setting {
        RoomSetting::Opened => dialect.has(Dialect::HERE).then(|| {
            Signal::Opened(RoomOpened {
                room: names::room(renderer.sealer(), room),
            })
        }),
        // Masks, keys and further names are IRC's; the directory is asked for.
        RoomSetting::MaskAdded { .. }
        | RoomSetting::MaskRemoved { .. }
        | RoomSetting::Key(_)
        | RoomSetting::Listed(_)
        | RoomSetting::Names { .. } => None,
    }
}

/// What is told of a signal.
pub(super) fn of_signal(
    renderer: &NativeRenderer,
    what: Rendering<'_>,
    signal: &polylogue_core::Signal,
) -> Option<Signal> {
    use polylogue_core::Signal as Core;
    if what.relation == Relation::Origin {
        return None;
    }
    let dialect = Dialect(what.dialect);
    match signal {
        Core::Attached {
            session: polylogue_core::live::LiveSession { user, .. },
            ..
        }
        | Core::Detached { user, .. }
        | Core::Left { user, .. }
        | Core::Away { user, .. } => dialect
            .has(Dialect::PRESENCE)
            .then(|| changed_presence(what, *user))?,
        Core::Typing { room, user, until } => dialect.has(Dialect::TYPING).then(|| {
            Signal::Typing(UserTyping {
                room: names::room(renderer.sealer(), *room),
                user: names::user(what.world, *user),
                active: until.is_some(),
            })
        }),
        Core::Transient {
            sender, message, ..
        } => (dialect.has(Dialect::HERE) && what.relation == Relation::Target)
            .then(|| whisper(what.world, *sender, message))?,
        // Guests' nicks are looked up when they are needed.
        Core::GuestRenamed { .. } | Core::Presented { .. } => None,
        // What concerns operators is IRC's.
        Core::Operator { .. } | Core::Hearing { .. } | Core::Announcement { .. } => None,
    }
}

/// What a user shows of himself. Presence is told to those who share a room with him: they alone get his signals.
pub(crate) fn profile(world: &World, user: UserId) -> UserProfile {
    let (presence, status) = presence(world, user);
    let shown = world.state.user(user).map(|user| &user.profile);
    UserProfile {
        user: names::user(world, user),
        display_name: shown.and_then(|profile| profile.display_name.clone()),
        avatar: shown.and_then(|profile| profile.avatar.clone()),
        presence: Some(presence),
        status,
    }
}

fn presence(world: &World, user: UserId) -> (Presence, Option<std::sync::Arc<str>>) {
    match world.live.presence(user) {
        polylogue_core::live::Presence::Online(status) => (Presence::Online, status),
        polylogue_core::live::Presence::Away(text) => {
            (Presence::Away, (!text.is_empty()).then_some(text))
        }
        polylogue_core::live::Presence::Offline => (Presence::Offline, None),
    }
}

/// One connection of several coming or going changes nothing for others.
fn changed_presence(what: Rendering<'_>, user: UserId) -> Option<Signal> {
    if what.before.live.presence(user) == what.world.live.presence(user) {
        return None;
    }
    // A guest who is gone has his name only in the state before.
    let named = match what.world.name_of(user) {
        Some(_) => what.world,
        None => what.before,
    };
    let (presence, status) = presence(what.world, user);
    Some(Signal::Presence(UserPresence {
        user: names::user(named, user),
        presence,
        status,
    }))
}

fn read(
    renderer: &NativeRenderer,
    world: &World,
    (user, room, up_to): (UserId, RoomId, RoomSequence),
) -> Option<Signal> {
    let latest = world
        .state
        .room(room)
        .filter(|room| room.sequence == up_to)
        .map(|room| room.position);
    let position = latest.or_else(|| renderer.places().position(room, up_to))?;
    Some(Signal::Read(UserRead {
        room: names::room(renderer.sealer(), room),
        user: names::user(world, user),
        event: names::event(renderer.sealer(), position),
    }))
}

/// What a guest says in private; tags and CTCP requests mean nothing here.
fn whisper(world: &World, sender: UserId, message: &Transient) -> Option<Signal> {
    match message.to {
        TransientTarget::User(_) => {}
        TransientTarget::Room(_) | TransientTarget::Ranked(..) => return None,
    }
    let (kind, text) = match &message.kind {
        TransientKind::Text(text) => (TextKind::Text, text),
        TransientKind::Notice(text) => (TextKind::Notice, text),
        TransientKind::Tags => return None,
    };
    let (kind, text) = match text.strip_prefix('\u{1}') {
        None => (kind, &**text),
        Some(request) => {
            let action = request.strip_prefix("ACTION ")?;
            (TextKind::Action, action.trim_end_matches('\u{1}'))
        }
    };
    Some(Signal::Whisper(Whisper {
        user: names::user(world, sender),
        kind,
        text: polylogue_richtext::strip(text).into(),
    }))
}
