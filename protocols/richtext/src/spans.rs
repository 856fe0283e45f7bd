//! A list of spans under construction: neighbours of one style are one span, nothing is empty.

use crate::style::Style;
use crate::tree::{Inline, Span};

#[derive(Debug, Default)]
pub(crate) struct Spans(Vec<Span>);

impl Spans {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut Inline> {
        self.0.last_mut().map(|span| &mut span.content)
    }

    pub(crate) fn text(&mut self, style: &Style, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Span {
            style: last,
            content: Inline::Text(written),
        }) = self.0.last_mut()
            && last == style
        {
            written.push_str(text);
            return;
        }
        self.push(style, Inline::Text(text.to_owned()));
    }

    pub(crate) fn push(&mut self, style: &Style, content: Inline) {
        self.0.push(Span {
            style: style.clone(),
            content,
        });
    }

    pub(crate) fn append(&mut self, spans: Vec<Span>) {
        for span in spans {
            match span.content {
                Inline::Text(text) => self.text(&span.style, &text),
                content @ (Inline::LineBreak
                | Inline::Mention { .. }
                | Inline::Image(_)
                | Inline::Maths(_)) => self.push(&span.style, content),
            }
        }
    }

    /// The finished list; line breaks at its end say nothing in HTML and are left out.
    pub(crate) fn without_final_breaks(mut self) -> Vec<Span> {
        while self
            .0
            .last()
            .is_some_and(|span| span.content == Inline::LineBreak)
        {
            self.0.pop();
        }
        self.0
    }

    pub(crate) fn finish(self) -> Vec<Span> {
        self.0
    }
}
