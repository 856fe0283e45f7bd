//! SCRAM-SHA-256 (RFC 5802, RFC 7677): passwords that are proven without being sent. Only for accounts that asked for it: a verifier is a second
//! hash of the password, and weaker than Argon2id's. It is made when the password is next proven, and is void with the password that it was
//! made from.

use std::borrow::Cow;
use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use polylogue_core::command::{Actor, PasswordProof, PutCondition};
use polylogue_core::document::DocumentKey;
use polylogue_core::secret::{Password, PasswordHash};
use polylogue_core::{Command, Refusal, UserId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::open::Hub;
use crate::stages::now;
use crate::submit::Request;

/// The document of an account that asked for it; empty until its verifier is made.
const DOCUMENT: &str = "scram-sha-256";
/// Rounds of PBKDF2. RFC 7677 section 4 asks for 4,096 at least; each login costs the client so many.
const ITERATIONS: u32 = 100_000;
/// The layout of stored verifiers.
const VERSION: u8 = 1;

type Key = [u8; 32];

/// What a password can be checked against without knowing it.
#[derive(Clone, PartialEq, Eq)]
struct Verifier {
    /// SHA-256 of the password hash in force when it was made.
    made_from: Key,
    iterations: u32,
    salt: [u8; 16],
    stored_key: Key,
    server_key: Key,
}

/// One login under way. For names that have no verifier it looks the same, and nothing proves them.
pub struct Challenge {
    user: Option<UserId>,
    verifier: Verifier,
}

impl std::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Challenge").finish_non_exhaustive()
    }
}

impl Challenge {
    /// The salt and the rounds, for the client.
    #[must_use]
    pub fn parameters(&self) -> (&[u8], u32) {
        (&self.verifier.salt, self.verifier.iterations)
    }
}

impl Hub {
    /// Begins a login of an account from an address.
    ///
    /// # Errors
    /// [`Refusal::Throttled`], or [`Refusal::Unavailable`].
    pub async fn scram_challenge(
        &self,
        (name, from): (&str, IpAddr),
    ) -> Result<Challenge, Refusal> {
        // It is the proof that counts; nobody who may not give one gets a challenge.
        drop(self.attempts.log_in((name, from), now())?);
        let world = self.world();
        let user = world
            .user_named(name)
            .filter(|user| world.is_account(*user));
        // Names that are not there are looked up too: it takes the same time.
        let stored = self.scram_document(user.unwrap_or(UserId::SERVER)).await?;
        let known = user.zip(stored.and_then(|blob| Verifier::read(&blob)));
        Ok(match known {
            Some((user, verifier)) => Challenge {
                user: Some(user),
                verifier,
            },
            None => Challenge {
                user: None,
                verifier: self.decoy(name),
            },
        })
    }

    /// The proof of whose password it is, and the server's signature that shows the client that we know it too. Wrong proofs count like wrong passwords.
    ///
    /// # Errors
    /// [`Refusal::Disabled`] with the right proof of a disabled account; [`Refusal::Throttled`].
    pub fn scram_proven(
        &self,
        challenge: &Challenge,
        (name, from): (&str, IpAddr),
        (signed, proof): (&str, &[u8]),
    ) -> Result<Option<(PasswordProof, Key)>, Refusal> {
        let attempt = self.attempts.log_in((name, from), now())?;
        let signature = challenge.verifier.check(signed.as_bytes(), proof);
        let world = self.world();
        let user = challenge.user.and_then(|user| world.state.user(user));
        // The password may have been changed meanwhile.
        let in_force = user.filter(|user| {
            let made_from = user.password.as_ref().map(digest_of);
            made_from == Some(challenge.verifier.made_from)
        });
        match (signature, in_force) {
            (Some(_), Some(user)) if user.disabled => Err(Refusal::Disabled),
            (Some(signature), Some(user)) => {
                let proof = PasswordProof {
                    user: user.id,
                    version: user.password_changed,
                    at: now(),
                };
                Ok(Some((proof, signature)))
            }
            (Some(_) | None, _) => {
                attempt.wrong_proof(now());
                Ok(None)
            }
        }
    }

    /// The actor's account asks for it: there will be a verifier when its password is proven next.
    ///
    /// # Errors
    /// Why not.
    pub async fn allow_scram(&self, actor: Actor) -> Result<(), Refusal> {
        self.put_scram(actor, Some([].as_slice().into()), PutCondition::Always)
            .await
    }

    /// The verifier of the actor's account is forgotten.
    ///
    /// # Errors
    /// Why not.
    pub async fn forbid_scram(&self, actor: Actor) -> Result<(), Refusal> {
        self.put_scram(actor, None, PutCondition::Always).await
    }

    /// Makes the verifier of an account that asked for it, whose password was just proven to be the one of this hash.
    pub(crate) async fn renew_scram(&self, user: UserId, hash: &PasswordHash, password: &Password) {
        let key = DocumentKey::Document(DOCUMENT.into(), "".into());
        let world = self.world();
        let stamp = world
            .state
            .user(user)
            .and_then(|user| user.documents.get(&key));
        let Some(version) = stamp.map(|stamp| stamp.version) else {
            return;
        };
        let Ok(Some(blob)) = self.scram_document(user).await else {
            return;
        };
        let made_from = digest_of(hash);
        let is_there = Verifier::read(&blob).is_some_and(|known| known.made_from == made_from);
        if is_there {
            return;
        }
        let mut salt = [0; 16];
        if getrandom::fill(&mut salt).is_err() {
            return;
        }
        let password = password.clone();
        let work = move || Verifier::new(&password, salt, made_from);
        let Ok(verifier) = self.passwords.off_the_runtime(work).await else {
            return;
        };
        let blob = Some(verifier.write().into());
        // Whoever forbade it meanwhile has forbidden it.
        let condition = PutCondition::Version(version);
        let put = self.put_scram(Actor::user(user, None), blob, condition);
        match put.await {
            Ok(()) | Err(Refusal::Conflict { .. }) => {}
            Err(refusal) => tracing::warn!(%refusal, "a SCRAM verifier was not kept"),
        }
    }

    async fn scram_document(&self, user: UserId) -> Result<Option<Vec<u8>>, Refusal> {
        self.document(user, DOCUMENT, "").await
    }

    async fn put_scram(
        &self,
        actor: Actor,
        blob: Option<std::sync::Arc<[u8]>>,
        condition: PutCondition,
    ) -> Result<(), Refusal> {
        let command = Command::PutDocument {
            kind: DOCUMENT.into(),
            key: "".into(),
            blob,
            condition,
        };
        self.submit(Request::new(actor, command)).await.map(drop)
    }

    /// Always the same for a name, so that nobody learns from it whether an account is there.
    fn decoy(&self, name: &str) -> Verifier {
        let folded = name.to_ascii_lowercase();
        let secret = mac(&self.salt_key, folded.as_bytes());
        let mut salt = [0; 16];
        salt.iter_mut()
            .zip(secret)
            .for_each(|(byte, other)| *byte = other);
        Verifier {
            made_from: [0; 32],
            iterations: ITERATIONS,
            salt,
            stored_key: mac(&secret, b"stored"),
            server_key: mac(&secret, b"server"),
        }
    }
}

impl Verifier {
    fn new(password: &Password, salt: [u8; 16], made_from: Key) -> Self {
        let mut salted = [0; 32];
        // Normalize(password) (RFC 5802 section 2.2). One that breaks the profile stands as it is: no client can make another of it.
        let prepared = stringprep::saslprep(password.expose()).map(Cow::into_owned);
        let prepared = Password::new(prepared.unwrap_or_else(|_| password.expose().to_owned()));
        pbkdf2::pbkdf2_hmac::<Sha256>(prepared.expose().as_bytes(), &salt, ITERATIONS, &mut salted);
        let client_key = mac(&salted, b"Client Key");
        Self {
            made_from,
            iterations: ITERATIONS,
            salt,
            stored_key: Sha256::digest(client_key).into(),
            server_key: mac(&salted, b"Server Key"),
        }
    }

    /// The server's signature, if the proof is right (RFC 5802 section 3).
    fn check(&self, signed: &[u8], proof: &[u8]) -> Option<Key> {
        let proof: Key = proof.try_into().ok()?;
        let mut client_key = mac(&self.stored_key, signed);
        client_key
            .iter_mut()
            .zip(proof)
            .for_each(|(byte, other)| *byte ^= other);
        let found: Key = Sha256::digest(client_key).into();
        bool::from(found.ct_eq(&self.stored_key)).then(|| mac(&self.server_key, signed))
    }

    fn write(&self) -> Vec<u8> {
        let mut blob = vec![VERSION];
        blob.extend(self.made_from);
        blob.extend(self.iterations.to_le_bytes());
        blob.extend(self.salt);
        blob.extend(self.stored_key);
        blob.extend(self.server_key);
        blob
    }

    fn read(blob: &[u8]) -> Option<Self> {
        let (version, rest) = blob.split_first()?;
        (*version == VERSION).then_some(())?;
        let (made_from, rest) = rest.split_first_chunk()?;
        let (iterations, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (stored_key, rest) = rest.split_first_chunk()?;
        Some(Self {
            made_from: *made_from,
            iterations: u32::from_le_bytes(*iterations),
            salt: *salt,
            stored_key: *stored_key,
            server_key: rest.try_into().ok()?,
        })
    }
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of any length (RFC 2104 section 2)"
)]
fn mac(key: &[u8], text: &[u8]) -> Key {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn digest_of(hash: &PasswordHash) -> Key {
    Sha256::digest(hash.0.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// RFC 7677 section 3.
    const SIGNED: &str = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

    #[test]
    fn a_password_is_the_same_in_all_its_forms() {
        let check = |typed: &str, proven: &str, same: bool| {
            let made =
                |password: &str| Verifier::new(&Password::new(password.into()), [1; 16], [0; 32]);
            assert_eq!(made(typed) == made(proven), same, "{typed:?} {proven:?}");
        };
        // RFC 4013 section 3, and letters whose marks are typed apart.
        check("I\u{ad}X", "IX", true);
        check("\u{2168}", "IX", true);
        check("na\u{ef}ve", "nai\u{308}ve", true);
        check("IX", "ix", false);
        check("\u{7}", "\u{7}", true);
    }

    #[test]
    fn the_example_of_the_specification() {
        let decode = |text: &str| STANDARD.decode(text).unwrap();
        let salt: [u8; 16] = decode("W22ZaJ0SNY7soEsUEjb6gQ==").try_into().unwrap();
        let mut salted = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(b"pencil", &salt, 4096, &mut salted);
        let client_key = mac(&salted, b"Client Key");
        let verifier = Verifier {
            made_from: [0; 32],
            iterations: 4096,
            salt,
            stored_key: Sha256::digest(client_key).into(),
            server_key: mac(&salted, b"Server Key"),
        };
        let proof = decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        let signature = verifier.check(SIGNED.as_bytes(), &proof).unwrap();
        assert_eq!(
            STANDARD.encode(signature),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
        assert_eq!(verifier.check(b"another", &proof), None);
        assert_eq!(verifier.check(SIGNED.as_bytes(), &proof[..31]), None);
        assert!(Verifier::read(&verifier.write()) == Some(verifier));
        assert!(Verifier::read(&[]).is_none());
        assert!(Verifier::read(&[VERSION; 40]).is_none());
    }
}
