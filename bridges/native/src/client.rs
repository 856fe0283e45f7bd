//! One client: an automaton that takes requests and leaves answers in its outbox. First `hello`, then a login, and with it the client is an
//! attached session of the hub.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use polylogue_core::state::World;
use polylogue_core::{Command, Refusal};
use polylogue_hub::{Hub, Outbox, Peer, Session};
use polylogue_native::request::account;
use polylogue_native::text::PingToken;
use polylogue_native::{Answer, Envelope, Error, ErrorCode, RequestId, ServerMessage, encode};
use tokio::time::Instant;

use crate::Native;
use crate::connection::Frame;
use crate::render::Dialect;
use crate::requests::{self, Asked, Step};
use crate::subscribe::Stream;

/// Whether the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It does.
    Continue,
    /// It does not.
    Close,
}

/// The client of one connection.
pub(crate) struct Client {
    pub(crate) native: Arc<Native>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) peer: Peer,
    /// The signals that it asked for, once it said hello.
    pub(crate) greeted: Option<Dialect>,
    /// Who it is, once it logged in.
    pub(crate) session: Option<Session>,
    /// Its subscription, if it has one.
    pub(crate) stream: Option<Stream>,
    since: Instant,
    last_heard: Instant,
    /// Whether it was pinged since it was last heard.
    pinged: bool,
    pings: u64,
}

impl Client {
    pub(crate) fn new(native: Arc<Native>, outbox: Arc<Outbox>, peer: Peer) -> Self {
        Self {
            native,
            outbox,
            peer,
            greeted: None,
            session: None,
            stream: None,
            since: Instant::now(),
            last_heard: Instant::now(),
            pinged: false,
            pings: 0,
        }
    }

    /// Why the session was ended by others: a ban of the server, or the end of its credential.
    pub(crate) fn shut_out(&self) -> (ErrorCode, Cow<'static, str>) {
        let user = self.session.as_ref().map(Session::user);
        let entered = user.map_or(Ok(()), |user| {
            self.hub().may_enter((user, self.peer.address))
        });
        match entered {
            Err(refusal) => (ErrorCode::ServerBanned, refusal.to_string().into()),
            Ok(()) => (ErrorCode::LoggedOut, "this credential was revoked".into()),
        }
    }

    /// Carries out requests in order. Those that only ask the hub for something, and follow each other directly, are asked for together.
    pub(crate) async fn take(&mut self, frames: Vec<Frame>) -> Next {
        let mut asked: Vec<(Option<RequestId>, Asked)> = Vec::new();
        for frame in frames {
            if self.outbox.closed().is_some() {
                // The credential has ended: what was sent behind that is not heard.
                return Next::Continue;
            }
            let (id, step) = match frame {
                Ok(Envelope { id, message }) => {
                    if !requests::only_asks(&message) {
                        self.ask(std::mem::take(&mut asked)).await;
                    }
                    (id, requests::step(self, message).await)
                }
                Err(malformed) => (malformed.id, Err(malformed.error)),
            };
            match step {
                Ok(Step::Ask(one)) => {
                    asked.push((id, one));
                    continue;
                }
                Ok(Step::Reply(message)) => self.send(id, message),
                Ok(Step::Answer(answer)) => self.answer(id, answer),
                Err(error) => {
                    self.ask(std::mem::take(&mut asked)).await;
                    if self.refuse(id, error) == Next::Close {
                        return Next::Close;
                    }
                }
            }
        }
        self.ask(asked).await;
        Next::Continue
    }

    /// Asks the hub for several things at once, and answers them in order.
    async fn ask(&self, asked: Vec<(Option<RequestId>, Asked)>) {
        if asked.is_empty() {
            return;
        }
        let (names, requests): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .map(|(id, asked)| ((id, asked.about), asked.request))
            .unzip();
        let results = self.hub().submit_all(requests).await;
        // Whoever was not asked any more, because the hub is going down, is told so.
        let results = results
            .into_iter()
            .chain(std::iter::repeat_with(|| Err(Refusal::Unavailable)));
        for ((id, about), result) in names.into_iter().zip(results) {
            match requests::answer(self, about, result).await {
                Ok(answer) => self.answer(id, answer),
                Err(error) => {
                    self.refuse(id, error);
                }
            }
        }
    }

    /// Says that a request was carried out, if it has a number.
    fn answer(&self, id: Option<RequestId>, answer: Option<Answer>) {
        if id.is_some() {
            self.send(
                id,
                answer.map_or_else(ServerMessage::done, ServerMessage::answer),
            );
        }
    }

    /// Tells the client why not.
    pub(crate) fn refuse(&self, id: Option<RequestId>, error: Error) -> Next {
        let next = match error.code.is_fatal() {
            true => Next::Close,
            false => Next::Continue,
        };
        self.send(id, ServerMessage::Error(error));
        next
    }

    /// Puts a frame into the outbox.
    pub(crate) fn send(&self, id: Option<RequestId>, message: ServerMessage) {
        match encode(&Envelope::new(id, message)) {
            Ok(frame) => self.outbox.push(frame),
            // Pages are cut to fit and everything else is bounded, so this is a fault of ours.
            Err(error) => {
                tracing::error!(%error, "an answer did not fit a frame");
                let internal = Error::new(ErrorCode::Internal, "the answer does not fit a frame");
                if let Ok(frame) = encode(&Envelope::new(id, ServerMessage::Error(internal))) {
                    self.outbox.push(frame);
                }
            }
        }
    }

    /// Who it is.
    pub(crate) fn session(&self) -> Result<&Session, Error> {
        let unknown = || Error::new(ErrorCode::Unauthenticated, "log in first");
        self.session.as_ref().ok_or_else(unknown)
    }

    /// The hub.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.native.hub
    }

    /// The committed state at this moment.
    pub(crate) fn world(&self) -> Arc<World> {
        self.native.hub.world()
    }

    /// Something came in.
    pub(crate) fn heard(&mut self) {
        self.last_heard = Instant::now();
        self.pinged = false;
    }

    /// When something must be done without a frame from the client.
    pub(crate) fn deadline(&self) -> Instant {
        let config = &self.native.config;
        let (from, seconds) = match (self.greeted, self.pinged) {
            (None, _) => (self.since, config.hello_seconds),
            (Some(_), false) => (self.last_heard, config.ping_seconds),
            (Some(_), true) => (self.last_heard, config.timeout_seconds),
        };
        from + Duration::from_secs(seconds)
    }

    /// The deadline has come.
    pub(crate) fn tick(&mut self) -> Next {
        if Instant::now() < self.deadline() {
            return Next::Continue;
        }
        if self.greeted.is_none() || self.pinged {
            return Next::Close;
        }
        self.pinged = true;
        self.pings += 1;
        let token = PingToken::new(&format!("s{}", self.pings)).ok();
        self.send(None, ServerMessage::Ping(account::Ping { token }));
        Next::Continue
    }

    /// Waits until everything that was decided before has been delivered to this session.
    pub(crate) async fn settle(&self) {
        let Some(session) = &self.session else { return };
        let known = self.world().live.sessions.get(&session.id()).cloned();
        // It is so already: nothing changes, and the answer comes by the session's own lane, behind what that has delivered.
        let command = Command::SetAway {
            session: session.id(),
            text: known.and_then(|known| known.away),
        };
        let request = polylogue_hub::Request::new(session.actor(), command);
        // A refusal has come the same way.
        let _ = self.hub().submit(request).await;
    }
}
