//! `set_password`: a new password, behind a fresh proof of the old one.

use polylogue_core::command::OtherDevices;
use polylogue_native::request::account::{Others, SetPassword};
use polylogue_native::{Answer, Error};

use crate::client::Client;
use crate::refusal;

/// Sets the password; other credentials end unless they are to stay.
pub(super) async fn set(
    client: &mut Client,
    request: &SetPassword,
) -> Result<Option<Answer>, Error> {
    let session = client.session()?;
    let password = client.password(&request.password)?;
    let others = match request.others {
        Others::LogOut => OtherDevices::LogOut,
        Others::Keep => OtherDevices::Keep,
    };
    let (actor, user) = (session.actor(), session.user());
    let set = client.hub().set_password(actor, user, (password, others));
    let proof = set.await.map_err(|refusal| refusal::error(&refusal))?;
    if let (Some(session), Some(proof)) = (&mut client.session, proof) {
        session.proven(proof);
    }
    Ok(None)
}
