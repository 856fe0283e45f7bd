//! `AUTHENTICATE`: IRCv3 sasl, mechanisms PLAIN (RFC 4616), SCRAM-SHA-256 (RFC 7677), EXTERNAL (RFC 4422) by TLS certificate, and OAUTHBEARER
//! (RFC 7628) with an access token of this server. At any time, as SASL 3.2 has it: a registered client goes on as the account, and one that is logged in may do it again.

mod scram;

use polylogue_core::secret::Password;
use polylogue_core::{DeviceId, UserId};
use polylogue_irc::sasl::{
    Bearer, BearerError, Mechanism, Plain, Response, ResponseError, Step, bearer_error, chunks,
};
use polylogue_irc::{Message, Numeric, Verb};

use super::cap;
use crate::client::Client;
use crate::login::{Login, NotProven, Proof, device_of};
use crate::reply::part;

/// An exchange under way.
pub(crate) struct Exchange {
    stage: Stage,
    response: Response,
}

/// What the client says next.
enum Stage {
    /// The first message of a mechanism.
    First(Mechanism),
    /// The last one of SCRAM.
    Scram(Box<scram::Begun>),
    /// Nothing more: it has seen that we know its password too.
    Proven(Login),
    /// Nothing more: it has seen why not.
    Refused(NotProven),
}

/// What a message leads to.
enum Outcome {
    /// A challenge, and what is to follow.
    Challenge(String, Stage),
    /// Somebody.
    Proven(Login),
}

/// One step of the exchange.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let Some(word) = message.given(0) else {
        return client.replies.text(
            Numeric::ErrNeedMoreParams,
            &["AUTHENTICATE"],
            "Not enough parameters",
        );
    };
    let Some(mut exchange) = client.registration.exchange.take() else {
        return begin(client, word);
    };
    match exchange.response.push(word) {
        Ok(Step::More) => client.registration.exchange = Some(exchange),
        Ok(Step::Aborted) => {
            client
                .replies
                .text(Numeric::ErrSaslAborted, &[], "SASL authentication aborted")
        }
        Ok(Step::Complete(payload)) => answer(client, exchange.stage, &payload).await,
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
    let mechanism = Mechanism::from_name(word).filter(|mechanism| offered.contains(mechanism));
    let Some(mechanism) = mechanism else {
        let names = cap::names(&offered);
        let shown = if names.is_empty() { "*" } else { &names };
        client.replies.text(
            Numeric::RplSaslMechs,
            &[shown],
            "are available SASL mechanisms",
        );
        return failed(client);
    };
    challenge(client, b"", Stage::First(mechanism));
}

/// Sends a challenge, and waits for what is to follow.
fn challenge(client: &mut Client, text: &[u8], stage: Stage) {
    client.registration.exchange = Some(Exchange {
        stage,
        response: Response::default(),
    });
    for chunk in chunks(text) {
        client
            .replies
            .line(|line| line.verb(Verb::Authenticate).middle(part(&chunk)).end());
    }
}

async fn answer(client: &mut Client, stage: Stage, payload: &[u8]) {
    let outcome = match stage {
        Stage::First(Mechanism::Plain) => plain(client, payload).await.map(Outcome::Proven),
        Stage::First(Mechanism::OAuthBearer) => Ok(bearer(client, payload)),
        Stage::First(Mechanism::External) => external(client, payload).map(Outcome::Proven),
        Stage::First(Mechanism::ScramSha256) => {
            let begun = scram::begin(client, payload).await;
            begun.map(|(text, begun)| Outcome::Challenge(text, Stage::Scram(Box::new(begun))))
        }
        Stage::Scram(begun) => scram::finish(client, *begun, payload)
            .map(|(text, login)| Outcome::Challenge(text, Stage::Proven(login))),
        Stage::Proven(login) => Ok(Outcome::Proven(login)),
        Stage::Refused(reason) => Err(reason),
    };
    match outcome {
        Ok(Outcome::Proven(login)) => client.log_in(login).await,
        Ok(Outcome::Challenge(text, next)) => challenge(client, text.as_bytes(), next),
        Err(reason) => refuse(client, &reason),
    }
}

async fn plain(client: &Client, payload: &[u8]) -> Result<Login, NotProven> {
    let plain = Plain::parse(payload).ok_or(NotProven::Wrong)?;
    // Nobody acts for somebody else: an authorisation identity must be the same account (or empty).
    let (account, _) = device_of(&plain.authcid);
    let same = plain
        .authzid
        .as_ref()
        .is_none_or(|authzid| device_of(authzid).0.eq_ignore_ascii_case(&account));
    if !same {
        return Err(NotProven::Wrong);
    }
    let password = Password::new(plain.password.expose().to_owned());
    client.prove(&plain.authcid, password).await
}

/// The connection comes from the credential of its token, and ends with it. Whose token is refused is told why first.
fn bearer(client: &Client, payload: &[u8]) -> Outcome {
    let refused = |error, reason| {
        let text = bearer_error(error).to_owned();
        Outcome::Challenge(text, Stage::Refused(reason))
    };
    let Some(bearer) = Bearer::parse(payload) else {
        return refused(BearerError::InvalidRequest, NotProven::Wrong);
    };
    let owner = client.irc.hub.token_owner(bearer.token.expose());
    let authzid = bearer.authzid.as_deref();
    let login = owner
        .ok_or(NotProven::Wrong)
        .and_then(|owner| log_in_by_device(client, owner, authzid));
    match login {
        Ok(login) => Outcome::Proven(login),
        Err(reason) => refused(BearerError::InvalidToken, reason),
    }
}

/// The certificate of the TLS connection says who it is (RFC 4422 appendix A); the payload may name the account too.
fn external(client: &Client, payload: &[u8]) -> Result<Login, NotProven> {
    let authzid = std::str::from_utf8(payload).map_err(|_| NotProven::Wrong)?;
    let certificate = client.peer.certificate.ok_or(NotProven::Wrong)?;
    let owner = client.irc.hub.certificate_owner(&certificate);
    let owner = owner.ok_or(NotProven::Wrong)?;
    let authzid = Some(authzid).filter(|authzid| !authzid.is_empty());
    log_in_by_device(client, owner, authzid)
}

/// A credential of an account was shown; an authorisation identity must be that account's.
fn log_in_by_device(
    client: &Client,
    (user, device): (UserId, DeviceId),
    authzid: Option<&str>,
) -> Result<Login, NotProven> {
    let (named, label) = authzid.map_or((None, None), |authzid| {
        let (named, label) = device_of(authzid);
        (Some(named), label)
    });
    let world = client.world();
    let is_his = named.is_none_or(|named| world.user_named(&named) == Some(user));
    let known = world.state.user(user).filter(|_| is_his);
    match known {
        Some(known) if known.disabled => Err(NotProven::Disabled),
        Some(_) => Ok(Login {
            user,
            label,
            by: Proof::Device(device),
        }),
        None => Err(NotProven::Wrong),
    }
}

fn refuse(client: &mut Client, reason: &NotProven) {
    match reason {
        NotProven::Wrong => failed(client),
        NotProven::Disabled => {
            client
                .replies
                .text(Numeric::ErrNickLocked, &[], &reason.to_string())
        }
        NotProven::Banned(_) | NotProven::Insecure | NotProven::Throttled | NotProven::Busy => {
            client
                .replies
                .text(Numeric::ErrSaslFail, &[], &reason.to_string())
        }
    }
}

fn failed(client: &mut Client) {
    client
        .replies
        .text(Numeric::ErrSaslFail, &[], "SASL authentication failed");
}
