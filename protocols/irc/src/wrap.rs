//! Text that is longer than a line, split into pieces that fit. Formatting goes on in the next piece; nothing is lost.
//!
//! It does not know the length of prefixes and commands: the caller states how many bytes a piece may have.

mod format;

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use format::Format;

/// The smallest size of a piece: below it the codes that re-open formatting could leave no room for text.
pub const SMALLEST: usize = 64;

/// One piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Codes that re-open the formatting in force; empty in the first piece.
    reopened: String,
    /// A slice of the text.
    text: &'a str,
    /// What stood between this piece and the next.
    pub gap: Gap,
}

/// What was left out behind a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Nothing: the next piece goes on within a word, or there is none.
    None,
    /// One space.
    Space,
}

impl<'a> Piece<'a> {
    /// The slice of the text, without re-opened formatting.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Bytes of the piece as sent.
    #[must_use]
    pub fn length(&self) -> usize {
        self.reopened.len() + self.text.len()
    }
}

/// The piece as sent.
impl fmt::Display for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reopened)?;
        f.write_str(self.text)
    }
}

/// Splits one line of text into pieces of at most `size` bytes, or [`SMALLEST`] if `size` is below it.
///
/// A piece ends at the last space of its last third, which is then left out ([`Gap::Space`]), and where there is none, between two clusters of
/// characters (UAX 29); only a cluster that is longer than a piece is split, between characters. Formatting codes are never split. The slices,
/// with a space for each [`Gap::Space`], are the text. An empty text has no piece.
#[must_use]
pub fn wrap(text: &str, size: usize) -> Vec<Piece<'_>> {
    let size = size.max(SMALLEST);
    let mut pieces = Vec::new();
    let (mut rest, mut format) = (text, Format::default());
    while !rest.is_empty() {
        let cut = cut(rest, format, size);
        let (head, tail) = rest.split_at_checked(cut.length).unwrap_or((rest, ""));
        let (gap, tail) = match tail.strip_prefix(' ') {
            Some(after) if cut.at_space => (Gap::Space, after),
            Some(_) | None => (Gap::None, tail),
        };
        pieces.push(Piece {
            reopened: format.reopened_before(head),
            text: head,
            gap,
        });
        (rest, format) = (tail, cut.format);
    }
    pieces
}

/// Where a piece ends.
#[derive(Clone, Copy)]
struct Cut {
    /// Bytes of the text.
    length: usize,
    /// The formatting in force there.
    format: Format,
    /// Whether a space follows, which is left out.
    at_space: bool,
}

/// The longest good beginning of the text.
fn cut(text: &str, opened: Format, size: usize) -> Cut {
    let room = size.saturating_sub(opened.reopened_before(text).len());
    let mut end = Cut {
        length: 0,
        format: opened,
        at_space: false,
    };
    if text.len() <= room {
        return Cut {
            length: text.len(),
            ..end
        };
    }
    let mut space = None;
    loop {
        let rest = text.get(end.length..).unwrap_or_default();
        // A space never begins a piece: it would be left out of an empty one.
        let at_space = rest.starts_with(' ') && end.length > 0;
        if at_space && end.length >= room * 2 / 3 {
            space = Some(Cut { at_space, ..end });
        }
        let unit = unit(rest);
        if end.length + unit.len() > room {
            break;
        }
        end.length += unit.len();
        end.format.take(unit);
    }
    match space {
        Some(space) => space,
        None if end.length > 0 => end,
        None => Cut {
            length: characters(text, room),
            ..end
        },
    }
}

/// What must stay together at the beginning of the text: a formatting code with its digits, or a cluster of characters.
fn unit(text: &str) -> &str {
    // Two ASCII bytes that are no CR LF are two clusters; this spares most text the look-up of clusters.
    if let [first, second, ..] = text.as_bytes()
        && first.is_ascii()
        && second.is_ascii()
        && !first.is_ascii_control()
    {
        return text.get(..1).unwrap_or_default();
    }
    match format::code_length(text) {
        0 => text.graphemes(true).next().unwrap_or(text),
        length => text.get(..length).unwrap_or(text),
    }
}

/// The bytes of as many whole characters as fit, at least one.
fn characters(text: &str, room: usize) -> usize {
    let lengths = text.chars().map(char::len_utf8);
    let fitting = lengths.scan(0, |end, length| {
        *end += length;
        Some(*end)
    });
    fitting
        .take_while(|end| *end <= room)
        .last()
        .unwrap_or(room)
}

#[cfg(test)]
mod tests;
