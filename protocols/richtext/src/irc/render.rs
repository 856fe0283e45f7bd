//! Tree -> lines of formatted text.

use crate::irc::codes::{COLOUR, DEFAULT_COLOUR, HEX_COLOUR, RESET, code_of};
use crate::layout::{self, Line, Look, Run};
use crate::palette::Colour;
use crate::style::{Mark, Marks};
use crate::tree::Tree;

/// What the readers' clients understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The 99 numbered colours; others become the nearest of them.
    Palette,
    /// Numbered colours, and any colour by `0x04`.
    Hex,
    /// No codes at all, for channels with mode `+c`: `*bold*`, `_italic_`, `~strike~`, `` `code` ``.
    Ascii,
}

/// The lines of the text, of any length, without CR, LF, NUL, 0x01 or any control character that is
/// not a code. An empty line is an empty string. No line relies on the formatting of another, and
/// none opens a bidirectional override without closing it. Spoilers are black on black.
#[must_use]
pub fn to_irc(tree: &Tree, dialect: Dialect) -> Vec<String> {
    let write = match dialect {
        Dialect::Palette => |line| coded(line, Colour::to_palette),
        Dialect::Hex => |line| coded(line, std::convert::identity),
        Dialect::Ascii => ascii,
    };
    layout::lines(tree).into_iter().map(write).collect()
}

impl Colour {
    fn to_palette(self) -> Colour {
        match self {
            Colour::Palette(_) => self,
            Colour::Rgb(rgb) => Colour::Palette(rgb.nearest()),
        }
    }
}

fn coded(line: Line, paint: fn(Colour) -> Colour) -> String {
    let mut writer = Writer::default();
    for Run { look, text } in line {
        writer.turn(painted(look, paint));
        writer.text(&text);
    }
    writer.out
}

/// The look in colours that the dialect has. Where two colours would become one and hide what was
/// written to be seen, the background goes.
fn painted(look: Look, paint: fn(Colour) -> Colour) -> Look {
    let foreground = look.foreground.map(paint);
    let background = look.background.map(paint);
    let hidden = foreground == background && look.foreground != look.background;
    Look {
        foreground,
        background: background.filter(|_| !hidden),
        ..look
    }
}

#[derive(Default)]
struct Writer {
    out: String,
    look: Look,
    /// The colour code that ends the output so far, which digits behind it would continue.
    ends_with: Option<char>,
}

impl Writer {
    fn turn(&mut self, next: Look) {
        if next == Look::default() {
            if self.look != next {
                self.out.push(RESET);
                self.ends_with = None;
            }
        } else {
            self.colours(next);
            for mark in Mark::ALL {
                if self.look.marks.contains(mark) != next.marks.contains(mark)
                    && let Some(code) = code_of(mark)
                {
                    self.out.push(code);
                    self.ends_with = None;
                }
            }
        }
        self.look = next;
    }

    fn colours(&mut self, next: Look) {
        let Look {
            mut foreground,
            mut background,
            ..
        } = self.look;
        let clears_all = next.foreground.is_none() && foreground.is_some();
        if next.background.is_none() && (background.is_some() || clears_all) {
            self.code(COLOUR, "");
            (foreground, background) = (None, None);
        }
        if let Some(colour) = next.background
            && background != next.background
        {
            // A background needs a foreground before it; one of the other kind follows alone.
            foreground = match (colour, next.foreground) {
                (Colour::Palette(index), Some(Colour::Palette(before))) => {
                    self.code(COLOUR, &format!("{:02},{:02}", before.get(), index.get()));
                    next.foreground
                }
                (Colour::Palette(index), Some(Colour::Rgb(_)) | None) => {
                    self.code(COLOUR, &format!("{DEFAULT_COLOUR:02},{:02}", index.get()));
                    None
                }
                (Colour::Rgb(rgb), before) => {
                    let before = match before {
                        Some(Colour::Rgb(before)) => before,
                        Some(Colour::Palette(_)) | None => rgb,
                    };
                    self.code(HEX_COLOUR, &format!("{before},{rgb}").replace('#', ""));
                    Some(Colour::Rgb(before))
                }
            };
        }
        if foreground != next.foreground {
            match next.foreground {
                Some(Colour::Rgb(rgb)) => {
                    self.code(HEX_COLOUR, rgb.to_string().trim_start_matches('#'));
                }
                Some(Colour::Palette(index)) => self.code(COLOUR, &format!("{:02}", index.get())),
                None => self.code(COLOUR, &format!("{DEFAULT_COLOUR:02}")),
            }
        }
    }

    fn code(&mut self, code: char, digits: &str) {
        self.out.push(code);
        self.out.push_str(digits);
        self.ends_with = Some(code);
    }

    fn text(&mut self, text: &str) {
        let continues = |c: char| match self.ends_with {
            Some(HEX_COLOUR) => c == ',' || c.is_ascii_hexdigit(),
            Some(_) => c == ',' || c.is_ascii_digit(),
            None => false,
        };
        if text.starts_with(continues) {
            // Bold on and off again: nothing to see, and the colour code has ended.
            self.out.push_str("\x02\x02");
        }
        self.ends_with = None;
        self.out.push_str(text);
    }
}

fn ascii(line: Line) -> String {
    let mut out = String::new();
    let mut open: Vec<Mark> = Vec::new();
    let close_to = |out: &mut String, open: &mut Vec<Mark>, marks: Marks| {
        while open.iter().any(|mark| !marks.contains(*mark)) {
            out.extend(open.pop().and_then(sign));
        }
    };
    for Run { look, text } in line {
        close_to(&mut out, &mut open, look.marks);
        for mark in look.marks.iter() {
            if !open.contains(&mark) {
                out.extend(sign(mark));
                open.push(mark);
            }
        }
        out.push_str(&text);
    }
    close_to(&mut out, &mut open, Marks::NONE);
    out
}

const fn sign(mark: Mark) -> Option<char> {
    match mark {
        Mark::Bold => Some('*'),
        Mark::Italic | Mark::Underline => Some('_'),
        Mark::Strike => Some('~'),
        Mark::Code => Some('`'),
        Mark::Subscript | Mark::Superscript => None,
    }
}
