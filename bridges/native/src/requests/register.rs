//! `register`: an account is made, and logged into.

use polylogue_core::Refusal;
use polylogue_core::name::AccountName;
use polylogue_hub::{Applicant, Asker};
use polylogue_native::request::account::Register;
use polylogue_native::{Answer, Error, ErrorCode, Secret};

use crate::client::Client;
use crate::refusal;

/// Makes the account; the connection is its first session.
pub(super) async fn register(client: &mut Client, request: Register) -> Result<Answer, Error> {
    client.nobody()?;
    let password = client.password(&request.password)?;
    let name = AccountName::from_nick(request.name.as_str())
        .map_err(|error| Error::in_field(ErrorCode::BadName, "name", error.to_string()))?;
    let applicant = Applicant {
        asker: Asker::Nobody,
        from: client.peer.address,
        token: request.token.as_ref().map(Secret::expose),
        contact: None,
    };
    let user = client.hub().sign_up(applicant, name, password).await;
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
