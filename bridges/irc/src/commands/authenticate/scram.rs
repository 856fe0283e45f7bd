//! SCRAM-SHA-256: two messages from either side. The names that have no verifier get through the first like all others.

use polylogue_core::Refusal;
use polylogue_hub::Challenge;
use polylogue_irc::scram::{ClientFinal, ClientFirst, server_final, server_first};

use crate::client::Client;
use crate::login::{Login, NotProven, Proof, device_of};

/// After the first two messages.
pub(super) struct Begun {
    first: ClientFirst,
    said: String,
    nonce: String,
    challenge: Challenge,
}

/// The client's first message, and the answer to it.
pub(super) async fn begin(client: &Client, payload: &[u8]) -> Result<(String, Begun), NotProven> {
    let first = ClientFirst::parse(payload).ok_or(NotProven::Wrong)?;
    let (account, _) = device_of(&first.username);
    let same = first
        .authzid
        .as_ref()
        .is_none_or(|authzid| device_of(authzid).0.eq_ignore_ascii_case(&account));
    if !same {
        return Err(NotProven::Wrong);
    }
    let from = (account.as_str(), client.peer.address);
    let challenge = client.irc.hub.scram_challenge(from).await;
    let challenge = challenge.map_err(|refusal| {
        if matches!(refusal, Refusal::Throttled { .. }) {
            NotProven::Throttled
        } else {
            NotProven::Busy
        }
    })?;
    let mut random = [0; 18];
    getrandom::fill(&mut random).map_err(|_| NotProven::Busy)?;
    let own: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let nonce = format!("{}{own}", first.nonce);
    let (salt, iterations) = challenge.parameters();
    let said = server_first(&nonce, salt, iterations);
    let begun = Begun {
        first,
        said: said.clone(),
        nonce,
        challenge,
    };
    Ok((said, begun))
}

/// The client's proof, and ours.
pub(super) fn finish(
    client: &Client,
    begun: Begun,
    payload: &[u8],
) -> Result<(String, Login), NotProven> {
    let last = ClientFinal::parse(payload, &begun.first.header).ok_or(NotProven::Wrong)?;
    if last.nonce != begun.nonce {
        return Err(NotProven::Wrong);
    }
    let (account, label) = device_of(&begun.first.username);
    // AuthMessage (RFC 5802 section 3).
    let signed = format!("{},{},{}", begun.first.bare, begun.said, last.without_proof);
    let from = (account.as_str(), client.peer.address);
    let proven = client
        .irc
        .hub
        .scram_proven(&begun.challenge, from, (&signed, &last.proof));
    match proven {
        Ok(Some((proof, signature))) => Ok((
            server_final(&signature),
            Login {
                user: proof.user,
                label,
                by: Proof::Password(proof),
            },
        )),
        Ok(None) => Err(NotProven::Wrong),
        Err(Refusal::Disabled) => Err(NotProven::Disabled),
        Err(_) => Err(NotProven::Busy),
    }
}
