//! Splits formatted text into codes and the text between them.

use std::borrow::Cow;

use crate::palette::{Colour, PaletteIndex, Rgb};
use crate::style::Mark;
use crate::text::is_allowed;

pub(crate) const COLOUR: char = '\x03';
pub(crate) const HEX_COLOUR: char = '\x04';
pub(crate) const RESET: char = '\x0F';
pub(crate) const REVERSE: char = '\x16';

/// Number 99 stands for the reader's own colour.
pub(crate) const DEFAULT_COLOUR: u8 = 99;

/// The code that switches `mark`; sub- and superscript have none.
pub(crate) const fn code_of(mark: Mark) -> Option<char> {
    match mark {
        Mark::Bold => Some('\x02'),
        Mark::Italic => Some('\x1D'),
        Mark::Underline => Some('\x1F'),
        Mark::Strike => Some('\x1E'),
        Mark::Code => Some('\x11'),
        Mark::Subscript | Mark::Superscript => None,
    }
}

/// One piece of a formatted text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Characters, which may include controls that mean nothing here.
    Text(&'a str),
    /// The end of a line.
    LineEnd,
    Toggle(Mark),
    Reverse,
    Reset,
    /// Back to the reader's own colours.
    NoColours,
    /// New colours; without a background the one in force stays.
    Colours {
        foreground: Option<Colour>,
        background: Option<Option<Colour>>,
    },
}

/// Iterates over the pieces of a text.
pub(crate) struct Pieces<'a>(pub(crate) &'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let mut rest = self.0.chars();
        let first = rest.next()?;
        let Some(piece) = single(first) else {
            return Some(self.text());
        };
        self.0 = rest.as_str();
        Some(match piece {
            Single::Piece(piece) => piece,
            Single::Colour => self.colours(number),
            Single::HexColour => self.colours(hex),
        })
    }
}

impl<'a> Pieces<'a> {
    fn text(&mut self) -> Piece<'a> {
        let end = self.0.find(|c| single(c).is_some()).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at_checked(end).unwrap_or((self.0, ""));
        self.0 = rest;
        Piece::Text(text)
    }

    /// `colours = [ colour [ "," colour ] ]`
    fn colours(&mut self, colour: fn(&str) -> Option<Coloured<'_>>) -> Piece<'a> {
        let Some((foreground, rest)) = colour(self.0) else {
            return Piece::NoColours;
        };
        let second = rest.strip_prefix(',').and_then(colour);
        self.0 = second.map_or(rest, |(_, rest)| rest);
        Piece::Colours {
            foreground,
            background: second.map(|(background, _)| background),
        }
    }
}

enum Single {
    Piece(Piece<'static>),
    Colour,
    HexColour,
}

fn single(c: char) -> Option<Single> {
    let mark = Mark::ALL.into_iter().find(|mark| code_of(*mark) == Some(c));
    match (mark, c) {
        (Some(mark), _) => Some(Single::Piece(Piece::Toggle(mark))),
        (None, COLOUR) => Some(Single::Colour),
        (None, HEX_COLOUR) => Some(Single::HexColour),
        (None, REVERSE) => Some(Single::Piece(Piece::Reverse)),
        (None, RESET) => Some(Single::Piece(Piece::Reset)),
        (None, '\n') => Some(Single::Piece(Piece::LineEnd)),
        (None, _) => None,
    }
}

/// A colour, `None` for the reader's own, and the text behind it.
type Coloured<'a> = (Option<Colour>, &'a str);

/// `colour = DIGIT [ DIGIT ]`
fn number(text: &str) -> Option<Coloured<'_>> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    let number = digits.parse().ok()?;
    Some((PaletteIndex::new(number).map(Colour::Palette), rest))
}

/// `colour = 6HEXDIG`
fn hex(text: &str) -> Option<Coloured<'_>> {
    let (digits, rest) = text.split_at_checked(6)?;
    Some((Some(Colour::Rgb(Rgb::from_hex(digits)?)), rest))
}

/// The text without codes and without other control characters but LF and TAB.
#[must_use]
pub fn strip(text: &str) -> Cow<'_, str> {
    // Most lines are no more than they look.
    // All bytes are looked at, as many at a time as the processor can.
    let is_plain = |plain, byte| plain & (b' '..=b'~').contains(&byte);
    if text.bytes().fold(true, is_plain) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for piece in Pieces(text) {
        match piece {
            Piece::Text(text) => plain.extend(text.chars().filter(|c| is_allowed(*c))),
            Piece::LineEnd => plain.push('\n'),
            Piece::Toggle(_)
            | Piece::Reverse
            | Piece::Reset
            | Piece::NoColours
            | Piece::Colours { .. } => {}
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_stripped_with_their_digits() {
        let check = |text, expected| assert_eq!(strip(text), expected, "{text:?}");
        check("\x02b\x1Di\x1Fu\x1Es\x11c\x16r\x0Fn", "biuscrn");
        check("\x034red \x0304,05x \x03\x030512", "red x 12");
        check("\x03123", "3");
        check("\x034,x \x03,4 \x0399,99y", ",x ,4 y");
        check(
            "\x04ff0000red\x04 \x04ff0000,00ff00x \x04ff00",
            "red x ff00",
        );
        check("\x04ff000é \x03", "ff000é ");
        check("a\r\nb\0c\x01d\x07e\tf\u{85}g", "a\nbcde\tfg");
    }
}
