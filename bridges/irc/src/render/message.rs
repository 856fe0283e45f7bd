//! What was said, as lines: the author's own IRC text as it came, other forms through rich text, split where the wire needs it and never cut.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::BytesMut;
use polylogue_core::body::{Body, Content, Form, Message, Relation as Refers, Text, TextKind};
use polylogue_core::{RoomId, RoomState, UserId};
use polylogue_hub::Relation;
use polylogue_irc::wrap::wrap;
use polylogue_irc::{Capability, LineWriter, Middle, Tag, TagKey, Trailing, Verb, ctcp};
use polylogue_richtext::{Dialect, Inline, Tree, from_html, from_plain, strip, to_irc, words};

use super::{Scene, Stamp};
use crate::names::{self, Name};

/// The event type of a `TAGMSG` that is kept: `{"tags": {key: value}}`.
pub(crate) const KEPT_TAGS: &str = "polylogue.tags";
/// The tag that names the algorithm of an encrypted event.
const ENCRYPTED: &str = "polylogue/enc";
/// Bytes of a line besides source, verb, target and text: a space, a space and a colon, and the line's end.
pub(crate) const FRAME: usize = 5;

/// A message of a room's timeline.
pub(crate) fn message(
    scene: &Scene<'_>,
    (room, sender): (&RoomState, UserId),
    stamp: Stamp,
    said: &Message,
    out: &mut BytesMut,
) {
    if !wants(scene, room) {
        return;
    }
    let Some(by) = scene.name(sender) else { return };
    let Some(to) = names::target(scene.world, room, sender) else {
        return;
    };
    match &said.body {
        Body::Text(text) => {
            let verb = verb_of(text.kind);
            if let Some(line) = plain(text, said.relation)
                && line.len() <= room_for(&by, (verb, to))
            {
                return piece(
                    scene,
                    (&by, to),
                    (stamp, Place::First(None)),
                    (verb, line),
                    out,
                );
            }
            let mut lines = lines_of(scene, text, said.relation);
            if let Some(nick) = answered(scene, room, (sender, text, said.relation)) {
                address(&mut lines, &nick);
            }
            speak(
                scene,
                (&by, to),
                (stamp, said.relation),
                (verb, &lines),
                out,
            );
        }
        Body::Reaction(key) => react(scene, (&by, to), stamp, (key, said.relation), out),
        Body::Media(content) => {
            let line = media(content);
            speak(
                scene,
                (&by, to),
                (stamp, said.relation),
                (Verb::Privmsg, &[line.into()]),
                out,
            );
        }
        Body::Sealed(content) => sealed(scene, (&by, to, room.id), stamp, content, out),
        Body::Unknown(content) if *content.kind == *KEPT_TAGS => {
            kept_tags(scene, (&by, to), stamp, content, out)
        }
        Body::Unknown(content) => {
            if let Some(text) = content
                .content
                .value()
                .get("body")
                .and_then(serde_json::Value::as_str)
            {
                let line = format!("[{}] {text}", content.kind);
                speak(
                    scene,
                    (&by, to),
                    (stamp, said.relation),
                    (Verb::Privmsg, &[line.into()]),
                    out,
                );
            }
        }
    }
}

/// Own messages come back only to those who asked: to the session that sent them with echo-message, to the account's other sessions always in
/// channels, and in private only where the client can tell who it was to.
fn wants(scene: &Scene<'_>, room: &RoomState) -> bool {
    match scene.relation {
        Relation::Other | Relation::Target => true,
        Relation::Origin => scene.has(Capability::EchoMessage),
        Relation::Own => {
            names::channel(room).is_some()
                || scene.has(Capability::EchoMessage)
                || scene.has(Capability::SelfMessage)
        }
    }
}

fn verb_of(kind: TextKind) -> Verb {
    match kind {
        TextKind::Text | TextKind::Action => Verb::Privmsg,
        TextKind::Notice => Verb::Notice,
    }
}

/// The nick of whom a text answers, for clients that do not show by themselves what is answered. Whoever wrote on IRC addressed whom he wanted.
fn answered(
    scene: &Scene<'_>,
    room: &RoomState,
    (sender, text, relation): (UserId, &Text, Option<Refers>),
) -> Option<Arc<str>> {
    let target = match relation? {
        Refers::Reply(target)
        | Refers::Thread {
            reply: Some(target),
            ..
        } => target,
        Refers::Thread { reply: None, .. } | Refers::Edit(_) | Refers::Reaction(_) => return None,
    };
    let is_said = match text.kind {
        TextKind::Text | TextKind::Notice => true,
        TextKind::Action => false,
    };
    // Clients that know redaction show replies; a conversation of two has nobody else to answer.
    let shows = scene.has(Capability::MessageRedaction) || names::channel(room).is_none();
    if shows || !is_said || matches!(text.form, Form::Irc(_)) || target.author == sender {
        return None;
    }
    let name = scene.world.name_of(target.author)?;
    Some(name.nick().clone())
}

/// Puts a nick before the first line, unless it is in it.
fn address(lines: &mut [Cow<'_, str>], nick: &str) {
    if let Some(first) = lines.first_mut()
        && !words(&strip(first)).any(|word| word.text.eq_ignore_ascii_case(nick))
    {
        *first = format!("{nick}: {first}").into();
    }
}

/// The parts of one line, as its author broke it: all but the first begin with CR, which is in no line.
fn parts(line: &str) -> impl Iterator<Item = Cow<'_, str>> {
    line.split('\r').enumerate().map(|(at, part)| match at {
        0 => Cow::Borrowed(part),
        _ => format!("\r{part}").into(),
    })
}

/// The line of a text to which nothing has to be done: that of nearly every message.
fn plain(text: &Text, relation: Option<Refers>) -> Option<&str> {
    let Form::Irc(line) = &text.form else {
        return None;
    };
    let bytes = line.as_bytes();
    let is_plain = relation.is_none()
        && text.kind != TextKind::Action
        && !(bytes.is_empty() || bytes.contains(&b'\n') || bytes.contains(&b'\r'));
    is_plain.then_some(line)
}

/// The logical lines of a text; of an action, each is one. Most are one line, as it came.
fn lines_of<'t>(scene: &Scene<'_>, text: &'t Text, relation: Option<Refers>) -> Vec<Cow<'t, str>> {
    let foreign = |lines: Vec<String>| lines.into_iter().map(Cow::Owned).collect();
    let mut lines: Vec<Cow<'t, str>> = match &text.form {
        Form::Irc(text) if !text.contains(['\n', '\r']) => vec![Cow::Borrowed(text)],
        Form::Irc(text) => text.split('\n').flat_map(parts).collect(),
        Form::Native {
            html: Some(html), ..
        } => foreign(to_irc(&of_html(scene, html), Dialect::Palette)),
        Form::Native { text, html: None } => foreign(to_irc(&from_plain(text), Dialect::Palette)),
        Form::Matrix(content) => foreign(of_matrix(scene, &content.value())),
    };
    // IRCv3 draft/multiline: blank lines are for those who get all lines together.
    if !scene.has(Capability::Multiline) {
        lines.retain(|line| !line.is_empty());
    }
    if let (Some(Refers::Edit(_)), Some(first)) = (relation, lines.first_mut()) {
        // Edits have no form of their own on IRC: a correction is a line with a star.
        *first = format!("* {first}").into();
    }
    let limit = scene.renderer.message_lines;
    if lines.len() > limit && !matches!(text.form, Form::Irc(_)) {
        let more = lines.len() - limit;
        lines.truncate(limit);
        if let Some(last) = lines.last_mut() {
            *last = format!("{last} … (+{more} lines)").into();
        }
    }
    match text.kind {
        TextKind::Action => lines.iter().map(|line| ctcp::action(line).into()).collect(),
        TextKind::Text | TextKind::Notice => lines,
    }
}

fn of_matrix(scene: &Scene<'_>, content: &serde_json::Value) -> Vec<String> {
    // An edit's new text is in m.new_content (Matrix client-server API "Event replacements").
    let content = content.get("m.new_content").unwrap_or(content);
    let text = |field: &str| content.get(field).and_then(serde_json::Value::as_str);
    let html = text("formatted_body")
        .filter(|_| text("format") == Some("org.matrix.custom.html"))
        .map(|html| of_html(scene, html));
    match html.filter(|tree| !tree.is_empty()) {
        Some(tree) => to_irc(&tree, Dialect::Palette),
        None => to_irc(
            &from_plain(text("body").unwrap_or_default()),
            Dialect::Palette,
        ),
    }
}

/// HTML in which those who are linked to are called by their nicks, whatever name the author's client shows: nobody answers to that here.
fn of_html(scene: &Scene<'_>, html: &str) -> Tree {
    let mut tree = from_html(html);
    tree.for_each_inline(&mut |inline| {
        if let Inline::Mention { user, name } = inline
            && let Some(nick) = nick(scene, user)
        {
            (*nick).clone_into(name);
        }
    });
    tree
}

/// The nick of a user by his Matrix id.
fn nick(scene: &Scene<'_>, user_id: &str) -> Option<Arc<str>> {
    let (localpart, server) = user_id.strip_prefix('@')?.split_once(':')?;
    if *server != *scene.world.state.server_name {
        return None;
    }
    let user = scene.world.user_named(localpart)?;
    let name = scene.world.name_of(user)?;
    (**name.localpart() == *localpart).then(|| name.nick().clone())
}

/// A label, a caption or name, and nothing that can't be opened.
fn media(content: &Content) -> String {
    let value = content.content.value();
    let text = |field: &str| {
        value
            .get(field)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
            .replace(['\r', '\n'], " ")
    };
    let kind = match (
        &*content.kind,
        value.get("msgtype").and_then(serde_json::Value::as_str),
    ) {
        ("m.sticker", _) => "sticker",
        (_, Some("m.image")) => "image",
        (_, Some("m.video")) => "video",
        (_, Some("m.audio")) => "audio",
        (_, Some("m.location")) => "location",
        (_, Some(_) | None) => "file",
    };
    format!("[{kind}] {}", text("body"))
}

/// Writes lines, each as many wire lines as it takes. Only the first carries the id.
fn speak(
    scene: &Scene<'_>,
    (by, to): (&Name<'_>, &str),
    (stamp, relation): (Stamp, Option<Refers>),
    (verb, lines): (Verb, &[Cow<'_, str>]),
    out: &mut BytesMut,
) {
    let Ok(target) = Middle::new(to) else { return };
    let room = room_for(by, (verb, to));
    let mut pieces: Vec<(Joint, Cow<'_, str>)> = Vec::with_capacity(lines.len());
    for line in lines {
        let (joint, line) = match line.strip_prefix('\r') {
            Some(line) => (Joint::GoesOn, line),
            None => (Joint::Begins, &**line),
        };
        if line.len() <= room {
            pieces.push((joint, line.into()));
        } else if let ctcp::Content::Action(text) = ctcp::parse(line) {
            let wrapped = wrap(text, room.saturating_sub(ctcp::ACTION_OVERHEAD));
            pieces.extend(
                wrapped
                    .into_iter()
                    .map(|piece| (Joint::Begins, ctcp::action(&piece.to_string()).into())),
            );
        } else {
            pieces.extend(
                wrap(line, room)
                    .into_iter()
                    .map(|piece| (Joint::Begins, piece.to_string().into())),
            );
        }
    }
    let id = relation.filter(|_| scene.has(Capability::MessageTags));
    let id = id.map(|relation| scene.id(relation.target().position));
    if pieces.len() > 1 && scene.has(Capability::Multiline) && scene.has(Capability::Batch) {
        return together(
            scene,
            (by, target),
            (stamp, id.as_deref()),
            (verb, &pieces),
            out,
        );
    }
    for (at, (_, text)) in pieces.iter().enumerate() {
        let place = match at {
            0 => Place::First(id.as_deref()),
            _ => Place::Later,
        };
        piece(scene, (by, to), (stamp, place), (verb, text), out);
    }
}

/// Where a line stands among those of its message.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    /// It carries the message's id, and the one of what is answered.
    First(Option<&'a str>),
    /// It goes on.
    Later,
}

/// Bytes of text that a line has room for.
fn room_for(by: &Name<'_>, (verb, to): (Verb, &str)) -> usize {
    let taken = by.source().length() + verb.word().len() + to.len() + FRAME;
    polylogue_irc::codec::MESSAGE_LIMIT.saturating_sub(taken)
}

/// One line of a message.
fn piece(
    scene: &Scene<'_>,
    (by, to): (&Name<'_>, &str),
    (stamp, place): (Stamp, Place<'_>),
    (verb, text): (Verb, &str),
    out: &mut BytesMut,
) {
    let Ok(target) = Middle::new(to) else { return };
    let line = match place {
        Place::First(answered) => {
            let line = scene.line_of(out, (stamp.at, by.account), stamp.position);
            beside(scene, line, answered)
        }
        Place::Later => {
            let line = scene.line(out, (stamp.at, by.account));
            scene.beside(line, &[TagKey::REPLY, TagKey::DRAFT_REPLY])
        }
    };
    let line = scene.marked(line, by).from(by.source(), verb);
    if let Err(error) = line.middle(target).trailing(&Trailing::lossy(text)) {
        tracing::warn!(%error, "a message did not fit its line");
    }
}

/// What is answered, under both names, and what else the author's client sent along.
fn beside<'b>(scene: &Scene<'_>, line: LineWriter<'b>, answered: Option<&str>) -> LineWriter<'b> {
    match answered {
        Some(id) => {
            let line = line
                .tag(&Tag::new(TagKey::REPLY, id))
                .tag(&Tag::new(TagKey::DRAFT_REPLY, id));
            scene.beside(line, &[TagKey::REPLY, TagKey::DRAFT_REPLY])
        }
        None => scene.beside(line, &[]),
    }
}

/// How a piece stands to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// A line of its own.
    Begins,
    /// The same line.
    GoesOn,
}

/// IRCv3 draft/multiline: what a message has of tags is at its batch.
fn together(
    scene: &Scene<'_>,
    (by, target): (&Name<'_>, Middle<'_>),
    (stamp, answered): (Stamp, Option<&str>),
    (verb, pieces): (Verb, &[(Joint, Cow<'_, str>)]),
    out: &mut BytesMut,
) {
    let reference = format!("m{}", stamp.position.0);
    let (opening, closing) = (format!("+{reference}"), format!("-{reference}"));
    let mut line = scene.line_of(out, (stamp.at, by.account), stamp.position);
    line = beside(scene, line, answered);
    let _ = scene
        .marked(line, by)
        .from(by.source(), Verb::Batch)
        .middle(names::echoed(&opening))
        .middle(const { Middle::literal("draft/multiline") })
        .middle(target)
        .end();
    for (joint, text) in pieces {
        let mut line = LineWriter::new(out).tag(&Tag::new(TagKey::BATCH, &*reference));
        if *joint == Joint::GoesOn {
            line = line.tag(&Tag::flag(TagKey::MULTILINE_CONCAT));
        }
        let line = line.from(by.source(), verb).middle(target);
        if let Err(error) = line.trailing(&Trailing::lossy(text)) {
            tracing::warn!(%error, "a message did not fit its line");
        }
    }
    let _ = LineWriter::new(out)
        .from(by.source(), Verb::Batch)
        .middle(names::echoed(&closing))
        .end();
}

/// Something encrypted: where tags are known, a line with the event's id and algorithm and nothing to read; elsewhere a notice, at most one per
/// room in ten minutes. The ciphertext fits no line.
fn sealed(
    scene: &Scene<'_>,
    (by, to, room): (&Name<'_>, &str, RoomId),
    stamp: Stamp,
    content: &Content,
    out: &mut BytesMut,
) {
    let Ok(target) = Middle::new(to) else { return };
    let value = content.content.value();
    let algorithm = value
        .get("algorithm")
        .and_then(serde_json::Value::as_str)
        .unwrap_or("unknown");
    if scene.has(Capability::MessageTags) {
        let line = scene.line_of(out, (stamp.at, by.account), stamp.position);
        let line = line.tags(
            TagKey::new(ENCRYPTED)
                .map(|key| Tag::new(key, algorithm))
                .as_ref(),
        );
        let _ = line.from(by.source(), Verb::Tagmsg).middle(target).end();
    } else if scene
        .renderer
        .notices
        .may_tell((room, scene.capabilities.bits()), stamp.at)
    {
        let text = format!(
            "Encrypted messages from {}: open this conversation in a Matrix client",
            by.nick
        );
        let _ = scene
            .line(out, (stamp.at, None))
            .from(scene.renderer.source(), Verb::Notice)
            .middle(target)
            .trailing(&Trailing::lossy(&text));
    }
}

/// Tags without a text, as a client has sent them.
fn kept_tags(
    scene: &Scene<'_>,
    (by, to): (&Name<'_>, &str),
    stamp: Stamp,
    content: &Content,
    out: &mut BytesMut,
) {
    let Ok(target) = Middle::new(to) else { return };
    let value = content.content.value();
    let Some(tags) = value.get("tags").and_then(serde_json::Value::as_object) else {
        return;
    };
    if !scene.has(Capability::MessageTags) {
        return;
    }
    let mut line = scene.line_of(out, (stamp.at, by.account), stamp.position);
    for (key, value) in tags {
        // Whoever sent it here by another protocol names what he likes.
        let key = TagKey::new(key).filter(|key| key.as_str().starts_with('+'));
        if let (Some(key), Some(value)) = (key, value.as_str()) {
            line = line.tag(&Tag::new(key, value));
        }
    }
    let line = scene.marked(line, by);
    let _ = line.from(by.source(), Verb::Tagmsg).middle(target).end();
}

/// A reaction: a tag for those who show it (IRCv3 draft/react), nothing in the channel for others.
fn react(
    scene: &Scene<'_>,
    (by, to): (&Name<'_>, &str),
    stamp: Stamp,
    (key, relation): (&str, Option<Refers>),
    out: &mut BytesMut,
) {
    let Some(relation) = relation.filter(|_| scene.has(Capability::MessageTags)) else {
        return;
    };
    let Ok(target) = Middle::new(to) else { return };
    let id = scene.id(relation.target().position);
    let line = scene
        .line_of(out, (stamp.at, by.account), stamp.position)
        .tag(&Tag::new(TagKey::REPLY, id.as_str()))
        .tag(&Tag::new(TagKey::DRAFT_REPLY, id.as_str()))
        .tag(&Tag::new(TagKey::DRAFT_REACT, key));
    let line = scene.marked(line, by);
    let _ = line.from(by.source(), Verb::Tagmsg).middle(target).end();
}
