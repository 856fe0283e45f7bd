//! Who may make an account: anybody, whoever has a registration token, or nobody. The tokens are the operator's, and serve as often as they are
//! shown.

use std::net::IpAddr;
use std::sync::Arc;

use polylogue_core::secret::TokenHash;
use polylogue_core::{Refusal, UserId};
use subtle::ConstantTimeEq;

use crate::open::Hub;
use crate::stages::now;

/// What wrong tokens are counted under: no account has a space in its name.
const COUNTED_AS: &str = "registration token";

/// Whether anybody may make an account. Administrators always do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// Anybody.
    Open,
    /// Whoever has one of these tokens.
    Token(RegistrationTokens),
    /// Only the administrator makes accounts.
    Closed,
}

/// The tokens that let people make accounts, hashed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrationTokens(Vec<TokenHash>);

impl RegistrationTokens {
    /// Takes the tokens.
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        Self(tokens.into_iter().map(TokenHash::of).collect())
    }

    /// Whether it is one of them. Takes equally long for all tokens of one length: operators choose short ones.
    fn has(&self, token: &str) -> bool {
        let shown = TokenHash::of(token);
        let same = |known: &TokenHash| known.0.ct_eq(&shown.0);
        let none = subtle::Choice::from(0);
        self.0
            .iter()
            .map(same)
            .fold(none, |one, other| one | other)
            .into()
    }
}

/// Whether a text can be a registration token: 1 to 64 characters that need no escape in an address (Matrix client-server API
/// "Token-authenticated registration").
#[must_use]
pub fn is_registration_token(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Who asks for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Somebody who is nobody yet.
    Nobody,
    /// A guest, who may have an account of his own name.
    Guest(UserId),
}

/// Who asks, and what he shows.
#[derive(Clone, Copy)]
pub struct Applicant<'a> {
    /// Who.
    pub asker: Asker,
    /// Where from: accounts and wrong tokens are counted there.
    pub from: IpAddr,
    /// A registration token, if he has one.
    pub token: Option<&'a str>,
    /// An address for mail that is kept with the account, if he gives one.
    pub contact: Option<&'a str>,
}

impl Hub {
    /// Whether anybody may make an account.
    #[must_use]
    pub fn registration(&self) -> Arc<Registration> {
        self.registration.load_full()
    }

    /// From now on these may make an account.
    pub fn set_registration(&self, registration: Registration) {
        self.registration.store(Arc::new(registration));
    }

    /// Whether a token lets its owner make an account. Wrong ones count like wrong passwords.
    ///
    /// # Errors
    /// [`Refusal::RegistrationClosed`], [`Refusal::Throttled`].
    pub fn check_registration_token(&self, token: &str, from: IpAddr) -> Result<bool, Refusal> {
        let registration = self.registration();
        let tokens = match &*registration {
            Registration::Open => return Ok(false),
            Registration::Token(tokens) => tokens,
            Registration::Closed => return Err(Refusal::RegistrationClosed),
        };
        let attempt = self.attempts.log_in((COUNTED_AS, from), now())?;
        let right = tokens.has(token);
        if right {
            drop(attempt);
        } else {
            attempt.wrong_password(token, now());
        }
        Ok(right)
    }

    /// Whether somebody may make an account at all.
    pub(crate) fn check_applicant(&self, applicant: Applicant<'_>) -> Result<(), Refusal> {
        let let_in = match (&*self.registration(), applicant.token) {
            (Registration::Open, _) => true,
            (Registration::Token(_) | Registration::Closed, Some(token)) => {
                self.check_registration_token(token, applicant.from)?
            }
            (Registration::Token(_), None) => false,
            (Registration::Closed, None) => return Err(Refusal::RegistrationClosed),
        };
        let_in.then_some(()).ok_or(Refusal::WrongRegistrationToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_compared_whole() {
        let tokens = RegistrationTokens::new(["garden", "shed-2026"]);
        let check = |token: &str, has: bool| assert_eq!(tokens.has(token), has, "{token:?}");
        check("garden", true);
        check("shed-2026", true);
        check("Garden", false);
        check("garde", false);
        check("gardens", false);
        check("gardenshed-2026", false);
        check("", false);
        assert!(!RegistrationTokens::default().has(""));
    }

    #[test]
    fn tokens_go_into_addresses_as_they_are() {
        let check =
            |text: &str, is_one: bool| assert_eq!(is_registration_token(text), is_one, "{text:?}");
        check("fBVFdqVE", true);
        check("a.b_c~d-1", true);
        check(&"a".repeat(64), true);
        check(&"a".repeat(65), false);
        check("", false);
        check("two words", false);
        check("100%", false);
        check("sch\u{f6}n", false);
    }
}
