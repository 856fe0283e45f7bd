//! `register`: an account is made, and logged into.

use polylogue_core::Refusal;
use polylogue_core::name::AccountName;
use polylogue_hub::Asker;
use polylogue_native::request::account::Register;
use polylogue_native::{Answer, Error, ErrorCode};

use crate::client::Client;
use crate::refusal;

/// Makes the account; the connection is its first session.
pub(super) async fn register(client: &mut Client, request: Register) -> Result<Answer, Error> {
    client.nobody()?;
    let password = client.password(&request.password)?;
    let name = AccountName::from_nick(request.name.as_str())
        .map_err(|error| Error::in_field(ErrorCode::BadName, "name", error.to_string()))?;
    let from = client.peer.address;
    let user = client
        .hub()
        .sign_up((Asker::Nobody, from), name, password)
        .await;
    let user = user.map_err(|refusal| {
        if refusal == Refusal::NameTaken {
            refusal::in_field(&refusal, "name")
        } else {
            refusal::error(&refusal)
        }
    })?;
    let proof = client.hub().proof_of(user);
    let proof = proof.map_err(|refusal| refusal::error(&refusal))?;
    client.log_in(proof, request.device.map(Into::into)).await
}
