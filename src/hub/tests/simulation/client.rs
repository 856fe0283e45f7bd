//! Clients as delivery sees them: a renderer that writes one line for each change, and the check of every line that comes out.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use polylogue_core::command::Scope;
use polylogue_core::command::{Actor, PasswordProof};
use polylogue_core::{DeviceId, Event, Position, RoomId, RoomSequence, SessionId, UserId};
use polylogue_hub::{Delivered, DeliveryKind, Mode, Outbox, Relation, Renderer, Rendering};
use polylogue_store::{Direction, Reader};

use crate::ledger::Ledger;

/// Bytes of a line for clients that are to fall behind after a few.
const FAT: usize = 220 * 1024;

/// Renders a change as one line: what it is, its position, and how the viewer stands to it.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) kind: DeliveryKind,
    pub(crate) neighbours: bool,
}

impl Renderer for Lines {
    fn render(&self, what: Rendering<'_>, out: &mut BytesMut) {
        let from = out.len();
        let relation = match what.relation {
            Relation::Other => "other",
            Relation::Own => "own",
            Relation::Origin => "origin",
            Relation::Target => "target",
        };
        match what.change {
            Delivered::Event(record) => match &record.entry.event {
                Event::Room { room, .. } => {
                    let (position, sequence) = (record.entry.position.0, record.entry.sequence.0);
                    out.put_slice(
                        format!("room {position} {relation} {} {sequence}", room.0).as_bytes(),
                    );
                }
                Event::Setting { .. }
                | Event::User { .. }
                | Event::Name { .. }
                | Event::ServerBan { .. }
                | Event::Timer { .. } => {
                    out.put_slice(
                        format!("beside {} {relation}", record.entry.position.0).as_bytes(),
                    );
                }
            },
            Delivered::Signal(..) => out.put_slice(format!("signal 0 {relation}").as_bytes()),
        }
        if what.dialect == 1 {
            out.put_bytes(b' ', FAT.saturating_sub(out.len() - from));
        }
        out.put_u8(b'\n');
    }

    fn follows_neighbours(&self) -> bool {
        self.neighbours
    }

    fn echoes_outside(&self) -> bool {
        true
    }

    fn delivery(&self) -> DeliveryKind {
        self.kind
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) session: SessionId,
    pub(crate) user: UserId,
    pub(crate) device: Option<DeviceId>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) kind: DeliveryKind,
    /// The answer to its attachment has come.
    pub(crate) ready: bool,
    /// It has told its end.
    pub(crate) leaving: bool,
    /// The request by which it goes on as somebody else. It reads nothing beyond what was delivered until that is answered, as a connection
    /// does that waits for its own command.
    pub(crate) changing: Option<u64>,
    /// The position after which its lane delivers to it, and up to which it did when it ended.
    pub(crate) begins: Option<Position>,
    pub(crate) ends: Option<Position>,
    seen: Position,
    /// Whose it was from which position on.
    users: Vec<(Position, UserId)>,
    pub(crate) lines: usize,
    pub(crate) catch_ups: usize,
}

impl Client {
    pub(crate) fn new(session: SessionId, device: Option<DeviceId>, kind: DeliveryKind) -> Self {
        Self {
            session,
            user: UserId::SERVER,
            device,
            outbox: Outbox::woken(Mode::Live),
            kind,
            ready: false,
            leaving: false,
            changing: None,
            begins: None,
            ends: None,
            seen: Position(0),
            users: Vec::new(),
            lines: 0,
            catch_ups: 0,
        }
    }

    pub(crate) fn actor(&self, proof: Option<PasswordProof>) -> Actor {
        Actor {
            user: self.user,
            session: Some(self.session),
            device: self.device,
            scope: Scope::User,
            proof,
        }
    }

    pub(crate) fn begin(&mut self, user: UserId, at: Position) {
        self.user = user;
        self.begins = Some(at);
        self.seen = at;
        self.users.push((at, user));
    }

    /// It goes on as somebody else's after a position.
    pub(crate) fn goes_on_as(&mut self, user: UserId, after: Position) {
        self.user = user;
        self.device = None;
        self.users.push((after, user));
    }

    /// Whose it was when something happened.
    pub(crate) fn user_at(&self, position: Position) -> UserId {
        let mut users = self.users.iter().rev();
        let found = users.find(|(after, _)| *after < position);
        found.map_or(self.user, |(_, user)| *user)
    }

    /// Reads everything that is there; one that fell behind reads the log, up to `part` of what it missed.
    pub(crate) fn read(
        &mut self,
        ledger: &Ledger,
        reader: &Reader,
        (part, head): (Part, Position),
    ) {
        for bytes in self.outbox.take() {
            for line in bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                self.check_line(ledger, std::str::from_utf8(line).unwrap());
            }
        }
        if let Mode::Behind { cursor, missed } = self.outbox.mode() {
            self.catch_ups += 1;
            assert!(self.ends.is_some() || missed <= ledger.head());
            let up_to = match part {
                Part::All => missed,
                Part::Ahead => missed.max(head),
                Part::Half => Position(u64::midpoint(cursor.0, missed.0)),
            };
            for position in self.log(ledger, reader, (cursor, up_to)) {
                self.check_shown(ledger, position);
            }
            self.outbox.caught_up(up_to);
        }
    }

    /// What the log has for it between two positions, as a front-end would read it.
    fn log(
        &self,
        ledger: &Ledger,
        reader: &Reader,
        (after, up_to): (Position, Position),
    ) -> Vec<Position> {
        let mut found = Vec::new();
        for room in ledger.state.rooms.keys() {
            for event in reader.after(*room, after, usize::MAX).unwrap() {
                let user = self.user_at(event.position);
                let gate = reader.gate(*room, user).unwrap();
                // What was shown live must be readable as well; a standing of one's own is told even to those outside.
                if event.position <= up_to && ledger.shown(user, event.position) {
                    assert!(
                        gate.visible(event.sequence) || self.is_about_me(ledger, event.position)
                    );
                    found.push(event.position);
                }
            }
        }
        found.sort_unstable();
        found
    }

    fn is_about_me(&self, ledger: &Ledger, position: Position) -> bool {
        matches!(
            &ledger.entry(position).event,
            Event::Room { change: polylogue_core::RoomChange::Member(member), .. } if member.user == self.user_at(position)
        )
    }

    fn check_line(&mut self, ledger: &Ledger, line: &str) {
        self.lines += 1;
        let mut words = line.split_ascii_whitespace();
        let (what, position, relation) = (
            words.next().unwrap(),
            words.next().unwrap(),
            words.next().unwrap(),
        );
        let position = Position(position.parse().unwrap());
        assert!(
            position <= ledger.head(),
            "{line:?} was shown before it was on disk"
        );
        match what {
            "room" => {
                let room = RoomId(words.next().unwrap().parse().unwrap());
                let sequence = RoomSequence(words.next().unwrap().parse().unwrap());
                let entry = ledger.entry(position);
                let Event::Room {
                    room: known,
                    sender,
                    ..
                } = &entry.event
                else {
                    panic!("{line:?} is {entry:?}")
                };
                assert_eq!(
                    (*known, entry.sequence),
                    (room, sequence),
                    "{line:?} is another event"
                );
                let user = self.user_at(position);
                assert!(relation != "own" || *sender == user, "{line:?} to {user:?}");
                assert!(
                    relation != "other" || *sender != user,
                    "{line:?} to {user:?}"
                );
                // What is said from outside comes back to the session that said it, once, and is owed to nobody.
                if relation == "origin" && ledger.said_outside(user, position) {
                    assert!(position > self.seen, "{line:?} came twice");
                    self.check_nothing_missed(ledger, position);
                } else {
                    self.check_shown(ledger, position);
                }
            }
            "beside" => {
                assert!(
                    ledger.may_be_told(self.user_at(position), position),
                    "{:?} was told {:?}",
                    self.user,
                    ledger.entry(position)
                );
            }
            "signal" => {}
            other => panic!("{other}"),
        }
    }

    /// The next event it is shown is the next that it may be shown: none before, none twice, none left out.
    fn check_shown(&mut self, ledger: &Ledger, position: Position) {
        assert!(
            position > self.seen,
            "{:?} was shown {position:?} after {:?}",
            self.session,
            self.seen
        );
        self.check_nothing_missed(ledger, Position(position.0 - 1));
        assert!(
            ledger.shown(self.user_at(position), position),
            "{:?} may not see {:?}",
            self.user,
            ledger.entry(position)
        );
        self.seen = position;
    }

    /// Nothing up to a position is still owed.
    pub(crate) fn check_nothing_missed(&mut self, ledger: &Ledger, up_to: Position) {
        for position in self.seen.0 + 1..=up_to.0 {
            let position = Position(position);
            assert!(
                !ledger.shown(self.user_at(position), position),
                "{:?} missed {:?}",
                self.session,
                ledger.entry(position)
            );
            self.seen = position;
        }
    }

    /// Whether everything up to here has come out already.
    pub(crate) fn has_seen(&self, position: Position) -> bool {
        self.seen >= position
    }

    /// The last page of a room reads back as its places say, from both ends.
    pub(crate) fn check_pages(reader: &Reader, room: RoomId) {
        let forward = reader
            .page((room, RoomSequence(0)), (Direction::Forward, usize::MAX))
            .unwrap();
        let mut backward = reader
            .page(
                (room, RoomSequence(u64::MAX)),
                (Direction::Backward, usize::MAX),
            )
            .unwrap();
        backward.reverse();
        assert_eq!(forward, backward);
        for (index, event) in forward.iter().enumerate() {
            assert_eq!(
                event.sequence,
                RoomSequence(u64::try_from(index).unwrap() + 1)
            );
        }
    }
}

/// How much of what it missed a client reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    Half,
    /// All, and what is published since: delivery comes after publication.
    Ahead,
}
