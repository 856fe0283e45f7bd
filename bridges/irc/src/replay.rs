//! What a session is shown of a channel: its topic and its names.

use std::fmt::Write;

use bytes::BytesMut;
use polylogue_core::{RoomSequence, RoomState, UserId};
use polylogue_irc::{Capability, LineWriter, Middle, Numeric, Trailing};

use crate::names;
use crate::render::{Scene, mode};

/// Topic and names of one room for one nick.
pub(crate) struct NamesReply<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) room: &'a RoomState,
    pub(crate) nick: &'a str,
}

impl NamesReply<'_> {
    /// RPL_TOPIC and RPL_TOPICWHOTIME, if there is a topic.
    pub(crate) fn topic(&self, out: &mut BytesMut) {
        let (Some(topic), Some(channel)) = (&self.room.topic, self.channel()) else {
            return;
        };
        let text = mode::one_line(&topic.text);
        let _ = self
            .numeric(Numeric::RplTopic, out)
            .middle(channel)
            .trailing(&Trailing::lossy(&text));
        let by = self.scene.name(topic.by);
        let by = by
            .as_ref()
            .map_or(&*self.scene.renderer.server, |by| by.nick);
        let line = self
            .numeric(Numeric::RplTopicWhoTime, out)
            .middle(channel)
            .middle(names::echoed(by));
        let _ = line.number(topic.at.0 / 1000).end();
    }

    /// RPL_NAMREPLY lines and RPL_ENDOFNAMES. Who joined after `as_of` is left out: his JOIN is still to come.
    pub(crate) fn names(&self, as_of: RoomSequence, out: &mut BytesMut) {
        let Some(channel) = self.channel() else {
            return;
        };
        self.members(as_of, out);
        self.end_of_names(channel, out);
    }

    /// The RPL_NAMREPLY lines alone.
    pub(crate) fn members(&self, as_of: RoomSequence, out: &mut BytesMut) {
        let Some(channel) = self.channel() else {
            return;
        };
        let kind = if self.room.listed {
            const { Middle::literal("=") }
        } else {
            const { Middle::literal("@") }
        };
        let room = self
            .numeric(Numeric::RplNamReply, &mut BytesMut::new())
            .middle(kind)
            .middle(channel)
            .room();
        let mut line = String::with_capacity(room);
        let mut entry = String::new();
        for (user, member) in self.room.joined_members() {
            if member.since > as_of || self.scene.world.is_gone(user) {
                continue;
            }
            entry.clear();
            if !self.write_entry(user, &mut entry) {
                continue;
            }
            if !line.is_empty() && line.len() + 1 + entry.len() > room {
                let _ = self
                    .numeric(Numeric::RplNamReply, out)
                    .middle(kind)
                    .middle(channel)
                    .trailing(&Trailing::lossy(&line));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&entry);
        }
        if !line.is_empty() {
            let _ = self
                .numeric(Numeric::RplNamReply, out)
                .middle(kind)
                .middle(channel)
                .trailing(&Trailing::lossy(&line));
        }
    }

    fn end_of_names(&self, channel: Middle<'_>, out: &mut BytesMut) {
        let end = const { Trailing::literal("End of /NAMES list") };
        let _ = self
            .numeric(Numeric::RplEndOfNames, out)
            .middle(channel)
            .trailing(&end);
    }

    fn write_entry(&self, user: UserId, entry: &mut String) -> bool {
        let prefixes = self.room.prefixes(user);
        let shown = if self.scene.has(Capability::MultiPrefix) {
            usize::MAX
        } else {
            1
        };
        entry.extend(prefixes.iter().take(shown).map(mode::symbol));
        if self.scene.has(Capability::UserhostInNames) {
            let Some(name) = self.scene.name(user) else {
                return false;
            };
            return write!(entry, "{}!{}@{}", name.nick, name.username, name.host).is_ok();
        }
        let Some(name) = self.scene.world.name_of(user) else {
            return false;
        };
        entry.push_str(name.nick());
        true
    }

    fn channel(&self) -> Option<Middle<'_>> {
        Middle::new(names::channel(self.room)?).ok()
    }

    fn numeric<'b>(
        &self,
        numeric: Numeric,
        out: &'b mut BytesMut,
    ) -> polylogue_irc::Parameters<'b> {
        let server = Middle::new(&self.scene.renderer.server).unwrap_or(Middle::STAR);
        LineWriter::new(out).numeric(server, numeric, names::echoed(self.nick))
    }
}
