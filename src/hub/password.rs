//! Password hashing, off the runtime and behind a bounded, fair queue: many logins at once slow each other down, never the chat.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use polylogue_core::Refusal;
use polylogue_core::secret::{Password, PasswordHash};
use tokio::sync::Semaphore;

/// Bytes of the longest password that is hashed at all.
pub const LONGEST: usize = 1024;
/// Logins that may wait for theirs; beyond that they are told to come again.
const WAITING: usize = 256;

/// Argon2id with 19,456 KiB of memory, 2 passes, 1 lane (OWASP password storage cheat sheet, second choice).
#[derive(Debug)]
pub(crate) struct Passwords {
    running: Semaphore,
    waiting: Semaphore,
    /// Verified for names that do not exist, so that they take the same time.
    decoy: Arc<str>,
}

impl Passwords {
    /// Computes so many hashes at once.
    pub(crate) fn new(at_once: usize) -> Result<Self, argon2::password_hash::Error> {
        let decoy = hash("a password that nobody has")?;
        Ok(Self {
            running: Semaphore::new(at_once),
            waiting: Semaphore::new(WAITING),
            decoy,
        })
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, Refusal> {
        check_length(&password)?;
        self.off_the_runtime(move || hash(password.expose()))
            .await?
            .map(PasswordHash)
            .map_err(|_| Refusal::Internal)
    }

    /// Whether a password is the one that was hashed; for a user without a hash it takes as long and is not.
    pub(crate) async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<bool, Refusal> {
        check_length(&password)?;
        let known = hash.is_some();
        let hash = hash.map_or_else(|| self.decoy.clone(), |hash| hash.0);
        let right = self
            .off_the_runtime(move || verify(password.expose(), &hash))
            .await?;
        Ok(right && known)
    }

    /// Does what takes long, in its turn.
    pub(crate) async fn off_the_runtime<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Refusal> {
        let _place = self
            .waiting
            .try_acquire()
            .map_err(|_| Refusal::Unavailable)?;
        let _turn = self
            .running
            .acquire()
            .await
            .map_err(|_| Refusal::Unavailable)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Refusal::Internal)
    }
}

fn check_length(password: &Password) -> Result<(), Refusal> {
    let length = password.expose().len();
    if length == 0 {
        return Err(Refusal::Invalid {
            what: "empty password",
        });
    }
    if length > LONGEST {
        Err(Refusal::TooLarge {
            what: "password",
            limit: LONGEST,
        })
    } else {
        Ok(())
    }
}

fn hasher() -> Result<Argon2<'static>, argon2::Error> {
    Ok(Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(19_456, 2, 1, None)?,
    ))
}

pub(crate) fn hash(password: &str) -> Result<Arc<str>, argon2::password_hash::Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| argon2::password_hash::Error::Crypto)?;
    let hash = hasher()?.hash_password_with_salt(password.as_bytes(), &salt)?;
    Ok(hash.to_string().into())
}

fn verify(password: &str, hash: &str) -> bool {
    let Ok(hasher) = hasher() else { return false };
    let Ok(parsed) = argon2::PasswordHash::new(hash) else {
        return false;
    };
    hasher.verify_password(password.as_bytes(), &parsed).is_ok()
}
