//! Accounts: made, given another password, shut out.

use std::sync::Arc;

use super::{Change, Deciding, Decision, Outcome, absent, device, rename, within};
use crate::command::{AccountState, NewDevice, OtherDevices, Scope};
use crate::event::{Claim, Event, UserChange};
use crate::facets;
use crate::ids::UserId;
use crate::limits;
use crate::mask::Identity;
use crate::name::AccountName;
use crate::refusal::Refusal;
use crate::secret::PasswordHash;
use crate::user::UserKind;

/// Makes an account under a name that no account has or had; a guest who goes by it gets another nick. Whether registration is open is the
/// hub's configuration, not a rule.
pub(super) fn register(
    at: Deciding<'_>,
    (name, contact): (AccountName, Option<Arc<str>>),
    password: PasswordHash,
    first: Option<NewDevice>,
) -> Result<Decision, Refusal> {
    within(contact.as_deref(), "address", limits::ADDRESS)?;
    let claims = name.claims();
    let mut changes = Vec::new();
    for key in &claims {
        if at.world.state.names.contains_key(key) {
            return Err(Refusal::NameTaken);
        }
        changes.extend(absent::driven_out(at, key));
        let guest = at.world.live.guest_names.get(key);
        if let Some(guest) = guest.filter(|guest| **guest != at.actor.user) {
            changes.extend(rename::pushed_aside(at, *guest)?);
        }
    }
    if !at.world.state.server_bans.is_empty() {
        let nobody = Identity {
            source: format!("{}!*@*", name.nick()),
            account: Some(name.nick().to_string()),
            real_name: String::new(),
            channels: Vec::new(),
        };
        at.world.may_enter((&nobody, None), at.context.now)?;
    }
    let user = at.world.live.next_user;
    let mut events: Vec<_> = claims
        .into_iter()
        .map(|key| Event::Name {
            key,
            claim: Claim::User(user),
        })
        .collect();
    events.push(Event::User {
        user,
        change: UserChange::Created {
            name,
            kind: UserKind::Account,
            password: Some(password),
            host: None,
        },
    });
    if let Some(address) = contact {
        let contact = facets::contact(&address);
        events.push(Event::User {
            user,
            change: UserChange::AccountData {
                room: None,
                kind: contact.kind,
                content: contact.content,
            },
        });
    }
    if let Some(first) = first {
        events.push(Event::User {
            user,
            change: UserChange::DeviceAdded(device::made(at, first)?),
        });
    }
    changes.extend(events.into_iter().map(Change::Event));
    Ok(Decision {
        changes,
        outcome: Outcome::User(user),
    })
}

/// A new password, for oneself or by an administrator.
pub(super) fn set_password(
    at: Deciding<'_>,
    user: UserId,
    password: PasswordHash,
    others: OtherDevices,
) -> Result<Decision, Refusal> {
    let known = own_or_administered(at, user)?;
    let mut changes = vec![Change::Event(Event::User {
        user,
        change: UserChange::Password(password),
    })];
    match others {
        OtherDevices::Keep => {}
        OtherDevices::LogOut => {
            let doomed = known
                .devices
                .iter()
                .filter(|device| Some(device.id) != at.actor.device);
            changes.extend(doomed.flat_map(|device| device::end(at, user, device.id)));
            // What the old password began without a credential of its own (IRC) ends as well.
            let signals = super::session::close_others_by_password(at, user);
            changes.extend(signals.into_iter().map(Change::Signal));
        }
    }
    Ok(Decision {
        changes,
        outcome: Outcome::Done,
    })
}

/// Shuts an account out with all its credentials and sessions, or lets it in again.
pub(super) fn disable(
    at: Deciding<'_>,
    user: UserId,
    state: AccountState,
) -> Result<Decision, Refusal> {
    let known = own_or_administered(at, user)?;
    let disabled = match state {
        AccountState::Disabled => true,
        AccountState::Enabled if at.actor.scope == Scope::User => return Err(Refusal::Forbidden),
        AccountState::Enabled => false,
    };
    if known.disabled == disabled {
        return Ok(Decision::nothing(Outcome::Done));
    }
    let mut events = vec![Event::User {
        user,
        change: UserChange::Disabled(disabled),
    }];
    if disabled {
        events.extend(known.devices.iter().map(|device| Event::User {
            user,
            change: UserChange::DeviceRemoved(device.id),
        }));
    }
    let mut decision = Decision::events(events);
    if disabled {
        // Sessions without a credential of their own (a password over IRC) end as well.
        decision.changes.extend(
            super::session::close_all(at, user)
                .into_iter()
                .map(Change::Signal),
        );
    }
    Ok(decision)
}

fn own_or_administered(at: Deciding<'_>, user: UserId) -> Result<&crate::user::User, Refusal> {
    let allowed = match at.actor.scope {
        Scope::Server | Scope::Administrator => true,
        Scope::User => at.actor.user == user,
    };
    if !allowed {
        return Err(Refusal::Forbidden);
    }
    let known = at
        .world
        .state
        .user(user)
        .filter(|user| user.kind == UserKind::Account);
    known.map(|user| &**user).ok_or(Refusal::NoSuchUser)
}
