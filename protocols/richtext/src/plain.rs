//! Plain text: the tree as the `body` of a Matrix message, and a plain text as a tree.

use crate::layout;
use crate::spans::Spans;
use crate::style::Style;
use crate::text::is_allowed;
use crate::tree::{Block, Inline, Tree};

/// The text without its formatting, laid out in the same lines as on IRC, separated by LF.
#[must_use]
pub fn to_plain(tree: &Tree) -> String {
    let mut plain = String::new();
    for (number, line) in layout::lines(tree).into_iter().enumerate() {
        if number > 0 {
            plain.push('\n');
        }
        line.iter().for_each(|run| plain.push_str(&run.text));
    }
    plain
}

/// A text that has no formatting: one paragraph, in which LF ends a line. Control characters other
/// than LF and TAB are left out.
#[must_use]
pub fn from_plain(text: &str) -> Tree {
    let mut spans = Spans::default();
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            spans.push(&Style::default(), Inline::LineBreak);
        }
        let clean: String = line.chars().filter(|c| is_allowed(*c)).collect();
        spans.text(&Style::default(), &clean);
    }
    let spans = spans.finish();
    Tree {
        blocks: if spans.is_empty() {
            Vec::new()
        } else {
            vec![Block::Paragraph(spans)]
        },
    }
}
