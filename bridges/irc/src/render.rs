//! Committed changes as IRC lines: one file per kind of change. Rendered once per dialect, on the delivery lane's thread: nothing here waits or
//! asks anybody.

pub(crate) mod member;
pub(crate) mod message;
mod metadata;
pub(crate) mod mode;
mod notices;
pub(crate) mod opened;
mod renamed;
pub(crate) mod transient;
pub(crate) mod user;
mod watched;

use std::sync::Arc;

use bytes::BytesMut;
use polylogue_core::command::Operator;
use polylogue_core::event::RoomSetting;
use polylogue_core::state::World;
use polylogue_core::{Event, Position, RoomChange, RoomState, Timestamp, UserId};
use polylogue_hub::{
    Delivered, DeliveryKind, Hub, Record, Relation, Renderer, Rendering, Sealer, Watched,
};
use polylogue_irc::{
    Capability, CapabilitySet, LineWriter, Middle, Overflow, Parameters, ServerTime, Source, Tag,
    TagKey, Verb,
};

use crate::config::Config;
use crate::isupport;
use crate::names::{self, Name};
use crate::welcome::Welcome;

/// Renders for all IRC sessions.
#[derive(Debug)]
pub(crate) struct IrcRenderer {
    pub(crate) server: Arc<str>,
    pub(crate) sealer: Sealer,
    pub(crate) welcome: Welcome,
    message_lines: usize,
    notices: notices::Notices,
}

impl IrcRenderer {
    pub(crate) fn new(hub: &Hub, config: &Config, motd: Option<String>) -> Self {
        let server: Arc<str> = match config.server_name.as_str() {
            "" => hub.world().state.server_name.clone(),
            named => named.into(),
        };
        Self {
            welcome: Welcome::new(server.clone(), isupport::tokens(config), motd),
            server,
            sealer: hub.sealer(),
            message_lines: config.message_lines,
            notices: notices::Notices::default(),
        }
    }

    fn scene<'a>(&'a self, what: &Rendering<'a>) -> Scene<'a> {
        Scene {
            renderer: self,
            world: what.world,
            before: what.before,
            capabilities: CapabilitySet::from_bits(what.dialect),
            relation: what.relation,
            viewer: what.viewer.user,
            label: what.label,
            tags: what.tags,
        }
    }

    /// The server as a source.
    pub(crate) fn source(&self) -> Source<'_> {
        Source::Server(Middle::new(&self.server).unwrap_or(Middle::STAR))
    }
}

/// What one rendering needs besides the change: who reads, and how.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) renderer: &'a IrcRenderer,
    pub(crate) world: &'a World,
    pub(crate) before: &'a World,
    pub(crate) capabilities: CapabilitySet,
    pub(crate) relation: Relation,
    pub(crate) viewer: UserId,
    pub(crate) label: Option<&'a Arc<str>>,
    pub(crate) tags: &'a [(Arc<str>, Arc<str>)],
}

impl<'a> Scene<'a> {
    pub(crate) fn has(&self, capability: Capability) -> bool {
        self.capabilities.has(capability)
    }

    pub(crate) fn name(&self, user: UserId) -> Option<Name<'a>> {
        Name::of((self.world, self.before), user)
    }

    /// A line with the tags that every delivered line has: time, account, label.
    pub(crate) fn line<'b>(
        &self,
        out: &'b mut BytesMut,
        (at, account): (Timestamp, Option<&str>),
    ) -> LineWriter<'b> {
        let mut line = LineWriter::new(out);
        if self.has(Capability::ServerTime) {
            line = line.time(ServerTime::from_unix_milliseconds(at.0));
        }
        if let Some(account) = account.filter(|_| self.has(Capability::AccountTag)) {
            line = line.tag(&Tag::new(TagKey::ACCOUNT, account));
        }
        if let Some(label) = self
            .label
            .filter(|_| self.relation == Relation::Origin && self.has(Capability::LabeledResponse))
        {
            line = line.tag(&Tag::new(TagKey::LABEL, &**label));
        }
        line
    }

    /// The same with the event's id (IRCv3 message-ids).
    pub(crate) fn line_of<'b>(
        &self,
        out: &'b mut BytesMut,
        (at, account): (Timestamp, Option<&str>),
        position: Position,
    ) -> LineWriter<'b> {
        let line = self.line(out, (at, account));
        if self.has(Capability::MessageTags) {
            line.tag(&Tag::new(
                TagKey::MSGID,
                self.renderer.sealer.event_id(position).as_str(),
            ))
        } else {
            line
        }
    }

    /// A line of what somebody says, marked if a program does (IRCv3 bot-mode), or a server operator (IRCv3 oper-tag).
    pub(crate) fn marked<'b>(&self, mut line: LineWriter<'b>, by: &Name<'_>) -> LineWriter<'b> {
        if self.has(Capability::OperTag) && self.world.live.is_operator(by.user) {
            line = line.tag(&Tag::flag(TagKey::OPER));
        }
        if !self.has(Capability::MessageTags) {
            return line;
        }
        match names::operator(self.world, by.user) {
            Operator::Program => line.tag(&Tag::flag(TagKey::BOT)),
            Operator::Person => line,
        }
    }

    /// What the author's client sent along (IRCv3 message-tags, client-only tags), but not what the line says already by itself.
    pub(crate) fn beside<'b>(&self, line: LineWriter<'b>, said: &[TagKey<'_>]) -> LineWriter<'b> {
        if self.tags.is_empty() || !self.has(Capability::MessageTags) {
            return line;
        }
        let more = self.tags.iter().filter_map(|(key, value)| {
            let key = TagKey::new(key).filter(|key| !said.contains(key))?;
            Some(Tag::new(key, &**value))
        });
        more.fold(line, |line, tag| line.tag(&tag))
    }

    pub(crate) fn id(&self, position: Position) -> String {
        self.renderer.sealer.event_id(position).as_str().to_owned()
    }
}

impl Renderer for IrcRenderer {
    fn render(&self, what: Rendering<'_>, out: &mut BytesMut) {
        let scene = self.scene(&what);
        match what.change {
            Delivered::Event(record) => event(&scene, record, out),
            Delivered::Signal(signal, at) => user::signal(&scene, (signal, at, what.viewer), out),
        }
    }

    fn watched(&self, what: Rendering<'_>, watched: Watched<'_>, out: &mut BytesMut) {
        watched::watched(&self.scene(&what), (what.change, watched), out);
    }

    fn follows_neighbours(&self) -> bool {
        true
    }

    fn hears_itself(&self) -> bool {
        true
    }

    fn echoes_outside(&self) -> bool {
        true
    }

    fn delivery(&self) -> DeliveryKind {
        DeliveryKind::Lines
    }
}

fn event(scene: &Scene<'_>, record: &Record, out: &mut BytesMut) {
    let entry = &record.entry;
    match &entry.event {
        Event::Room {
            room,
            sender,
            change,
        } => {
            let Some(state) = scene.world.state.room(*room).map(|room| &*room.state) else {
                return;
            };
            if member::is_departure(scene.world, change) {
                return;
            }
            room_event(
                scene,
                (state, *sender),
                Stamp {
                    position: entry.position,
                    at: entry.at,
                },
                change,
                out,
            );
        }
        Event::Setting {
            room,
            sender,
            setting,
        } => {
            let Some(state) = scene.world.state.room(*room).map(|room| &*room.state) else {
                return;
            };
            setting_event(scene, (state, *sender, entry.at), setting, out);
        }
        Event::User { user, change } => user::change(scene, (*user, entry.at), change, out),
        Event::Name { .. } | Event::ServerBan { .. } | Event::Timer { .. } => {}
    }
}

/// When and where an event happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) position: Position,
    pub(crate) at: Timestamp,
}

/// One event of a room's timeline: live, in catch-up and in history.
pub(crate) fn room_event(
    scene: &Scene<'_>,
    (room, sender): (&RoomState, UserId),
    stamp: Stamp,
    change: &RoomChange,
    out: &mut BytesMut,
) {
    match change {
        // What a room starts with shows when somebody joins it.
        RoomChange::Created(_) | RoomChange::Redacted(_) => {}
        RoomChange::Message(said) => message::message(scene, (room, sender), stamp, said, out),
        RoomChange::Member(change) => member::member(scene, (room, sender), stamp, change, out),
        RoomChange::Power(change) => mode::power(scene, (room, sender), stamp, change, out),
        RoomChange::State(change) => {
            mode::state(scene, (room, sender), stamp, change, out);
            metadata::of_a_room(scene, room, change, out);
        }
        RoomChange::Redaction { target, reason } => redaction(
            scene,
            (room, sender),
            stamp,
            (*target, reason.as_deref()),
            out,
        ),
    }
}

fn setting_event(
    scene: &Scene<'_>,
    (room, sender, at): (&RoomState, UserId, Timestamp),
    setting: &RoomSetting,
    out: &mut BytesMut,
) {
    match setting {
        RoomSetting::MaskAdded { list, mask, .. } => {
            mode::mask(scene, (room, sender, at), ('+', *list, mask), out)
        }
        RoomSetting::MaskRemoved { list, mask } => {
            mode::mask(scene, (room, sender, at), ('-', *list, mask), out)
        }
        RoomSetting::Key(key) => mode::key(scene, (room, sender, at), key.as_deref(), out),
        RoomSetting::Listed(listed) => mode::flag(
            scene,
            (room, sender, at),
            (if *listed { '-' } else { '+' }, 's'),
            out,
        ),
        RoomSetting::Names { names, reason } => {
            renamed::renamed(scene, (room, sender, at), (names, reason.as_deref()), out)
        }
        RoomSetting::Opened => opened::opened(scene, (room, at), out),
    }
}

/// The parameters of `MARKREAD` (IRCv3 draft/read-marker).
pub(crate) fn read_mark(
    line: Parameters<'_>,
    target: Middle<'_>,
    time: Timestamp,
) -> Result<(), Overflow> {
    let line = line.middle(target);
    if time == Timestamp(0) {
        return line.middle(Middle::STAR).end();
    }
    let time = format!(
        "timestamp={}",
        ServerTime::from_unix_milliseconds(time.0).as_str()
    );
    line.middle(names::echoed(&time)).end()
}

/// IRCv3 draft/message-redaction; without it a moderator's removal is told in words, and an author's own is not.
fn redaction(
    scene: &Scene<'_>,
    (room, sender): (&RoomState, UserId),
    stamp: Stamp,
    (target, reason): (polylogue_core::EventRef, Option<&str>),
    out: &mut BytesMut,
) {
    let (Some(by), Some(to)) = (scene.name(sender), names::target(scene.world, room, sender))
    else {
        return;
    };
    let Ok(to) = Middle::new(to) else { return };
    if scene.has(Capability::MessageRedaction) {
        let line = scene
            .line_of(out, (stamp.at, by.account), stamp.position)
            .from(by.source(), Verb::Redact)
            .middle(to);
        let id = scene.id(target.position);
        let Ok(id) = Middle::new(&id) else { return };
        let line = line.middle(id);
        let _ = match reason {
            Some(reason) => line.trailing(&polylogue_irc::Trailing::lossy(reason)),
            None => line.end(),
        };
    } else if target.author != sender {
        let author = scene
            .name(target.author)
            .map_or_else(|| "somebody", |name| name.nick);
        let why = reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let text = format!("{} removed a message by {author}{why}", by.nick);
        let line = scene
            .line(out, (stamp.at, None))
            .from(scene.renderer.source(), Verb::Notice)
            .middle(to);
        let _ = line.trailing(&polylogue_irc::Trailing::lossy(&text));
    }
}
