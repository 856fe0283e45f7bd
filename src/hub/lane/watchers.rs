//! Those who watch a name: told of its user's coming and going whether or not they share a room with him.

use bytes::BytesMut;
use polylogue_core::event::UserChange;
use polylogue_core::{Event, SessionId, Signal};

use super::{Change, Delivery, Lane};
use crate::outbox::Heard;
use crate::render::{Delivered, DeliveryKind, Relation, Rendering, Viewer, Watched};

impl Lane {
    /// One change to the sessions here that watch whom it is about; `told` have had it already.
    pub(super) fn tell_watchers(&mut self, delivery: &Delivery, change: &Change, told: &[usize]) {
        for name in names(delivery, change) {
            for session in self.watches.of(&name) {
                let Some(index) = self.sessions.get(&session).copied() else {
                    continue;
                };
                let Some(Some(slot)) = self.slots.get(index) else {
                    continue;
                };
                if slot.renderer.delivery() != DeliveryKind::Lines {
                    continue;
                }
                let what = Rendering {
                    change: change.delivered(),
                    world: &delivery.world,
                    before: &delivery.before,
                    dialect: slot.outbox.dialect(),
                    relation: Relation::Other,
                    label: None,
                    tags: &[],
                    viewer: Viewer {
                        user: slot.user,
                        session,
                    },
                };
                let watched = if told.contains(&index) {
                    Watched::Neighbour(&name)
                } else {
                    Watched::Stranger(&name)
                };
                let mut line = BytesMut::new();
                slot.renderer.clone().watched(what, watched, &mut line);
                let before = self.before(change);
                self.put(index, (line.freeze(), Heard::News), (before, delivery));
            }
        }
    }
}

/// The names that somebody may watch whom a change is about.
fn names(delivery: &Delivery, change: &Change) -> Vec<Box<str>> {
    let mut names = Vec::new();
    let user = match change.delivered() {
        Delivered::Signal(signal, _) => match signal {
            Signal::GuestRenamed { from, to, .. } => {
                let mut both = vec![from.nick().to_string().into(), to.nick().to_string().into()];
                if from.nick().eq_ignore_ascii_case(to.nick()) {
                    both.truncate(1);
                }
                return both;
            }
            Signal::Attached { session, .. } => session.user,
            Signal::Detached { id, user, .. } | Signal::Left { id, user, .. } => {
                names.extend(alias(delivery, *id));
                *user
            }
            Signal::Presented { user, .. } | Signal::Away { user, .. } => *user,
            Signal::Operator { .. }
            | Signal::Hearing { .. }
            | Signal::Announcement { .. }
            | Signal::Typing { .. }
            | Signal::Transient { .. } => return Vec::new(),
        },
        Delivered::Event(record) => match &record.entry.event {
            Event::User {
                user,
                change: UserChange::Profile { .. },
            } => *user,
            Event::User { .. }
            | Event::Room { .. }
            | Event::Setting { .. }
            | Event::Name { .. }
            | Event::ServerBan { .. }
            | Event::Timer { .. } => return Vec::new(),
        },
    };
    // A guest who is gone has his name only in the state before.
    let name = delivery
        .world
        .name_of(user)
        .or_else(|| delivery.before.name_of(user));
    names.extend(name.map(|name| name.nick().to_string().into()));
    names
}

/// The nick that a connection brought along as it logged in, and that ends with it.
fn alias(delivery: &Delivery, session: SessionId) -> Option<Box<str>> {
    let alias = delivery.before.live.aliases.of(session)?;
    Some(alias.name.nick().to_string().into())
}
