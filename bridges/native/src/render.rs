//! Committed changes as frames: once for each dialect, whoever gets them. Nothing here knows a connection.

mod event;
mod places;
mod signal;
mod words;

use bytes::BytesMut;
use polylogue_core::state::World;
use polylogue_core::{Event, RoomId};
use polylogue_hub::{Delivered, DeliveryKind, Renderer, Rendering, Sealer, VisibleEvent};
use polylogue_native::{Envelope, EventFrame, Feature, ServerMessage, SignalFrame, encode};

use crate::names;
use event::Happened;
use places::Places;

pub(crate) use event::written;
pub(crate) use signal::profile;

/// What a connection is told: bits for the subscription and for each feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Dialect(u64);

impl Dialect {
    const SUBSCRIBED: u64 = 1;
    const TYPING: u64 = 2;
    const PRESENCE: u64 = 4;
    const READ: u64 = 8;
    const PROFILE: u64 = 16;
    /// Somebody is logged in: whispers reach him.
    const HERE: u64 = 32;

    /// Of a connection with these features.
    pub(crate) fn of(features: &[Feature]) -> Self {
        let bits = features.iter().map(|feature| match feature {
            Feature::Typing => Self::TYPING,
            Feature::Presence => Self::PRESENCE,
            Feature::Read => Self::READ,
            Feature::Profile => Self::PROFILE,
            Feature::Unknown(_) => 0,
        });
        Self(bits.fold(Self::HERE, |all, bit| all | bit))
    }

    /// The same, with the stream of events.
    pub(crate) fn subscribed(self) -> Self {
        Self(self.0 | Self::SUBSCRIBED)
    }

    /// For an outbox.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }
}

/// Renders for all native connections.
#[derive(Debug)]
pub(crate) struct NativeRenderer {
    sealer: Sealer,
    places: Places,
}

impl NativeRenderer {
    pub(crate) fn new(sealer: Sealer) -> Self {
        Self {
            sealer,
            places: Places::default(),
        }
    }

    /// What seals ids and cursors.
    pub(crate) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The places of events that a read mark may be about.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// An event as a client reads it.
    pub(crate) fn event(
        &self,
        world: &World,
        room: RoomId,
        event: &VisibleEvent,
    ) -> polylogue_native::Event {
        let happened = Happened {
            room,
            sender: event.sender,
            position: event.position,
            at: event.at,
            change: &event.change,
        };
        event::render(&self.sealer, world, happened)
    }

    /// An event's frame; nothing if no frame can hold it.
    pub(crate) fn frame(
        &self,
        world: &World,
        room: RoomId,
        event: &VisibleEvent,
    ) -> Option<bytes::Bytes> {
        let cursor = names::cursor(&self.sealer, event.position);
        let event = self.event(world, room, event);
        frame(ServerMessage::Event(Box::new(EventFrame { cursor, event })))
    }

    fn render_event(
        &self,
        what: Rendering<'_>,
        record: &polylogue_hub::Record,
    ) -> Option<ServerMessage> {
        let dialect = Dialect(what.dialect);
        let entry = &record.entry;
        match &entry.event {
            Event::Room {
                room,
                sender,
                change,
            } => {
                self.places.note(*room, entry.sequence, entry.position);
                if !dialect.has(Dialect::SUBSCRIBED) {
                    return None;
                }
                let happened = Happened {
                    room: *room,
                    sender: *sender,
                    position: entry.position,
                    at: entry.at,
                    change,
                };
                Some(ServerMessage::Event(Box::new(EventFrame {
                    cursor: names::cursor(&self.sealer, entry.position),
                    event: event::render(&self.sealer, what.world, happened),
                })))
            }
            Event::User { user, change } => {
                signal::of_user(self, what, (*user, change)).map(as_signal)
            }
            // It is no part of the timeline.
            Event::Setting { room, setting, .. } => {
                signal::of_room(self, dialect, (*room, setting)).map(as_signal)
            }
            Event::Name { .. } | Event::ServerBan { .. } | Event::Timer { .. } => None,
        }
    }
}

fn as_signal(signal: polylogue_native::Signal) -> ServerMessage {
    ServerMessage::Signal(SignalFrame { signal })
}

/// The bytes of a frame; nothing, and a word in the log, if no frame can hold it.
fn frame(message: ServerMessage) -> Option<bytes::Bytes> {
    let encoded = encode(&Envelope::unnumbered(message));
    encoded
        .inspect_err(|error| tracing::error!(%error, "an event does not fit a frame"))
        .ok()
}

impl Renderer for NativeRenderer {
    fn render(&self, what: Rendering<'_>, out: &mut BytesMut) {
        let message = match what.change {
            Delivered::Event(record) => self.render_event(what, record),
            Delivered::Signal(signal, _) => signal::of_signal(self, what, signal).map(as_signal),
        };
        if let Some(frame) = message.and_then(frame) {
            out.extend_from_slice(&frame);
        }
    }

    fn follows_neighbours(&self) -> bool {
        true
    }

    fn delivery(&self) -> DeliveryKind {
        DeliveryKind::Lines
    }
}
