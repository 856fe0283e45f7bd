//! Runs: messages of one room next to each other in a batch. They are rendered into one buffer per dialect, which everyone gets whole; only who
//! said some of them gets a copy of his own.

use bytes::Bytes;
use polylogue_core::{Event, Position, RoomChange, RoomId, SessionId, UserId};
use std::sync::Arc;

use super::{Change, Delivery, Lane, RenderKey, rendering};
use crate::outbox::Heard;
use crate::render::{DeliveryKind, Relation, Renderer, Viewer};

impl Lane {
    /// Adjacent messages of one room: one buffer per dialect for all of them, pieces only for those who said some of them.
    pub(super) fn deliver_run(&mut self, delivery: &Delivery, room: RoomId, run: &[Change]) {
        self.rendered.clear();
        let mut pieces: Vec<(RenderKey, Vec<usize>)> = Vec::new();
        let first = run.first().and_then(position_of).unwrap_or(self.position);
        let last = run.last().and_then(position_of).unwrap_or(self.position);
        let mut senders: Vec<UserId> = run.iter().filter_map(sender_of).collect();
        senders.dedup();
        let before = Position(first.0.saturating_sub(1));
        let mut within: Vec<SessionId> = Vec::new();
        for index in self.rooms.of(room).to_vec() {
            let Some(Some(slot)) = self.slots.get(index) else {
                continue;
            };
            let dialect = slot.outbox.dialect();
            let renderer = slot.renderer.clone();
            let key: RenderKey = (Arc::as_ptr(&renderer).cast(), dialect);
            let viewer = Viewer {
                user: slot.user,
                session: slot.session,
            };
            let user = slot.user;
            if renderer.delivery() == DeliveryKind::Wake {
                slot.outbox.wake();
                continue;
            }
            if !self.rendered.iter().any(|(known, _)| *known == key) {
                let mut ends = Vec::with_capacity(run.len());
                self.buffer.reserve(run.len() * LINE);
                for change in run {
                    let what = rendering(delivery, change, (dialect, Relation::Other), viewer);
                    renderer.render(what, &mut self.buffer);
                    ends.push(self.buffer.len());
                }
                let all = self.buffer.split().freeze();
                self.rendered.push((key, all));
                pieces.push((key, ends));
            }
            let Some((_, all)) = self.rendered.iter().find(|(known, _)| *known == key) else {
                continue;
            };
            let all = all.clone();
            let keeps_out = ignores(delivery, renderer.as_ref(), user);
            let hears_all = !senders.iter().any(|sender| keeps_out(*sender));
            if hears_all && !senders.contains(&user) {
                self.position = last;
                self.put(index, (all, Heard::News), (before, delivery));
                continue;
            }
            within.push(viewer.session);
            let Some((_, ends)) = pieces.iter().find(|(known, _)| *known == key) else {
                continue;
            };
            let own = self.with_own(delivery, run, (&all, ends), index);
            self.position = last;
            for line in own {
                self.put(index, line, (before, delivery));
            }
        }
        self.position = last;
        let is_outside = |change: &&Change| {
            let origin = change.origin().map(|origin| origin.session);
            origin.is_some_and(|session| !within.contains(&session))
        };
        for change in run.iter().filter(is_outside) {
            self.echo_outside(delivery, (room, before), change);
        }
    }

    /// Who speaks from outside hears of it in the session that did, and of nothing else there.
    fn echo_outside(
        &mut self,
        delivery: &Delivery,
        (room, before): (RoomId, Position),
        change: &Change,
    ) {
        let Some(index) = self.outside(change, room) else {
            return;
        };
        let Some(Some(slot)) = self.slots.get(index) else {
            return;
        };
        let viewer = Viewer {
            user: slot.user,
            session: slot.session,
        };
        let dialect = (slot.outbox.dialect(), Relation::Origin);
        let what = rendering(delivery, change, dialect, viewer);
        slot.renderer.clone().render(what, &mut self.buffer);
        let line = self.buffer.split().freeze();
        self.put(index, (line, Heard::Reply), (before, delivery));
    }

    /// A run as one of its senders sees it, or who ignores one of them: the others' lines as they are, his own as his session's relation says.
    /// In one piece, unless his session waits for the reply to something it asked for: then his own lines are pieces of their own.
    fn with_own(
        &mut self,
        delivery: &Delivery,
        run: &[Change],
        (all, ends): (&Bytes, &[usize]),
        index: usize,
    ) -> Vec<(Bytes, Heard)> {
        let Some(Some(slot)) = self.slots.get(index) else {
            return Vec::new();
        };
        let apart = slot.outbox.is_holding();
        let mut lines = Vec::new();
        let dialect = slot.outbox.dialect();
        let viewer = Viewer {
            user: slot.user,
            session: slot.session,
        };
        let renderer = slot.renderer.clone();
        let keeps_out = ignores(delivery, renderer.as_ref(), viewer.user);
        let mut from = 0;
        for (change, end) in run.iter().zip(ends) {
            if sender_of(change) == Some(viewer.user) {
                let origin = change
                    .origin()
                    .is_some_and(|origin| origin.session == viewer.session);
                let relation = if origin {
                    Relation::Origin
                } else {
                    Relation::Own
                };
                if origin && apart {
                    lines.push((self.buffer.split().freeze(), Heard::News));
                }
                renderer.render(
                    rendering(delivery, change, (dialect, relation), viewer),
                    &mut self.buffer,
                );
                if origin && apart {
                    lines.push((self.buffer.split().freeze(), Heard::Reply));
                }
            } else if !sender_of(change).is_some_and(&keeps_out) {
                self.buffer
                    .extend_from_slice(all.get(from..*end).unwrap_or_default());
            }
            from = *end;
        }
        lines.push((self.buffer.split().freeze(), Heard::News));
        lines
    }
}

/// Of whom a session of this user hears nothing.
fn ignores<'a>(
    delivery: &'a Delivery,
    renderer: &dyn Renderer,
    user: UserId,
) -> impl Fn(UserId) -> bool + use<'a> {
    let world = &delivery.world;
    let any = world.state.ignores.contains_key(&user) && renderer.keeps_out_the_ignored();
    move |sender| any && world.ignores(user, sender)
}

/// Bytes that most lines take no more than.
const LINE: usize = 192;
/// Messages rendered into one buffer at most.
const LONGEST: usize = 256;

/// How many changes from here on are messages of one and the same room, and which room that is.
pub(super) fn run_of_messages(delivery: &Delivery, changes: &[Change]) -> Option<(RoomId, usize)> {
    let room = message_room(changes.first()?)?;
    // What somebody says to himself comes twice to whom said it.
    if super::recipients::is_soliloquy(delivery, room) {
        return None;
    }
    let length = changes
        .iter()
        .take(LONGEST)
        .take_while(|change| message_room(change) == Some(room))
        .count();
    Some((room, length))
}

pub(super) fn message_room(change: &Change) -> Option<RoomId> {
    match change {
        Change::Event(record, _) => match &record.entry.event {
            Event::Room {
                room,
                change: RoomChange::Message(_),
                ..
            } => Some(*room),
            Event::Room { .. }
            | Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => None,
        },
        Change::Signal(..) => None,
    }
}

fn sender_of(change: &Change) -> Option<UserId> {
    match change {
        Change::Event(record, _) => match &record.entry.event {
            Event::Room { sender, .. } => Some(*sender),
            Event::Setting { .. }
            | Event::User { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => None,
        },
        Change::Signal(..) => None,
    }
}

fn position_of(change: &Change) -> Option<Position> {
    match change {
        Change::Event(record, _) => Some(record.entry.position),
        Change::Signal(..) => None,
    }
}
