//! What flickers: sessions, guests' nicks, typing, away. Changed by [`Signal`]s, which travel in the same ordered stream as events but are
//! never stored; all of it starts empty at boot.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use imbl::{HashMap, OrdMap, OrdSet};

use crate::alias::{Alias, Aliases};
use crate::aside::{Aside, Asides};
use crate::command::{Direction, Operator, Presentation};
use crate::ids::{ByNumber, DeviceId, RoomId, SessionId, Timestamp, UserId};
use crate::limits;
use crate::name::{AccountName, NameKey};
use crate::power::Prefix;

/// Everything that is true only for now. A snapshot is a pointer copy.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// The attached connections.
    pub sessions: ByNumber<SessionId, LiveSession>,
    /// The same by user, in order of attachment. Users without a session have no row.
    pub by_user: ByNumber<UserId, Arc<[SessionId]>>,
    /// Guests that are here.
    pub guests: ByNumber<UserId, AccountName>,
    /// Which guest has a name.
    pub guest_names: HashMap<NameKey, UserId>,
    /// Which guest has a localpart.
    pub guest_localparts: HashMap<Arc<str>, UserId>,
    /// Who types where, until when.
    pub typing: OrdMap<(RoomId, UserId), Timestamp>,
    /// The same by time, so that what is over is found.
    typing_ends: OrdSet<(Timestamp, RoomId, UserId)>,
    /// Nicks that guests brought along who logged in.
    pub aliases: Aliases,
    /// What guests said and heard in private.
    pub asides: Asides,
    /// How many transient messages there were.
    pub passed: u64,
    /// The number for the next user who is made, account or guest.
    pub next_user: UserId,
}

/// An attached connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// Who.
    pub user: UserId,
    /// With which credential.
    pub device: Option<DeviceId>,
    /// Where it comes from: for bans of the server, and for nobody to see.
    pub address: Option<IpAddr>,
    /// What others see of it.
    pub presentation: Presentation,
    /// The away text, if it is away.
    pub away: Option<Arc<str>>,
    /// The operator that it has proven to be, as the configuration names him.
    pub operator: Option<Arc<str>>,
    /// Whether it hears announcements (IRC `+w`).
    pub hears: bool,
}

/// What is told to those who are here, and forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// A connection began to be somebody.
    Attached {
        /// Its number.
        id: SessionId,
        /// What it is.
        session: LiveSession,
        /// The name, for a guest.
        guest: Option<AccountName>,
    },
    /// A connection ended.
    Detached {
        /// Its number.
        id: SessionId,
        /// Whose it was.
        user: UserId,
        /// Why, as IRC shows it.
        reason: Arc<str>,
    },
    /// A connection is not this user's any more; as whose it goes on, [`Signal::Attached`] tells next.
    Left {
        /// Its number.
        id: SessionId,
        /// Whose it was.
        user: UserId,
        /// Whose it will be.
        next: UserId,
    },
    /// Others see something else of a connection.
    Presented {
        /// Its number.
        id: SessionId,
        /// Whose.
        user: UserId,
        /// What they see.
        presentation: Presentation,
    },
    /// A guest has another nick.
    GuestRenamed {
        /// Who.
        user: UserId,
        /// The name before.
        from: AccountName,
        /// The name now.
        to: AccountName,
    },
    /// A session is away, or back.
    Away {
        /// Which.
        id: SessionId,
        /// Whose.
        user: UserId,
        /// The text; nothing means back.
        text: Option<Arc<str>>,
    },
    /// A session is a server operator's, or no longer.
    Operator {
        /// Which.
        id: SessionId,
        /// Whose.
        user: UserId,
        /// The operator's name; nothing means no longer.
        name: Option<Arc<str>>,
    },
    /// A session hears announcements, or no longer.
    Hearing {
        /// Which.
        id: SessionId,
        /// Whose.
        user: UserId,
        /// From now on, or no longer.
        direction: Direction,
    },
    /// A server operator tells everybody who hears announcements.
    Announcement {
        /// Who says it.
        sender: UserId,
        /// What.
        text: Arc<str>,
    },
    /// Somebody types, or stopped.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Until when; nothing means stopped.
        until: Option<Timestamp>,
    },
    /// CTCP, client tags.
    Transient {
        /// Who says it.
        sender: UserId,
        /// What, and to whom.
        message: Transient,
        /// When, and which one it is.
        stamp: Passing,
    },
}

/// When something transient was said, and how many there had been since the start: what its id is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passing {
    /// When.
    pub at: Timestamp,
    /// Counted from 1.
    pub number: u64,
}

/// Something for those who are here now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transient {
    /// To whom.
    pub to: TransientTarget,
    /// What kind of line it is.
    pub kind: TransientKind,
}

/// To whom something transient goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransientTarget {
    /// The members of a room who are here.
    Room(RoomId),
    /// Those of them who show this prefix or a higher one.
    Ranked(RoomId, Prefix),
    /// A user's sessions.
    User(UserId),
}

/// What kind of line something transient is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransientKind {
    /// Only tags (IRC `TAGMSG`), which go beside it.
    Tags,
    /// Text that is not stored: CTCP requests, and what guests say in private.
    Text(Arc<str>),
    /// The same as a notice: CTCP answers.
    Notice(Arc<str>),
}

impl TransientKind {
    /// The words, if it has any.
    #[must_use]
    pub fn text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Tags => None,
            Self::Text(text) | Self::Notice(text) => Some(text),
        }
    }
}

/// How somebody shows to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// At least one session is not away; what the first such says.
    Online(Option<Arc<str>>),
    /// All sessions are away; the text of the latest.
    Away(Arc<str>),
    /// No session.
    Offline,
}

impl Live {
    /// Takes a signal.
    pub fn apply(&mut self, signal: &Signal) {
        match signal {
            Signal::Attached { id, session, guest } => {
                self.sessions.insert(*id, session.clone());
                let ids: Vec<_> = self
                    .sessions_of(session.user)
                    .iter()
                    .copied()
                    .filter(|other| other != id)
                    .chain([*id])
                    .collect();
                self.by_user.insert(session.user, ids.into());
                if let Some(name) = guest {
                    self.guests.insert(session.user, name.clone());
                    self.guest_localparts
                        .insert(name.localpart().clone(), session.user);
                    self.guest_names
                        .insert(NameKey::account(name.nick()), session.user);
                    self.next_user = self.next_user.max(session.user.next());
                }
            }
            Signal::Detached { id, user, .. } => drop(self.end(*id, *user)),
            Signal::Left { id, user, next } => {
                // A guest who logs in brings his nick along.
                if let Some(name) = self.end(*id, *user) {
                    self.aliases.keep(Alias {
                        session: *id,
                        user: *next,
                        name,
                    });
                }
            }
            Signal::Presented {
                id, presentation, ..
            } => {
                if let Some(session) = self.sessions.get_mut(id) {
                    session.presentation = presentation.clone();
                }
            }
            Signal::GuestRenamed { user, from, to } => {
                self.guest_names.remove(&NameKey::account(from.nick()));
                self.guest_names.insert(NameKey::account(to.nick()), *user);
                self.guests.insert(*user, to.clone());
            }
            Signal::Away { id, text, .. } => {
                if let Some(session) = self.sessions.get_mut(id) {
                    session.away.clone_from(text);
                }
            }
            Signal::Operator { id, name, .. } => {
                if let Some(session) = self.sessions.get_mut(id) {
                    session.operator.clone_from(name);
                }
            }
            Signal::Hearing { id, direction, .. } => {
                if let Some(session) = self.sessions.get_mut(id) {
                    session.hears = *direction == Direction::Add;
                }
            }
            Signal::Typing { room, user, until } => {
                self.stops_typing((*room, *user));
                if let Some(until) = until {
                    self.typing.insert((*room, *user), *until);
                    self.typing_ends.insert((*until, *room, *user));
                    // Nothing holds for longer than the limit: what ended that long before this one does is over now.
                    let over = Timestamp(until.0.saturating_sub(limits::TYPING));
                    while let Some((_, room, user)) = self
                        .typing_ends
                        .get_min()
                        .filter(|(end, ..)| *end < over)
                        .copied()
                    {
                        self.stops_typing((room, user));
                    }
                }
            }
            Signal::Transient {
                sender,
                message,
                stamp,
            } => {
                self.passed = self.passed.max(stamp.number);
                self.note_aside(*sender, message, *stamp);
            }
            Signal::Announcement { .. } => {}
        }
    }

    /// A connection is not this user's any more. The name of a guest whose last one it was.
    fn end(&mut self, id: SessionId, user: UserId) -> Option<AccountName> {
        self.sessions.remove(&id);
        self.aliases.forget(id);
        let ids: Vec<_> = self
            .sessions_of(user)
            .iter()
            .copied()
            .filter(|other| *other != id)
            .collect();
        if !ids.is_empty() {
            self.by_user.insert(user, ids.into());
            return None;
        }
        self.by_user.remove(&user);
        let name = self.guests.remove(&user)?;
        self.asides.forget(user);
        self.guest_localparts.remove(name.localpart());
        self.guest_names.remove(&NameKey::account(name.nick()));
        Some(name)
    }

    /// Keeps what is said in private from or to a guest, but not what programs ask each other.
    fn note_aside(&mut self, sender: UserId, message: &Transient, stamp: Passing) {
        let (TransientTarget::User(peer), Some(text)) = (message.to, message.kind.text()) else {
            return;
        };
        let is_guests = self.guests.contains_key(&sender) || self.guests.contains_key(&peer);
        let is_said = !text.starts_with('\u{1}') || text.starts_with("\u{1}ACTION ");
        if is_guests && is_said {
            let kind = message.kind.clone();
            self.asides.note(
                peer,
                Aside {
                    sender,
                    stamp,
                    kind,
                },
            );
        }
    }

    fn stops_typing(&mut self, (room, user): (RoomId, UserId)) {
        if let Some(end) = self.typing.remove(&(room, user)) {
            self.typing_ends.remove(&(end, room, user));
        }
    }

    /// Of whom something that others see may be different than it was before: guests who came, went or have another nick, and users of whom a
    /// session came, went, or is away or back.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> BTreeSet<UserId> {
        let guests = differing(&before.guests, &self.guests).map(|(user, _)| *user);
        let sessions = differing(&before.sessions, &self.sessions).map(|(_, session)| session.user);
        guests.chain(sessions).collect()
    }

    /// The host that others see of a user's latest connection.
    #[must_use]
    pub fn host_of(&self, user: UserId) -> Option<Arc<str>> {
        let session = self.sessions.get(self.sessions_of(user).last()?)?;
        Some(session.presentation.host.clone())
    }

    /// A user's connections, in order of attachment.
    #[must_use]
    pub fn sessions_of(&self, user: UserId) -> &[SessionId] {
        self.by_user.get(&user).map_or(&[], |ids| ids)
    }

    /// Whether one of a user's sessions is a server operator's.
    #[must_use]
    pub fn is_operator(&self, user: UserId) -> bool {
        self.sessions_of(user)
            .iter()
            .filter_map(|id| self.sessions.get(id))
            .any(|session| session.operator.is_some())
    }

    /// Whether a program speaks for a user who is here.
    #[must_use]
    pub fn is_program(&self, user: UserId) -> bool {
        self.sessions_of(user)
            .iter()
            .filter_map(|id| self.sessions.get(id))
            .any(|session| session.presentation.operator == Operator::Program)
    }

    /// How a user shows to others.
    #[must_use]
    pub fn presence(&self, user: UserId) -> Presence {
        let mut presence = Presence::Offline;
        for session in self
            .sessions_of(user)
            .iter()
            .filter_map(|id| self.sessions.get(id))
        {
            if !session.presentation.visible {
                continue;
            }
            match &session.away {
                None => return Presence::Online(session.presentation.status.clone()),
                Some(text) => presence = Presence::Away(text.clone()),
            }
        }
        presence
    }
}

/// What is not the same in both.
fn differing<'a, K: Hash + Eq, V: PartialEq>(
    one: &'a ByNumber<K, V>,
    other: &'a ByNumber<K, V>,
) -> impl Iterator<Item = (&'a K, &'a V)> {
    let gone = one.iter().filter(|(key, _)| !other.contains_key(*key));
    let new = other
        .iter()
        .filter(|(key, value)| one.get(*key) != Some(*value));
    gone.chain(new)
}
