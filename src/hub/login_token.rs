//! Login tokens: who is logged in gets one for another program of his, which logs in with it in place of a password. Each works once and soon
//! ends; none outlives the credential that asked for it, nor the password that was in force then. They are kept in memory alone, hashed.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use polylogue_core::command::{Actor, PasswordProof};
use polylogue_core::secret::TokenHash;
use polylogue_core::state::World;
use polylogue_core::{DeviceId, Refusal, Timestamp, step_up};

use crate::account::random;
use crate::open::Hub;
use crate::stages::now;

/// Milliseconds that a token lives: time to carry it over. The Matrix client-server API ("POST /_matrix/client/v1/login/get_token") leaves the
/// number to the server.
pub const LOGIN_TOKEN_AGE: u64 = 2 * 60 * 1000;
/// What wrong tokens are counted under: no account has a space in its name.
const COUNTED_AS: &str = "login token";

/// The tokens that nobody has used yet. It knows no clock: times are arguments.
#[derive(Debug, Default)]
pub(crate) struct LoginTokens(Mutex<BTreeMap<TokenHash, Issued>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Issued {
    /// The credential that asked for it.
    device: DeviceId,
    /// The proof that was given then: a login by the token is one by that.
    proof: PasswordProof,
    until: Timestamp,
}

impl Issued {
    fn is_in_force(&self, world: &World) -> bool {
        let user = world.state.user(self.proof.user);
        let is_logged_in = user.is_some_and(|user| {
            !user.disabled && user.devices.iter().any(|device| device.id == self.device)
        });
        is_logged_in && step_up::is_in_force(world, self.proof)
    }
}

impl LoginTokens {
    /// Each credential has one at most, the last: there are never more of them than credentials.
    fn put(&self, token: TokenHash, issued: Issued, now: Timestamp) {
        let mut tokens = self.lock();
        tokens.retain(|_, known| {
            known.until > now
                && (known.proof.user, known.device) != (issued.proof.user, issued.device)
        });
        tokens.insert(token, issued);
    }

    /// A token is gone once somebody has shown it, whatever comes of it.
    fn take(&self, token: TokenHash, now: Timestamp) -> Option<Issued> {
        let issued = self.lock().remove(&token)?;
        (issued.until > now).then_some(issued)
    }

    // Every change is complete before its guard is dropped.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TokenHash, Issued>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// A token with which somebody can log in to the actor's account, once within [`LOGIN_TOKEN_AGE`]. It takes the place of an earlier one
    /// of the same credential.
    ///
    /// # Errors
    /// [`Refusal::ProofNeeded`] without a fresh password proof; [`Refusal::Forbidden`] for an actor without a credential.
    pub fn login_token(&self, actor: Actor) -> Result<String, Refusal> {
        let now = now();
        step_up::proven(&self.world(), &actor, now)?;
        let (Some(proof), Some(device)) = (actor.proof, actor.device) else {
            return Err(Refusal::Forbidden);
        };
        let token = format!("pll_{}", random::<24>()?);
        let issued = Issued {
            device,
            proof,
            until: now.plus(LOGIN_TOKEN_AGE),
        };
        self.login_tokens.put(TokenHash::of(&token), issued, now);
        Ok(token)
    }

    /// What a login token stands for: a login by it is one by the proof that it was made with. Nothing if it is none, or none any more; that
    /// counts like a wrong password.
    ///
    /// # Errors
    /// [`Refusal::Throttled`].
    pub fn use_login_token(
        &self,
        token: &str,
        from: IpAddr,
    ) -> Result<Option<PasswordProof>, Refusal> {
        let now = now();
        self.world().may_come_from(from, now)?;
        let attempt = self.attempts.log_in((COUNTED_AS, from), now)?;
        let issued = self.login_tokens.take(TokenHash::of(token), now);
        let issued = issued.filter(|issued| issued.is_in_force(&self.world()));
        if issued.is_some() {
            drop(attempt);
        } else {
            attempt.wrong_password(token, now);
        }
        Ok(issued.map(|issued| issued.proof))
    }
}

#[cfg(test)]
mod tests {
    use polylogue_core::{Position, UserId};

    use super::*;

    const PHONE: DeviceId = DeviceId(1);
    const LAPTOP: DeviceId = DeviceId(2);

    fn issued(device: DeviceId, until: u64) -> Issued {
        Issued {
            device,
            proof: PasswordProof {
                user: UserId(7),
                version: Position(1),
                at: Timestamp(1),
            },
            until: Timestamp(until),
        }
    }

    #[test]
    fn a_token_works_once_and_until_its_time() {
        let check = |at: u64, works: bool| {
            let tokens = LoginTokens::default();
            let token = TokenHash::of("token");
            tokens.put(token, issued(PHONE, 100), Timestamp(1));
            assert_eq!(tokens.take(TokenHash::of("other"), Timestamp(at)), None);
            assert_eq!(
                tokens.take(token, Timestamp(at)).is_some(),
                works,
                "at {at}"
            );
            assert_eq!(tokens.take(token, Timestamp(at)), None, "again at {at}");
        };
        check(1, true);
        check(99, true);
        check(100, false);
        check(200, false);
    }

    #[test]
    fn a_credential_has_one_token_and_old_ones_are_forgotten() {
        let tokens = LoginTokens::default();
        let names = ["first", "second", "third"].map(TokenHash::of);
        let [first, second, third] = names;
        tokens.put(first, issued(PHONE, 100), Timestamp(1));
        tokens.put(second, issued(LAPTOP, 50), Timestamp(2));
        assert_eq!(tokens.lock().len(), 2);
        tokens.put(third, issued(PHONE, 150), Timestamp(60));
        assert_eq!(tokens.lock().keys().copied().collect::<Vec<_>>(), [third]);
    }
}
