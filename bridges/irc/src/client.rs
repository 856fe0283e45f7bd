//! One IRC client: an automaton that takes lines and leaves replies in its outbox. Before registration is complete only a few commands mean
//! anything; after it, the client is an attached session of the hub.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use polylogue_core::state::World;
use polylogue_core::{Position, Timestamp, UserId};
use polylogue_hub::{Outbox, Peer, Relation, Session};
use polylogue_irc::metadata::Subscriptions;
use polylogue_irc::tag_deny::TagDeny;
use polylogue_irc::{
    Capability, CapabilitySet, Incoming, LineError, LineWriter, Message, Middle, Numeric, Trailing,
    Verb,
};
use tokio::time::Instant;

use crate::Irc;
use crate::census::Stranger;
use crate::commands;
use crate::commands::multiline::Collecting;
use crate::dialect;
use crate::pending::Pending;
use crate::registration::Registration;
use crate::render::Scene;
use crate::reply::Replies;

/// A line without the tags that are not relayed.
fn relayable(denied: &TagDeny, line: Incoming) -> Incoming {
    let Incoming::Message(message) = &line else {
        return line;
    };
    let without = denied.without(message.line());
    let read = without.and_then(|text| Message::parse(text).ok());
    read.map_or(line, Incoming::Message)
}

/// Whether the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It does.
    Continue,
    /// It does not.
    Close,
}

/// How a client's lines come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Over a socket of their own.
    Socket,
    /// As messages of a WebSocket.
    Web,
}

/// The client of one connection.
pub(crate) struct Client {
    pub(crate) irc: Arc<Irc>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) peer: Peer,
    pub(crate) transport: Transport,
    pub(crate) capabilities: CapabilitySet,
    pub(crate) replies: Replies,
    /// The message whose lines are coming in.
    pub(crate) collecting: Option<Collecting>,
    /// Of which keys it wants to know when they change.
    pub(crate) subscribed: Subscriptions,
    /// A line that looked like a password for everybody was refused: the same again is meant.
    pub(crate) warned_of_a_leak: bool,
    /// The messages that are on their way.
    pub(crate) pending: Arc<Pending>,
    /// What is known before registration is complete.
    pub(crate) registration: Registration,
    /// That it is counted as not registered.
    pub(crate) stranger: Option<Stranger>,
    /// What it is afterwards.
    pub(crate) session: Option<Session>,
    /// Up to when it has read whom it has no conversation with that is kept.
    pub(crate) private_marks: HashMap<UserId, Timestamp>,
    /// While it is behind the log: the state of which it was told everything that is in no log.
    pub(crate) told: Option<Arc<World>>,
    /// Lines that came in and were not handled yet.
    waiting: VecDeque<Incoming>,
    resume: Option<Instant>,
    /// The log's end when it attached.
    pub(crate) attached_at: Position,
    /// Up to where it has certainly read: what was written before a PING that it answered.
    acknowledged: Option<Position>,
    last_heard: Instant,
    pinged: Option<(Instant, Position)>,
    reason: Arc<str>,
}

impl Client {
    pub(crate) fn new(irc: Arc<Irc>, outbox: Arc<Outbox>, peer: Peer) -> Self {
        let (server, census) = (irc.renderer.server.clone(), irc.census.clone());
        Self {
            irc,
            outbox,
            peer,
            transport: Transport::Socket,
            capabilities: CapabilitySet::EMPTY,
            replies: Replies::new(server),
            collecting: None,
            subscribed: Subscriptions::default(),
            warned_of_a_leak: false,
            pending: Arc::default(),
            registration: Registration::default(),
            stranger: Some(Stranger::new(census)),
            session: None,
            private_marks: HashMap::new(),
            told: None,
            waiting: VecDeque::new(),
            resume: None,
            attached_at: Position(0),
            acknowledged: None,
            last_heard: Instant::now(),
            pinged: None,
            reason: "Connection closed".into(),
        }
    }

    pub(crate) fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Handles lines in order. Messages that follow each other directly are asked for together. Who says more than his account may waits, and
    /// what he has sent with him: nothing more is read from him until then.
    pub(crate) async fn take(&mut self, lines: Vec<Incoming>) -> Next {
        self.last_heard = Instant::now();
        let denied = &self.irc.denied;
        self.waiting
            .extend(lines.into_iter().map(|line| relayable(denied, line)));
        self.resume = None;
        while let Some(line) = self.waiting.pop_front() {
            let (line, most) = match self.allowance(line) {
                Ok(allowed) => allowed,
                Err((line, resume)) => {
                    self.waiting.push_front(line);
                    self.resume = Some(resume);
                    return Next::Continue;
                }
            };
            match line {
                Incoming::Bad(error) => self.refuse_line(&error),
                Incoming::Message(message)
                    if self.session.is_some() && commands::message::flows(self, &message) =>
                {
                    let mut run = vec![message];
                    while run.len() < most
                        && self.waiting.front().is_some_and(|line| self.flows(line))
                        && let Some(Incoming::Message(next)) = self.waiting.pop_front()
                    {
                        run.push(next);
                    }
                    commands::message::speak(self, run).await;
                }
                Incoming::Message(message) => {
                    // What follows on a message finds it said.
                    self.settle().await;
                    if Box::pin(self.handle(&message)).await == Next::Close {
                        return Next::Close;
                    }
                }
            }
        }
        Next::Continue
    }

    /// When lines that wait go on, if any do. Until then nothing is read.
    pub(crate) fn resume(&self) -> Option<Instant> {
        self.resume
    }

    /// How many messages from this line on the account may say now, or when it may go on.
    fn allowance(&self, line: Incoming) -> Result<(Incoming, usize), (Incoming, Instant)> {
        let says = match &line {
            Incoming::Message(message) if commands::message::is_speech(message) => Some(0),
            Incoming::Message(message) => commands::multiline::closes(self, message),
            Incoming::Bad(_) => None,
        };
        let (Some(session), Some(bytes)) = (&self.session, says) else {
            return Ok((line, 1));
        };
        match self.irc.hub.affordable(session.user(), bytes) {
            Ok(most) => Ok((line, usize::try_from(most).unwrap_or(usize::MAX))),
            Err(until) => {
                let wait = until.0.saturating_sub(crate::registration::now().0);
                Err((line, Instant::now() + Duration::from_millis(wait.max(1))))
            }
        }
    }

    fn flows(&self, line: &Incoming) -> bool {
        match line {
            Incoming::Message(message) => commands::message::flows(self, message),
            Incoming::Bad(_) => false,
        }
    }

    /// Waits for what came of the messages that are on their way, and tells it.
    pub(crate) async fn settle(&mut self) {
        self.pending.settle().await;
        commands::message::tell_answers(self);
    }

    /// One command, and its reply.
    async fn handle(&mut self, message: &Message) -> Next {
        let label = self.label_of(message);
        if label.is_some() {
            self.outbox.hold();
        }
        self.refresh_target();
        let next = if self.session.is_some() {
            commands::run(self, message).await
        } else {
            self.register(message).await
        };
        self.answer(label.as_deref());
        next
    }

    /// Puts the reply to a command into the outbox, with the label that it came with.
    pub(crate) fn answer(&mut self, label: Option<&str>) {
        match label {
            Some(label) => self
                .outbox
                .release(|held| self.replies.finish_labelled(label, held)),
            None => self.outbox.push(self.replies.finish()),
        }
    }

    /// The label of a command, if the client asked for labels.
    pub(crate) fn label_of(&self, message: &Message) -> Option<Arc<str>> {
        let wanted = self.capabilities.has(Capability::LabeledResponse);
        // IRCv3 labeled-response: at most 64 bytes.
        message
            .tags()
            .get("label")
            .filter(|_| message.verb() != Verb::Batch)
            .filter(|label| wanted && !label.is_empty() && label.len() <= 64)
            .map(|label| label.as_ref().into())
    }

    /// A line that is none: told, and the stream goes on with the next one.
    fn refuse_line(&mut self, error: &LineError) {
        let mut answers = None;
        match error {
            LineError::TooLong => {
                self.replies
                    .text(Numeric::ErrInputTooLong, &[], "Input line was too long")
            }
            LineError::NotUtf8 { verb, label } => {
                answers = label
                    .as_deref()
                    .filter(|_| self.capabilities.has(Capability::LabeledResponse));
                let code = const { Middle::literal("INVALID_UTF8") };
                self.replies.fail(
                    (*verb, code),
                    &[],
                    "Message rejected, it is not valid UTF-8",
                );
            }
            LineError::Nul | LineError::StrayLineBreak | LineError::Malformed => {
                let code = const { Middle::literal("INVALID_MESSAGE") };
                self.replies
                    .fail((Verb::Unknown, code), &[], &error.to_string());
            }
        }
        self.answer(answers);
    }

    /// Capabilities in force from now on.
    pub(crate) fn set_capabilities(&mut self, capabilities: CapabilitySet) {
        self.capabilities = capabilities;
        self.outbox
            .set_dialect(dialect::of(capabilities, self.subscribed));
    }

    /// When something must be done without a line from the client.
    pub(crate) fn deadline(&self) -> Instant {
        let config = &self.irc.config;
        // Whoever is kept waiting is not asked whether he is there.
        if let Some(resume) = self.resume {
            return resume + Duration::from_secs(config.ping_seconds);
        }
        if self.session.is_none() {
            return self.last_registration_moment();
        }
        match self.pinged {
            None => self.last_heard + Duration::from_secs(config.ping_seconds),
            Some((at, _)) => {
                at + Duration::from_secs(config.timeout_seconds.saturating_sub(config.ping_seconds))
            }
        }
    }

    /// The deadline has come.
    pub(crate) fn tick(&mut self) -> Next {
        let now = Instant::now();
        if now < self.deadline() {
            return Next::Continue;
        }
        if self.session.is_none() {
            self.set_reason("Registration timed out");
            return Next::Close;
        }
        if self.pinged.is_some() {
            self.set_reason("Ping timeout");
            return Next::Close;
        }
        // What is in the outbox in front of this PING has been read when it is answered.
        self.pinged = Some((now, self.irc.hub.head()));
        let server = self.irc.renderer.server.clone();
        let mut out = BytesMut::new();
        let _ = LineWriter::new(&mut out)
            .verb(Verb::Ping)
            .trailing(&Trailing::lossy(&server));
        self.outbox.push(out.freeze());
        self.outbox.flush();
        Next::Continue
    }

    /// The client answered a PING.
    pub(crate) fn ponged(&mut self) {
        if let Some((_, position)) = self.pinged.take() {
            self.acknowledged = Some(position);
        }
    }

    /// Up to where the client has certainly read.
    pub(crate) fn acknowledged(&self) -> Option<Position> {
        self.acknowledged
    }

    /// The client certainly read up to here.
    pub(crate) fn acknowledge(&mut self, position: Position) {
        self.acknowledged = Some(position);
    }

    fn last_registration_moment(&self) -> Instant {
        self.registration.since + Duration::from_secs(self.irc.config.registration_seconds)
    }

    /// Why the connection ends, as others see it.
    pub(crate) fn set_reason(&mut self, reason: &str) {
        self.reason = reason.into();
        if let Some(session) = &mut self.session {
            session.set_reason(reason.into());
        }
    }

    /// The last line.
    pub(crate) fn goodbye(&mut self) -> Bytes {
        let mut out = BytesMut::new();
        let _ = LineWriter::new(&mut out)
            .verb(Verb::Error)
            .trailing(&Trailing::lossy(&format!(
                "Closing link: ({})",
                self.reason
            )));
        out.freeze()
    }

    /// What rendering for this client needs, in a world.
    pub(crate) fn scene<'a>(&'a self, world: &'a World) -> Scene<'a> {
        Scene {
            renderer: &self.irc.renderer,
            world,
            before: world,
            capabilities: self.capabilities,
            relation: Relation::Other,
            viewer: self
                .session
                .as_ref()
                .map_or(polylogue_core::UserId::SERVER, Session::user),
            label: None,
            tags: &[],
        }
    }

    /// The committed state at this moment.
    pub(crate) fn world(&self) -> Arc<World> {
        self.irc.hub.world()
    }
}
