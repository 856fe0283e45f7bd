//! Accounts as front-ends use them: made, logged into, looked up by token. Passwords are hashed and compared here, off the runtime.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use polylogue_core::command::{Actor, NewDevice, PasswordProof, Scope};
use polylogue_core::name::AccountName;
use polylogue_core::secret::{Password, TokenHash};
use polylogue_core::user::UserKind;
use polylogue_core::{Command, DeviceId, Refusal, UserId};

use crate::open::Hub;
use crate::registration::{Applicant, Asker, Registration};
use crate::stages::now;
use crate::submit::Request;

/// A login: an account, its new credential, and the token that stands for it. The token is shown once.
#[derive(Clone)]
pub struct Login {
    /// The account.
    pub user: UserId,
    /// The credential.
    pub device: DeviceId,
    /// What clients call the credential.
    pub label: Arc<str>,
    /// The token.
    pub token: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .field("device", &self.device)
            .field("token", &"***")
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// Makes an account for somebody who may make one.
    ///
    /// # Errors
    /// Why not.
    pub async fn sign_up(
        &self,
        applicant: Applicant<'_>,
        name: AccountName,
        password: Password,
    ) -> Result<UserId, Refusal> {
        self.world().may_come_from(applicant.from, now())?;
        let attempt = self.attempts.register(applicant.from, now())?;
        self.check_applicant(applicant)?;
        let asker = match applicant.asker {
            Asker::Nobody => Actor::user(UserId::SERVER, None),
            Asker::Guest(user) => Actor::user(user, None),
        };
        let user = self
            .make_account(asker, (name, applicant.contact), password)
            .await?;
        attempt.counts(now());
        Ok(user)
    }

    /// Makes an account. Where registration is not open to all, only an administrator does.
    ///
    /// # Errors
    /// Why not.
    pub async fn register(
        &self,
        actor: Actor,
        name: AccountName,
        password: Password,
    ) -> Result<UserId, Refusal> {
        if *self.registration() != Registration::Open && actor.scope == Scope::User {
            return Err(Refusal::RegistrationClosed);
        }
        self.make_account(actor, (name, None), password).await
    }

    async fn make_account(
        &self,
        actor: Actor,
        (name, contact): (AccountName, Option<&str>),
        password: Password,
    ) -> Result<UserId, Refusal> {
        // A name that is taken costs no hash.
        let world = self.world();
        if name
            .claims()
            .iter()
            .any(|key| world.state.names.contains_key(key))
        {
            return Err(Refusal::NameTaken);
        }
        let password = self.passwords.hash(password).await?;
        let receipt = self
            .submit(Request::new(
                actor,
                Command::Register {
                    name,
                    password,
                    device: None,
                    contact: contact.map(Into::into),
                },
            ))
            .await?;
        receipt.user().ok_or(Refusal::Internal)
    }

    /// Checks a name and a password that came from an address. Wrong ones are counted there. Unknown names take as long as known ones, and give the same answer.
    ///
    /// # Errors
    /// [`Refusal::Disabled`] or [`Refusal::ServerBanned`] with the right password of such an account; otherwise what keeps the check from being made.
    pub async fn check_password(
        &self,
        (name, from): (&str, IpAddr),
        password: Password,
    ) -> Result<Option<PasswordProof>, Refusal> {
        let world = self.world();
        world.may_come_from(from, now())?;
        let attempt = self.attempts.log_in((name, from), now())?;
        let user = world
            .user_named(name)
            .and_then(|user| world.state.user(user))
            .filter(|user| user.kind == UserKind::Account)
            .cloned();
        let hash = user.as_ref().and_then(|user| user.password.clone());
        let right = self
            .passwords
            .verify(password.clone(), hash.clone())
            .await?;
        if right {
            drop(attempt);
        } else {
            attempt.wrong_password(password.expose(), now());
        }
        match user {
            Some(user) if right && user.disabled => Err(Refusal::Disabled),
            // Hashing takes long enough for the password to be changed meanwhile: the core asks whether it still is this one.
            Some(user) if right => {
                self.world().may_use(user.id, now())?;
                if let Some(hash) = &hash {
                    self.renew_scram(user.id, hash, &password).await;
                }
                Ok(Some(PasswordProof {
                    user: user.id,
                    version: user.password_changed,
                    at: now(),
                }))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Whether an account may use the server, from this address.
    ///
    /// # Errors
    /// [`Refusal::ServerBanned`].
    pub fn may_enter(&self, (user, from): (UserId, IpAddr)) -> Result<(), Refusal> {
        let world = self.world();
        world.may_use(user, now())?;
        world.may_come_from(from, now())
    }

    /// The proof of somebody who has made his account just now.
    ///
    /// # Errors
    /// [`Refusal::NoSuchUser`].
    pub fn proof_of(&self, user: UserId) -> Result<PasswordProof, Refusal> {
        let world = self.world();
        let known = world.state.user(user).ok_or(Refusal::NoSuchUser)?;
        Ok(PasswordProof {
            user,
            version: known.password_changed,
            at: now(),
        })
    }

    /// A new password for an account: whoever set it knows it, which is a proof, unless another one has been set meanwhile.
    ///
    /// # Errors
    /// Why not.
    pub async fn set_password(
        &self,
        actor: Actor,
        user: UserId,
        (password, others): (Password, polylogue_core::command::OtherDevices),
    ) -> Result<Option<PasswordProof>, Refusal> {
        let hash = self.passwords.hash(password).await?;
        let command = Command::SetPassword {
            user,
            password: hash.clone(),
            others,
        };
        self.submit(Request::new(actor, command)).await?;
        let world = self.world();
        let known = world.state.user(user);
        let known = known.filter(|known| known.password.as_ref() == Some(&hash));
        Ok(known.map(|known| PasswordProof {
            user,
            version: known.password_changed,
            at: now(),
        }))
    }

    /// Makes a credential for an account whose password was checked. Without a label the device gets a random one.
    ///
    /// # Errors
    /// Why not.
    pub async fn log_in(
        &self,
        proof: PasswordProof,
        label: Option<Arc<str>>,
        name: Option<Arc<str>>,
    ) -> Result<Login, Refusal> {
        let token = format!("ply_{}", random::<24>()?);
        let label = match label {
            Some(label) => label,
            None => random::<8>()?.into(),
        };
        let hash = TokenHash::of(&token);
        let device = NewDevice {
            label: label.clone(),
            name,
            token: hash,
        };
        self.submit(Request::new(
            Actor {
                proof: Some(proof),
                ..Actor::user(proof.user, None)
            },
            Command::AddDevice {
                user: proof.user,
                device,
            },
        ))
        .await?;
        let (user, device) = self
            .world()
            .state
            .device_of(&hash)
            .ok_or(Refusal::Unavailable)?;
        Ok(Login {
            user,
            device,
            label,
            token,
        })
    }

    /// Whose token it is.
    #[must_use]
    pub fn token_owner(&self, token: &str) -> Option<(UserId, DeviceId)> {
        self.world().state.device_of(&TokenHash::of(token))
    }
}

/// Random text.
pub(crate) fn random<const BYTES: usize>() -> Result<String, Refusal> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
