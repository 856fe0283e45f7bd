//! One event of a timeline as native clients read it. Which of them may see it was decided before.

use std::sync::Arc;

use polylogue_core::event::{MemberChange, StateChange};
use polylogue_core::power::PowerLevels;
use polylogue_core::room::{Creation, Membership, RoomKind};
use polylogue_core::state::World;
use polylogue_core::{
    Body, Json, Message, Position, Relation, RoomChange, RoomId, TextKind, Timestamp, UserId,
    facets,
};
use polylogue_hub::Sealer;
use polylogue_native::event::{
    self as native, Created, Custom, Edited, Media, MemberAction, NameChange, PowerChange, Reacted,
    Redacted, Redaction, Sealed, TopicChange,
};
use polylogue_native::text::EventType;
use polylogue_native::{Event, EventContent, EventId, Opaque, Power, UserName, limits};
use serde_json::Value;

use super::words::{media_text, words};
use crate::names;

/// An event with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happened<'a> {
    pub(super) room: RoomId,
    pub(super) sender: UserId,
    pub(super) position: Position,
    pub(super) at: Timestamp,
    pub(super) change: &'a RoomChange,
}

/// The event as it is written.
pub(super) fn render(sealer: &Sealer, world: &World, happened: Happened<'_>) -> Event {
    let scribe = Scribe { sealer, world };
    Event {
        id: names::event(sealer, happened.position),
        room: names::room(sealer, happened.room),
        sender: scribe.user(happened.sender),
        time: polylogue_native::Timestamp(happened.at.0),
        content: scribe.content(happened.sender, happened.change),
    }
}

struct Scribe<'a> {
    sealer: &'a Sealer,
    world: &'a World,
}

impl Scribe<'_> {
    fn content(&self, sender: UserId, change: &RoomChange) -> EventContent {
        match change {
            RoomChange::Created(creation) => EventContent::Created(self.created(creation)),
            RoomChange::Message(message) => self.message(message),
            RoomChange::Member(change) => EventContent::Member(self.member(sender, change)),
            RoomChange::Power(change) => EventContent::Power(PowerChange {
                power: self.power(&change.levels),
            }),
            RoomChange::State(change) => state(change),
            RoomChange::Redaction { target, reason } => EventContent::Redaction(Redaction {
                target: self.event(target.position),
                reason: reason.clone(),
            }),
            RoomChange::Redacted(_) => EventContent::Redacted(Redacted {}),
        }
    }

    fn created(&self, creation: &Creation) -> Created {
        let direct = match creation.kind {
            RoomKind::Group => None,
            RoomKind::Direct(one, other) if one == creation.creator => Some(other),
            RoomKind::Direct(one, _) => Some(one),
        };
        Created {
            direct: direct.map(|user| self.user(user)),
        }
    }

    fn message(&self, message: &Message) -> EventContent {
        let (reply_to, thread) = match message.relation {
            Some(Relation::Reply(target)) => (Some(target), None),
            Some(Relation::Thread { root, reply }) => (reply, Some(root)),
            Some(Relation::Edit(_) | Relation::Reaction(_)) | None => (None, None),
        };
        let reply_to = reply_to.map(|target| self.event(target.position));
        let thread = thread.map(|target| self.event(target.position));
        match &message.body {
            Body::Text(text) => {
                let (plain, html) = words(&text.form, message.relation);
                let kind = kind(text.kind);
                let mentions = message
                    .mentions
                    .iter()
                    .map(|user| self.user(*user))
                    .collect();
                match message.relation {
                    Some(Relation::Edit(target)) => EventContent::Edit(Edited {
                        target: self.event(target.position),
                        kind,
                        text: plain,
                        html,
                        mentions,
                    }),
                    Some(Relation::Reply(_) | Relation::Thread { .. } | Relation::Reaction(_))
                    | None => EventContent::Message(native::Message {
                        kind,
                        text: plain,
                        html,
                        reply_to,
                        thread,
                        mentions,
                    }),
                }
            }
            Body::Reaction(reaction) => match message.relation {
                Some(relation) => EventContent::Reaction(Reacted {
                    target: self.event(relation.target().position),
                    reaction: reaction.clone(),
                }),
                // A reaction to nothing is no reaction; no front-end makes one.
                None => EventContent::Redacted(Redacted {}),
            },
            Body::Media(content) => EventContent::Media(Media {
                event_type: content.kind.clone(),
                text: media_text(&content.kind, &content.content.value()),
                content: verbatim(&content.content),
                reply_to,
                thread,
            }),
            Body::Sealed(content) => EventContent::Sealed(Sealed {
                algorithm: text_of(&content.content.value(), "algorithm"),
                opaque: verbatim(&content.content),
            }),
            Body::Unknown(content) => EventContent::Custom(Custom {
                event_type: content.kind.clone(),
                content: verbatim(&content.content),
            }),
        }
    }

    fn member(&self, sender: UserId, change: &MemberChange) -> native::MemberChange {
        let action = match change.membership {
            Membership::Join => MemberAction::Join,
            Membership::Invite => MemberAction::Invite,
            Membership::Knock => MemberAction::Knock,
            Membership::Ban => MemberAction::Ban,
            Membership::Leave if sender == change.user => MemberAction::Leave,
            Membership::Leave => MemberAction::Kick,
        };
        native::MemberChange {
            user: self.user(change.user),
            change: action,
            reason: change.reason.clone(),
        }
    }

    fn power(&self, levels: &PowerLevels) -> Power {
        Power {
            users: levels
                .users
                .iter()
                .map(|(user, level)| (self.user(*user), written(*level)))
                .collect(),
            users_default: Some(written(levels.users_default)),
            events: levels
                .events
                .iter()
                .filter_map(|(kind, level)| Some((EventType::new(kind).ok()?, written(*level))))
                .collect(),
            events_default: Some(written(levels.events_default)),
            state_default: Some(written(levels.state_default)),
            ban: Some(written(levels.ban)),
            kick: Some(written(levels.kick)),
            redact: Some(written(levels.redact)),
            invite: Some(written(levels.invite)),
            notify_room: Some(written(levels.notify_room)),
        }
    }

    fn event(&self, position: Position) -> EventId {
        names::event(self.sealer, position)
    }

    fn user(&self, user: UserId) -> UserName {
        names::user(self.world, user)
    }
}

fn kind(kind: TextKind) -> polylogue_native::TextKind {
    match kind {
        TextKind::Text => polylogue_native::TextKind::Text,
        TextKind::Notice => polylogue_native::TextKind::Notice,
        TextKind::Action => polylogue_native::TextKind::Action,
    }
}

fn state(change: &StateChange) -> EventContent {
    let text = |field| text_of(&change.content.value(), field).unwrap_or_default();
    match (&*change.kind, &*change.key) {
        (facets::TOPIC, "") => EventContent::Topic(TopicChange {
            topic: text("topic"),
        }),
        (facets::NAME, "") => EventContent::Name(NameChange { name: text("name") }),
        _ => EventContent::State(native::StateChange {
            event_type: change.kind.clone(),
            state_key: change.key.clone(),
            content: verbatim(&change.content),
        }),
    }
}

/// A level within what every JSON reader keeps. The creator of a room of version 12 stands above all levels.
pub(crate) fn written(level: i64) -> i64 {
    let most = i64::try_from(limits::INTEGER).unwrap_or(i64::MAX);
    level.clamp(-most, most)
}

fn text_of(content: &Value, field: &str) -> Option<Arc<str>> {
    content.get(field).and_then(Value::as_str).map(Arc::from)
}

#[expect(clippy::expect_used, reason = "{} is an empty object")]
fn verbatim(content: &Json) -> Opaque {
    // The core keeps the same rules and the same limit, so this never falls back.
    Opaque::new(content.as_str()).unwrap_or_else(|_| Opaque::new("{}").expect("{}"))
}
