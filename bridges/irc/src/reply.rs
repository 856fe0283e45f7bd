//! Replies to one command: collected while it runs, then written as they are, or with the label that it came with (IRCv3 labeled-response).

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
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
    ends: Vec<usize>,
    label: Option<Arc<str>>,
    /// The echo that delivery makes carries the label: no other reply does then.
    echoed: bool,
    references: u64,
}

impl Replies {
    pub(crate) fn new(server: Arc<str>) -> Self {
        Self {
            server,
            target: "*".into(),
            lines: BytesMut::new(),
            ends: Vec::new(),
            label: None,
            echoed: false,
            references: 0,
        }
    }

    /// The nick that numerics are addressed to.
    pub(crate) fn set_target(&mut self, nick: Arc<str>) {
        self.target = nick;
    }

    /// Begins the reply to a command with this label.
    pub(crate) fn begin(&mut self, label: Option<Arc<str>>) {
        self.label = label;
        self.echoed = false;
    }

    /// The label of the command at hand, for an echo that delivery makes: the reply itself then goes without.
    pub(crate) fn give_label_to_echo(&mut self) -> Option<Arc<str>> {
        self.echoed = self.label.is_some();
        self.label.clone()
    }

    /// Takes everything out, labelled if it must be.
    pub(crate) fn finish(&mut self) -> Bytes {
        let lines = self.lines.split().freeze();
        let ends = std::mem::take(&mut self.ends);
        let label = self.label.take();
        let Some(label) = label.filter(|_| !self.echoed || !ends.is_empty()) else {
            return lines;
        };
        let label = Tag::new(TagKey::LABEL, &*label);
        let mut out = BytesMut::with_capacity(lines.len() + 64 * (ends.len() + 1));
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let mut each = starts
            .zip(&ends)
            .filter_map(|(start, end)| lines.get(start..*end));
        match ends.len() {
            0 => {
                let _ = LineWriter::new(&mut out)
                    .tag(&label)
                    .from(self.source(), Verb::Ack)
                    .end();
            }
            1 => each
                .by_ref()
                .for_each(|line| add_tag(line, &label, &mut out)),
            _ => {
                self.references += 1;
                let reference = format!("l{}", self.references);
                let Some(reference) = Reference::new(&reference) else {
                    return lines;
                };
                let server = part(&self.server);
                let kind = const { Middle::literal("labeled-response") };
                let _ = LineWriter::new(&mut out)
                    .tag(&label)
                    .open_batch(server, reference, kind)
                    .end();
                let in_batch = Tag::new(TagKey::BATCH, reference.as_str());
                // A line that opens or belongs to a batch of its own keeps that one.
                each.for_each(|line| {
                    if line.starts_with(b"@batch=") {
                        out.extend_from_slice(line)
                    } else {
                        add_tag(line, &in_batch, &mut out)
                    }
                });
                let _ = LineWriter::new(&mut out)
                    .close_batch(server, reference)
                    .end();
            }
        }
        out.freeze()
    }

    /// Writes one line. A line that is too long for the wire is left out and logged: every text was bounded before.
    pub(crate) fn line(&mut self, build: impl FnOnce(LineWriter<'_>) -> Result<(), Overflow>) {
        match build(LineWriter::new(&mut self.lines)) {
            Ok(()) => self.ends.push(self.lines.len()),
            Err(error) => tracing::warn!(%error, "a reply did not fit a line"),
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
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.lines.extend_from_slice(line);
            self.ends.push(self.lines.len());
        }
    }

    fn source(&self) -> Source<'_> {
        Source::Server(part(&self.server))
    }
}

/// A parameter; what can't be one is `*`.
pub(crate) fn part(text: &str) -> Middle<'_> {
    Middle::new(text).unwrap_or(Middle::STAR)
}
