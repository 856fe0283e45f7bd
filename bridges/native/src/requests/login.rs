//! `login`: by name and password.

use polylogue_native::request::account::Login;
use polylogue_native::{Answer, Error, ErrorCode};

use crate::client::Client;
use crate::refusal;

/// Checks the password and makes a credential.
pub(super) async fn log_in(client: &mut Client, request: Login) -> Result<Answer, Error> {
    client.nobody()?;
    let password = client.password(&request.password)?;
    let name = request.name.as_str();
    let from = client.peer.address;
    let checked = client.hub().check_password((name, from), password).await;
    let proof = checked
        .map_err(|refusal| refusal::error(&refusal))?
        .ok_or_else(|| Error::new(ErrorCode::BadCredentials, "unknown name or wrong password"))?;
    client.log_in(proof, request.device.map(Into::into)).await
}
