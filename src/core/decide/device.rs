//! Credentials: made at login, renamed, ended. The end of one closes every session that came from it, in the same step.

use super::{Change, Deciding, Decision, Outcome, session, within};
use crate::command::{NewDevice, Scope};
use crate::event::{Event, UserChange};
use crate::ids::{DeviceId, UserId};
use crate::limits;
use crate::refusal::Refusal;
use crate::user::{Device, User, UserKind};

/// A login that the hub has checked. The same label again replaces that device's token (Matrix `POST /login`, `device_id`).
pub(super) fn add(at: Deciding<'_>, user: UserId, device: NewDevice) -> Result<Decision, Refusal> {
    let known = of_actor(at, user)?;
    if known.kind != UserKind::Account {
        return Err(Refusal::AccountRequired);
    }
    if known.disabled {
        return Err(Refusal::Disabled);
    }
    at.world.may_use(user, at.context.now)?;
    let mut changes = Vec::new();
    if let Some(old) = known.devices.iter().find(|old| old.label == device.label) {
        changes.extend(end(at, user, old.id));
    } else if known.devices.len() >= limits::DEVICES_PER_USER {
        return Err(Refusal::TooMany {
            what: "devices",
            limit: limits::DEVICES_PER_USER,
        });
    }
    changes.push(Change::Event(Event::User {
        user,
        change: UserChange::DeviceAdded(made(at, device)?),
    }));
    Ok(Decision {
        changes,
        outcome: Outcome::User(user),
    })
}

/// A certificate of the actor's. One that is somebody's credential already is refused.
pub(super) fn add_certificate(at: Deciding<'_>, device: NewDevice) -> Result<Decision, Refusal> {
    let user = at.account()?.id;
    match at.world.state.device_of(&device.token) {
        Some((owner, _)) if owner == user => Ok(Decision::nothing(Outcome::User(user))),
        Some(_) => Err(Refusal::Invalid {
            what: "certificate that is used already",
        }),
        None => add(at, user, device),
    }
}

/// A new name for a device of the actor.
pub(super) fn rename(
    at: Deciding<'_>,
    device: DeviceId,
    name: std::sync::Arc<str>,
) -> Result<Decision, Refusal> {
    within(Some(&name), "device name", limits::DEVICE_NAME)?;
    let user = at.actor.user;
    at.world
        .state
        .user(user)
        .and_then(|user| user.device(device))
        .ok_or(Refusal::NoSuchDevice)?;
    Ok(Decision::events(vec![Event::User {
        user,
        change: UserChange::DeviceRenamed { device, name },
    }]))
}

/// Ends credentials: one's own, or anybody's as an administrator.
pub(super) fn remove(
    at: Deciding<'_>,
    user: UserId,
    devices: &[DeviceId],
) -> Result<Decision, Refusal> {
    let known = of_actor(at, user)?;
    let mut changes = Vec::new();
    for device in devices {
        known.device(*device).ok_or(Refusal::NoSuchDevice)?;
        changes.extend(end(at, user, *device));
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// A user whose credentials the actor may make and end.
fn of_actor(at: Deciding<'_>, user: UserId) -> Result<&User, Refusal> {
    let allowed = match at.actor.scope {
        Scope::Server | Scope::Administrator => true,
        Scope::User => at.actor.user == user,
    };
    if !allowed {
        return Err(Refusal::Forbidden);
    }
    let known = at.world.state.user(user).ok_or(Refusal::NoSuchUser)?;
    Ok(known)
}

/// Ends all credentials of the actor, the one that asks among them, and every session.
pub(super) fn remove_all(at: Deciding<'_>) -> Result<Decision, Refusal> {
    let (known, _) = at.own_device()?;
    let devices = known.devices.iter();
    let ended = devices.flat_map(|device| end(at, known.id, device.id));
    // Whoever has the password and no credential (IRC) is thrown out as well.
    let by_password = session::close_others_by_password(at, known.id);
    Ok(Decision {
        changes: ended
            .chain(by_password.into_iter().map(Change::Signal))
            .collect(),
        outcome: Outcome::Done,
    })
}

/// The row of a credential about to be made.
pub(super) fn made(at: Deciding<'_>, device: NewDevice) -> Result<Device, Refusal> {
    within(Some(&device.label), "device id", limits::DEVICE_NAME)?;
    within(device.name.as_deref(), "device name", limits::DEVICE_NAME)?;
    Ok(Device {
        id: at.world.state.next_device,
        label: device.label,
        name: device.name,
        token: device.token,
        created: at.context.now,
    })
}

/// The end of a credential, and of every session that came from it.
pub(super) fn end(at: Deciding<'_>, user: UserId, device: DeviceId) -> Vec<Change> {
    let mut changes = vec![Change::Event(Event::User {
        user,
        change: UserChange::DeviceRemoved(device),
    })];
    changes.extend(
        session::close_device(at, user, device)
            .into_iter()
            .map(Change::Signal),
    );
    changes
}
