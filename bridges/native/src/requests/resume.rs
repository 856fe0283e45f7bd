//! `resume`: by the token of an earlier login.

use polylogue_native::request::account::Resume;
use polylogue_native::{Answer, Error, ErrorCode};

use super::account::Credential;
use crate::client::Client;

/// Becomes a session of the token's credential again.
pub(super) async fn resume(client: &mut Client, request: &Resume) -> Result<Answer, Error> {
    client.nobody()?;
    let owner = client.hub().token_owner(request.token.expose());
    let unknown = || Error::in_field(ErrorCode::UnknownToken, "token", "unknown or revoked");
    let (user, device) = owner.ok_or_else(unknown)?;
    let credential = Credential {
        user,
        device,
        token: None,
    };
    client.attach(credential).await
}
