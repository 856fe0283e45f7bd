//! Nicks and channel names with their grammars, and how names are compared. Whether a name is free or reserved is not decided here.

use std::fmt;

use crate::line::Middle;

/// Longest nick in bytes; `NICKLEN` tells clients.
pub const NICK_LENGTH: usize = 31;
/// Longest channel name in bytes, with its `#` or `&`; `CHANNELLEN` tells clients.
pub const CHANNEL_LENGTH: usize = 64;

/// A nickname.
///
/// `nickname = ( letter / special ) *( letter / digit / special / "-" )` with `special = "[" / "]" / "\" / "`" / "_" / "^" / "{" / "|" / "}"`
/// (RFC 2812 section 2.3.1), here up to [`NICK_LENGTH`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nick(Box<str>);

/// Why a text is no nick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NickError {
    /// Nothing there: `ERR_NONICKNAMEGIVEN` (431).
    #[error("no nickname given")]
    Empty,
    /// More than [`NICK_LENGTH`] bytes: `ERR_ERRONEUSNICKNAME` (432).
    #[error("a nickname has at most {NICK_LENGTH} bytes")]
    TooLong,
    /// Begins with a digit or `-`: `ERR_ERRONEUSNICKNAME` (432).
    #[error("a nickname can't begin with {0:?}")]
    First(char),
    /// A character that nicks never hold: `ERR_ERRONEUSNICKNAME` (432).
    #[error("a nickname can't hold {0:?}")]
    Character(char),
}

impl Nick {
    /// Checks a nick.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(text: &str) -> Result<Self, NickError> {
        let special = |c: char| matches!(c, '[' | ']' | '\\' | '`' | '_' | '^' | '{' | '|' | '}');
        let inner = |c: char| c.is_ascii_alphanumeric() || special(c) || c == '-';
        let first = text.chars().next().ok_or(NickError::Empty)?;
        if let Some(wrong) = text.chars().find(|c| !inner(*c)) {
            return Err(NickError::Character(wrong));
        }
        if first.is_ascii_digit() || first == '-' {
            return Err(NickError::First(first));
        }
        if text.len() > NICK_LENGTH {
            return Err(NickError::TooLong);
        }
        Ok(Self(text.into()))
    }

    /// The nick as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A channel name.
///
/// `channel = ( "#" / "&" ) 1*<any character but SPACE, ",", BEL, NUL, CR, LF, ":">` (RFC 2812 section 2.3.1, without the prefixes `+` and
/// `!` that nobody uses), here up to [`CHANNEL_LENGTH`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChannelName(Box<str>);

/// Why a text is no channel name: `ERR_NOSUCHCHANNEL` (403) or `ERR_BADCHANMASK` (476).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChannelNameError {
    /// Does not begin with `#` or `&`.
    #[error("a channel name begins with # or &")]
    Prefix,
    /// Nothing behind the prefix.
    #[error("the channel name is empty")]
    Empty,
    /// More than [`CHANNEL_LENGTH`] bytes.
    #[error("a channel name has at most {CHANNEL_LENGTH} bytes")]
    TooLong,
    /// A character that channel names never hold.
    #[error("a channel name can't hold {0:?}")]
    Character(char),
}

impl ChannelName {
    /// Checks a channel name.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(text: &str) -> Result<Self, ChannelNameError> {
        let name = text
            .strip_prefix(['#', '&'])
            .ok_or(ChannelNameError::Prefix)?;
        if name.is_empty() {
            return Err(ChannelNameError::Empty);
        }
        let wrong = |c: char| matches!(c, ' ' | ',' | '\x07' | '\0' | '\r' | '\n' | ':');
        if let Some(wrong) = name.chars().find(|c| wrong(*c)) {
            return Err(ChannelNameError::Character(wrong));
        }
        if text.len() > CHANNEL_LENGTH {
            return Err(ChannelNameError::TooLong);
        }
        Ok(Self(text.into()))
    }

    /// The name as written, with its prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key under which a name is found: `CASEMAPPING=ascii`, so only A to Z are folded.
#[must_use]
pub fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Whether two names are one under `CASEMAPPING=ascii`.
#[must_use]
pub const fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Whether a target is meant as a channel: the first character decides (`CHANTYPES=#&`).
#[must_use]
pub fn is_channel(target: &str) -> bool {
    target.starts_with(['#', '&'])
}

impl<'a> From<&'a Nick> for Middle<'a> {
    fn from(nick: &'a Nick) -> Self {
        // A nick has no space, colon or control character, so the check can't fail.
        Self::new(&nick.0).unwrap_or(Self::STAR)
    }
}

impl<'a> From<&'a ChannelName> for Middle<'a> {
    fn from(name: &'a ChannelName) -> Self {
        // A channel name begins with its prefix and has no space, CR, LF or NUL, so the check can't fail.
        Self::new(&name.0).unwrap_or(Self::STAR)
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nicks_follow_the_grammar() {
        let check = |text: &str, expected: Result<(), NickError>| {
            assert_eq!(Nick::new(text).map(|_| ()), expected, "{text:?}");
        };
        check("alice", Ok(()));
        check("[foo]|bar", Ok(()));
        check("`a-1^{}\\_", Ok(()));
        check(&"a".repeat(31), Ok(()));
        check(&"a".repeat(32), Err(NickError::TooLong));
        check("", Err(NickError::Empty));
        check("1a", Err(NickError::First('1')));
        check("-a", Err(NickError::First('-')));
        check("a b", Err(NickError::Character(' ')));
        check("a/xx", Err(NickError::Character('/')));
        check("a!b@c", Err(NickError::Character('!')));
        check("Işıl", Err(NickError::Character('ş')));
        check("a\r\nQUIT", Err(NickError::Character('\r')));
        check(":a", Err(NickError::Character(':')));
        check("*", Err(NickError::Character('*')));
    }

    #[test]
    fn channel_names_follow_the_grammar() {
        let check = |text: &str, expected: Result<(), ChannelNameError>| {
            assert_eq!(ChannelName::new(text).map(|_| ()), expected, "{text:?}");
        };
        check("#garden", Ok(()));
        check("&slug-ab2c", Ok(()));
        check("#Straße", Ok(()));
        check("##", Ok(()));
        check(&format!("#{}", "a".repeat(63)), Ok(()));
        check(
            &format!("#{}", "é".repeat(32)),
            Err(ChannelNameError::TooLong),
        );
        check("#", Err(ChannelNameError::Empty));
        check("garden", Err(ChannelNameError::Prefix));
        check("", Err(ChannelNameError::Prefix));
        for wrong in [' ', ',', '\x07', '\0', '\r', '\n', ':'] {
            check(
                &format!("#a{wrong}b"),
                Err(ChannelNameError::Character(wrong)),
            );
        }
    }

    proptest! {
        #[test]
        fn names_are_always_safe_parameters(text in "[#&]?[ -~é]{0,70}") {
            if let Ok(nick) = Nick::new(&text) {
                prop_assert_eq!(Middle::from(&nick).as_str(), text.as_str());
            }
            if let Ok(name) = ChannelName::new(&text) {
                prop_assert_eq!(Middle::from(&name).as_str(), text.as_str());
            }
        }
    }
}
