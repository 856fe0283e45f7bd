//! Masks: how users are named in ban lists. Whom they match is not decided here. Extended bans are taken apart by [`extban`](crate::extban).

use std::fmt;

use crate::line::Middle;

/// A user mask `nick!user@host` in its full form, in which every part may hold `*` and `?`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mask(Box<str>);

/// Longest mask in bytes, so that a list line always fits.
pub const MASK_LENGTH: usize = 255;

/// Why a text is no mask: `ERR_INVALIDMODEPARAM` (696).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// Nothing there.
    #[error("the mask is empty")]
    Empty,
    /// More than [`MASK_LENGTH`] bytes in its full form.
    #[error("a mask has at most {MASK_LENGTH} bytes")]
    TooLong,
    /// A space or control character.
    #[error("a mask can't hold {0:?}")]
    Character(char),
}

impl Mask {
    /// Brings a mask into its full form: what is left out becomes `*`, as servers have always done. Without `!` and `@`, a text with `.` or
    /// `:` is a host, since nicks hold neither, and any other text is a nick.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn new(text: &str) -> Result<Self, MaskError> {
        if text.is_empty() {
            return Err(MaskError::Empty);
        }
        if let Some(wrong) = text.chars().find(|c| *c == ' ' || c.is_control()) {
            return Err(MaskError::Character(wrong));
        }
        let (nick, user, host) = match (text.split_once('!'), text.rsplit_once('@')) {
            (Some((nick, rest)), _) => match rest.rsplit_once('@') {
                Some((user, host)) => (nick, user, host),
                None => (nick, rest, "*"),
            },
            (None, Some((user, host))) => ("*", user, host),
            (None, None) if text.contains(['.', ':']) => ("*", "*", text),
            (None, None) => (text, "*", "*"),
        };
        let or_any = |part: &str| {
            if part.is_empty() {
                "*".to_owned()
            } else {
                collapsed(part)
            }
        };
        let full = format!("{}!{}@{}", or_any(nick), or_any(user), or_any(host));
        let full = if full.starts_with(':') {
            format!("*{full}")
        } else {
            full
        };
        if full.len() > MASK_LENGTH {
            return Err(MaskError::TooLong);
        }
        Ok(Self(full.into()))
    }

    /// The full form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'a> From<&'a Mask> for Middle<'a> {
    fn from(mask: &'a Mask) -> Self {
        // A mask is not empty, holds no space or control character and does not begin with a colon, so the check can't fail.
        Self::new(&mask.0).unwrap_or(Self::STAR)
    }
}

/// Several `*` in a row say no more than one.
fn collapsed(part: &str) -> String {
    let mut last = None;
    part.chars()
        .filter(|c| last.replace(*c) != Some('*') || *c != '*')
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_masks_are_completed() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Mask::new(text).unwrap().as_str(), expected, "{text}");
        };
        check("alice", "alice!*@*");
        check("alice!", "alice!*@*");
        check("alice!~al", "alice!~al@*");
        check("~al@host", "*!~al@host");
        check("@host", "*!*@host");
        check("alice!@host", "alice!*@host");
        check("a!b@c", "a!b@c");
        check("*.example.org", "*!*@*.example.org");
        check("2001:db8::*", "*!*@2001:db8::*");
        check("::1", "*!*@::1");
        check("***", "*!*@*");
        check("a**b!*@**", "a*b!*@*");
        check("a!b@c@d", "a!b@c@d");
        check(":a!b@c", "*:a!b@c");
    }

    #[test]
    fn wrong_masks_are_refused() {
        assert_eq!(Mask::new(""), Err(MaskError::Empty));
        assert_eq!(Mask::new("a b"), Err(MaskError::Character(' ')));
        assert_eq!(Mask::new("a\x02"), Err(MaskError::Character('\x02')));
        assert_eq!(Mask::new(&"a".repeat(252)), Err(MaskError::TooLong));
    }

    proptest! {
        #[test]
        fn completing_twice_changes_nothing(text in "[a-c!@*?.:~é]{1,20}") {
            let mask = Mask::new(&text).unwrap();
            prop_assert_eq!(Mask::new(mask.as_str()).unwrap(), mask.clone());
            prop_assert_eq!(Middle::from(&mask).as_str(), mask.as_str());
        }
    }
}
