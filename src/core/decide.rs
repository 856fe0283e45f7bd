//! What a command comes to: events and signals, or a refusal. Pure: it looks at the world, the clock's reading and a random number that it is
//! given, and changes nothing. One file per verb.

mod absent;
mod account;
mod acknowledge_to_device;
mod ban;
mod claim_key;
mod close_room;
mod create_room;
mod device;
mod direct;
mod document;
mod group;
mod invite;
mod join;
mod kick;
mod leave;
mod modes;
mod operator;
mod own;
mod power;
mod presence;
mod profile;
mod read;
mod redact;
mod rename;
mod rooms_needed;
mod say;
mod send_to_device;
mod server_ban;
mod session;
mod setting;
mod sign_key;
mod silence;
mod state;
mod timed;
mod typing;
mod upload_keys;
mod upload_signing_keys;

#[cfg(test)]
mod tests;

pub use create_room::preset_levels;
pub use own::owners;
pub use rooms_needed::{RoomsNeeded, rooms_needed};

use crate::command::{Actor, Command, Scope};
use std::sync::Arc;

use crate::event::{Event, MemberChange, RoomChange, UserChange};
use crate::ids::{DeviceId, RoomId, SessionId, Timestamp, UserId};
use crate::keys::{KeyObject, KeysChange, KeysCommand};
use crate::limits;
use crate::live::{LiveSession, Signal};
use crate::refusal::Refusal;
use crate::room::{Membership, Room};
use crate::state::World;
use crate::step_up;
use crate::user::{User, UserKind};

/// Time and chance, as the hub read them for this command.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Now.
    pub now: Timestamp,
    /// 128 random bits.
    pub random: u128,
}

/// What a command comes to. All of it happens, in this order, or nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// What changes. Durable ones are the steps of the command, numbered by their place here.
    pub changes: Vec<Change>,
    /// What the asker is told.
    pub outcome: Outcome,
}

/// A durable change, or one that flickers.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Durable.
    Event(Event),
    /// Not.
    Signal(Signal),
}

impl Change {
    /// The event, if it is one.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Signal(_) => None,
        }
    }
}

/// What the asker is told besides that it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// It is done.
    #[default]
    Done,
    /// This room was made, joined or found.
    Room(RoomId),
    /// This user was made, or is who the session is now.
    User(UserId),
    /// What the asker wants to know is the event that the change at this place becomes.
    Event(usize),
}

/// Decides a command.
///
/// # Errors
/// Why it is refused. Nothing changes then.
pub fn decide(
    world: &World,
    actor: &Actor,
    command: Command,
    context: Context,
) -> Result<Decision, Refusal> {
    step_up::check(world, actor, &command, context.now)?;
    check_actor(world, actor, &command, context.now)?;
    let at = Deciding {
        world,
        actor,
        context,
    };
    let mut decision = decide_as(at, command)?;
    direct::follow(at, &mut decision);
    Ok(decision)
}

/// Decides a command of somebody who may ask for something at all.
fn decide_as(at: Deciding<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::Register {
            name,
            password,
            device,
            contact,
        } => account::register(at, (name, contact), password, device),
        Command::SetPassword {
            user,
            password,
            others,
        } => account::set_password(at, user, password, others),
        Command::Disable { user, state } => account::disable(at, user, state),
        Command::AddDevice { user, device } => device::add(at, user, device),
        Command::AddCertificate { device } => device::add_certificate(at, device),
        Command::RenameDevice { device, name } => device::rename(at, device, name),
        Command::RemoveDevices { user, devices } => device::remove(at, user, &devices),
        Command::RemoveAllDevices => device::remove_all(at),
        Command::SetProfile { field, value } => profile::set(at, field, value),
        Command::Rename { nick } => rename::rename(at, &nick),
        Command::GroupNick { nick } => group::group(at, nick),
        Command::UngroupNick { nick } => group::ungroup(at, &nick),
        Command::SetAccountData {
            room,
            kind,
            content,
            condition,
        } => document::set_account_data(at, (room, kind), content, condition),
        Command::Silence { mask, direction } => silence::silence(at, mask, direction),
        Command::PutDocument {
            kind,
            key,
            blob,
            condition,
        } => document::put(at, (kind, key), blob, condition),
        Command::Keys(command) => keys(at, command),
        Command::MarkRead {
            room,
            up_to,
            time,
            audience,
        } => read::mark(at, room, (up_to, time), audience),
        Command::CreateRoom(request) => create_room::create(at, *request),
        Command::Join {
            room,
            key,
            missing,
            reason,
        } => join::join(
            at,
            room,
            join::Door {
                key,
                missing,
                reason,
            },
        ),
        Command::SetMember { room, content } => profile::set_in_room(at, room, content),
        Command::Leave { room, reason } => leave::leave(at, room, reason),
        Command::Invite { room, user, reason } => invite::invite(at, room, user, reason),
        Command::Kick { room, user, reason } => kick::kick(at, room, user, reason),
        Command::Ban { room, user, reason } => ban::ban(at, room, user, reason),
        Command::Unban { room, user, reason } => ban::unban(at, room, user, reason),
        Command::Knock { room, reason } => join::knock(at, room, reason),
        Command::Say(say) => say::say(at, say),
        Command::Redact {
            room,
            target,
            reason,
        } => redact::redact(at, room, target, reason),
        Command::SetState { room, change } => state::set(at, room, change),
        Command::SetTopic { room, topic } => state::set(at, room, crate::facets::topic(&topic)),
        Command::SetPower {
            room,
            levels,
            known,
            content,
        } => power::set(at, room, (*levels, known), content),
        Command::SetPrefixes { room, changes } => power::set_prefixes(at, room, &changes),
        Command::SetModes { room, changes } => modes::set(at, room, &changes),
        Command::TakeRoom { room } => own::take(at, room),
        Command::ClearRoom { room, reason } => close_room::clear(at, room, reason),
        Command::CloseRoom { room, reason } => close_room::close(at, room, reason),
        Command::LetIn { room } => own::let_in(at, room),
        Command::SetMask {
            room,
            list,
            mask,
            direction,
            until,
        } => setting::set_mask(
            at,
            room,
            setting::MaskRequest {
                list,
                mask,
                direction,
                until,
            },
        ),
        Command::SetSetting { room, setting } => setting::set(at, room, setting),
        Command::Attach(attach) => session::attach(at, *attach),
        Command::Detach {
            session,
            reason,
            absence,
        } => session::detach(at, session, (reason, absence)),
        Command::LogIn {
            session,
            user,
            device,
            presentation,
        } => session::log_in(at, session, (user, device), presentation),
        Command::LogOut {
            session,
            presentation,
        } => session::log_out(at, session, presentation),
        Command::EndSessions { sessions } => session::end(at, &sessions),
        Command::Present {
            session,
            presentation,
        } => presence::present(at, session, presentation),
        Command::SetAway { session, text } => presence::set_away(at, session, text),
        Command::Typing { room, milliseconds } => typing::typing(at, room, milliseconds),
        Command::Transient(message) => typing::transient(at, message),
        Command::Operator(command) => operator::operate(at, command),
        Command::Timed { id, command } => timed::run(at, id, command),
    }
}

fn keys(at: Deciding<'_>, command: KeysCommand) -> Result<Decision, Refusal> {
    match command {
        KeysCommand::Upload(upload) => upload_keys::upload(at, upload),
        KeysCommand::Claim {
            user,
            device,
            algorithm,
        } => claim_key::claim(at, (user, device), &algorithm),
        KeysCommand::UploadSigning(keys) => upload_signing_keys::upload(at, keys),
        KeysCommand::Sign {
            owner,
            name,
            signed,
        } => sign_key::sign(at, (owner, name), signed),
        KeysCommand::Send { kind, messages } => send_to_device::send(at, &kind, messages),
        KeysCommand::Acknowledge { up_to } => acknowledge_to_device::acknowledge(at, up_to),
    }
}

/// What every verb gets: the world, who asks, time and chance.
#[derive(Clone, Copy)]
struct Deciding<'a> {
    world: &'a World,
    actor: &'a Actor,
    context: Context,
}

impl<'a> Deciding<'a> {
    /// A room that is there, as far as the actor may know. The hub made it hot before.
    fn room(&self, room: RoomId) -> Result<&'a Room, Refusal> {
        let room = self.world.state.room(room);
        room.filter(|room| room.state.is_known_to(self.actor.user))
            .ok_or(Refusal::NoSuchRoom)
    }

    /// A user that exists, as account or as guest who is here.
    fn known(&self, user: UserId) -> Result<(), Refusal> {
        if self.world.live.guests.contains_key(&user) || self.world.is_account(user) {
            Ok(())
        } else {
            Err(Refusal::NoSuchUser)
        }
    }

    /// A connection of the actor.
    fn own_session(&self, id: SessionId) -> Result<&'a LiveSession, Refusal> {
        let session = self.world.live.sessions.get(&id);
        session
            .filter(|session| session.user == self.actor.user)
            .ok_or(Refusal::Forbidden)
    }

    /// The account that asks, and the credential that it asks with.
    fn own_device(&self) -> Result<(&'a User, DeviceId), Refusal> {
        let user = self.account()?;
        let device = self.actor.device.and_then(|device| user.device(device));
        device
            .map(|device| (user, device.id))
            .ok_or(Refusal::NoSuchDevice)
    }

    /// The account that asks.
    fn account(&self) -> Result<&'a User, Refusal> {
        let user = self
            .world
            .state
            .user(self.actor.user)
            .filter(|user| user.kind == UserKind::Account);
        user.map(|user| &**user).ok_or(Refusal::AccountRequired)
    }

    /// A change to the keys of a user.
    fn keys(user: UserId, change: KeysChange) -> Change {
        Change::Event(Event::User {
            user,
            change: UserChange::Keys(change),
        })
    }

    /// The events that must come first, so that `user` has a row: a guest gets his with the first durable thing he does, and what he is called
    /// now is in it whenever he does something.
    fn rows_for(&self, user: UserId) -> Vec<Change> {
        let Some(name) = self.world.live.guests.get(&user) else {
            return Vec::new();
        };
        let change = match self.world.state.user(user) {
            Some(row) if row.name == *name => return Vec::new(),
            Some(_) => UserChange::Renamed(name.clone()),
            None => UserChange::Created {
                name: name.clone(),
                kind: UserKind::Guest,
                password: None,
                host: self.world.live.host_of(user),
            },
        };
        vec![Change::Event(Event::User { user, change })]
    }

    /// A change of standing by the actor.
    fn member(
        &self,
        room: RoomId,
        (user, membership): (UserId, Membership),
        reason: Option<Arc<str>>,
    ) -> Change {
        self.event(
            room,
            RoomChange::Member(self.member_change(room, (user, membership), reason)),
        )
    }

    fn member_change(
        &self,
        room: RoomId,
        (user, membership): (UserId, Membership),
        reason: Option<Arc<str>>,
    ) -> MemberChange {
        let previous = self
            .world
            .state
            .room(room)
            .and_then(|room| room.state.membership(user));
        MemberChange {
            user,
            membership,
            previous,
            reason,
            content: None,
        }
    }

    /// An event of a room's timeline by the actor.
    fn event(&self, room: RoomId, change: RoomChange) -> Change {
        Change::Event(Event::Room {
            room,
            sender: self.actor.user,
            change,
        })
    }

    /// A single event of a room's timeline by the actor, which the asker wants to know.
    fn one(&self, room: RoomId, change: RoomChange) -> Decision {
        let mut changes = self.rows_for(self.actor.user);
        changes.push(self.event(room, change));
        Decision {
            outcome: Outcome::Event(changes.len() - 1),
            changes,
        }
    }
}

/// A disabled or vanished account can do nothing but end its sessions; what was still on its way from a session or a credential that has ended
/// is not done.
fn check_actor(
    world: &World,
    actor: &Actor,
    command: &Command,
    now: Timestamp,
) -> Result<(), Refusal> {
    match actor.scope {
        Scope::Server | Scope::Administrator => return Ok(()),
        Scope::User => {}
    }
    if matches!(
        command,
        Command::Register { .. } | Command::Attach(_) | Command::Detach { .. }
    ) {
        return Ok(());
    }
    let user = world.state.user(actor.user);
    match user {
        Some(user) if user.disabled => return Err(Refusal::Disabled),
        Some(user) if user.kind == UserKind::Account => {}
        // A guest is somebody for as long as he is here.
        Some(_) | None if world.live.guests.contains_key(&actor.user) => {}
        Some(_) | None => return Err(Refusal::Forbidden),
    }
    // A session was let in, and is ended by a ban that means it.
    if actor.session.is_none() {
        world.may_use(actor.user, now)?;
    }
    let session_is_there = actor.session.is_none_or(|id| {
        let session = world.live.sessions.get(&id);
        session.is_some_and(|session| session.user == actor.user)
    });
    let device_is_there = actor
        .device
        .is_none_or(|device| user.is_some_and(|user| user.device(device).is_some()));
    if session_is_there && device_is_there {
        Ok(())
    } else {
        Err(Refusal::LoggedOut)
    }
}

/// Refuses a text over its limit.
fn within(text: Option<&str>, what: &'static str, limit: usize) -> Result<(), Refusal> {
    if text.is_some_and(|text| text.len() > limit) {
        Err(Refusal::TooLarge { what, limit })
    } else {
        Ok(())
    }
}

/// Refuses a key object over its limits.
fn check_key_object(key: &KeyObject) -> Result<(), Refusal> {
    within(Some(key.blob.as_str()), "key", limits::KEY_OBJECT)?;
    if key.signatures.len() > limits::SIGNATURES {
        return Err(Refusal::TooMany {
            what: "signatures on a key",
            limit: limits::SIGNATURES,
        });
    }
    for (id, signature) in &key.signatures {
        within(Some(id), "key id", limits::STATE_KEY)?;
        within(Some(signature), "signature", limits::SIGNATURE)?;
    }
    Ok(())
}

impl Decision {
    /// Nothing changes, and that is fine.
    fn nothing(outcome: Outcome) -> Self {
        Self {
            changes: Vec::new(),
            outcome,
        }
    }

    fn events(events: Vec<Event>) -> Self {
        Self {
            changes: events.into_iter().map(Change::Event).collect(),
            outcome: Outcome::Done,
        }
    }
}
