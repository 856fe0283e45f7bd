//! Asking the core to do something, and hearing what came of it. An answer arrives when its changes are on disk, visible in every view, and
//! delivered to the asking session's lane.

use std::sync::Arc;

use polylogue_core::command::{Actor, RoomRef};
use polylogue_core::{Command, DeviceId, Refusal, SessionId, Timestamp, UserId};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::batch::{Receipt, Tags};
use crate::engine::Envelope;
use crate::inbox::Mail;
use crate::open::{Hub, IN_FLIGHT};
use crate::stages::now;
use crate::ticket::{Answer, Group, Ticket};

/// Commands that are answered together at most.
const TOGETHER: usize = 1024;

/// A command with what belongs to it.
#[derive(Debug)]
pub struct Request {
    /// Who asks.
    pub actor: Actor,
    /// For what.
    pub command: Command,
    /// The exactly-once key.
    pub key: Option<(DeviceId, [u8; 32])>,
    /// The label for the echo to the actor's own session.
    pub label: Option<Arc<str>>,
    /// What goes with it to those who are here.
    pub tags: Option<Tags>,
}

impl Request {
    /// A command without key or label.
    #[must_use]
    pub fn new(actor: Actor, command: Command) -> Self {
        Self {
            actor,
            command,
            key: None,
            label: None,
            tags: None,
        }
    }

    /// With an exactly-once key: the same operation, target and key of one device are done once.
    #[must_use]
    pub fn once(mut self, device: DeviceId, operation: &str, (target, key): (&str, &str)) -> Self {
        let mut hash = Sha256::new();
        for part in [operation, target, key] {
            // Lengths keep ("ab", "c") and ("a", "bc") apart.
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part.as_bytes());
        }
        self.key = Some((device, hash.finalize().into()));
        self
    }

    /// With a label for the echo.
    #[must_use]
    pub fn labelled(mut self, label: Option<Arc<str>>) -> Self {
        self.label = label;
        self
    }

    /// With tags for those who are here.
    #[must_use]
    pub fn tagged(mut self, tags: Option<Tags>) -> Self {
        self.tags = tags;
        self
    }
}

impl Hub {
    /// Asks for one thing.
    ///
    /// # Errors
    /// Why it was refused; [`Refusal::Unavailable`] if it may be tried again.
    pub async fn submit(&self, request: Request) -> Result<Receipt, Refusal> {
        if let Command::Join { key: Some(_), .. } = &request.command {
            return Box::pin(self.try_key(request)).await;
        }
        self.ask(request).await
    }

    /// Asks to be let in with a key. Wrong ones are counted by account, or by what stands for the address of a guest.
    async fn try_key(&self, request: Request) -> Result<Receipt, Refusal> {
        let Command::Join { room, .. } = &request.command else {
            return self.ask(request).await;
        };
        let world = self.world();
        let room = match room {
            RoomRef::Id(room) => Some(*room),
            RoomRef::Name(name) => world.state.room_named(&name.claim()),
        };
        let user = request.actor.user;
        let session = request.actor.session;
        let session = session.and_then(|session| world.live.sessions.get(&session));
        let who = match session {
            Some(session) if !world.is_account(user) => session.presentation.host.to_string(),
            Some(_) | None => user.0.to_string(),
        };
        let channel = room.map_or_else(String::new, |room| room.0.to_string());
        let attempt = self.attempts.try_key((&who, &channel), now())?;
        drop(world);
        let result = self.ask(request).await;
        match &result {
            Err(Refusal::WrongKey) => attempt.counts(now()),
            Ok(_) | Err(_) => drop(attempt),
        }
        result
    }

    async fn ask(&self, request: Request) -> Result<Receipt, Refusal> {
        self.admit(&request)?;
        let place = self
            .places
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Refusal::Unavailable)?;
        let (answer, heard) = oneshot::channel();
        let ticket = Ticket {
            lane: self.lane_of(&request.actor),
            answer: Answer::One(answer, place),
        };
        self.inbox.put(mail(request, ticket));
        heard.await.unwrap_or(Err(Refusal::Unavailable))
    }

    /// Asks for several things, next to each other and in this order. They are answered together, when the last of them is.
    pub async fn submit_all(&self, requests: Vec<Request>) -> Vec<Result<Receipt, Refusal>> {
        let mut results = Vec::with_capacity(requests.len());
        let mut requests = requests.into_iter().peekable();
        while requests.peek().is_some() {
            let some: Vec<Request> = requests.by_ref().take(TOGETHER).collect();
            results.extend(self.submit_together(some).await);
        }
        results
    }

    async fn submit_together(&self, requests: Vec<Request>) -> Vec<Result<Receipt, Refusal>> {
        let count = requests.len();
        let (done, heard) = oneshot::channel();
        self.submit_then(requests, |results| drop(done.send(results)))
            .await;
        heard
            .await
            .unwrap_or_else(|_| vec![Err(Refusal::Unavailable); count])
    }

    /// Asks for at most 1,024 things, next to each other and in this order, and waits for nothing but a place for them. `then` gets their
    /// answers, on the thread that delivers to the asking session, right behind what they came to: it must not wait.
    pub async fn submit_then(
        &self,
        requests: Vec<Request>,
        then: impl FnOnce(Vec<Result<Receipt, Refusal>>) + Send + 'static,
    ) {
        let count = requests.len();
        let places = match u32::try_from(count.min(TOGETHER)) {
            Ok(many) => self.places.clone().acquire_many_owned(many).await.ok(),
            Err(_) => None,
        };
        let Some(places) = places else {
            return then(vec![Err(Refusal::Unavailable); count]);
        };
        let group = Group::new(count, places, Box::new(then));
        let run = requests
            .into_iter()
            .enumerate()
            .filter_map(|(index, request)| {
                if let Err(refusal) = self.admit(&request) {
                    group.tell(index, Err(refusal));
                    return None;
                }
                let ticket = Ticket {
                    lane: self.lane_of(&request.actor),
                    answer: Answer::InGroup(group.clone(), index),
                };
                Some(envelope(request, ticket))
            });
        let mut envelopes = Vec::with_capacity(count);
        envelopes.extend(run);
        if !envelopes.is_empty() {
            self.inbox.put(Mail::Run(envelopes));
        }
        // The tickets hold the group from here on: if they are all dropped, nobody will answer.
    }

    /// Waits until what others asked for before has been delivered to a session; not at all if nothing is on its way.
    pub async fn turn(&self, session: SessionId) {
        if self.places.available_permits() == IN_FLIGHT {
            return;
        }
        let Ok(place) = self.places.clone().acquire_owned().await else {
            return;
        };
        let (answer, heard) = oneshot::channel();
        self.inbox.put(Mail::Turn(Ticket {
            lane: self.lane_of_session(session),
            answer: Answer::One(answer, place),
        }));
        // Whatever it is, it is over.
        let _ = heard.await;
    }

    /// How many short messages a user could say now, if he could say one of so many bytes.
    ///
    /// # Errors
    /// When he can say that one.
    pub fn affordable(&self, user: UserId, bytes: usize) -> Result<u64, Timestamp> {
        self.budget.left(user, bytes, now())
    }

    /// What is decided before the core is asked: how much somebody may say.
    fn admit(&self, request: &Request) -> Result<(), Refusal> {
        if let Command::Say(say) = &request.command
            && say.message.body.size() > self.content_bytes
        {
            return Err(Refusal::TooLarge {
                what: "message",
                limit: self.content_bytes,
            });
        }
        self.budget.take(&request.actor, &request.command, now)
    }

    /// Asks for something of which nobody wants to hear: the end of a session.
    pub(crate) fn tell(&self, request: Request) {
        self.inbox.put(mail(request, Ticket::nobody()));
    }

    /// Sessions are spread over the lanes by number.
    pub(crate) fn lane_of(&self, actor: &Actor) -> usize {
        actor
            .session
            .map_or(0, |session| self.lane_of_session(session))
    }

    pub(crate) fn lane_of_session(&self, session: SessionId) -> usize {
        usize::try_from(session.0).unwrap_or(0) % self.arrivals.len().max(1)
    }
}

fn mail(request: Request, ticket: Ticket) -> Mail<Ticket> {
    Mail::Command(Box::new(envelope(request, ticket)))
}

fn envelope(request: Request, ticket: Ticket) -> Envelope<Ticket> {
    let Request {
        actor,
        command,
        key,
        label,
        tags,
    } = request;
    Envelope {
        actor,
        command,
        key,
        label,
        tags,
        ticket,
    }
}
