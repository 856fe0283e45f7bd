//! Replies to one command: collected while it runs, then written as they are, or with the label that it came with (IRCv3 labeled-response).

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use polylogue_hub::Heard;
use polylogue_irc::batch::Reference;
use polylogue_irc::line::{StandardReply, add_tag};
use polylogue_irc::{
    LineWriter, Middle, Numeric, Overflow, Parameters, Source, Tag, TagKey, Trailing, Verb,
};

/// The lines of one command's reply.
#[derive(Debug)]
pub(crate) struct Replies {
    server: Arc<str>,
    target: Arc<str>,
    lines: BytesMut,
    references: u64,
}

impl Replies {
    pub(crate) fn new(server: Arc<str>) -> Self {
        Self {
            server,
            target: "*".into(),
            lines: BytesMut::new(),
            references: 0,
        }
    }

    /// The nick that numerics are addressed to.
    pub(crate) fn set_target(&mut self, nick: Arc<str>) {
        self.target = nick;
    }

    /// Takes everything out, as it is.
    pub(crate) fn finish(&mut self) -> Bytes {
        self.lines.split().freeze()
    }

    /// Takes everything out behind what was held back while the command ran, as the reply to a labelled command (IRCv3 labeled-response): its
    /// one line carries the label; several are in a batch that does, and what is not part of it stays where it came; without any, an ACK does.
    pub(crate) fn finish_labelled(&mut self, label: &str, held: Vec<(Bytes, Heard)>) -> Vec<Bytes> {
        let own = self.finish();
        let lines: Vec<(Bytes, Heard)> = held
            .into_iter()
            .chain([(own, Heard::Reply)])
            .flat_map(|(lines, heard)| split(&lines).map(move |line| (line, heard)))
            .collect();
        let replies = lines
            .iter()
            .filter(|(_, heard)| *heard == Heard::Reply)
            .count();
        let label = Tag::new(TagKey::LABEL, label);
        let mut out = BytesMut::new();
        self.references += u64::from(replies > 1);
        let reference = format!("l{}", self.references);
        let Some(reference) = Reference::new(&reference) else {
            return lines.into_iter().map(|(line, _)| line).collect();
        };
        let in_batch = Tag::new(TagKey::BATCH, reference.as_str());
        let mut written = 0;
        for (line, heard) in &lines {
            if *heard == Heard::News {
                out.extend_from_slice(line);
                continue;
            }
            if replies == 1 {
                add_tag(line, &label, &mut out);
                continue;
            }
            if written == 0 {
                let kind = const { Middle::literal("labeled-response") };
                let _ = LineWriter::new(&mut out)
                    .tag(&label)
                    .open_batch(part(&self.server), reference, kind)
                    .end();
            }
            // A line that belongs to a batch of its own keeps that one.
            if line.starts_with(b"@batch=") {
                out.extend_from_slice(line)
            } else {
                add_tag(line, &in_batch, &mut out)
            }
            written += 1;
            if written == replies {
                let _ = LineWriter::new(&mut out)
                    .close_batch(part(&self.server), reference)
                    .end();
            }
        }
        if replies == 0 {
            let _ = LineWriter::new(&mut out)
                .tag(&label)
                .from(self.source(), Verb::Ack)
                .end();
        }
        vec![out.freeze()]
    }

    /// Writes one line. A line that is too long for the wire is left out and logged: every text was bounded before.
    pub(crate) fn line(&mut self, build: impl FnOnce(LineWriter<'_>) -> Result<(), Overflow>) {
        if let Err(error) = build(LineWriter::new(&mut self.lines)) {
            tracing::warn!(%error, "a reply did not fit a line");
        }
    }

    /// Writes a numeric whose middle parameters `build` gives, without a trailing text.
    pub(crate) fn numeric(
        &mut self,
        numeric: Numeric,
        build: impl FnOnce(Parameters<'_>) -> Result<(), Overflow>,
    ) {
        let (server, target) = (self.server.clone(), self.target.clone());
        self.line(|line| build(line.numeric(part(&server), numeric, part(&target))));
    }

    /// Writes an error or another numeric with its parameters and text.
    pub(crate) fn text(&mut self, numeric: Numeric, parameters: &[&str], text: &str) {
        let text = Trailing::lossy(text);
        self.numeric(numeric, |line| {
            line.middles(parameters.iter().map(|p| part(p)))
                .trailing(&text)
        });
    }

    /// Something to know about a reply that succeeds (IRCv3 standard-replies, `NOTE`).
    pub(crate) fn note(&mut self, (verb, code): (Verb, Middle<'static>), text: &str) {
        let server = self.server.clone();
        let text = Trailing::lossy(text);
        self.line(|line| {
            line.standard_reply(part(&server), StandardReply::Note, (verb, code))
                .trailing(&text)
        });
    }

    /// Writes a `FAIL` (IRCv3 standard-replies).
    pub(crate) fn fail(
        &mut self,
        (verb, code): (Verb, Middle<'static>),
        context: &[&str],
        text: &str,
    ) {
        let server = self.server.clone();
        let text = Trailing::lossy(text);
        self.line(|line| {
            let line = line.standard_reply(part(&server), StandardReply::Fail, (verb, code));
            line.middles(context.iter().map(|p| part(p)))
                .trailing(&text)
        });
    }

    /// Writes a line from the server.
    pub(crate) fn server_line(
        &mut self,
        verb: Verb,
        build: impl FnOnce(Parameters<'_>) -> Result<(), Overflow>,
    ) {
        let server = self.server.clone();
        self.line(|line| build(line.from(Source::Server(part(&server)), verb)));
    }

    /// The nick that replies are addressed to.
    pub(crate) fn target(&self) -> Arc<str> {
        self.target.clone()
    }

    /// The server's name.
    pub(crate) fn server(&self) -> Arc<str> {
        self.server.clone()
    }

    /// Appends lines that are finished.
    pub(crate) fn append_lines(&mut self, lines: &[u8]) {
        self.lines.extend_from_slice(lines);
    }

    fn source(&self) -> Source<'_> {
        Source::Server(part(&self.server))
    }
}

/// The single lines of a text of lines.
fn split(lines: &Bytes) -> impl Iterator<Item = Bytes> + use<> {
    let whole = lines.clone();
    let ends: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1)
        .collect();
    let starts: Vec<usize> = std::iter::once(0).chain(ends.iter().copied()).collect();
    starts
        .into_iter()
        .zip(ends)
        .map(move |(start, end)| whole.slice(start..end))
}

/// A parameter; what can't be one is `*`.
pub(crate) fn part(text: &str) -> Middle<'_> {
    Middle::new(text).unwrap_or(Middle::STAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `>` marks a held line that is a reply, ` ` one that is none; the replies of the command itself come last.
    fn check(held: &[&str], own: &[&str], expected: &[&str]) {
        let mut replies = Replies::new("irc.test".into());
        let held = held
            .iter()
            .map(|line| {
                let heard = if line.starts_with('>') {
                    Heard::Reply
                } else {
                    Heard::News
                };
                let lines: String = line
                    .split('|')
                    .map(|l| format!("{}\r\n", l.trim_start_matches(['>', ' '])))
                    .collect();
                (Bytes::from(lines), heard)
            })
            .collect();
        for line in own {
            replies.append_lines(format!("{line}\r\n").as_bytes());
        }
        let out: Vec<u8> = replies
            .finish_labelled("x", held)
            .iter()
            .flat_map(|bytes| bytes.to_vec())
            .collect();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn all_of_a_reply_is_labelled() {
        check(&[], &[], &["@label=x :irc.test ACK"]);
        check(&[], &["A"], &["@label=x A"]);
        check(&[">JOIN"], &[], &["@label=x JOIN"]);
        check(&[" news"], &[], &["news", "@label=x :irc.test ACK"]);
        check(
            &[" before", ">@time=t JOIN|366", " between"],
            &["301", "@batch=h LINE"],
            &[
                "before",
                "@label=x :irc.test BATCH +l1 labeled-response",
                "@batch=l1;time=t JOIN",
                "@batch=l1 366",
                "between",
                "@batch=l1 301",
                "@batch=h LINE",
                ":irc.test BATCH -l1",
            ],
        );
    }
}
