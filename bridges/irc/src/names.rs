//! How users and rooms are written on IRC: `nick!user@host`, channel names, the nick of a direct room's other one.

use std::sync::Arc;

use polylogue_core::command::Operator;
use polylogue_core::room::RoomKind;
use polylogue_core::state::World;
use polylogue_core::user::UserKind;
use polylogue_core::{Listing, RoomId, RoomState, UserId};
use polylogue_irc::{Middle, Source};

/// The user name of accounts: they may have many sessions, so no client's own is shown.
const ACCOUNT_USERNAME: &str = "~u";
/// The host of accounts: a constant without address material.
const ACCOUNT_HOST: &str = "account";

/// A user as the source of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<'w> {
    pub(crate) user: UserId,
    pub(crate) nick: &'w str,
    pub(crate) username: &'w str,
    pub(crate) host: &'w str,
    /// The account's nick; guests have none.
    pub(crate) account: Option<&'w str>,
}

impl<'w> Name<'w> {
    /// A user as he is, or was: a guest who left is remembered by the state before.
    pub(crate) fn of((world, before): (&'w World, &'w World), user: UserId) -> Option<Self> {
        if let Some(guest) = world.live.guests.get(&user) {
            return Some(Self::guest(world, user, guest.nick()));
        }
        if let Some(known) = world.state.user(user) {
            let nick = known.name.nick();
            return Some(match known.kind {
                UserKind::Account => Self {
                    user,
                    nick,
                    username: ACCOUNT_USERNAME,
                    host: ACCOUNT_HOST,
                    account: Some(nick),
                },
                UserKind::Guest if before.live.guests.contains_key(&user) => {
                    Self::guest(before, user, nick)
                }
                UserKind::Guest => Self::guest(world, user, nick),
            });
        }
        let gone = before.live.guests.get(&user)?;
        Some(Self::guest(before, user, gone.nick()))
    }

    fn guest(world: &'w World, user: UserId, nick: &'w str) -> Self {
        let session = world.live.sessions_of(user).last();
        let session = session.and_then(|id| world.live.sessions.get(id));
        let (username, host) = session.map_or(("~guest", "gone"), |session| {
            let shown = &session.presentation;
            (&*shown.username, &*shown.host)
        });
        Self {
            user,
            nick,
            username,
            host,
            account: None,
        }
    }

    /// `nick!user@host`.
    pub(crate) fn mask(&self) -> String {
        format!("{}!{}@{}", self.nick, self.username, self.host)
    }

    /// For a line.
    pub(crate) fn source(&self) -> Source<'w> {
        // Checked where they came in: nicks by the core, user names and hosts at registration.
        let part = |text| Middle::new(text).unwrap_or(Middle::STAR);
        Source::User {
            nick: part(self.nick),
            user: part(self.username),
            host: part(self.host),
        }
    }

    /// The nick as a parameter.
    pub(crate) fn nick(&self) -> Middle<'w> {
        Middle::new(self.nick).unwrap_or(Middle::STAR)
    }
}

/// Who operates a user's client, if he is here.
pub(crate) fn operator(world: &World, user: UserId) -> Operator {
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
    match room.kind {
        RoomKind::Direct(..) => None,
        RoomKind::Group => room
            .canonical_name()
            .map(polylogue_core::name::ChannelName::as_str),
    }
}

/// The same of what the directory shows.
pub(crate) fn listed(room: &Listing) -> Option<&str> {
    match room.kind {
        RoomKind::Direct(..) => None,
        RoomKind::Group => room
            .canonical_name()
            .map(polylogue_core::name::ChannelName::as_str),
    }
}

/// Where a line from `sender` into a room goes: the channel, or the nick of the other one.
pub(crate) fn target<'w>(world: &'w World, room: &'w RoomState, sender: UserId) -> Option<&'w str> {
    match room.peer_of(sender) {
        Some(peer) => world.name_of(peer).map(|name| &**name.nick()),
        None => channel(room),
    }
}

/// What the directory shows, without the guests who are gone: they were seen to quit.
pub(crate) fn without_gone<'a>(
    world: &World,
    rooms: impl Iterator<Item = &'a Arc<Listing>>,
) -> Vec<Arc<Listing>> {
    let gone = world.gone_from();
    let shown = |room: &Arc<Listing>| match gone.get(&room.room) {
        Some(gone) => Arc::new(Listing {
            joined: room.joined.saturating_sub(*gone),
            ..(**room).clone()
        }),
        None => room.clone(),
    };
    rooms.map(shown).collect()
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
