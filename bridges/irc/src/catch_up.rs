//! A session that is behind the log reads it: missed messages after attaching, and everything after its outbox ran over. Then it is live.

use std::sync::Arc;

use bytes::BytesMut;
use polylogue_core::command::PutCondition;
use polylogue_core::room::RoomKind;
use polylogue_core::state::World;
use polylogue_core::{Command, Position, RoomChange, RoomId, UserId};
use polylogue_hub::{Mode, Relation, Request, VisibleEvent};
use polylogue_irc::{Capability, CapabilitySet};

use crate::client::Client;
use crate::render::member::{is_departure, is_passed};
use crate::render::opened::opened;
use crate::render::user::difference;
use crate::render::{Scene, Stamp, room_event};

/// The kind of the documents that hold replay positions, one for each device label.
const REPLAY: &str = "irc.replay";
/// Events read at once.
const PAGE: usize = 500;

impl Client {
    /// Whether the session has to read the log.
    pub(crate) fn must_catch_up(&self) -> bool {
        self.session.is_some() && matches!(self.outbox.mode(), Mode::Behind { .. })
    }

    /// Reads the log from the session's cursor until delivery has passed by no further.
    pub(crate) async fn catch_up(&mut self) {
        while let Mode::Behind { cursor, .. } = self.outbox.mode() {
            let Some(session) = &self.session else { return };
            let (user, hub) = (session.user(), session.hub().clone());
            // Before the view is taken: then it has whatever delivery passed by up to here.
            let told = self.outbox.take_told();
            let world = hub.world();
            if let Some(told) = self.told.take().or(told) {
                let lines = self.render_difference(&told, &world);
                self.outbox.push(lines);
            }
            self.told = Some(world.clone());
            let head = world.state.head;
            if cursor >= head {
                // Whatever delivery passed by is in the view by now, or about to be.
                if self.outbox.caught_up_and_told(cursor) == Mode::Live {
                    self.told = None;
                    return;
                }
                tokio::task::yield_now().await;
                continue;
            }
            let Ok((events, complete)) = hub.told(user, (cursor, head), PAGE).await else {
                return;
            };
            let lines = self.render_missed(&events, &world);
            self.outbox.push(lines);
            if self.outbox.caught_up_and_told(complete) == Mode::Live {
                self.told = None;
            }
            if self.outbox.is_stalled() {
                return;
            }
        }
    }

    /// What is in no timeline: of those who are in a room with the session's user guests who went, came back or have other nicks, who is away and back; and of his
    /// conversations those that became channels.
    fn render_difference(&self, told: &World, world: &World) -> bytes::Bytes {
        let mut out = BytesMut::new();
        let mut scene = self.scene(world);
        scene.before = told;
        let now = crate::registration::now();
        for user in world.live.changed_since(&told.live) {
            if user != scene.viewer && told.share_a_room(scene.viewer, user) {
                difference(&scene, (user, now), &mut out);
            }
        }
        let own = world.state.user(scene.viewer);
        for id in own.into_iter().flat_map(|user| user.joined()) {
            let kind = |world: &World| world.state.room(id).map(|room| room.state.kind);
            if let (Some(RoomKind::Direct(..)), Some(RoomKind::Group), Some(room)) =
                (kind(told), kind(world), world.state.room(id))
            {
                opened(&scene, (&room.state, now), &mut out);
            }
        }
        out.freeze()
    }

    /// Lines of missed events. Up to where the session was attached only what was said counts: its channels were shown as they are now.
    fn render_missed(&self, events: &[(RoomId, VisibleEvent)], world: &World) -> bytes::Bytes {
        let Some(session) = &self.session else {
            return bytes::Bytes::new();
        };
        let mut out = BytesMut::new();
        for (room, event) in events {
            let Some(room) = world.state.room(*room) else {
                continue;
            };
            if world.is_kept_from(session.user(), (event.sender, &event.change)) {
                continue;
            }
            let scene = Scene {
                renderer: &self.irc.renderer,
                world,
                before: world,
                capabilities: CapabilitySet::from_bits(self.outbox.dialect()),
                relation: if event.sender == session.user() {
                    Relation::Own
                } else {
                    Relation::Other
                },
                viewer: session.user(),
                label: None,
                tags: &[],
            };
            let said = matches!(event.change, RoomChange::Message(_));
            let shown = said || event.position > self.attached_at;
            let passed = is_departure(world, &event.change) || is_passed(world, &event.change);
            if shown && !passed {
                let stamp = Stamp {
                    position: event.position,
                    at: event.at,
                };
                room_event(
                    &scene,
                    (&room.state, event.sender),
                    stamp,
                    &event.change,
                    &mut out,
                );
            }
        }
        out.freeze()
    }

    /// Up to where this device of an account has certainly read.
    pub(crate) async fn remembered(&self, user: UserId, label: &str) -> Option<Position> {
        let blob = self.irc.hub.document(user, REPLAY, label).await.ok()??;
        Some(Position(u64::from_le_bytes(blob.try_into().ok()?)))
    }

    /// Writes down up to where this device has certainly read.
    pub(crate) async fn remember(&self) {
        let (Some(session), Some(position)) = (&self.session, self.acknowledged()) else {
            return;
        };
        let Some(login) = &self.registration.account else {
            return;
        };
        let key: Arc<str> = login.label.clone().unwrap_or_default();
        let command = Command::PutDocument {
            kind: REPLAY.into(),
            key,
            blob: Some(position.0.to_le_bytes().as_slice().into()),
            condition: PutCondition::Always,
        };
        if let Err(refusal) = session
            .hub()
            .submit(Request::new(session.actor(), command))
            .await
        {
            tracing::warn!(%refusal, "a replay position was not kept");
        }
    }

    /// Whether the client fetches by itself what it missed.
    fn asks_for_history(&self) -> bool {
        let asks = |capability| self.capabilities.has(capability);
        asks(Capability::Chathistory) || asks(Capability::Playback)
    }

    /// Where a returning session goes on: after what its account was last seen to have read here, or at the present.
    pub(crate) fn resume_from(&self, head: Position, remembered: Option<Position>) -> Mode {
        match remembered {
            Some(cursor) if cursor < head && !self.asks_for_history() => Mode::Behind {
                cursor,
                missed: head,
            },
            Some(_) | None => Mode::Live,
        }
    }
}
