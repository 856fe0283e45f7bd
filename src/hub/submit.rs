//! Asking the core to do something, and hearing what came of it. An answer arrives when its changes are on disk, visible in every view, and
//! delivered to the asking session's lane.

use std::sync::Arc;

use polylogue_core::command::Actor;
use polylogue_core::{Command, DeviceId, Refusal};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::batch::Receipt;
use crate::engine::Envelope;
use crate::inbox::Mail;
use crate::open::Hub;
use crate::stages::Ticket;

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
}

impl Request {
    /// A command without key or label.
    #[must_use]
    pub fn new(actor: Actor, command: Command) -> Self {
        Self { actor, command, key: None, label: None }
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
}

impl Hub {
    /// Asks for one thing.
    ///
    /// # Errors
    /// Why it was refused; [`Refusal::Unavailable`] if it may be tried again.
    pub async fn submit(&self, request: Request) -> Result<Receipt, Refusal> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| Refusal::Unavailable)?;
        let (answer, heard) = oneshot::channel();
        let ticket = Ticket { lane: self.lane_of(&request.actor), answer: Some(answer), _place: Some(place) };
        self.inbox.put(mail(request, ticket));
        heard.await.unwrap_or(Err(Refusal::Unavailable))
    }

    /// Asks for several things, next to each other and in this order.
    pub async fn submit_all(&self, requests: Vec<Request>) -> Vec<Result<Receipt, Refusal>> {
        let mut mails = Vec::with_capacity(requests.len());
        let mut heard = Vec::with_capacity(requests.len());
        for request in requests {
            // Places are taken one by one, or more requests than there are places would wait for themselves.
            let Ok(place) = self.places.clone().acquire_owned().await else { break };
            let (answer, hear) = oneshot::channel();
            let ticket = Ticket { lane: self.lane_of(&request.actor), answer: Some(answer), _place: Some(place) };
            mails.push(mail(request, ticket));
            heard.push(hear);
        }
        self.inbox.put_all(mails.into_iter());
        let mut results = Vec::with_capacity(heard.len());
        for hear in heard {
            results.push(hear.await.unwrap_or(Err(Refusal::Unavailable)));
        }
        results
    }

    /// Asks for something of which nobody wants to hear: the end of a session.
    pub(crate) fn tell(&self, request: Request) {
        let ticket = Ticket { lane: 0, answer: None, _place: None };
        self.inbox.put(mail(request, ticket));
    }

    /// Sessions are spread over the lanes by number.
    pub(crate) fn lane_of(&self, actor: &Actor) -> usize {
        actor.session.map_or(0, |session| self.lane_of_session(session))
    }

    pub(crate) fn lane_of_session(&self, session: polylogue_core::SessionId) -> usize {
        usize::try_from(session.0).unwrap_or(0) % self.arrivals.len().max(1)
    }
}

fn mail(request: Request, ticket: Ticket) -> Mail<Ticket> {
    let Request { actor, command, key, label } = request;
    Mail::Command(Envelope { actor, command, key, label, ticket })
}
