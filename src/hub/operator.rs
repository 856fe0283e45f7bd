//! Server operators as front-ends use them: the proof that raises a session, and what they do, each with a line in the log.

use std::net::IpAddr;
use std::sync::Arc;

use polylogue_core::command::Actor;
use polylogue_core::operator::OperatorCommand;
use polylogue_core::secret::{Password, PasswordHash};
use polylogue_core::server_ban::BanTarget;
use polylogue_core::{Command, Refusal};

use crate::batch::Receipt;
use crate::open::Hub;
use crate::session::Session;
use crate::stages::now;
use crate::submit::Request;

/// A server operator, as the configuration names him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// His name, which need not be that of an account.
    pub name: Arc<str>,
    /// The hash of his password, as [`hash_password`] makes it.
    pub password: PasswordHash,
}

/// The hash of a password, for a configuration (Argon2id in PHC string format).
///
/// # Errors
/// When the hasher or the system's randomness does not work.
pub fn hash_password(password: &str) -> Result<String, argon2::password_hash::Error> {
    crate::password::hash(password).map(|hash| hash.to_string())
}

/// Whether a text is such a hash.
#[must_use]
pub fn is_password_hash(text: &str) -> bool {
    argon2::PasswordHash::new(text).is_ok_and(|hash| hash.algorithm.as_str() == "argon2id")
}

impl Hub {
    /// Makes a session an operator's if name and password are right. Wrong ones count like those of accounts, and take as long.
    ///
    /// # Errors
    /// What keeps the check from being made.
    pub async fn raise(
        &self,
        session: &Session,
        (name, from): (&str, IpAddr),
        password: Password,
    ) -> Result<bool, Refusal> {
        // No account has a space in its name.
        let counted = format!("operator {name}");
        let known = self.operators.iter().find(|known| *known.name == *name);
        let hash = known.map(|known| known.password.clone());
        let right = self.prove((&counted, from), hash, password).await?;
        let who = shown(self, session);
        let Some(known) = known.filter(|_| right) else {
            tracing::warn!(target: "audit", operator = name, user = who, %from, "operator refused: wrong name or password");
            return Ok(false);
        };
        let raise = OperatorCommand::Raise {
            session: session.id(),
            name: known.name.clone(),
        };
        self.submit(Request::new(Actor::SERVER, Command::Operator(raise)))
            .await?;
        tracing::info!(target: "audit", operator = name, user = who, %from, "operator");
        Ok(true)
    }

    /// Whether a password from an address is the one that was hashed for what is named. Wrong ones are counted there; without a hash it takes as
    /// long and is not.
    ///
    /// # Errors
    /// What keeps the check from being made.
    pub async fn prove(
        &self,
        named: (&str, IpAddr),
        hash: Option<PasswordHash>,
        password: Password,
    ) -> Result<bool, Refusal> {
        self.prove_any(named, hash.as_slice(), password).await
    }

    /// Whether a password from an address is one of several. It counts as one wrong one if it is none of them.
    ///
    /// # Errors
    /// What keeps the check from being made.
    pub async fn prove_any(
        &self,
        named: (&str, IpAddr),
        hashes: &[PasswordHash],
        password: Password,
    ) -> Result<bool, Refusal> {
        let attempt = self.attempts.log_in(named, now())?;
        let (first, others) = match hashes.split_first() {
            Some((first, others)) => (Some(first.clone()), others),
            None => (None, hashes),
        };
        let mut right = self.passwords.verify(password.clone(), first).await?;
        for hash in others {
            let hash = Some(hash.clone());
            right |= self.passwords.verify(password.clone(), hash).await?;
        }
        if right {
            drop(attempt);
        } else {
            attempt.wrong_password(password.expose(), now());
        }
        Ok(right)
    }

    /// Has the daemon read again what it can without a restart. That somebody may ask for it has been decided.
    pub fn reload(&self) {
        self.reload.notify_one();
    }

    /// Waits until somebody asks for it.
    pub async fn reload_wanted(&self) {
        self.reload.notified().await;
    }

    /// Refuses a ban of a network out of which proxies speak for everybody.
    fn spares(&self, command: &OperatorCommand) -> Result<(), Refusal> {
        let OperatorCommand::Ban {
            target: BanTarget::Network(network),
            ..
        } = command
        else {
            return Ok(());
        };
        if self.trusted.iter().any(|trusted| trusted.meets(network)) {
            return Err(Refusal::Invalid {
                what: "a ban of a trusted proxy",
            });
        }
        Ok(())
    }

    /// The names of all operators that are configured.
    pub fn operators(&self) -> impl Iterator<Item = &str> {
        self.operators.iter().map(|operator| &*operator.name)
    }
}

impl Session {
    /// Does what only operators do. `what` says it for the log, also when it is refused.
    ///
    /// # Errors
    /// Why not.
    pub async fn operate(&self, command: OperatorCommand, what: &str) -> Result<Receipt, Refusal> {
        let world = self.hub().world();
        let session = world.live.sessions.get(&self.id());
        let operator = session.and_then(|session| session.operator.clone());
        // Who is none writes nothing into the log.
        let Some(operator) = operator.as_deref() else {
            return Err(Refusal::OperatorNeeded);
        };
        let done = match self.hub().spares(&command) {
            Ok(()) => {
                let request = Request::new(self.actor(), Command::Operator(command));
                self.hub().submit(request).await
            }
            Err(refusal) => Err(refusal),
        };
        let user = shown(self.hub(), self);
        match &done {
            Ok(_) => tracing::info!(target: "audit", operator, user, what, "operator acted"),
            Err(refusal) => {
                tracing::warn!(target: "audit", operator, user, what, %refusal, "operator refused");
            }
        }
        done
    }
}

fn shown(hub: &Hub, session: &Session) -> String {
    hub.world()
        .name_of(session.user())
        .map_or_else(String::new, |name| name.nick().to_string())
}
