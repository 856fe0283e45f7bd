//! `set_presence`: how this connection shows to others.

use polylogue_core::Command;
use polylogue_core::command::{Attach, Presentation, Who};
use polylogue_hub::Request;
use polylogue_native::request::account::SetPresence;
use polylogue_native::{Answer, Error, ErrorCode, Presence};

use super::account;
use crate::client::Client;
use crate::refusal;

/// Shows as online, away, or not at all.
pub(super) async fn set(client: &Client, request: SetPresence) -> Result<Option<Answer>, Error> {
    let session = client.session()?;
    let status = request.status.filter(|status| !status.as_str().is_empty());
    let (visible, status, away) = match (request.presence, status) {
        (Presence::Away, status) => (
            true,
            None,
            Some(status.map_or_else(Default::default, Into::into)),
        ),
        (Presence::Online, status) => (true, status.map(Into::into), None),
        (Presence::Offline, None) => (false, None, None),
        (Presence::Offline, Some(_)) => {
            let message = "goes with \"online\" and \"away\" only";
            return Err(Error::in_field(ErrorCode::BadValue, "status", message));
        }
    };
    let known = client.world().live.sessions.get(&session.id()).cloned();
    let shown = (visible, &status);
    let changes = |known: &Presentation| (known.visible, &known.status) != shown;
    if known.is_some_and(|known| changes(&known.presentation)) {
        // A session that attaches again, under its own number, shows in another way.
        let attach = Attach {
            away: None,
            address: None,
            session: session.id(),
            who: Who::Account(session.user()),
            device: session.device(),
            presentation: Presentation {
                visible,
                status,
                ..account::presentation(client, session.user())
            },
        };
        submit(client, Command::Attach(Box::new(attach))).await?;
    }
    let command = Command::SetAway {
        session: session.id(),
        text: away,
    };
    submit(client, command).await?;
    Ok(None)
}

async fn submit(client: &Client, command: Command) -> Result<(), Error> {
    let request = Request::new(client.session()?.actor(), command);
    let done = client.hub().submit(request).await;
    done.map(drop).map_err(|refusal| refusal::error(&refusal))
}
