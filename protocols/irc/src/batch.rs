//! BATCH lines: opening and closing a group of lines. What a batch holds is not kept here.
//!
//! Source: IRCv3 batch.

use crate::line::{LineWriter, Middle, Parameters, Source};
use crate::message::{Message, Params};
use crate::verb::Verb;

/// A BATCH line as received.
#[derive(Debug, Clone)]
pub enum Batch<'a> {
    /// `BATCH +reference type *parameter`
    Open {
        /// The name of the batch, in exact case.
        reference: Reference<'a>,
        /// What kind it is, such as `draft/multiline`.
        kind: &'a str,
        /// What the kind defines.
        params: Params<'a>,
    },
    /// `BATCH -reference`
    Close {
        /// The name of the batch.
        reference: Reference<'a>,
    },
}

/// The name of a batch.
///
/// `reference = 1*( ALPHA / DIGIT / "-" )`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference<'a>(&'a str);

/// Why a BATCH line is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// No reference, or no kind: `ERR_NEEDMOREPARAMS` (461).
    #[error("not enough parameters")]
    TooFew,
    /// A reference without sign, or one that breaks its grammar.
    #[error("a batch reference is + or - and letters, digits and hyphens")]
    Reference,
}

impl<'a> Reference<'a> {
    /// Checks a reference, without its sign. `None` if it breaks the grammar.
    #[must_use]
    pub fn new(text: &'a str) -> Option<Self> {
        let good = !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        good.then_some(Self(text))
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> Batch<'a> {
    /// Reads a BATCH message.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(message: &'a Message) -> Result<Self, BatchError> {
        let mut params = message.params();
        let first = params.next().ok_or(BatchError::TooFew)?;
        if let Some(name) = first.strip_prefix('+') {
            let reference = Reference::new(name).ok_or(BatchError::Reference)?;
            let kind = params.next().ok_or(BatchError::TooFew)?;
            return Ok(Self::Open {
                reference,
                kind,
                params,
            });
        }
        let reference = first
            .strip_prefix('-')
            .and_then(Reference::new)
            .ok_or(BatchError::Reference)?;
        Ok(Self::Close { reference })
    }
}

impl<'b> LineWriter<'b> {
    /// Goes on to the line that opens a batch.
    pub fn open_batch(
        self,
        server: Middle<'_>,
        reference: Reference<'_>,
        kind: Middle<'_>,
    ) -> Parameters<'b> {
        self.from(Source::Server(server), Verb::Batch)
            .joined(const { Middle::literal("+") }, reference.into())
            .middle(kind)
    }

    /// Goes on to the line that closes a batch.
    pub fn close_batch(self, server: Middle<'_>, reference: Reference<'_>) -> Parameters<'b> {
        self.from(Source::Server(server), Verb::Batch)
            .joined(const { Middle::literal("-") }, reference.into())
    }
}

impl<'a> From<Reference<'a>> for Middle<'a> {
    fn from(reference: Reference<'a>) -> Self {
        // A reference is never empty and holds letters, digits and hyphens, so the check can't fail.
        Self::new(reference.0).unwrap_or(Self::STAR)
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;

    /// `+reference kind params` or `-reference`.
    fn shown(line: &str) -> Result<String, BatchError> {
        let message = Message::parse(line).unwrap();
        Ok(match Batch::parse(&message)? {
            Batch::Open {
                reference,
                kind,
                params,
            } => format!(
                "+{} {kind} {}",
                reference.as_str(),
                params.collect::<Vec<_>>().join("|")
            ),
            Batch::Close { reference } => format!("-{}", reference.as_str()),
        })
    }

    #[test]
    fn batches_are_read() {
        let check = |line: &str, expected: Result<&str, BatchError>| {
            assert_eq!(shown(line), expected.map(str::to_owned), "{line}")
        };
        check(
            "BATCH +aB-1 draft/multiline #garden",
            Ok("+aB-1 draft/multiline #garden"),
        );
        check("BATCH +1 x", Ok("+1 x "));
        check("BATCH -aB-1", Ok("-aB-1"));
        check("BATCH", Err(BatchError::TooFew));
        check("BATCH +a", Err(BatchError::TooFew));
        for reference in ["a", "+", "-", "+a_b", "-a;b", "+é", ":"] {
            check(&format!("BATCH {reference} x"), Err(BatchError::Reference));
        }
    }

    #[test]
    fn batches_are_written() {
        let (mut buffer, server) = (BytesMut::new(), Middle::literal("irc.test"));
        let reference = Reference::new("a1").unwrap();
        let kind = Middle::literal("chathistory");
        LineWriter::new(&mut buffer)
            .open_batch(server, reference, kind)
            .middle(Middle::literal("#a"))
            .end()
            .unwrap();
        LineWriter::new(&mut buffer)
            .close_batch(server, reference)
            .end()
            .unwrap();
        assert_eq!(
            &buffer[..],
            b":irc.test BATCH +a1 chathistory #a\r\n:irc.test BATCH -a1\r\n"
        );
    }
}
