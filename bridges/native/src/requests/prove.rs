//! `prove`: the password again.

use polylogue_native::request::account::Prove;
use polylogue_native::{Answer, Error, ErrorCode};

use crate::client::Client;
use crate::refusal;

/// Opens what needs a fresh proof.
pub(super) async fn prove(client: &mut Client, request: &Prove) -> Result<Option<Answer>, Error> {
    let user = client.session()?.user();
    let password = client.password(&request.password)?;
    let name = client.world().name_of(user).map(|name| name.nick().clone());
    let name = name.unwrap_or_default();
    let from = client.peer.address;
    let checked = client.hub().check_password((&name, from), password).await;
    let proof = checked
        .map_err(|refusal| refusal::error(&refusal))?
        .filter(|proof| proof.user == user)
        .ok_or_else(|| Error::in_field(ErrorCode::BadCredentials, "password", "wrong password"))?;
    if let Some(session) = &mut client.session {
        session.proven(proof);
    }
    Ok(None)
}
