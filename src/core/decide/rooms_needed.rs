//! The rooms that a command needs, as a list that is nearly always short.

use super::{absent, operator, session, state, timed};
use crate::command::{Actor, Command, Destination, RoomRef, Who};
use crate::ids::RoomId;
use crate::live::TransientTarget;
use crate::name::NameKey;
use crate::state::World;

/// The rooms that must be hot before a command can be decided.
#[must_use]
pub fn rooms_needed(world: &World, actor: &Actor, command: &Command) -> RoomsNeeded {
    let by_ref = |room: &RoomRef| match room {
        RoomRef::Id(room) => Some(*room),
        RoomRef::Name(name) => world.state.room_named(&name.claim()),
    };
    match command {
        Command::Join { room, .. } | Command::Knock { room, .. } => by_ref(room).into(),
        Command::SetState { room, change } => std::iter::once(*room)
            .chain(state::rooms_needed(world, change))
            .collect::<Vec<_>>()
            .into(),
        Command::SetMember { room, .. }
        | Command::Leave { room, .. }
        | Command::MarkRead { room, .. }
        | Command::Invite { room, .. }
        | Command::Kick { room, .. }
        | Command::Ban { room, .. }
        | Command::Unban { room, .. }
        | Command::Redact { room, .. }
        | Command::SetTopic { room, .. }
        | Command::SetPower { room, .. }
        | Command::SetPrefixes { room, .. }
        | Command::SetModes { room, .. }
        | Command::SetMask { room, .. }
        | Command::TakeRoom { room }
        | Command::ClearRoom { room, .. }
        | Command::CloseRoom { room, .. }
        | Command::LetIn { room }
        | Command::SetSetting { room, .. }
        | Command::Typing { room, .. } => Some(*room).into(),
        Command::Say(say) => match &say.to {
            Destination::Room(room) => Some(*room).into(),
            Destination::User(peer) => world
                .state
                .room_named(&NameKey::direct(actor.user, *peer))
                .into(),
        },
        Command::Transient(message) => match message.to {
            TransientTarget::Room(room) | TransientTarget::Ranked(room, _) => Some(room).into(),
            TransientTarget::User(_) => RoomsNeeded::default(),
        },
        Command::Timed { command, .. } => timed::rooms_needed(world, command).into(),
        Command::Operator(command) => operator::rooms_needed(world, actor, command),
        Command::LogIn { session, user, .. } => {
            let mut rooms = session::rooms_needed(world, *session);
            rooms.extend(session::rooms_of(world, *user));
            rooms.into()
        }
        // Whoever is here finds his rooms in every view; and who takes a nick may drive out whose it was.
        Command::Attach(attach) => match &attach.who {
            Who::Account(user) => session::rooms_of(world, *user),
            Who::Guest(name) => absent::rooms_needed(world, name.nick()),
        }
        .into(),
        Command::Rename { nick } | Command::GroupNick { nick } => {
            absent::rooms_needed(world, nick).into()
        }
        Command::Register { name, .. } => absent::rooms_needed(world, name.nick()).into(),
        Command::CreateRoom(_)
        | Command::Disable { .. }
        | Command::Detach { .. }
        | Command::AddDevice { .. }
        | Command::AddCertificate { .. }
        | Command::RenameDevice { .. }
        | Command::RemoveDevices { .. }
        | Command::RemoveAllDevices
        | Command::SetPassword { .. }
        | Command::SetProfile { .. }
        | Command::UngroupNick { .. }
        | Command::SetAccountData { .. }
        | Command::PutDocument { .. }
        | Command::Silence { .. }
        | Command::Keys(_)
        | Command::LogOut { .. }
        | Command::EndSessions { .. }
        | Command::Present { .. }
        | Command::SetAway { .. } => RoomsNeeded::default(),
    }
}

/// Rooms that a command needs. Nearly always that is one or none, for which nothing is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomsNeeded {
    one: Option<RoomId>,
    many: Vec<RoomId>,
}

impl From<Option<RoomId>> for RoomsNeeded {
    fn from(one: Option<RoomId>) -> Self {
        Self {
            one,
            many: Vec::new(),
        }
    }
}

impl From<Vec<RoomId>> for RoomsNeeded {
    fn from(many: Vec<RoomId>) -> Self {
        Self { one: None, many }
    }
}

impl IntoIterator for RoomsNeeded {
    type Item = RoomId;
    type IntoIter = std::iter::Chain<std::option::IntoIter<RoomId>, std::vec::IntoIter<RoomId>>;

    fn into_iter(self) -> Self::IntoIter {
        self.one.into_iter().chain(self.many)
    }
}
