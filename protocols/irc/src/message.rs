//! A received line, taken apart. Finding the end of the line is [`codec`](crate::codec)'s duty; what the words mean is the caller's.

use nom::bytes::complete::{take_till1, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{opt, verify};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Offset, Parser};

use crate::tags::Tags;
use crate::verb::Verb;

/// One message. It owns its line in a single allocation; everything else is a slice of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    line: Box<str>,
    tags: Part,
    source: Part,
    word: Part,
    params: Part,
    /// The first two parameters: target and text of what is said are looked at again and again.
    first: [Option<Part>; 2],
    verb: Verb,
}

/// A slice of the line, by offset and length: a line has at most 8191 + 512 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    start: u16,
    length: u16,
}

/// A line without a command word, or longer than the protocol's largest line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the line has no command")]
pub struct Malformed;

impl Message {
    /// Takes a line apart. The line comes without its CR LF and holds no CR, LF or NUL.
    ///
    /// # Errors
    /// [`Malformed`] if there is no command word.
    pub fn parse(line: impl Into<Box<str>>) -> Result<Self, Malformed> {
        let line = line.into();
        if line.len() > usize::from(u16::MAX) {
            return Err(Malformed);
        }
        let (params, (tags, source, word)) = head(&line).map_err(|_| Malformed)?;
        let part = |text: &str| Part::within(&line, text).ok_or(Malformed);
        let mut words = Params { rest: params };
        let mut next = || words.next().map(part).transpose();
        Ok(Self {
            first: [next()?, next()?],
            tags: part(tags.unwrap_or_default())?,
            source: part(source.unwrap_or_default())?,
            word: part(word)?,
            params: part(params)?,
            verb: Verb::from_word(word),
            line,
        })
    }

    /// What the sender asks for.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// The command word as written.
    #[must_use]
    pub fn word(&self) -> &str {
        self.slice(self.word)
    }

    /// The numeric of a server's reply, for clients: three digits.
    #[must_use]
    pub fn numeric(&self) -> Option<u16> {
        let word = self.word();
        let digits = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        if digits { word.parse().ok() } else { None }
    }

    /// The tags.
    #[must_use]
    pub fn tags(&self) -> Tags<'_> {
        Tags::new(self.slice(self.tags))
    }

    /// Who the sender claims to be, without the colon. Servers ignore it: a client can't speak for others (RFC 2812 section 2.3).
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        Some(self.slice(self.source)).filter(|source| !source.is_empty())
    }

    /// The parameters in order. There is no limit to their number but the length of the line; the last one is read with or without colon.
    #[must_use]
    pub fn params(&self) -> Params<'_> {
        Params {
            rest: self.slice(self.params),
        }
    }

    /// The parameter number `index`, counted from 0.
    #[must_use]
    pub fn param(&self, index: usize) -> Option<&str> {
        match self.first.get(index) {
            Some(part) => part.map(|part| self.slice(part)),
            None => self.params().nth(index),
        }
    }

    /// The parameter number `index`, if it is there and not empty: most commands treat both alike (461, 431).
    #[must_use]
    pub fn given(&self, index: usize) -> Option<&str> {
        self.param(index).filter(|param| !param.is_empty())
    }

    /// The line as received, without CR LF.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    fn slice(&self, part: Part) -> &str {
        let start = usize::from(part.start);
        self.line
            .get(start..start + usize::from(part.length))
            .unwrap_or_default()
    }
}

impl Part {
    /// Where `part`, a slice of `line`, lies in it.
    fn within(line: &str, part: &str) -> Option<Self> {
        let length = u16::try_from(part.len()).ok()?;
        if length == 0 {
            return Some(Self {
                start: 0,
                length: 0,
            });
        }
        Some(Self {
            start: u16::try_from(line.offset(part)).ok()?,
            length,
        })
    }
}

/// The parameters of a message.
///
/// `params = *( SPACE middle ) [ SPACE ":" trailing ]` (RFC 2812 section 2.3.1), where SPACE is one or more spaces.
#[derive(Debug, Clone)]
pub struct Params<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Params<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start_matches(' ');
        let (param, rest) = match rest.strip_prefix(':') {
            Some(trailing) => (trailing, ""),
            None if rest.is_empty() => return None,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        self.rest = rest;
        Some(param)
    }
}

type Head<'a> = (Option<&'a str>, Option<&'a str>, &'a str);

/// `message = *SPACE [ "@" tags 1*SPACE ] [ ":" source 1*SPACE ] command [ params ]` (message-tags, "Format"; leading spaces as many
/// servers allow). What is left are the params.
fn head(line: &str) -> IResult<&str, Head<'_>> {
    let tags = delimited(char('@'), word, spaces);
    let source = delimited(char(':'), word, spaces);
    preceded(take_while(is_space), (opt(tags), opt(source), command)).parse(line)
}

/// `command = <word without leading "@" or ":">`; any word is read, since an unknown one is answered by its name (421).
fn command(input: &str) -> IResult<&str, &str> {
    verify(word, |word: &str| !word.starts_with(['@', ':'])).parse(input)
}

/// `word = 1*<any octet but SPACE>`
fn word(input: &str) -> IResult<&str, &str> {
    take_till1(is_space).parse(input)
}

/// `spaces = 1*SPACE`
fn spaces(input: &str) -> IResult<&str, &str> {
    take_while1(is_space).parse(input)
}

const fn is_space(character: char) -> bool {
    character == ' '
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Parts<'a> = (&'a str, Option<&'a str>, &'a str, &'a [&'a str]);

    #[track_caller]
    fn check(line: &str, (tags, source, word, params): Parts<'_>) {
        let message = Message::parse(line).unwrap();
        assert_eq!(message.slice(message.tags), tags, "{line}");
        assert_eq!(message.source(), source, "{line}");
        assert_eq!(message.word(), word, "{line}");
        assert_eq!(message.params().collect::<Vec<_>>(), params, "{line}");
        assert_eq!(message.line(), line);
    }

    #[test]
    fn lines_are_taken_apart() {
        check("PING", ("", None, "PING", &[]));
        check("ping  x  ", ("", None, "ping", &["x"]));
        check(
            "PRIVMSG #a :hello there",
            ("", None, "PRIVMSG", &["#a", "hello there"]),
        );
        check("PRIVMSG #a ::)", ("", None, "PRIVMSG", &["#a", ":)"]));
        check("PRIVMSG #a :", ("", None, "PRIVMSG", &["#a", ""]));
        check("PRIVMSG #a : x ", ("", None, "PRIVMSG", &["#a", " x "]));
        check(
            "USER u 0 * a:b",
            ("", None, "USER", &["u", "0", "*", "a:b"]),
        );
        check("JOIN :", ("", None, "JOIN", &[""]));
        check(
            ":alice!u@h PRIVMSG #a x",
            ("", Some("alice!u@h"), "PRIVMSG", &["#a", "x"]),
        );
        check("@a=b;+c :s PING x", ("a=b;+c", Some("s"), "PING", &["x"]));
        check("@a=b   :s   PING   x", ("a=b", Some("s"), "PING", &["x"]));
        check("  PING x", ("", None, "PING", &["x"]));
        check("PING\t x", ("", None, "PING\t", &["x"]));
        check(
            "A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
            (
                "",
                None,
                "A",
                &[
                    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
                    "15", "16", "17",
                ],
            ),
        );
    }

    #[test]
    fn lines_without_command_are_malformed() {
        for line in [
            "",
            " ",
            ":",
            ":a",
            ":a ",
            "@",
            "@a",
            "@a ",
            "@a :b",
            "@a :b ",
            "@ PING",
            ": PING",
            "@a @b PING",
            ":a :b PING",
        ] {
            assert_eq!(Message::parse(line), Err(Malformed), "{line:?}");
        }
        assert_eq!(Message::parse("a".repeat(65_536)), Err(Malformed));
    }

    #[test]
    fn parameters_by_number() {
        let message = Message::parse("kick #a :").unwrap();
        assert_eq!(message.verb(), Verb::Kick);
        assert_eq!(
            (message.param(0), message.param(1), message.param(2)),
            (Some("#a"), Some(""), None)
        );
        assert_eq!(
            (message.given(0), message.given(1), message.given(2)),
            (Some("#a"), None, None)
        );
    }

    #[test]
    fn numerics_are_for_clients() {
        let check = |word: &str, expected: Option<u16>| {
            assert_eq!(Message::parse(word).unwrap().numeric(), expected)
        };
        check("001", Some(1));
        check("PING", None);
        check("01", None);
        check("+01", None);
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in "[@: ;=a-z\\\\é]{0,60}") {
            if let Ok(message) = Message::parse(line.as_str()) {
                prop_assert!(line.contains(message.word()));
                prop_assert!(message.params().all(|param| line.contains(param)));
                let read: Vec<_> = message.tags().iter().map(|tag| tag.value().into_owned()).collect();
                prop_assert!(read.len() <= line.len());
            }
        }
    }
}
