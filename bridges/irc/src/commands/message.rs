//! `PRIVMSG`, `NOTICE` and `TAGMSG`: RFC 2812 section 3.3, IRCv3 message-tags. Lines that follow each other directly are asked for together:
//! what a client pastes is one batch.

mod status;

use std::sync::Arc;

use polylogue_core::body::{EventRef, Message as Said, Relation, Text, TextKind};
use polylogue_core::command::{Destination, Say};
use polylogue_core::live::{Presence, Transient, TransientKind, TransientTarget};
use polylogue_core::state::World;
use polylogue_core::{Body, Command, EventId, Form, Refusal, RoomChange, RoomId, UserId};
use polylogue_hub::{Request, Tags, VisibleEvent};
use polylogue_irc::codec::MESSAGE_LIMIT;
use polylogue_irc::{Capability, Message, Numeric, Trailing, Verb, ctcp, names::is_channel};

use super::tagmsg;
use crate::client::Client;
use crate::mentions;
use crate::names;
use crate::pending::{self, Asked, Fate, Missed};
use crate::refusal::{self, About};
use crate::render::message::FRAME;
use crate::reply::part;
use crate::services;

/// Bytes of a text whose echo is certainly one line, whatever source and target it has.
const ONE_LINE: usize = 250;

/// Whether a line says something.
pub(crate) fn is_speech(message: &Message) -> bool {
    matches!(message.verb(), Verb::Privmsg | Verb::Notice | Verb::Tagmsg)
}

/// Whether a line says something and need not be waited for: all but those with a label whose reply is more than one echo of one line.
pub(crate) fn flows(client: &Client, message: &Message) -> bool {
    is_speech(message)
        && !super::multiline::is_part(client, message)
        && !services::looks_into(message)
        && (client.label_of(message).is_none() || has_short_reply(client, message))
}

fn has_short_reply(client: &Client, message: &Message) -> bool {
    let one_channel = message
        .given(0)
        .is_some_and(|target| is_channel(target) && !target.contains(','));
    let one_line = message.given(1).is_some_and(|text| {
        text.len() <= ONE_LINE && matches!(ctcp::parse(text), ctcp::Content::Text(_))
    });
    client.capabilities.has(Capability::EchoMessage)
        && message.verb() != Verb::Tagmsg
        && one_channel
        && one_line
}

/// Whether a line is refused because it looks like a password for everybody.
pub(super) fn is_kept_back(client: &mut Client, message: &Message) -> bool {
    let (target, text) = (message.param(0), message.param(1));
    services::keeps_back(client, target.unwrap_or_default(), text.unwrap_or_default())
}

/// Says everything in a run of lines, and goes on without waiting for what comes of it.
pub(crate) async fn speak(client: &mut Client, run: Vec<Message>) {
    if client.pending.unanswered() + run.len() > pending::MOST {
        client.settle().await;
    }
    let mut requests = Vec::with_capacity(run.len());
    let mut asked = Vec::with_capacity(run.len());
    // One view for all of them: what they ask for is checked again where it is decided.
    let world = client.world();
    let mut last = None;
    let mut all = Vec::new();
    for (line, message) in run.iter().enumerate() {
        let label = client.label_of(message);
        let tags = relayed(message);
        ask((client, &world), message, (&mut last, &mut all)).await;
        if all.is_empty() {
            client.answer(label.as_deref());
        }
        let Some(session) = &client.session else {
            return;
        };
        for (mut one, command) in all.drain(..) {
            one.line = line;
            asked.push(one);
            // The one line that comes back has the label itself.
            let request = Request::new(session.actor(), command).tagged(tags.clone());
            requests.push(request.labelled(label.clone()));
        }
    }
    if asked.is_empty() {
        return;
    }
    let hub = client.irc.hub.clone();
    let (pending, outbox) = (client.pending.clone(), client.outbox.clone());
    pending.asked(asked.len());
    hub.submit_then(requests, move |results| {
        pending.answered((&run, &asked), results, &outbox);
    })
    .await;
}

/// Tells what came of messages since the last time, as far as somebody must be told.
pub(crate) fn tell_answers(client: &mut Client) {
    for answered in client.pending.take_answered() {
        tell(client, &answered.message, (answered.target, &answered.fate));
        let label = client.label_of(&answered.message);
        client.answer(label.as_deref());
    }
}

/// Says what one line with a label says, and waits: all that comes of it is the reply.
pub(super) async fn run(client: &mut Client, message: &Message) {
    let world = client.world();
    let mut all = Vec::new();
    ask((client, &world), message, (&mut None, &mut all)).await;
    let Some(session) = &client.session else {
        return;
    };
    let tags = relayed(message);
    let (asked, requests): (Vec<_>, Vec<_>) = all
        .into_iter()
        .map(|(asked, command)| {
            let request = Request::new(session.actor(), command);
            (asked, request.tagged(tags.clone()))
        })
        .unzip();
    let results = client.irc.hub.clone().submit_all(requests).await;
    for (asked, result) in asked.iter().zip(results) {
        if let Some(fate) = asked.fate(result) {
            tell(client, message, (asked.target, &fate));
        }
    }
}

/// A target, and what it names.
type Known<'m> = (&'m str, Destination);

/// Puts what a line asks for into `all`, one thing for each target; what is wrong with it was told.
async fn ask<'m>(
    (client, world): (&mut Client, &World),
    message: &'m Message,
    (last, all): (&mut Option<Known<'m>>, &mut Vec<(Asked, Command)>),
) {
    let Some(list) = addressed(client, message) else {
        return;
    };
    for (place, target) in targets(list) {
        if !fits_one_line((client, world), message, target) {
            continue;
        }
        if let Some(ranked) = status::parse(target) {
            match status::command((world, client.user_id()), message, ranked) {
                Ok((command, unseen)) => {
                    let asked = Asked {
                        line: 0,
                        target: place,
                        missed: (unseen > 0).then_some(Missed::Unseen(unseen)),
                    };
                    all.push((asked, command));
                }
                Err(refusal) => refuse(client, (message, target), &refusal),
            }
            continue;
        }
        // What is pasted goes to one place: it is looked up once.
        let destination = match last.take() {
            Some((known, destination)) if known == target => Ok(destination),
            Some(_) | None => destination(world, target),
        };
        if let Ok(destination) = &destination {
            *last = Some((target, destination.clone()));
        }
        let asked = Asked {
            line: 0,
            target: place,
            missed: whom_to_miss((client, world), message, &destination).map(Missed::Away),
        };
        let command = match destination {
            Ok(destination) => command((client, world), message, destination).await,
            Err(refusal) => Err(refusal),
        };
        match command {
            Ok(Some(command)) => all.push((asked, command)),
            Ok(None) => {}
            Err(refusal) => refuse(client, (message, target), &refusal),
        }
    }
}

/// Whether a line is still one with its source in front. What is typed as one line is seen as one: a longer one is told, and nothing of it said.
fn fits_one_line((client, world): (&mut Client, &World), message: &Message, target: &str) -> bool {
    let length = message.param(1).unwrap_or_default().len();
    if length <= ONE_LINE {
        return true;
    }
    let source = client.scene(world).name(client.user_id());
    let source = source.map_or(0, |name| name.source().length());
    let room = MESSAGE_LIMIT.saturating_sub(source + message.word().len() + target.len() + FRAME);
    if length > room {
        let text = format!("Input line was too long: at most {room} bytes of text reach {target}");
        client.replies.text(Numeric::ErrInputTooLong, &[], &text);
    }
    length <= room
}

/// The user whom a message is for, if he is away. RFC 2812 section 3.3.1: only `PRIVMSG` is told so.
fn whom_to_miss(
    (client, world): (&Client, &World),
    message: &Message,
    destination: &Result<Destination, Refusal>,
) -> Option<UserId> {
    match destination {
        // Whether a stranger is here is not for whom he has not answered.
        Ok(Destination::User(user))
            if message.verb() == Verb::Privmsg && world.is_acquainted(client.user_id(), *user) =>
        {
            (!matches!(world.live.presence(*user), Presence::Online(_))).then_some(*user)
        }
        Ok(Destination::User(_) | Destination::Room(_)) | Err(_) => None,
    }
}

fn tell(client: &mut Client, message: &Message, (place, fate): (usize, &Fate)) {
    match fate {
        Fate::Refused(refusal) => {
            let list = message.given(0).unwrap_or_default();
            let target = list.split(',').nth(place).unwrap_or(list);
            refuse(client, (message, target), refusal);
        }
        Fate::Missed(Missed::Away(user)) => super::away::tell(client, *user),
        Fate::Missed(Missed::Unseen(count)) => {
            let list = message.given(0).unwrap_or_default();
            let target = list.split(',').nth(place).unwrap_or(list);
            let text = format!("{count} of {target} are not here on IRC and did not see that");
            let nick = client.replies.target();
            client.replies.server_line(Verb::Notice, |line| {
                line.middle(part(&nick)).trailing(&Trailing::lossy(&text))
            });
        }
    }
}

/// The targets of a list with their places in it, none twice in a row.
fn targets(list: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut last = "";
    list.split(',').enumerate().filter(move |(_, target)| {
        !target.is_empty() && std::mem::replace(&mut last, target) != *target
    })
}

/// The list of a line's targets, or nothing after what is wrong with the line was told.
fn addressed<'m>(client: &mut Client, message: &'m Message) -> Option<&'m str> {
    let quiet = message.verb() == Verb::Notice;
    let Some(list) = message.given(0) else {
        if !quiet {
            client.replies.text(
                Numeric::ErrNoRecipient,
                &[],
                &format!("No recipient given ({})", message.word()),
            );
        }
        return None;
    };
    if message.verb() != Verb::Tagmsg && message.given(1).is_none() {
        if !quiet {
            client
                .replies
                .text(Numeric::ErrNoTextToSend, &[], "No text to send");
        }
        return None;
    }
    if targets(list).count() > client.irc.config.targets {
        client
            .replies
            .text(Numeric::ErrTooManyTargets, &[list], "Too many targets");
        return None;
    }
    Some(list)
}

/// The room or user that a target names.
pub(super) fn destination(world: &World, target: &str) -> Result<Destination, Refusal> {
    if is_channel(target) {
        names::room_named(world, target)
            .map(Destination::Room)
            .ok_or(Refusal::NoSuchRoom)
    } else {
        world
            .reached_by(target)
            .map(Destination::User)
            .ok_or(Refusal::NoSuchUser)
    }
}

/// What a line asks for, for one target; nothing if it asks for nothing.
async fn command(
    (client, world): (&mut Client, &World),
    message: &Message,
    destination: Destination,
) -> Result<Option<Command>, Refusal> {
    if message.verb() == Verb::Tagmsg {
        // Boxed, as is what answers to something: the many lines without tags do not carry their size.
        return Box::pin(tagmsg::command(client, message, &destination)).await;
    }
    let text = message.param(1).unwrap_or_default();
    let notice = message.verb() == Verb::Notice;
    let (kind, text) = match ctcp::parse(text) {
        ctcp::Content::Text(text) if notice => (TextKind::Notice, text),
        ctcp::Content::Text(text) => (TextKind::Text, text),
        ctcp::Content::Action(text) => (TextKind::Action, text),
        // CTCP is for those who are here: never stored, never to other protocols.
        ctcp::Content::Ctcp { .. } => {
            return Ok(Some(transient(&destination, message)));
        }
    };
    if text.is_empty() {
        return Ok(None);
    }
    let relation = if message.tags().is_empty() {
        None
    } else {
        Box::pin(relation(client, message, &destination)).await
    };
    let mentions = match &destination {
        Destination::Room(room) => mentions::of((client, world), *room, text),
        Destination::User(_) => Arc::default(),
    };
    let body = Body::Text(Text {
        kind,
        form: Form::Irc(text.into()),
    });
    Ok(Some(Command::Say(Say {
        to: destination,
        message: Said {
            body,
            relation,
            mentions,
        },
    })))
}

fn transient(destination: &Destination, message: &Message) -> Command {
    let (to, kind) = (to(destination), spoken(message));
    Command::Transient(Transient { to, kind })
}

/// What a line says to those who are here.
pub(super) fn spoken(message: &Message) -> TransientKind {
    let text = message.param(1).unwrap_or_default();
    if message.verb() == Verb::Tagmsg {
        TransientKind::Tags
    } else if message.verb() == Verb::Notice {
        TransientKind::Notice(text.into())
    } else {
        TransientKind::Text(text.into())
    }
}

pub(super) fn to(destination: &Destination) -> TransientTarget {
    match destination {
        Destination::Room(room) => TransientTarget::Room(*room),
        Destination::User(user) => TransientTarget::User(*user),
    }
}

/// Client-only tags, unescaped, as far as there are any.
pub(super) fn relayed(message: &Message) -> Option<Tags> {
    let mut tags = message.tags().client_only().peekable();
    tags.peek()?;
    let tags = tags.map(|tag| (tag.key.into(), tag.value().into()));
    Some(tags.collect())
}

pub(super) fn room_of(client: &Client, destination: &Destination) -> Option<RoomId> {
    match destination {
        Destination::Room(room) => Some(*room),
        Destination::User(peer) => {
            let me = client.session.as_ref()?.user();
            client
                .world()
                .state
                .room_named(&polylogue_core::name::NameKey::direct(me, *peer))
        }
    }
}

/// What a line says in answer to. An answer to a part of a thread is part of it too.
pub(super) async fn relation(
    client: &Client,
    message: &Message,
    destination: &Destination,
) -> Option<Relation> {
    if message.tags().is_empty() {
        return None;
    }
    let event = answered(client, message, destination).await?;
    let target = reference(&event);
    let RoomChange::Message(Said { relation, .. }) = &event.change else {
        return Some(Relation::Reply(target));
    };
    Some(match relation {
        Some(Relation::Thread { root, .. }) => Relation::Thread {
            root: *root,
            reply: Some(target),
        },
        Some(Relation::Reply(_) | Relation::Edit(_) | Relation::Reaction(_)) | None => {
            Relation::Reply(target)
        }
    })
}

/// IRCv3 client tag reply, under both names. A target that the sender can't see is no target.
pub(super) async fn answered(
    client: &Client,
    message: &Message,
    destination: &Destination,
) -> Option<VisibleEvent> {
    let id = message
        .tags()
        .get("+reply")
        .or_else(|| message.tags().get("+draft/reply"))?;
    let id = EventId::parse(&id)?;
    let room = room_of(client, destination)?;
    let session = client.session.as_ref()?;
    session.hub().event(session.user(), room, &id).await.ok()
}

pub(super) fn reference(event: &VisibleEvent) -> EventRef {
    EventRef {
        sequence: event.sequence,
        position: event.position,
        author: event.sender,
    }
}

/// RFC 2812 section 3.3.2: nobody answers a NOTICE, errors included.
pub(super) fn refuse(client: &mut Client, (message, target): (&Message, &str), refusal: &Refusal) {
    let verb = message.verb();
    if verb == Verb::Notice {
        return;
    }
    if let Refusal::DirectRefused | Refusal::NoSuchUser = refusal {
        return refusal::tell(&mut client.replies, About { verb, target }, refusal);
    }
    // Whether a channel is hidden or not there, the answer is the same.
    let world = client.world();
    let known = names::room_named(&world, target).is_some();
    let about = About { verb, target };
    let hidden = *refusal == Refusal::NotJoined && !known;
    refusal::tell(
        &mut client.replies,
        about,
        if hidden {
            &Refusal::NoSuchRoom
        } else {
            refusal
        },
    );
}
