//! How users and rooms are written on IRC: `nick!user@host`, channel names, the nick of a direct room's other one.

use std::sync::Arc;

use polylogue_core::command::Operator;
use polylogue_core::room::RoomKind;
use polylogue_core::state::World;
use polylogue_core::user::UserKind;
use polylogue_core::{RoomId, RoomState, UserId};
use polylogue_irc::{Middle, Source};

/// The user name of accounts: they may have many sessions, so no client's own is shown.
const ACCOUNT_USERNAME: &str = "~u";
/// The host of accounts: a constant without address material.
const ACCOUNT_HOST: &str = "account";

/// A user as the source of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) nick: Arc<str>,
    pub(crate) username: Arc<str>,
    pub(crate) host: Arc<str>,
    /// The account's nick; guests have none.
    pub(crate) account: Option<Arc<str>>,
    /// Who operates his client, if he is here.
    pub(crate) operator: Operator,
}

impl Name {
    /// A user as he is, or was: a guest who left is remembered by the state before.
    pub(crate) fn of((world, before): (&World, &World), user: UserId) -> Option<Self> {
        if let Some(guest) = world.live.guests.get(&user) {
            return Some(Self::guest(world, user, guest.nick().clone()));
        }
        if let Some(known) = world.state.user(user) {
            let nick = known.name.nick().clone();
            match known.kind {
                UserKind::Account => {
                    let account = Some(nick.clone());
                    return Some(Self {
                        account,
                        nick,
                        operator: operator(world, user),
                        username: ACCOUNT_USERNAME.into(),
                        host: ACCOUNT_HOST.into(),
                    });
                }
                UserKind::Guest if before.live.guests.contains_key(&user) => {
                    return Some(Self::guest(before, user, nick));
                }
                UserKind::Guest => return Some(Self::guest(world, user, nick)),
            }
        }
        let gone = before.live.guests.get(&user)?;
        Some(Self::guest(before, user, gone.nick().clone()))
    }

    fn guest(world: &World, user: UserId, nick: Arc<str>) -> Self {
        let session = world
            .live
            .sessions_of(user)
            .last()
            .and_then(|id| world.live.sessions.get(id));
        let (username, host) = session.map_or_else(
            || ("~guest".into(), "gone".into()),
            |s| (s.presentation.username.clone(), s.presentation.host.clone()),
        );
        Self {
            nick,
            username,
            host,
            account: None,
            operator: operator(world, user),
        }
    }

    /// `nick!user@host`.
    pub(crate) fn mask(&self) -> String {
        format!("{}!{}@{}", self.nick, self.username, self.host)
    }

    /// For a line.
    pub(crate) fn source(&self) -> Source<'_> {
        // Checked where they came in: nicks by the core, user names and hosts at registration.
        let part = |text| Middle::new(text).unwrap_or(Middle::STAR);
        Source::User {
            nick: part(&self.nick),
            user: part(&self.username),
            host: part(&self.host),
        }
    }

    /// The nick as a parameter.
    pub(crate) fn nick(&self) -> Middle<'_> {
        Middle::new(&self.nick).unwrap_or(Middle::STAR)
    }
}

fn operator(world: &World, user: UserId) -> Operator {
    if world.live.is_program(user) {
        Operator::Program
    } else {
        Operator::Person
    }
}

/// Presentation of an account's sessions.
pub(crate) fn account_presentation() -> (Arc<str>, Arc<str>) {
    (ACCOUNT_USERNAME.into(), ACCOUNT_HOST.into())
}

/// The channel that a room is on IRC; a direct room is none.
pub(crate) fn channel(room: &RoomState) -> Option<&str> {
    match room.creation.kind {
        RoomKind::Direct(..) => None,
        RoomKind::Group => room
            .canonical_name()
            .map(polylogue_core::name::ChannelName::as_str),
    }
}

/// Where a line from `sender` into a room goes: the channel, or the nick of the other one.
pub(crate) fn target(world: &World, room: &RoomState, sender: UserId) -> Option<Arc<str>> {
    match room.peer_of(sender) {
        Some(peer) => world.name_of(peer).map(|name| name.nick().clone()),
        None => channel(room).map(Arc::from),
    }
}

/// A room by the name that a client wrote.
pub(crate) fn room_named(world: &World, channel: &str) -> Option<RoomId> {
    world
        .state
        .room_named(&polylogue_core::name::NameKey::channel(channel))
}

/// A parameter that may be anything a client wrote: what can't be a parameter is `*`.
pub(crate) fn echoed(text: &str) -> Middle<'_> {
    Middle::new(text).unwrap_or(Middle::STAR)
}
