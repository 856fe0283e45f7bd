//! RPL_ISUPPORT (005): tokens and their lines. Which tokens a server has is not decided here.
//!
//! Source: modern.ircdocs.horse, "RPL_ISUPPORT"; draft-hardy-irc-isupport.

use std::fmt::Write as _;

use bytes::BytesMut;

use crate::line::{LineWriter, Middle, Overflow, Parameters, Trailing};
use crate::numerics::Numeric;

/// Most tokens in one line: 15 parameters without the client's nick and the closing text.
pub const TOKENS_PER_LINE: usize = 13;

/// The text that ends each line.
pub const CLOSING: Trailing<'static> = Trailing::literal("are supported by this server");

/// The tokens in the order in which they are announced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Isupport {
    tokens: Vec<Token>,
}

/// One token as it is written, with its value escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(Box<str>);

impl Isupport {
    /// No token.
    #[must_use]
    pub const fn new() -> Self {
        Self { tokens: Vec::new() }
    }

    /// Adds a token without value.
    #[must_use]
    pub fn flag(mut self, key: Middle<'static>) -> Self {
        self.tokens.push(Token(key.as_str().into()));
        self
    }

    /// Adds a token with a value, which may be any text.
    #[must_use]
    pub fn value(mut self, key: Middle<'static>, value: &str) -> Self {
        self.tokens
            .push(Token(format!("{}={}", key.as_str(), escaped(value)).into()));
        self
    }

    /// Writes all lines, without tags. The target is `*` before registration.
    ///
    /// # Errors
    /// [`Overflow`] if one token is longer than a line.
    pub fn write(
        &self,
        buffer: &mut BytesMut,
        server: Middle<'_>,
        target: Middle<'_>,
    ) -> Result<(), Overflow> {
        let room = begun(buffer, server, target)
            .room()
            .saturating_sub(" ".len() + CLOSING.as_str().len());
        for line in self.lines(room) {
            begun(buffer, server, target)
                .middles(line.iter().map(Token::middle))
                .trailing(&CLOSING)?;
        }
        Ok(())
    }

    /// The tokens of each line: at most [`TOKENS_PER_LINE`], and at most `room` bytes with the spaces between them.
    #[must_use]
    pub fn lines(&self, room: usize) -> Vec<&[Token]> {
        let mut lines = Vec::new();
        let mut rest = self.tokens.as_slice();
        while !rest.is_empty() {
            let mut used = 0;
            let fitting = rest
                .iter()
                .take(TOKENS_PER_LINE)
                .take_while(|token| {
                    used += usize::from(used > 0) + token.0.len();
                    used <= room
                })
                .count();
            let (line, after) = rest.split_at_checked(fitting.max(1)).unwrap_or((rest, &[]));
            lines.push(line);
            rest = after;
        }
        lines
    }
}

impl Token {
    /// The token as a parameter.
    #[must_use]
    pub fn middle(&self) -> Middle<'_> {
        // The key is a middle parameter and the value is escaped, so the check can't fail.
        Middle::new(&self.0).unwrap_or(Middle::STAR)
    }
}

fn begun<'b>(buffer: &'b mut BytesMut, server: Middle<'_>, target: Middle<'_>) -> Parameters<'b> {
    LineWriter::new(buffer).numeric(server, Numeric::RplIsupport, target)
}

/// Writes what a token can't hold as `\xHH`: space, `=`, `\` and control characters.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, ' ' | '=' | '\\') || character.is_ascii_control() {
            // Writing to a String never fails.
            let _ = write!(text, "\\x{:02X}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: Middle<'static> = Middle::literal("KEY");

    #[test]
    fn values_are_escaped() {
        let check = |value: &str, expected: &str| {
            assert_eq!(
                Isupport::new().value(KEY, value).lines(400)[0][0]
                    .middle()
                    .as_str(),
                expected
            );
        };
        check("Garden", "KEY=Garden");
        check("My Garden", "KEY=My\\x20Garden");
        check("a=b\\c", "KEY=a\\x3Db\\x5Cc");
        check("a\r\n\0", "KEY=a\\x0D\\x0A\\x00");
        check("", "KEY=");
        check("(qaohv)~&@%+", "KEY=(qaohv)~&@%+");
    }

    #[test]
    fn a_line_has_at_most_thirteen_tokens() {
        let tokens = (0..30).fold(Isupport::new(), |all, _| all.flag(KEY));
        let lengths: Vec<_> = tokens.lines(400).iter().map(|line| line.len()).collect();
        assert_eq!(lengths, [13, 13, 4]);
        assert!(Isupport::new().lines(400).is_empty());
    }

    #[test]
    fn lines_are_written() {
        let (mut buffer, server) = (BytesMut::new(), Middle::literal("irc.test"));
        let all = Isupport::new()
            .flag(Middle::literal("WHOX"))
            .value(Middle::literal("NICKLEN"), "31");
        all.write(&mut buffer, server, Middle::literal("alice"))
            .unwrap();
        assert_eq!(
            &buffer[..],
            b":irc.test 005 alice WHOX NICKLEN=31 :are supported by this server\r\n"
        );
        let long = (0..40).fold(Isupport::new(), |all, _| all.value(KEY, &"a".repeat(100)));
        assert_eq!(
            long.write(&mut buffer, server, Middle::literal("alice")),
            Ok(())
        );
        assert_eq!(
            Isupport::new()
                .value(KEY, &"a".repeat(500))
                .write(&mut buffer, server, Middle::STAR),
            Err(Overflow::Message(40))
        );
    }

    proptest! {
        #[test]
        fn lines_keep_every_token_and_the_room(values in prop::collection::vec("[ -~é]{0,20}", 0..40), room in 120_usize..400) {
            let all = values.iter().fold(Isupport::new(), |all, value| all.value(KEY, value));
            let lines = all.lines(room);
            for line in &lines {
                let bytes: usize = line.iter().map(|token| token.middle().as_str().len() + 1).sum();
                prop_assert!(bytes - 1 <= room);
                prop_assert!(line.iter().all(|token| token.middle() != Middle::STAR));
            }
            prop_assert_eq!(lines.concat(), all.tokens.clone());
        }
    }
}
