//! The last stage: fans committed changes out to the sessions of one delivery lane. Sessions are partitioned over the lanes, so that order
//! per session holds without locks. Fan-out walks attached sessions, never member lists, and writes each socket once per batch.

mod attendance;
mod audience;
mod recipients;
mod run;
mod watchers;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use polylogue_core::event::RoomSetting;
use polylogue_core::room::Membership;
use polylogue_core::state::World;
use polylogue_core::{
    Entry, Event, Position, RoomChange, RoomId, SessionId, Signal, Timestamp, UserId,
};
use polylogue_store::Record;

use crate::batch::Origin;
use crate::outbox::{Heard, Outbox, Progress};
use crate::render::{Delivered, DeliveryKind, Relation, Renderer, Rendering, Viewer};
use crate::watch::Watches;
use audience::{Audiences, kind_at};
use recipients::{Recipients, is_for, is_kept_from, is_to_self, recipients};

/// Bytes waiting for a connection that are written without waiting for the end of the batch: far below what an outbox holds.
const WRITE_AT: usize = 128 * 1024;

/// A committed batch on its way to the lanes.
#[derive(Debug)]
pub struct Delivery {
    /// What changed, in order.
    pub changes: Vec<Change>,
    /// The state before.
    pub before: Arc<World>,
    /// The state after.
    pub world: Arc<World>,
}

impl Delivery {
    /// Whether a session ends in it that did not end itself: with its credential or its account.
    pub(crate) fn ends_others(&self) -> bool {
        self.changes.iter().any(|change| match change {
            Change::Signal(signal, _, origin) => matches!(
                &**signal,
                Signal::Detached { id, .. }
                    if origin.as_ref().is_none_or(|origin| origin.session != *id)
            ),
            Change::Event(..) => false,
        })
    }
}

/// One change, with the session that caused it.
#[derive(Debug)]
pub enum Change {
    /// A durable one.
    Event(Record, Option<Origin>),
    /// One that flickers.
    Signal(Arc<Signal>, Timestamp, Option<Origin>),
}

impl Change {
    fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Event(_, origin) | Self::Signal(_, _, origin) => origin.as_ref(),
        }
    }

    fn tags(&self) -> &[(Arc<str>, Arc<str>)] {
        self.origin()
            .and_then(|origin| origin.tags.as_deref())
            .unwrap_or_default()
    }

    fn delivered(&self) -> Delivered<'_> {
        match self {
            Self::Event(record, _) => Delivered::Event(record),
            Self::Signal(signal, at, _) => Delivered::Signal(signal, *at),
        }
    }
}

/// A session as it joins a lane.
#[derive(Debug)]
pub struct Arrival {
    /// Its number.
    pub session: SessionId,
    /// Its front-end's rendering.
    pub renderer: Arc<dyn Renderer>,
    /// Where its lines go.
    pub outbox: Arc<Outbox>,
}

/// A delivery lane.
#[derive(Debug, Default)]
pub struct Lane {
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    sessions: HashMap<SessionId, usize>,
    users: HashMap<UserId, Vec<usize>>,
    rooms: Audiences,
    /// Who went in and out in the batch at hand: the state before it does not know of them, and the state after it knows too much.
    moved_now: Vec<(UserId, RoomId, Moved)>,
    dirty: Vec<usize>,
    rendered: Vec<(RenderKey, Bytes)>,
    buffer: BytesMut,
    position: Position,
    watches: Arc<Watches>,
}

#[derive(Debug)]
struct Slot {
    session: SessionId,
    user: UserId,
    renderer: Arc<dyn Renderer>,
    outbox: Arc<Outbox>,
    /// The rooms whose audience it is in.
    rooms: Vec<RoomId>,
    dirty: bool,
    mark: u64,
}

/// Which way somebody went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    In,
    Out,
}

/// What a shared rendering depends on: the front-end (by address), the dialect.
type RenderKey = (*const (), u64);

impl Lane {
    /// A lane whose sessions watch names.
    #[must_use]
    pub(crate) fn watching(watches: Arc<Watches>) -> Self {
        Self {
            watches,
            ..Self::default()
        }
    }

    /// Puts a batch's lines into the outboxes of those whom it concerns; [`flush`](Self::flush) writes them. `arrive` hands over a session
    /// whose attachment is in the batch.
    pub fn deliver(
        &mut self,
        delivery: &Delivery,
        mut arrive: impl FnMut(SessionId) -> Option<Arrival>,
    ) {
        self.moved_now.clear();
        // A session that comes before this lane's first event has seen everything up to here.
        self.position = self.position.max(delivery.before.state.head);
        let mut rest = delivery.changes.as_slice();
        while let Some((first, others)) = rest.split_first() {
            if let Some((room, length)) = run::run_of_messages(delivery, rest) {
                let (run, after) = rest.split_at(length);
                self.deliver_run(delivery, room, run);
                rest = after;
                continue;
            }
            if let Change::Signal(signal, ..) = first
                && let Signal::Attached { id, session, .. } = &**signal
                && let Some(arrival) = arrive(*id)
            {
                self.arrive(delivery, session.user, arrival);
            }
            self.deliver_one(delivery, first);
            rest = others;
        }
    }

    /// Writes every socket that was touched since the last time, each once: how many lines share a system call decides what delivery costs.
    pub fn flush(&mut self) {
        for index in std::mem::take(&mut self.dirty) {
            if let Some(Some(slot)) = self.slots.get_mut(index) {
                slot.dirty = false;
                slot.outbox.flush();
            }
        }
    }

    /// How many sessions are attached here.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn deliver_one(&mut self, delivery: &Delivery, change: &Change) {
        let moved = match change {
            Change::Event(record, _) => {
                self.position = record.entry.position;
                moved(delivery, &record.entry)
            }
            Change::Signal(..) => None,
        };
        // Whoever comes hears of it from within, and so does who goes.
        if let Some((user, room, Moved::In)) = moved {
            self.moved_now.push((user, room, Moved::In));
            for index in self.users.get(&user).cloned().unwrap_or_default() {
                self.enter(room, index);
            }
        }
        self.fan_out(delivery, change);
        if let Some((user, room, Moved::Out)) = moved {
            self.moved_now.push((user, room, Moved::Out));
            for index in self.users.get(&user).cloned().unwrap_or_default() {
                self.leave(room, index);
            }
        }
        match change {
            Change::Event(..) => {}
            Change::Signal(signal, ..) => {
                if let Signal::Detached { id, reason, .. } = &**signal {
                    if let Some(slot) = self
                        .sessions
                        .get(id)
                        .and_then(|index| self.slots.get(*index)?.as_ref())
                    {
                        slot.outbox.flush();
                        slot.outbox.close(reason.clone());
                    }
                    self.depart(*id);
                }
                if let Signal::Left { id, next, .. } = &**signal {
                    self.hand_over(delivery, *id, *next);
                }
            }
        }
    }

    /// One change to everyone it concerns.
    fn fan_out(&mut self, delivery: &Delivery, change: &Change) {
        self.rendered.clear();
        let concerned = recipients(delivery, change);
        let mut targets = Vec::new();
        self.collect(&concerned, &mut targets);
        let passing_in = recipients::passing_in(change);
        targets.extend(passing_in.and_then(|room| self.outside(change, room)));
        let to_self = is_to_self(delivery, change);
        for index in targets.iter().copied() {
            let Some(Some(slot)) = self.slots.get(index) else {
                continue;
            };
            let kept_out =
                slot.renderer.keeps_out_the_ignored() && is_kept_from(delivery, change, slot.user);
            if kept_out || !is_for(delivery, change, slot.user) {
                continue;
            }
            let hears_itself = to_self && slot.renderer.hears_itself();
            let mut relation = relation(slot, change.origin(), &concerned);
            if hears_itself && relation == Relation::Own {
                relation = Relation::Target;
            }
            let dialect = slot.outbox.dialect();
            let viewer = Viewer {
                user: slot.user,
                session: slot.session,
            };
            let what = Rendering {
                change: change.delivered(),
                world: &delivery.world,
                before: &delivery.before,
                dialect,
                relation,
                label: change.origin().and_then(|origin| origin.label.as_ref()),
                tags: change.tags(),
                viewer,
            };
            let renderer = slot.renderer.clone();
            if renderer.delivery() == DeliveryKind::Wake {
                slot.outbox.wake();
                continue;
            }
            let line = match relation {
                Relation::Other if is_shared(change) => {
                    let key = (Arc::as_ptr(&renderer).cast(), dialect);
                    self.shared(key, |out| renderer.render(what, out))
                }
                Relation::Other | Relation::Own | Relation::Origin | Relation::Target => {
                    self.render(|out| renderer.render(what, out))
                }
            };
            if relation == Relation::Origin && is_attachment(change) {
                // The first lines of a session come whatever it has to catch up on.
                self.greet(index, line);
            } else {
                let before = self.before(change);
                self.put(index, (line, heard(relation)), (before, delivery));
                if hears_itself && relation == Relation::Origin {
                    let what = Rendering {
                        relation: Relation::Target,
                        ..what
                    };
                    let line = self.render(|out| renderer.render(what, out));
                    self.put(index, (line, Heard::News), (before, delivery));
                }
            }
        }
        self.tell_watchers(delivery, change, &targets);
    }

    fn greet(&mut self, index: usize, line: Bytes) {
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return;
        };
        slot.outbox.push(line);
        if !slot.dirty {
            slot.dirty = true;
            self.dirty.push(index);
        }
    }

    fn shared(&mut self, key: RenderKey, render: impl FnOnce(&mut BytesMut)) -> Bytes {
        if let Some((_, line)) = self.rendered.iter().find(|(known, _)| *known == key) {
            return line.clone();
        }
        let line = self.render(render);
        self.rendered.push((key, line.clone()));
        line
    }

    fn render(&mut self, render: impl FnOnce(&mut BytesMut)) -> Bytes {
        render(&mut self.buffer);
        self.buffer.split().freeze()
    }

    /// The position before a change that is delivered now.
    fn before(&self, change: &Change) -> Position {
        let durable = matches!(change, Change::Event(..));
        Position(self.position.0.saturating_sub(u64::from(durable)))
    }

    fn put(
        &mut self,
        index: usize,
        line: (Bytes, Heard),
        (before, delivery): (Position, &Delivery),
    ) {
        let progress = Progress {
            before,
            now: self.position,
            world: &delivery.before,
        };
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return;
        };
        if line.0.is_empty() {
            return;
        }
        if slot.outbox.deliver(line, progress) > WRITE_AT {
            slot.outbox.flush();
        }
        if !slot.dirty {
            slot.dirty = true;
            self.dirty.push(index);
        }
    }

    /// The session that said something in a room from outside, if it is told so.
    fn outside(&self, change: &Change, room: RoomId) -> Option<usize> {
        let index = *self.sessions.get(&change.origin()?.session)?;
        let slot = self.slots.get(index)?.as_ref()?;
        (!slot.rooms.contains(&room) && slot.renderer.echoes_outside()).then_some(index)
    }

    /// The sessions concerned, each once.
    fn collect(&mut self, concerned: &Recipients, targets: &mut Vec<usize>) {
        let mark = self.rooms.next_mark();
        let by_room = concerned.rooms.iter().flat_map(|room| self.rooms.of(*room));
        let by_user = concerned
            .users
            .iter()
            .filter_map(|user| self.users.get(user))
            .flatten();
        for index in by_room.chain(by_user) {
            let Some(Some(slot)) = self.slots.get_mut(*index) else {
                continue;
            };
            if slot.mark != mark
                && (!concerned.neighbours
                    || slot.user == concerned.actor
                    || slot.renderer.follows_neighbours())
            {
                slot.mark = mark;
                targets.push(*index);
            }
        }
    }
}

/// Whether somebody comes among those whom a room's messages reach, or is not among them afterwards.
fn moved(delivery: &Delivery, entry: &Entry) -> Option<(UserId, RoomId, Moved)> {
    let Event::Room {
        room,
        change: RoomChange::Member(member),
        ..
    } = &entry.event
    else {
        return None;
    };
    let kind = kind_at(delivery, *room, entry.position);
    let reached = kind.map_or(member.membership == Membership::Join, |kind| {
        kind.reaches(member.user, member.membership)
    });
    let way = if reached { Moved::In } else { Moved::Out };
    Some((member.user, *room, way))
}

fn is_attachment(change: &Change) -> bool {
    match change {
        Change::Signal(signal, ..) => matches!(**signal, Signal::Attached { .. }),
        Change::Event(..) => false,
    }
}

/// Whether all others are told the same of it: a front-end may keep a knock for those who can let somebody in, shows each of two the room that
/// their conversation became, and of a guest who comes back the rooms that they share. All are rare.
fn is_shared(change: &Change) -> bool {
    let record = match change {
        Change::Event(record, _) => record,
        Change::Signal(signal, ..) => {
            return !matches!(&**signal, Signal::Attached { guest: Some(_), .. });
        }
    };
    match &record.entry.event {
        Event::Room {
            change: RoomChange::Member(member),
            ..
        } => member.membership != Membership::Knock,
        Event::Setting {
            setting: RoomSetting::Opened,
            ..
        } => false,
        // Who does not know of it parts from the old name and joins the new one.
        Event::Setting { setting, .. } => !matches!(setting, RoomSetting::Names { .. }),
        Event::Room { .. }
        | Event::User { .. }
        | Event::Name { .. }
        | Event::ServerBan { .. }
        | Event::Timer { .. } => true,
    }
}

fn rendering<'a>(
    delivery: &'a Delivery,
    change: &'a Change,
    (dialect, relation): (u64, Relation),
    viewer: Viewer,
) -> Rendering<'a> {
    let label = change.origin().and_then(|origin| origin.label.as_ref());
    Rendering {
        change: change.delivered(),
        world: &delivery.world,
        before: &delivery.before,
        dialect,
        relation,
        label,
        tags: change.tags(),
        viewer,
    }
}

/// What a session caused is the answer to what it asked for.
fn heard(relation: Relation) -> Heard {
    match relation {
        Relation::Origin => Heard::Reply,
        Relation::Own | Relation::Target | Relation::Other => Heard::News,
    }
}

fn relation(slot: &Slot, origin: Option<&Origin>, concerned: &Recipients) -> Relation {
    if origin.is_some_and(|origin| origin.session == slot.session) {
        Relation::Origin
    } else if slot.user == concerned.actor {
        Relation::Own
    } else if concerned.target == Some(slot.user) {
        Relation::Target
    } else {
        Relation::Other
    }
}
