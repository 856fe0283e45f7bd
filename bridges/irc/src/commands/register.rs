//! `REGISTER` and `VERIFY`: IRCv3 draft/account-registration. The account's name is its nick from then on, on every front-end.

use polylogue_core::name::{AccountName, NameError};
use polylogue_core::secret::Password;
use polylogue_core::{Refusal, UserId};
use polylogue_hub::{Applicant, Asker, Registration};
use polylogue_irc::{Message, Middle, Verb};

use crate::client::Client;
use crate::login::{Login, Proof};

/// Makes an account, and goes on as it. Only where one is asked for, an address for mail is kept.
pub(crate) async fn run(client: &mut Client, message: &Message) {
    let (Some(account), Some(address), Some(password)) =
        (message.given(0), message.given(1), message.given(2))
    else {
        return fail(client, "NEED_MORE_PARAMS", &[], "Not enough parameters");
    };
    let nick = match &client.session {
        Some(_) => Some(client.replies.target()),
        None => client.registration.nick.clone(),
    };
    let name = match (account, nick) {
        ("*", Some(nick)) => nick.to_string(),
        ("*", None) => return fail(client, "NEED_NICK", &["*"], "Send NICK first"),
        (account, _) => account.to_owned(),
    };
    if let Some((code, text)) = hindrance(client) {
        return fail(client, code, &[&name], text);
    }
    let Ok(address) = wanted(client, address) else {
        return fail(client, "INVALID_EMAIL", &[&name], NO_ADDRESS);
    };
    if let Err(text) = client.admit().await {
        return fail(client, "COMPLETE_CONNECTION_REQUIRED", &[&name], &text);
    }
    let begins = client.outbox.hold();
    match make(client, &name, (password, address)).await {
        Ok(user) => {
            client.replies.server_line(Verb::Register, |line| {
                line.middle(const { Middle::literal("SUCCESS") })
                    .middle(crate::reply::part(&name))
                    .trailing(&const { polylogue_irc::Trailing::literal("Account created") })
            });
            client.logged_in(user);
        }
        Err(refusal) => refused(client, &name, &refusal),
    }
    client.reply_first(begins);
}

/// What is said of an address that can't be one.
pub(crate) const NO_ADDRESS: &str = "An address for mail is needed, like name@example.org";

/// The address to keep, if any is.
///
/// # Errors
/// One is needed, and this is none.
pub(crate) fn wanted<'a>(client: &Client, address: &'a str) -> Result<Option<&'a str>, ()> {
    if !client.irc.config.register_needs_address {
        return Ok(None);
    }
    // RFC 5321 section 4.5.3.1: at most 256 octets with the angle brackets.
    let parts = address.rsplit_once('@');
    let looks_like_one = address.len() <= 254
        && address
            .chars()
            .all(|one| !one.is_whitespace() && !one.is_control())
        && parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
    looks_like_one.then_some(Some(address)).ok_or(())
}

/// Makes an account under a nick, and goes on as it.
pub(crate) async fn make(
    client: &mut Client,
    name: &str,
    (password, address): (&str, Option<&str>),
) -> Result<UserId, Refusal> {
    let made = AccountName::from_nick(name)?;
    if name.len() > client.irc.config.nick_length {
        return Err(NameError::TooLong.into());
    }
    let applicant = Applicant {
        asker: match &client.session {
            Some(session) => Asker::Guest(session.user()),
            None => Asker::Nobody,
        },
        from: client.peer.address,
        token: None,
        contact: address,
    };
    let password = Password::new(password.to_owned());
    let user = client.irc.hub.sign_up(applicant, made, password).await?;
    let login = Login {
        user,
        label: None,
        by: Proof::Password(client.irc.hub.proof_of(user)?),
    };
    client.go_on_as(login).await?;
    Ok(user)
}

/// Nothing waits for a code: an account is there as soon as it is made.
pub(crate) fn verify(client: &mut Client, message: &Message) {
    let (Some(account), Some(_)) = (message.given(0), message.given(1)) else {
        return tell(
            client,
            (Verb::Verify, "NEED_MORE_PARAMS"),
            &[],
            "Not enough parameters",
        );
    };
    let text = "No account waits to be verified";
    tell(client, (Verb::Verify, "INVALID_CODE"), &[account], text);
}

/// What keeps a client from making an account at all: a code and a text.
pub(crate) fn hindrance(client: &Client) -> Option<(&'static str, &'static str)> {
    let account = match &client.session {
        Some(session) => client.world().is_account(session.user()),
        None => client.registration.account.is_some(),
    };
    if account {
        Some(("ALREADY_AUTHENTICATED", "You are logged in already"))
    } else if let Some(text) = shut(&client.irc.hub.registration()) {
        Some(("TEMPORARILY_UNAVAILABLE", text))
    } else if !client.peer.security.allows_passwords() {
        Some((
            "TEMPORARILY_UNAVAILABLE",
            "Passwords are refused on this connection: use TLS",
        ))
    } else if client.session.is_none() && !client.irc.config.register_before_connect {
        Some((
            "COMPLETE_CONNECTION_REQUIRED",
            "Complete your connection first",
        ))
    } else {
        None
    }
}

/// Why IRC clients make no accounts: `REGISTER` has no place for a token.
fn shut(registration: &Registration) -> Option<&'static str> {
    match registration {
        Registration::Open => None,
        Registration::Token(_) => Some(
            "Accounts need a registration token here: make yours with a Matrix or native client, then log in",
        ),
        Registration::Closed => Some("Accounts are not made here"),
    }
}

fn refused(client: &mut Client, name: &str, refusal: &Refusal) {
    let code = if *refusal == Refusal::NameTaken {
        "ACCOUNT_EXISTS"
    } else if matches!(refusal, Refusal::BadName(_)) {
        "BAD_ACCOUNT_NAME"
    } else if matches!(refusal, Refusal::Invalid { .. } | Refusal::TooLarge { .. }) {
        "UNACCEPTABLE_PASSWORD"
    } else {
        "TEMPORARILY_UNAVAILABLE"
    };
    fail(client, code, &[name], &refusal.to_string());
}

fn fail(client: &mut Client, code: &'static str, context: &[&str], text: &str) {
    tell(client, (Verb::Register, code), context, text);
}

fn tell(client: &mut Client, (verb, code): (Verb, &'static str), context: &[&str], text: &str) {
    let code = Middle::new(code).unwrap_or(Middle::STAR);
    client.replies.fail((verb, code), context, text);
}
