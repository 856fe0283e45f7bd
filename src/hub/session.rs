//! A connection that is somebody: attached from here until this is dropped.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use polylogue_core::command::{Actor, Attach, PasswordProof, Presentation, Scope, Who};
use polylogue_core::{Command, DeviceId, Refusal, SessionId, UserId};

use crate::lane::Arrival;
use crate::open::Hub;
use crate::outbox::Outbox;
use crate::render::Renderer;
use crate::submit::Request;
use crate::watch::{self, fold};

/// An attached session. Dropping it detaches.
#[derive(Debug)]
pub struct Session {
    hub: Arc<Hub>,
    id: SessionId,
    user: UserId,
    device: Option<DeviceId>,
    proof: Option<PasswordProof>,
    /// Why it ends, if there is more to say than that its connection was closed.
    reason: Option<Arc<str>>,
    /// The names that it watches, folded, as they were given.
    watched: BTreeMap<Box<str>, Arc<str>>,
}

/// How a session is to be attached.
#[derive(Debug)]
pub struct Connecting {
    /// Who it is to be.
    pub who: Who,
    /// The credential it came with.
    pub device: Option<DeviceId>,
    /// The proof of its password, if there is one.
    pub proof: Option<PasswordProof>,
    /// What others see of it.
    pub presentation: Presentation,
    /// Its front-end's rendering.
    pub renderer: Arc<dyn Renderer>,
    /// Where its lines go.
    pub outbox: Arc<Outbox>,
    /// The away text, if it comes away.
    pub away: Option<Arc<str>>,
    /// Where it comes from, for bans of the server.
    pub address: Option<IpAddr>,
}

impl Session {
    /// Attaches. When this returns, the session's lines are already flowing into its outbox.
    ///
    /// # Errors
    /// Why not.
    pub async fn attach(hub: &Arc<Hub>, connecting: Connecting) -> Result<Self, Refusal> {
        let id = SessionId(hub.next_session.fetch_add(1, Ordering::Relaxed));
        let Connecting {
            who,
            device,
            proof,
            presentation,
            renderer,
            outbox,
            away,
            address,
        } = connecting;
        let arrivals = hub
            .arrivals
            .get(hub.lane_of_session(id))
            .ok_or(Refusal::Internal)?;
        arrivals.announce(Arrival {
            session: id,
            renderer,
            outbox,
        });
        let user = match &who {
            Who::Account(user) => *user,
            Who::Guest(_) => UserId::SERVER,
        };
        let actor = Actor {
            user,
            session: Some(id),
            device,
            scope: Scope::User,
            proof,
        };
        let command = Command::Attach(Box::new(Attach {
            session: id,
            who,
            device,
            presentation,
            away,
            address,
        }));
        // From here on, whatever happens to this future, the session's end must be told.
        let mut session = Self {
            hub: hub.clone(),
            id,
            user,
            device,
            proof,
            reason: None,
            watched: BTreeMap::new(),
        };
        match hub.submit(Request::new(actor, command)).await {
            Ok(receipt) => {
                session.user = receipt.user().unwrap_or(session.user);
                Ok(session)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Who it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The credential it came with.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        self.device
    }

    /// The hub it is attached to.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Who asks, when it asks.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            user: self.user,
            session: Some(self.id),
            device: self.device,
            scope: Scope::User,
            proof: self.proof,
        }
    }

    /// Goes on as an account by a proof of its password, or a credential of its own.
    ///
    /// # Errors
    /// Why not.
    pub async fn log_in(
        &mut self,
        (user, device): (UserId, Option<DeviceId>),
        proof: Option<PasswordProof>,
        presentation: Presentation,
    ) -> Result<(), Refusal> {
        let command = Command::LogIn {
            session: self.id,
            user,
            device,
            presentation,
        };
        let actor = Actor {
            proof,
            ..self.actor()
        };
        self.hub.submit(Request::new(actor, command)).await?;
        self.user = user;
        self.device = device;
        self.proof = proof;
        Ok(())
    }

    /// Goes on as a guest, whose nick the world knows then.
    ///
    /// # Errors
    /// Why not.
    pub async fn log_out(&mut self, presentation: Presentation) -> Result<(), Refusal> {
        let command = Command::LogOut {
            session: self.id,
            presentation,
        };
        let receipt = self.hub.submit(Request::new(self.actor(), command)).await?;
        self.user = receipt.user().ok_or(Refusal::Internal)?;
        self.device = None;
        self.proof = None;
        Ok(())
    }

    /// Its password was proven.
    pub fn proven(&mut self, proof: PasswordProof) {
        self.proof = Some(proof);
    }

    /// Tells the session from now on when the user of a name comes, goes or changes.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] names.
    pub fn watch(&mut self, name: &str) -> Result<(), Refusal> {
        let key = fold(name);
        if self.watched.len() >= watch::LIMIT && !self.watched.contains_key(&key) {
            return Err(Refusal::TooMany {
                what: "watched names",
                limit: watch::LIMIT,
            });
        }
        self.hub.watches.add(name, self.id);
        self.watched.insert(key, name.into());
        Ok(())
    }

    /// No longer.
    pub fn unwatch(&mut self, name: &str) {
        if self.watched.remove(&fold(name)).is_some() {
            self.hub.watches.remove(name, self.id);
        }
    }

    /// The names that it watches, as they were given.
    pub fn watched(&self) -> impl Iterator<Item = &Arc<str>> {
        self.watched.values()
    }

    /// What IRC shows as the reason for its end.
    pub fn set_reason(&mut self, reason: Arc<str>) {
        self.reason = Some(reason);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for name in self.watched.keys() {
            self.hub.watches.remove(name, self.id);
        }
        // If it has not come into its lane yet, it need not any more.
        if let Some(arrivals) = self.hub.arrivals.get(self.hub.lane_of_session(self.id)) {
            arrivals.take(self.id);
        }
        let reason = self.reason.take();
        let command = Command::Detach {
            session: self.id,
            reason: reason.unwrap_or_else(|| "Connection closed".into()),
            absence: self.hub.guest_absence,
        };
        self.hub.tell(Request::new(self.actor(), command));
    }
}
