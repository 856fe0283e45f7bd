//! `AUTHENTICATE`: IRCv3 sasl, mechanism PLAIN (RFC 4616). At any time, as SASL 3.2 has it: a registered client goes on as the account.

use polylogue_core::Refusal;
use polylogue_core::secret::Password;
use polylogue_irc::sasl::{Mechanism, Plain, Response, ResponseError, Step};
use polylogue_irc::{Message, Middle, Numeric, Verb};

use super::cap;
use crate::client::Client;
use crate::registration::device_of;

/// One step of the exchange.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(word) = message.given(0) else {
        return client.replies.text(
            Numeric::ErrNeedMoreParams,
            &["AUTHENTICATE"],
            "Not enough parameters",
        );
    };
    let Some(mut response) = client.registration.exchange.take() else {
        return begin(client, word);
    };
    match response.push(word) {
        Ok(Step::More) => client.registration.exchange = Some(response),
        Ok(Step::Aborted) => {
            client
                .replies
                .text(Numeric::ErrSaslAborted, &[], "SASL authentication aborted")
        }
        Ok(Step::Complete(payload)) => finish(client, &payload).await,
        Err(ResponseError::TooLong) => {
            client
                .replies
                .text(Numeric::ErrSaslTooLong, &[], "SASL message too long")
        }
        Err(ResponseError::TooMuch | ResponseError::NotBase64) => failed(client),
    }
}

fn begin(client: &mut Client, word: &str) {
    let offered = cap::mechanisms(client);
    match Mechanism::from_name(word) {
        Some(Mechanism::Plain) if !offered.is_empty() => {
            client.registration.exchange = Some(Response::default());
            client.replies.line(|line| {
                line.verb(Verb::Authenticate)
                    .middle(const { Middle::literal("+") })
                    .end()
            });
        }
        Some(_) | None => {
            let shown = if offered.is_empty() { "*" } else { &offered };
            client.replies.text(
                Numeric::RplSaslMechs,
                &[shown],
                "are available SASL mechanisms",
            );
            failed(client);
        }
    }
}

async fn finish(client: &mut Client, payload: &[u8]) {
    let Some(plain) = Plain::parse(payload) else {
        return failed(client);
    };
    // Nobody acts for somebody else: an authorisation identity must be the same account (or empty).
    let (account, label) = device_of(&plain.authcid);
    let same = plain
        .authzid
        .as_ref()
        .is_none_or(|authzid| device_of(authzid).0.eq_ignore_ascii_case(&account));
    if !same {
        return failed(client);
    }
    match client
        .irc
        .hub
        .check_password(
            (&account, client.peer.address),
            Password::new(plain.password.expose().to_owned()),
        )
        .await
    {
        Ok(Some(user)) => {
            client.log_in(user, label).await;
        }
        Err(Refusal::Disabled) => {
            client
                .replies
                .text(Numeric::ErrNickLocked, &[], "This account is disabled")
        }
        Err(Refusal::Unavailable) => client.replies.text(
            Numeric::ErrSaslFail,
            &[],
            "Too many logins at once, try again",
        ),
        Err(Refusal::Throttled { .. }) => client.replies.text(
            Numeric::ErrSaslFail,
            &[],
            "Too many wrong passwords, try again later",
        ),
        Ok(None) | Err(_) => failed(client),
    }
}

fn failed(client: &mut Client) {
    client
        .replies
        .text(Numeric::ErrSaslFail, &[], "SASL authentication failed");
}
