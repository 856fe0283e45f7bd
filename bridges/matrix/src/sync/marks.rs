//! What delivery tells a session that syncs: that something changed, and where; never what. The mark of a change is the same for every
//! session, so that it is made once; what is in it is read from the committed view when the session asks.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use polylogue_core::event::UserChange;
use polylogue_core::{Event, Position, RoomId, Signal, UserId};
use polylogue_hub::{Delivered, DeliveryKind, Renderer, Rendering};

/// Bytes of a mark: kind, position, room, user.
const LENGTH: usize = 1 + 8 + 4 + 4;

/// Something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A room's timeline.
    Timeline(RoomId, Position),
    /// How far a user has read.
    Read((RoomId, UserId), Position),
    /// What a user shows of himself.
    Profile(UserId, Position),
    /// The session's own account data.
    AccountData(Position),
    /// Devices or keys, or what waits for a device.
    Keys(Position),
    /// Who types in a room.
    Typing(RoomId),
    /// Whether a user is here.
    Presence(UserId),
    /// A guest has another nick.
    Renamed(UserId),
}

impl Mark {
    fn write(self, out: &mut BytesMut) {
        let (nobody, nowhere) = (UserId(0), RoomId(0));
        let (kind, position, room, user) = match self {
            Self::Timeline(room, position) => (0, position, room, nobody),
            Self::Read((room, user), position) => (1, position, room, user),
            Self::Profile(user, position) => (2, position, nowhere, user),
            Self::AccountData(position) => (3, position, nowhere, nobody),
            Self::Typing(room) => (4, Position(0), room, nobody),
            Self::Presence(user) => (5, Position(0), nowhere, user),
            Self::Renamed(user) => (6, Position(0), nowhere, user),
            Self::Keys(position) => (7, position, nowhere, nobody),
        };
        out.put_u8(kind);
        out.put_u64(position.0);
        out.put_u32(room.0);
        out.put_u32(user.0);
    }

    /// The marks in a line of delivery's.
    pub(crate) fn read(mut line: Bytes) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            if line.len() < LENGTH {
                return None;
            }
            let (kind, position) = (line.get_u8(), Position(line.get_u64()));
            let (room, user) = (RoomId(line.get_u32()), UserId(line.get_u32()));
            match kind {
                0 => Some(Self::Timeline(room, position)),
                1 => Some(Self::Read((room, user), position)),
                2 => Some(Self::Profile(user, position)),
                3 => Some(Self::AccountData(position)),
                4 => Some(Self::Typing(room)),
                5 => Some(Self::Presence(user)),
                6 => Some(Self::Renamed(user)),
                7 => Some(Self::Keys(position)),
                _ => None,
            }
        })
    }
}

/// Marks changes for all sessions that sync.
#[derive(Debug)]
pub(crate) struct Marks;

impl Renderer for Marks {
    fn render(&self, what: Rendering<'_>, out: &mut BytesMut) {
        let mark = match what.change {
            Delivered::Event(record) => of_event(&record.entry.event, record.entry.position),
            Delivered::Signal(signal, _) => of_signal(signal),
        };
        if let Some(mark) = mark {
            mark.write(out);
        }
    }

    fn follows_neighbours(&self) -> bool {
        true
    }

    fn keeps_out_the_ignored(&self) -> bool {
        false
    }

    /// A bare wake would not say what changed, and finding out would cost a look at every room of the user's.
    fn delivery(&self) -> DeliveryKind {
        DeliveryKind::Lines
    }
}

fn of_event(event: &Event, position: Position) -> Option<Mark> {
    match event {
        Event::Room { room, .. } => Some(Mark::Timeline(*room, position)),
        Event::User { user, change } => match change {
            UserChange::Read { room, .. } => Some(Mark::Read((*room, *user), position)),
            UserChange::Renamed(_) | UserChange::Profile { .. } => {
                Some(Mark::Profile(*user, position))
            }
            UserChange::AccountData { .. } => Some(Mark::AccountData(position)),
            UserChange::DeviceRenamed { .. }
            | UserChange::DeviceRemoved(_)
            | UserChange::Keys(_) => Some(Mark::Keys(position)),
            UserChange::Created { .. }
            | UserChange::Password(_)
            | UserChange::Disabled(_)
            | UserChange::NickGrouped(_)
            | UserChange::NickUngrouped(_)
            | UserChange::DeviceAdded(_)
            | UserChange::Request { .. }
            | UserChange::Document(_) => None,
        },
        // Masks, keys and the directory have no form in sync.
        Event::Setting { .. }
        | Event::Name { .. }
        | Event::ServerBan { .. }
        | Event::Timer { .. } => None,
    }
}

fn of_signal(signal: &Signal) -> Option<Mark> {
    match signal {
        Signal::Attached { session, .. } => Some(Mark::Presence(session.user)),
        Signal::Detached { user, .. } | Signal::Left { user, .. } | Signal::Away { user, .. } => {
            Some(Mark::Presence(*user))
        }
        // Real names of guests, and who operates a client, are looked up when they are needed.
        Signal::Presented { .. } => None,
        Signal::GuestRenamed { user, .. } => Some(Mark::Renamed(*user)),
        Signal::Typing { room, .. } => Some(Mark::Typing(*room)),
        // CTCP, client tags and what concerns operators have no form in Matrix.
        Signal::Transient { .. }
        | Signal::Operator { .. }
        | Signal::Hearing { .. }
        | Signal::Announcement { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_in_order() {
        let all = [
            Mark::Timeline(RoomId(7), Position(1)),
            Mark::Read((RoomId(u32::MAX), UserId(3)), Position(u64::MAX)),
            Mark::Profile(UserId(9), Position(4)),
            Mark::AccountData(Position(5)),
            Mark::Keys(Position(6)),
            Mark::Typing(RoomId(1)),
            Mark::Presence(UserId(2)),
            Mark::Renamed(UserId(u32::MAX)),
        ];
        let mut line = BytesMut::new();
        all.iter().for_each(|mark| mark.write(&mut line));
        assert_eq!(line.len(), all.len() * LENGTH);
        assert_eq!(Mark::read(line.freeze()).collect::<Vec<_>>(), all);
        assert_eq!(Mark::read(Bytes::from_static(b"short")).count(), 0);
    }
}
