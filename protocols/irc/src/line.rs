//! Lines to send, built only from parts that cannot break out of their place. Splitting text that is too long is
//! [`wrap`](crate::wrap)'s duty: the writer refuses it.

use std::borrow::Cow;

use bytes::BytesMut;

use crate::codec::{MESSAGE_LIMIT, SERVER_TAGS_LIMIT};
use crate::numerics::Numeric;
use crate::tags::{Tag, TagKey};
use crate::time::ServerTime;
use crate::verb::Verb;

/// A middle parameter: not empty, without space, CR, LF, NUL, and without a leading colon (RFC 2812 section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Middle<'a>(&'a str);

/// The last parameter: any text without CR, LF and NUL (RFC 2812 section 2.3.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Trailing<'a>(Cow<'a, str>);

/// The text does not fit the place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text would break out of its place in the line")]
pub struct Unsafe;

impl<'a> Middle<'a> {
    /// `*`, which stands for "nobody" or "nothing" in many replies.
    pub const STAR: Middle<'static> = Middle("*");

    /// Checks a parameter.
    ///
    /// # Errors
    /// [`Unsafe`] if it breaks the rules of a middle parameter.
    pub const fn new(text: &'a str) -> Result<Self, Unsafe> {
        if is_middle(text.as_bytes()) {
            Ok(Self(text))
        } else {
            Err(Unsafe)
        }
    }

    /// A parameter of the program's own, for `const` blocks: a wrong one does not compile there.
    ///
    /// # Panics
    /// If it breaks the rules; therefore use it in `const` only.
    #[must_use]
    pub const fn literal(text: &'static str) -> Middle<'static> {
        assert!(is_middle(text.as_bytes()), "no middle parameter");
        Middle(text)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> Trailing<'a> {
    /// Checks a text.
    ///
    /// # Errors
    /// [`Unsafe`] if it holds CR, LF or NUL.
    pub fn new(text: &'a str) -> Result<Self, Unsafe> {
        if is_one_line(text) {
            Ok(Self(text.into()))
        } else {
            Err(Unsafe)
        }
    }

    /// A text of the program's own, for `const` blocks: a wrong one does not compile there.
    ///
    /// # Panics
    /// If it holds CR, LF or NUL; therefore use it in `const` only.
    #[must_use]
    pub const fn literal(text: &'static str) -> Trailing<'static> {
        assert!(is_trailing(text.as_bytes()), "no trailing parameter");
        Trailing(Cow::Borrowed(text))
    }

    /// Any text, with each CR, LF and NUL replaced by a space. For text whose lines do not matter, such as reasons; what people say is
    /// split into lines first.
    #[must_use]
    pub fn lossy(text: &'a str) -> Self {
        Self(if is_one_line(text) {
            text.into()
        } else {
            text.replace(['\r', '\n', '\0'], " ").into()
        })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The same as [`is_trailing`], faster, where it need not be `const`: what people say passes here.
fn is_one_line(text: &str) -> bool {
    ![b'\r', b'\n', b'\0']
        .iter()
        .any(|byte| text.as_bytes().contains(byte))
}

const fn is_middle(text: &[u8]) -> bool {
    let [first, ..] = text else { return false };
    *first != b':' && is_free_of_space(text) && is_trailing(text)
}

const fn is_free_of_space(text: &[u8]) -> bool {
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        if *byte == b' ' {
            return false;
        }
        rest = after;
    }
    true
}

const fn is_trailing(text: &[u8]) -> bool {
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        if matches!(*byte, b'\r' | b'\n' | b'\0') {
            return false;
        }
        rest = after;
    }
    true
}

/// Who a line comes from.
///
/// `source = servername / ( nickname [ "!" user ] "@" host )` (RFC 2812 section 2.3.1)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// A server.
    Server(Middle<'a>),
    /// A user in full.
    User {
        /// The nick.
        nick: Middle<'a>,
        /// The user name, often with a leading `~`.
        user: Middle<'a>,
        /// The host that is shown.
        host: Middle<'a>,
    },
}

impl Source<'_> {
    /// Bytes of `:source ` in the message part.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Server(name) => name.0.len() + 2,
            Self::User { nick, user, host } => nick.0.len() + user.0.len() + host.0.len() + 4,
        }
    }
}

/// Which class of standard reply (IRCv3 standard-replies).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardReply {
    /// The command failed.
    Fail,
    /// It worked, but.
    Warn,
    /// For information.
    Note,
}

/// The line does not fit: nothing of it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Overflow {
    /// The message part has this many bytes more than its 512.
    #[error("the message part is {0} bytes too long")]
    Message(usize),
    /// The tag section has this many bytes more than its 8191.
    #[error("the tag section is {0} bytes too long")]
    Tags(usize),
}

/// Appends a finished line once more, with one more tag in front of what it has: for what is known only after the line was made, such as the
/// `label` and `batch` of a reply.
pub fn add_tag(line: &[u8], tag: &Tag<'_>, buffer: &mut BytesMut) {
    buffer.extend_from_slice(b"@");
    tag.write(buffer);
    match line.strip_prefix(b"@") {
        Some(rest) => {
            buffer.extend_from_slice(b";");
            buffer.extend_from_slice(rest);
        }
        None => {
            buffer.extend_from_slice(b" ");
            buffer.extend_from_slice(line);
        }
    }
}

/// Appends one line to a buffer: tags and source first, then [`LineWriter::verb`] or [`LineWriter::numeric`] go on to the parameters.
/// A line that is not finished leaves the buffer as it was.
#[derive(Debug)]
#[must_use = "nothing is written before the line is finished"]
pub struct LineWriter<'b> {
    draft: Draft<'b>,
}

/// The second half of a [`LineWriter`].
#[derive(Debug)]
#[must_use = "nothing is written before the line is finished"]
pub struct Parameters<'b> {
    draft: Draft<'b>,
}

impl<'b> LineWriter<'b> {
    /// Starts a line at the end of `buffer`.
    pub fn new(buffer: &'b mut BytesMut) -> Self {
        let start = buffer.len();
        Self {
            draft: Draft {
                buffer,
                start,
                message: start,
                finished: false,
            },
        }
    }

    /// Adds a tag.
    pub fn tag(mut self, tag: &Tag<'_>) -> Self {
        self.draft.separate_tag();
        tag.write(self.draft.buffer);
        self
    }

    /// Adds several tags.
    pub fn tags<'t>(self, tags: impl IntoIterator<Item = &'t Tag<'t>>) -> Self {
        tags.into_iter().fold(self, Self::tag)
    }

    /// Adds the `time` tag (server-time).
    pub fn time(mut self, time: ServerTime) -> Self {
        self.draft.separate_tag();
        self.draft.push(TagKey::TIME.as_str());
        self.draft.push("=");
        self.draft.buffer.extend_from_slice(time.as_bytes());
        self
    }

    /// Goes on to the command, without source: what clients send, and `ERROR` or `AUTHENTICATE` from a server.
    pub fn verb(mut self, verb: Verb) -> Parameters<'b> {
        self.draft.end_tags();
        self.draft.push(verb.word());
        Parameters { draft: self.draft }
    }

    /// Goes on to the command, with the source in front.
    pub fn from(mut self, source: Source<'_>, verb: Verb) -> Parameters<'b> {
        self.draft.end_tags();
        self.draft.push_source(source);
        self.draft.push(verb.word());
        Parameters { draft: self.draft }
    }

    /// Goes on to a numeric reply: `:server NNN target`. The target is `*` before registration.
    pub fn numeric(
        mut self,
        server: Middle<'_>,
        numeric: Numeric,
        target: Middle<'_>,
    ) -> Parameters<'b> {
        self.draft.end_tags();
        self.draft.push_source(Source::Server(server));
        self.draft.buffer.extend_from_slice(&numeric.digits());
        Parameters { draft: self.draft }.middle(target)
    }

    /// Goes on to a standard reply: `:server FAIL verb code`, where an unknown verb is written `*`.
    pub fn standard_reply(
        self,
        server: Middle<'_>,
        class: StandardReply,
        about: (Verb, Middle<'_>),
    ) -> Parameters<'b> {
        let word = match class {
            StandardReply::Fail => Verb::Fail,
            StandardReply::Warn => Verb::Warn,
            StandardReply::Note => Verb::Note,
        };
        let (verb, code) = about;
        self.from(Source::Server(server), word)
            .middle(Middle(verb.word()))
            .middle(code)
    }
}

impl Parameters<'_> {
    /// Adds a parameter.
    pub fn middle(mut self, middle: Middle<'_>) -> Self {
        self.draft.push(" ");
        self.draft.push(middle.0);
        self
    }

    /// Adds several parameters.
    pub fn middles<'m>(self, middles: impl IntoIterator<Item = Middle<'m>>) -> Self {
        middles.into_iter().fold(self, Parameters::middle)
    }

    /// Adds a number.
    pub fn number(mut self, number: u64) -> Self {
        self.draft.push(" ");
        self.draft.push_number(number);
        self
    }

    /// Adds a parameter that is made of several pieces without space between them, such as `@#channel` or `+reference`.
    pub fn joined(mut self, first: Middle<'_>, rest: Middle<'_>) -> Self {
        self.draft.push(" ");
        self.draft.push(first.0);
        self.draft.push(rest.0);
        self
    }

    /// Bytes that a trailing parameter may still have, with its ` :` and the line end counted in.
    #[must_use]
    pub fn room(&self) -> usize {
        MESSAGE_LIMIT.saturating_sub(self.draft.message_length() + " :".len() + "\r\n".len())
    }

    /// Ends the line with a trailing parameter, always written with its colon.
    ///
    /// # Errors
    /// [`Overflow`]; the buffer is then as it was before the line.
    pub fn trailing(mut self, trailing: &Trailing<'_>) -> Result<(), Overflow> {
        self.draft.push(" :");
        self.draft.push(&trailing.0);
        self.draft.finish()
    }

    /// Ends the line.
    ///
    /// # Errors
    /// [`Overflow`]; the buffer is then as it was before the line.
    pub fn end(self) -> Result<(), Overflow> {
        self.draft.finish()
    }
}

/// A line that is being written. Dropped unfinished, it takes its bytes back.
#[derive(Debug)]
struct Draft<'b> {
    buffer: &'b mut BytesMut,
    /// Where the line begins.
    start: usize,
    /// Where the message part begins.
    message: usize,
    finished: bool,
}

impl Draft<'_> {
    fn push(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    fn push_source(&mut self, source: Source<'_>) {
        self.push(":");
        match source {
            Source::Server(name) => self.push(name.0),
            Source::User { nick, user, host } => {
                self.push(nick.0);
                self.push("!");
                self.push(user.0);
                self.push("@");
                self.push(host.0);
            }
        }
        self.push(" ");
    }

    fn push_number(&mut self, number: u64) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        self.buffer
            .extend_from_slice(&[b'0' + u8::try_from(number % 10).unwrap_or_default()]);
    }

    fn separate_tag(&mut self) {
        let separator = if self.buffer.len() == self.start {
            "@"
        } else {
            ";"
        };
        self.push(separator);
    }

    fn end_tags(&mut self) {
        if self.buffer.len() > self.start {
            self.push(" ");
        }
        self.message = self.buffer.len();
    }

    fn message_length(&self) -> usize {
        self.buffer.len().saturating_sub(self.message)
    }

    fn finish(mut self) -> Result<(), Overflow> {
        self.push("\r\n");
        let tags = self.message.saturating_sub(self.start);
        if tags > SERVER_TAGS_LIMIT {
            return Err(Overflow::Tags(tags - SERVER_TAGS_LIMIT));
        }
        let length = self.message_length();
        if length > MESSAGE_LIMIT {
            return Err(Overflow::Message(length - MESSAGE_LIMIT));
        }
        self.finished = true;
        Ok(())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.buffer.truncate(self.start);
        }
    }
}

#[cfg(test)]
mod tests;
