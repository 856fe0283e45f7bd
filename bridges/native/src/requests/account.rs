//! What `register`, `login` and `resume` share: a connection becomes a session of the hub.

use std::sync::Arc;

use polylogue_core::command::{Actor, Command, PasswordProof, Presentation, Who};
use polylogue_core::secret::Password;
use polylogue_core::{DeviceId, UserId};
use polylogue_hub::{Connecting, Request};
use polylogue_native::{Answer, Error, ErrorCode, Secret, Session};

use crate::client::Client;
use crate::{names, refusal};

/// A credential, and the token that stands for it if the client has yet to be told.
pub(super) struct Credential {
    pub(super) user: UserId,
    pub(super) device: DeviceId,
    pub(super) token: Option<Secret>,
}

/// How a native connection shows to others.
pub(super) fn presentation(client: &Client, user: UserId) -> Presentation {
    let world = client.world();
    let shown = world.state.user(user).map(|user| user.shown_name().clone());
    Presentation {
        front: "native",
        username: "~u".into(),
        host: "account".into(),
        real_name: shown.unwrap_or_default(),
        since: names::now(),
        visible: true,
        status: None,
        operator: polylogue_core::command::Operator::Person,
        metadata: Default::default(),
    }
}

impl Client {
    /// A password may be taken here.
    pub(super) fn password(&self, secret: &Secret) -> Result<Password, Error> {
        if self.peer.security.allows_passwords() {
            Ok(Password::new(secret.expose().to_owned()))
        } else {
            let message = "passwords don't travel without TLS";
            Err(Error::new(ErrorCode::PlainConnection, message))
        }
    }

    /// Nobody is logged in yet.
    pub(super) fn nobody(&self) -> Result<(), Error> {
        match self.session {
            None => Ok(()),
            Some(_) => {
                let message = "this connection is logged in; open another one for another user";
                Err(Error::new(ErrorCode::AlreadyAuthenticated, message))
            }
        }
    }

    /// Makes a credential for a user who has shown who he is, and becomes his session.
    pub(super) async fn log_in(
        &mut self,
        proof: PasswordProof,
        device: Option<Arc<str>>,
    ) -> Result<Answer, Error> {
        let login = self.hub().log_in(proof, None, device).await;
        let login = login.map_err(|refusal| refusal::error(&refusal))?;
        let token = Secret::new(login.token)
            .map_err(|_| Error::new(ErrorCode::Internal, "the token can't be written"))?;
        let credential = Credential {
            user: login.user,
            device: login.device,
            token: Some(token),
        };
        let answer = self.attach(credential).await;
        match (&answer, &mut self.session) {
            (Ok(_), Some(session)) => session.proven(proof),
            (Ok(_), None) => {}
            (Err(_), _) => {
                // Nobody will ever use the credential: its token was not told.
                let command = Command::RemoveDevices {
                    user: proof.user,
                    devices: vec![login.device],
                };
                let actor = Actor::user(proof.user, Some(login.device));
                let _ = self.hub().submit(Request::new(actor, command)).await;
            }
        }
        answer
    }

    /// Becomes the session of a credential.
    pub(super) async fn attach(&mut self, credential: Credential) -> Result<Answer, Error> {
        let Credential {
            user,
            device,
            token,
        } = credential;
        let dialect = self.greeted.unwrap_or_default();
        self.outbox.set_dialect(dialect.bits());
        let connecting = Connecting {
            away: None,
            address: Some(self.peer.address),
            who: Who::Account(user),
            device: Some(device),
            proof: None,
            presentation: presentation(self, user),
            renderer: self.native.renderer.clone(),
            outbox: self.outbox.clone(),
        };
        let session = polylogue_hub::Session::attach(self.hub(), connecting).await;
        self.session = Some(session.map_err(|refusal| refusal::error(&refusal))?);
        let world = self.world();
        let known = world.state.user(user).and_then(|user| user.device(device));
        let known =
            known.ok_or_else(|| Error::new(ErrorCode::LoggedOut, "this credential was revoked"))?;
        Ok(Answer::Session(Session {
            user: names::user(&world, user),
            device: names::device(known),
            token,
        }))
    }
}
