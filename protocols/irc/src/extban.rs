//! Entries of ban, exception and invite lists: plain masks and extended ones. Whom they bind is not decided here.
//!
//! Sources: modern.ircdocs.horse, "EXTBAN"; IRCv3 account-extban.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case};
use nom::character::complete::{char, one_of, u32};
use nom::combinator::{opt, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use crate::mask::{MASK_LENGTH, Mask, MaskError};
use crate::names::ChannelName;

/// The prefix of extended entries, as written by `Display` and announced in `EXTBAN`.
pub const PREFIX: char = '$';
/// The letters behind the prefix, for `EXTBAN`: account, mute, space, time.
pub const LETTERS: &str = "amst";

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Minutes until it ends by itself, at least 1; `None` if it does not.
    pub minutes: Option<u32>,
    /// What it does.
    pub effect: Effect,
    /// Whom it names.
    pub subject: Subject,
}

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// What the list does.
    Plain,
    /// Only keeps from speaking.
    Mute,
}

/// Whom an entry names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Users by `nick!user@host`.
    Mask(Mask),
    /// Users by the name of their account, with wildcards.
    Account(Box<str>),
    /// The members of another channel.
    Channel(ChannelName),
}

impl Entry {
    /// Reads an entry. The prefix may be `$`, `~` or left out; every entry is written in one form, so that the same one is found again.
    ///
    /// `entry = [ extended "t" ":" minutes ":" ] [ extended "m" ":" ] subject`, `extended = [ "$" / "~" ]`
    ///
    /// # Errors
    /// Why the mask, the account or the channel is refused: `ERR_INVALIDMODEPARAM` (696).
    pub fn parse(text: &str) -> Result<Self, MaskError> {
        let (rest, (first, muted, second)) = (opt(minutes), opt(mute), opt(minutes))
            .parse(text)
            .map_err(|_| MaskError::Empty)?;
        Ok(Self {
            minutes: first.or(second),
            effect: if muted.is_some() {
                Effect::Mute
            } else {
                Effect::Plain
            },
            subject: Subject::parse(rest)?,
        })
    }
}

impl Subject {
    /// `subject = extended "a" [ ":" account ] / extended "s" ":" channel / mask`; an account that is left out is any account.
    fn parse(text: &str) -> Result<Self, MaskError> {
        if let Ok((account, _)) = account(text) {
            let account = if account.is_empty() { "*" } else { account };
            if account.len() > MASK_LENGTH {
                return Err(MaskError::TooLong);
            }
            return match account.chars().find(|c| *c == ' ' || c.is_control()) {
                Some(wrong) => Err(MaskError::Character(wrong)),
                None => Ok(Self::Account(account.into())),
            };
        }
        if let Ok((name, _)) = space(text) {
            return ChannelName::new(name)
                .map(Self::Channel)
                .map_err(|_| MaskError::Character(':'));
        }
        Mask::new(text).map(Self::Mask)
    }
}

/// `minutes = extended ( "time" / "t" ) ":" 1*DIGIT ":"`, not 0
fn minutes(input: &str) -> IResult<&str, u32> {
    delimited(
        (
            opt(one_of("$~")),
            alt((tag_no_case("time"), tag("t"))),
            char(':'),
        ),
        verify(u32, |minutes| *minutes > 0),
        char(':'),
    )
    .parse(input)
}

/// `mute = extended ( "mute" / "m" ) ":"`
fn mute(input: &str) -> IResult<&str, &str> {
    delimited(
        opt(one_of("$~")),
        alt((tag_no_case("mute"), tag("m"))),
        char(':'),
    )
    .parse(input)
}

/// `account = ( [ extended ] ( "account" / "a" ) ":" ) / ( "$a" / "~a" ) <end>`
fn account(input: &str) -> IResult<&str, &str> {
    let named = || alt((tag_no_case("account"), tag("a")));
    let with_name = terminated(preceded(opt(one_of("$~")), named()), char(':'));
    let alone = terminated(preceded(one_of("$~"), named()), nom::combinator::eof);
    alt((with_name, alone)).parse(input)
}

/// `space = ( "$" / "~" ) "s" ":"`
fn space(input: &str) -> IResult<&str, &str> {
    delimited(one_of("$~"), tag("s"), char(':')).parse(input)
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(minutes) = self.minutes {
            write!(f, "{PREFIX}t:{minutes}:")?;
        }
        if self.effect == Effect::Mute {
            write!(f, "{PREFIX}m:")?;
        }
        match &self.subject {
            Subject::Mask(mask) => write!(f, "{mask}"),
            Subject::Account(account) => write!(f, "{PREFIX}a:{account}"),
            Subject::Channel(name) => write!(f, "{PREFIX}s:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::line::Middle;

    #[test]
    fn entries_have_one_form() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Entry::parse(text).unwrap().to_string(), expected, "{text}")
        };
        check("bob", "bob!*@*");
        check("$a:bob", "$a:bob");
        check("~account:bob", "$a:bob");
        check("a:bob", "$a:bob");
        check("$a", "$a:*");
        check("$a:", "$a:*");
        check("m:bar!*@*", "$m:bar!*@*");
        check("$m:bar", "$m:bar!*@*");
        check("~mute:$a:b*", "$m:$a:b*");
        check("~t:60:bob", "$t:60:bob!*@*");
        check("~time:5:m:bob", "$t:5:$m:bob!*@*");
        check("m:~t:5:bob", "$t:5:$m:bob!*@*");
        check("$s:#space", "$s:#space");
        check("*!*@2001:db8::1", "*!*@2001:db8::1");
        check("a", "a!*@*");
        check("m", "m!*@*");
        check("$", "$!*@*");
        check("~t:0:bob", "*!*@~t:0:bob");
        check("~t:99999999999:bob", "*!*@~t:99999999999:bob");
    }

    #[test]
    fn wrong_entries_are_refused() {
        let check = |text: &str, expected: MaskError| {
            assert_eq!(Entry::parse(text), Err(expected), "{text}")
        };
        check("", MaskError::Empty);
        check("$m:", MaskError::Empty);
        check("~t:5:", MaskError::Empty);
        check("$a:b c", MaskError::Character(' '));
        check("$s:space", MaskError::Character(':'));
        check(&format!("$a:{}", "b".repeat(256)), MaskError::TooLong);
    }

    proptest! {
        #[test]
        fn the_form_is_stable_and_safe(text in "[$~]?(t:[0-9]{1,3}:)?([$~]?m:)?([$~]?[as]:)?[#a-c*?!@.:]{1,12}") {
            if let Ok(entry) = Entry::parse(&text) {
                let written = entry.to_string();
                prop_assert!(Middle::new(&written).is_ok());
                prop_assert_eq!(Entry::parse(&written), Ok(entry));
            }
        }
    }
}
