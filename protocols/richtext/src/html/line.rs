//! The line under construction: collapses white space as browsers do, and gathers the words of a
//! mention.

use std::sync::Arc;

use crate::spans::Spans;
use crate::style::Style;
use crate::text::is_allowed;
use crate::tree::{Inline, Span};

#[derive(Default)]
pub(crate) struct Line {
    spans: Spans,
    /// White space that counts only if something follows on the same line.
    space: Option<Style>,
    /// Whether the last span is a mention that further words belong to.
    in_mention: bool,
}

/// How what comes next looks, and whom it mentions.
#[derive(Default)]
pub(crate) struct Current {
    pub(crate) style: Style,
    pub(crate) mention: Option<Arc<str>>,
}

impl Line {
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Adds text as it stands in the source.
    pub(crate) fn text(&mut self, current: &Current, text: &str) {
        let is_space = |c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{C}');
        for (number, word) in text.split(is_space).enumerate() {
            if number > 0 && self.space.is_none() {
                self.space = Some(current.style.clone());
            }
            if word.contains(is_allowed) {
                let clean: String = word.chars().filter(|c| is_allowed(*c)).collect();
                self.word(current, &clean);
            }
        }
    }

    /// Adds something that is not text. Inside a mention only words count.
    pub(crate) fn leaf(&mut self, current: &Current, style: &Style, content: Inline) {
        match (&current.mention, content) {
            (None, Inline::LineBreak) => self.line_break(style),
            (Some(_), Inline::LineBreak) => self.text(current, " "),
            (Some(_), Inline::Image(image)) => self.text(current, &image.alt),
            (Some(_), Inline::Text(text) | Inline::Maths(text)) => self.text(current, &text),
            (None, Inline::Text(text)) => {
                self.text(
                    &Current {
                        style: style.clone(),
                        mention: None,
                    },
                    &text,
                );
            }
            (_, content @ (Inline::Mention { .. } | Inline::Image(_) | Inline::Maths(_))) => {
                self.write_space();
                self.spans.push(style, content);
                self.in_mention = false;
            }
        }
    }

    /// The next words belong to no mention, or to another one.
    pub(crate) fn end_mention(&mut self) {
        self.in_mention = false;
    }

    /// The finished line, without white space and line breaks at its ends.
    pub(crate) fn take(&mut self) -> Vec<Span> {
        std::mem::take(self).spans.without_final_breaks()
    }

    fn line_break(&mut self, style: &Style) {
        self.space = None;
        self.in_mention = false;
        if !self.spans.is_empty() {
            self.spans.push(style, Inline::LineBreak);
        }
    }

    fn word(&mut self, current: &Current, word: &str) {
        if let Some(user) = &current.mention {
            if self.in_mention
                && let Some(Inline::Mention { name, .. }) = self.spans.last_mut()
            {
                if self.space.take().is_some() {
                    name.push(' ');
                }
                name.push_str(word);
                return;
            }
            self.write_space();
            let mention = Inline::Mention {
                user: user.to_string(),
                name: word.to_owned(),
            };
            self.spans.push(&current.style, mention);
            self.in_mention = true;
        } else {
            self.write_space();
            self.spans.text(&current.style, word);
            self.in_mention = false;
        }
    }

    fn write_space(&mut self) {
        if let Some(style) = self.space.take() {
            let at_start = self
                .spans
                .last_mut()
                .is_none_or(|last| *last == Inline::LineBreak);
            if !at_start {
                self.spans.text(&style, " ");
            }
        }
    }
}
