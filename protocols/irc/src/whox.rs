//! The options of WHO: `o`, and the fields of WHOX. Whom a WHO finds is not decided here.
//!
//! Source: IRCv3 whox.

use nom::bytes::complete::{take_till, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{all_consuming, opt, rest};
use nom::sequence::preceded;
use nom::{IResult, Parser};

use crate::line::Middle;

/// One field of an RPL_WHOSPCRPL reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// `t`: the client's token.
    Token,
    /// `c`: a channel of the user.
    Channel,
    /// `u`: the user name.
    User,
    /// `i`: the address, `255.255.255.255` if not told.
    Address,
    /// `h`: the host.
    Host,
    /// `s`: the server.
    Server,
    /// `n`: the nick.
    Nick,
    /// `f`: away, operator, prefixes.
    Flags,
    /// `d`: the distance in servers.
    Hops,
    /// `l`: idle seconds.
    Idle,
    /// `a`: the account, `0` if none.
    Account,
    /// `o`: the channel operator's level, `n/a`.
    OperatorLevel,
    /// `r`: the real name, as the trailing parameter.
    RealName,
}

impl Field {
    /// Every field, in the order in which a reply has them.
    pub const ORDER: [Self; 13] = [
        Self::Token,
        Self::Channel,
        Self::User,
        Self::Address,
        Self::Host,
        Self::Server,
        Self::Nick,
        Self::Flags,
        Self::Hops,
        Self::Idle,
        Self::Account,
        Self::OperatorLevel,
        Self::RealName,
    ];

    /// The letter.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Token => 't',
            Self::Channel => 'c',
            Self::User => 'u',
            Self::Address => 'i',
            Self::Host => 'h',
            Self::Server => 's',
            Self::Nick => 'n',
            Self::Flags => 'f',
            Self::Hops => 'd',
            Self::Idle => 'l',
            Self::Account => 'a',
            Self::OperatorLevel => 'o',
            Self::RealName => 'r',
        }
    }
}

/// The second parameter of WHO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options<'a> {
    /// Whom to leave out.
    pub scope: Scope,
    /// The fields, if the client asked for WHOX.
    pub whox: Option<Whox<'a>>,
}

/// Which users a WHO shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// All that the mask finds.
    #[default]
    Everyone,
    /// Server operators only: `o` (RFC 2812 section 3.6.1).
    Operators,
}

/// The fields that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whox<'a> {
    letters: &'a str,
    token: Option<Middle<'a>>,
}

impl<'a> Options<'a> {
    /// Reads the parameter. Letters that nobody knows are ignored, as the specification wants; so is a token that is not one to three digits.
    #[must_use]
    pub fn parse(parameter: &'a str) -> Self {
        let Ok((_, (flags, whox))) = all_consuming(options).parse(parameter) else {
            return Self::default();
        };
        Self {
            scope: if flags.contains('o') {
                Scope::Operators
            } else {
                Scope::Everyone
            },
            whox,
        }
    }
}

impl<'a> Whox<'a> {
    /// Whether a field is asked for. The token counts only if there is one.
    #[must_use]
    pub fn wants(self, field: Field) -> bool {
        self.letters.contains(field.letter()) && (field != Field::Token || self.token.is_some())
    }

    /// The fields asked for, in the order of the reply.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        Field::ORDER
            .into_iter()
            .filter(move |field| self.wants(*field))
    }

    /// The token to send back.
    #[must_use]
    pub const fn token(self) -> Option<Middle<'a>> {
        self.token
    }
}

/// `options = flags [ "%" letters [ "," token ] ]`
fn options(input: &str) -> IResult<&str, (&str, Option<Whox<'_>>)> {
    (take_till(|c| c == '%'), opt(preceded(char('%'), whox))).parse(input)
}

/// `whox = letters [ "," token ]`
fn whox(input: &str) -> IResult<&str, Whox<'_>> {
    (take_till(|c| c == ','), opt(preceded(char(','), rest)))
        .map(|(letters, given)| Whox {
            letters,
            token: given.and_then(token),
        })
        .parse(input)
}

/// `token = 1*3DIGIT`
fn token(text: &str) -> Option<Middle<'_>> {
    let digits =
        take_while_m_n::<_, _, nom::error::Error<&str>>(1, 3, |c: char| c.is_ascii_digit());
    all_consuming(digits)
        .parse(text)
        .ok()
        .and_then(|(_, token)| Middle::new(token).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parameter: &str, scope: Scope, fields: Option<&str>, token: Option<&str>) {
        let options = Options::parse(parameter);
        assert_eq!(options.scope, scope, "{parameter}");
        let letters = options
            .whox
            .map(|whox| whox.fields().map(Field::letter).collect::<String>());
        assert_eq!(letters.as_deref(), fields, "{parameter}");
        assert_eq!(
            options.whox.and_then(Whox::token).map(Middle::as_str),
            token,
            "{parameter}"
        );
    }

    #[test]
    fn fields_come_in_the_order_of_the_reply() {
        check("", Scope::Everyone, None, None);
        check("o", Scope::Operators, None, None);
        check("%cuhnar", Scope::Everyone, Some("cuhnar"), None);
        check("%rnuc", Scope::Everyone, Some("cunr"), None);
        check("%tnaf,42", Scope::Everyone, Some("tnfa"), Some("42"));
        check(
            "%tcuihsnfdlaor,999",
            Scope::Everyone,
            Some("tcuihsnfdlaor"),
            Some("999"),
        );
        check("o%n", Scope::Operators, Some("n"), None);
        check("%o", Scope::Everyone, Some("o"), None);
    }

    #[test]
    fn odd_options_are_read_as_far_as_they_go() {
        check("%", Scope::Everyone, Some(""), None);
        check("%nnnzé", Scope::Everyone, Some("n"), None);
        check("%tn", Scope::Everyone, Some("n"), None);
        check("%tn,", Scope::Everyone, Some("n"), None);
        check("%tn,1234", Scope::Everyone, Some("n"), None);
        check("%tn,1a", Scope::Everyone, Some("n"), None);
        check("%tn,1,2", Scope::Everyone, Some("n"), None);
        check("%n%t,1", Scope::Everyone, Some("tn"), Some("1"));
    }
}
