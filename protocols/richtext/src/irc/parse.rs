//! Formatted text -> tree.

use crate::irc::codes::{Piece, Pieces};
use crate::palette::Colour;
use crate::spans::Spans;
use crate::style::{Marks, Style};
use crate::text::is_allowed;
use crate::tree::{Block, Inline, Tree};

/// Reads what an IRC client sent: one line, or the lines of a multiline message separated by LF.
/// Each line starts without formatting. Codes may overlap freely; unknown control characters are
/// left out. Markers such as `> ` or `• ` stay the text that they are.
#[must_use]
pub fn from_irc(text: &str) -> Tree {
    let mut spans = Spans::default();
    let mut state = State::default();
    for piece in Pieces(text) {
        match piece {
            Piece::Text(text) => {
                let clean: String = text.chars().filter(|c| is_allowed(*c)).collect();
                spans.text(&state.style(), &clean);
            }
            Piece::LineEnd => {
                spans.push(&Style::default(), Inline::LineBreak);
                state = State::default();
            }
            Piece::Toggle(mark) => state.marks = state.marks.toggled(mark),
            Piece::Reverse => state.order = state.order.turned(),
            Piece::Reset => state = State::default(),
            Piece::NoColours => (state.foreground, state.background) = (None, None),
            Piece::Colours {
                foreground,
                background,
            } => {
                state.foreground = foreground;
                state.background = background.unwrap_or(state.background);
            }
        }
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

#[derive(Default)]
struct State {
    marks: Marks,
    foreground: Option<Colour>,
    background: Option<Colour>,
    order: Order,
}

/// Which colour is before the other. The reader's own colours are not known here, so that
/// reversing them is not possible.
#[derive(Clone, Copy, Default)]
enum Order {
    #[default]
    Straight,
    Reversed,
}

impl Order {
    const fn turned(self) -> Order {
        match self {
            Order::Straight => Order::Reversed,
            Order::Reversed => Order::Straight,
        }
    }
}

impl State {
    fn style(&self) -> Style {
        let (foreground, background) = match self.order {
            Order::Straight => (self.foreground, self.background),
            Order::Reversed => (self.background, self.foreground),
        };
        Style {
            marks: self.marks,
            foreground,
            background,
            ..Style::default()
        }
    }
}
