//! Logging in, at any time: a password or another credential is proven, and the connection is its account's from then on. Before registration
//! is complete nothing shows of it but the nick of the greeting; after it the guest becomes the account while everybody looks on.

use std::sync::Arc;

use polylogue_core::command::{PasswordProof, Presentation};
use polylogue_core::event::Claim;
use polylogue_core::name::NameKey;
use polylogue_core::secret::Password;
use polylogue_core::state::World;
use polylogue_core::{DeviceId, Refusal, UserId};
use polylogue_irc::Numeric;

use crate::client::Client;
use crate::names;
use crate::services;

/// What somebody has logged in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The account's password: it opens step-up commands.
    Password(PasswordProof),
    /// A credential of its own. What came from it ends with it.
    Device(DeviceId),
}

impl Proof {
    /// The credential, if it was not the password.
    pub(crate) fn device(self) -> Option<DeviceId> {
        match self {
            Self::Password(_) => None,
            Self::Device(device) => Some(device),
        }
    }

    /// The proof of the password, if it was that.
    pub(crate) fn password(self) -> Option<PasswordProof> {
        match self {
            Self::Password(proof) => Some(proof),
            Self::Device(_) => None,
        }
    }
}

/// A proven identity.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// The account.
    pub(crate) user: UserId,
    /// Which of its places this is, for its own replay position.
    pub(crate) label: Option<Arc<str>>,
    /// How it was proven.
    pub(crate) by: Proof,
}

/// Why a password does not make somebody an account.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotProven {
    /// No such account, or not its password: nobody is told which.
    #[error("Password incorrect")]
    Wrong,
    /// It is right, and the account is shut out.
    #[error("This account is disabled")]
    Disabled,
    /// It is right, or was not looked at: a ban of the server means the account or the address.
    #[error("{0}")]
    Banned(Refusal),
    /// Passwords don't travel over this connection.
    #[error("Passwords are refused on this connection: use TLS")]
    Insecure,
    /// Too many wrong ones came from here.
    #[error("Too many wrong passwords, try again later")]
    Throttled,
    /// It could not be looked at.
    #[error("Too many logins at once, try again")]
    Busy,
}

impl Client {
    /// Whose password it is, if it is that of the account named (with a device behind `@` or `/`).
    pub(crate) async fn prove(&self, name: &str, password: Password) -> Result<Login, NotProven> {
        if !self.peer.security.allows_passwords() {
            return Err(NotProven::Insecure);
        }
        let (account, label) = device_of(name);
        let from = (account.as_str(), self.peer.address);
        match self.irc.hub.check_password(from, password).await {
            Ok(Some(proof)) => Ok(Login {
                user: proof.user,
                label,
                by: Proof::Password(proof),
            }),
            Ok(None) | Err(Refusal::Invalid { .. } | Refusal::TooLarge { .. }) => {
                Err(NotProven::Wrong)
            }
            Err(Refusal::Disabled) => Err(NotProven::Disabled),
            Err(refusal @ Refusal::ServerBanned { .. }) => Err(NotProven::Banned(refusal)),
            Err(Refusal::Throttled { .. }) => Err(NotProven::Throttled),
            Err(_) => Err(NotProven::Busy),
        }
    }

    /// The client is the account from now on: at once, or when its registration is complete. An account that logs in again has proven its
    /// password again.
    pub(crate) async fn go_on_as(&mut self, login: Login) -> Result<(), Refusal> {
        let Some(session) = &mut self.session else {
            self.registration.account = Some(login);
            return Ok(());
        };
        let user = login.user;
        if session.user() == user {
            if let Some(proof) = login.by.password() {
                session.proven(proof);
            }
            return Ok(());
        }
        let world = self.irc.hub.world();
        let guest = session.user();
        let (username, host) = names::account_presentation();
        let live = world.live.sessions.get(&session.id());
        let presentation = Presentation {
            username,
            host,
            ..live
                .map(|live| live.presentation.clone())
                .ok_or(Refusal::LoggedOut)?
        };
        session
            .log_in((user, login.by.device()), login.by.password(), presentation)
            .await?;
        self.is_somebody_else();
        self.registration.account = Some(login);
        for channel in shut_out(&world, guest, (&self.world(), user)) {
            let text =
                format!("{channel} does not let your account in: you are not there any more");
            services::say(self, &services::NICKSERV, &text);
        }
        Ok(())
    }

    /// The account stays, and the client is a guest from now on.
    pub(crate) async fn log_out(&mut self) -> Result<(), Refusal> {
        let host = self.guest_host();
        let session = self.session.as_mut().ok_or(Refusal::Forbidden)?;
        let world = self.irc.hub.world();
        let live = world.live.sessions.get(&session.id());
        let presentation = Presentation {
            username: "~guest".into(),
            host,
            status: None,
            ..live
                .map(|live| live.presentation.clone())
                .ok_or(Refusal::LoggedOut)?
        };
        session.log_out(presentation).await?;
        self.is_somebody_else();
        self.registration.account = None;
        Ok(())
    }

    fn is_somebody_else(&mut self) {
        self.refresh_target();
        self.private_marks.clear();
        self.attached_at = self.irc.hub.head();
    }

    /// What others see as a guest's host: no address can be read out of it.
    pub(crate) fn guest_host(&self) -> Arc<str> {
        format!("{}.guest", self.irc.hub.cloak(self.peer.address)).into()
    }

    /// Numerics go to the nick that the user has now: others may have changed it.
    pub(crate) fn refresh_target(&mut self) {
        if let Some(session) = &self.session
            && let Some(name) = self.irc.hub.world().name_of(session.user())
        {
            self.replies.set_target(name.nick().clone());
        }
    }

    /// Goes on as the account and tells the client so, or why not (RPL_LOGGEDIN, RPL_SASLSUCCESS, ERR_SASLFAIL).
    pub(crate) async fn log_in(&mut self, login: Login) {
        let user = login.user;
        let begins = self.outbox.hold();
        match self.go_on_as(login).await {
            Ok(()) => {
                self.logged_in(user);
                self.replies.text(
                    Numeric::RplSaslSuccess,
                    &[],
                    "SASL authentication successful",
                );
            }
            Err(refusal) => self
                .replies
                .text(Numeric::ErrSaslFail, &[], &refusal.to_string()),
        }
        self.reply_first(begins);
    }

    /// Lets go of what was kept back since [`hold`](polylogue_hub::Outbox::hold), behind the reply to the command. The reply to a labelled
    /// command takes its shape later.
    pub(crate) fn reply_first(&mut self, begins: bool) {
        if begins {
            let reply = self.replies.finish();
            self.outbox.release(|held| {
                let held = held.into_iter().map(|(lines, _)| lines);
                std::iter::once(reply).chain(held).collect()
            });
        }
    }

    /// Tells the client who it is logged in as (RPL_LOGGEDIN).
    pub(crate) fn logged_in(&mut self, user: UserId) {
        let world = self.world();
        let Some(name) = world.name_of(user) else {
            return;
        };
        let (username, host) = names::account_presentation();
        let nick = name.nick();
        let mask = format!("{nick}!{username}@{host}");
        let text = format!("You are now logged in as {nick}");
        self.replies
            .text(Numeric::RplLoggedIn, &[&mask, nick], &text);
    }

    /// A nick could not be had. If it is an account's, who it belongs to is told how to get it.
    pub(crate) fn nick_refused(&mut self, nick: &str, refusal: &Refusal) {
        if *refusal != Refusal::NameTaken {
            return;
        }
        self.registration.refused = Some(nick.into());
        if self.account_of_nick(nick).is_some() {
            services::say(
                self,
                &services::NICKSERV,
                "This nickname is registered. If it is yours, log in: /msg NickServ IDENTIFY <password>",
            );
        }
    }

    /// The account that keeps others from having a nick: its own, or one that looks like it.
    pub(crate) fn account_of_nick(&self, nick: &str) -> Option<Arc<str>> {
        let world = self.world();
        let user = match world.state.names.get(&NameKey::account(nick))? {
            Claim::User(user) => *user,
            Claim::Room(_) | Claim::Tombstone | Claim::Nobody => return None,
        };
        let is_account = world.is_account(user);
        let name = world.name_of(user).filter(|_| is_account)?;
        Some(name.nick().clone())
    }
}

/// The channels that somebody was in as a guest and is not in as an account.
fn shut_out(before: &World, guest: UserId, (now, account): (&World, UserId)) -> Vec<String> {
    let left = before.state.user(guest).into_iter();
    let left = left
        .filter(|guest| !before.is_account(guest.id))
        .flat_map(|guest| guest.joined())
        .filter_map(|room| before.state.room(room));
    left.filter(|room| {
        let room = now.state.room(room.state.id);
        !room.is_some_and(|room| room.state.is_joined(account))
    })
    .filter_map(|room| names::channel(&room.state).map(str::to_owned))
    .collect()
}

/// `alice@laptop` and `alice/laptop` name a device of the account, each with a replay position of its own.
pub(crate) fn device_of(name: &str) -> (String, Option<Arc<str>>) {
    match name.split_once(['@', '/']) {
        Some((account, device)) if !device.is_empty() => (account.to_owned(), Some(device.into())),
        Some((account, _)) => (account.to_owned(), None),
        None => (name.to_owned(), None),
    }
}
