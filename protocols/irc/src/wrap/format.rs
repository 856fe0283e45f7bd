//! The formatting codes that are in force at a place in a text, and the codes that bring them about again.
//!
//! Source: modern.ircdocs.horse/formatting.

const BOLD: char = '\x02';
const COLOUR: char = '\x03';
const HEX_COLOUR: char = '\x04';
const RESET: char = '\x0F';
const REVERSE: char = '\x16';
/// Bold, monospace, reverse, italics, strikethrough, underline: each code switches its style on and off.
const TOGGLES: [char; 6] = [BOLD, '\x11', REVERSE, '\x1D', '\x1E', '\x1F'];

/// The formatting in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Format {
    /// In the order of [`TOGGLES`].
    styles: [Style; TOGGLES.len()],
    foreground: Colour,
    background: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Style {
    #[default]
    Off,
    On,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Colour {
    #[default]
    Default,
    /// 0 to 99.
    Number(u8),
    /// RRGGBB.
    Hex(u32),
}

impl Format {
    /// Goes on behind one unit of text: a code with its digits changes the formatting, other text does not.
    pub fn take(&mut self, unit: &str) {
        let Some(first) = unit.chars().next() else {
            return;
        };
        if let Some((style, _)) = self
            .styles
            .iter_mut()
            .zip(TOGGLES)
            .find(|(_, code)| *code == first)
        {
            *style = if *style == Style::On {
                Style::Off
            } else {
                Style::On
            };
        }
        match first {
            RESET => *self = Self::default(),
            COLOUR => self.colours(unit.strip_prefix(COLOUR).unwrap_or_default(), |digits| {
                digits.parse().ok().map(Colour::Number)
            }),
            HEX_COLOUR => self.colours(
                unit.strip_prefix(HEX_COLOUR).unwrap_or_default(),
                |digits| u32::from_str_radix(digits, 16).ok().map(Colour::Hex),
            ),
            _ => {}
        }
    }

    /// A colour code without digits takes both colours back; one without background keeps it.
    fn colours(&mut self, digits: &str, read: impl Fn(&str) -> Option<Colour>) {
        let (foreground, background) = match digits.split_once(',') {
            Some((foreground, background)) => (read(foreground), read(background)),
            None => (read(digits), None),
        };
        match foreground {
            Some(foreground) => {
                self.foreground = foreground;
                self.background = background.unwrap_or(self.background);
            }
            None => (self.foreground, self.background) = (Colour::Default, Colour::Default),
        }
    }

    /// The codes that open this formatting in front of `text`.
    pub fn reopened_before(self, text: &str) -> String {
        let mut codes = String::new();
        self.open_colours(&mut codes);
        codes.extend(
            self.styles
                .iter()
                .zip(TOGGLES)
                .filter(|(style, _)| **style == Style::On)
                .map(|(_, code)| code),
        );
        // A comma behind a foreground would be read as part of it.
        if text.starts_with(',') && codes.ends_with(|c: char| c.is_ascii_hexdigit()) {
            codes.extend([BOLD, BOLD]);
        }
        codes
    }

    /// A background can't be opened without a foreground: 99 is the default colour, and a hexadecimal one is overwritten at once.
    fn open_colours(self, codes: &mut String) {
        let number = |colour: Colour| match colour {
            Colour::Number(number) => number,
            Colour::Default | Colour::Hex(_) => 99,
        };
        match (self.foreground, self.background) {
            (Colour::Default, Colour::Default) => {}
            (Colour::Number(foreground), Colour::Default) => {
                codes.push_str(&format!("{COLOUR}{foreground:02}"))
            }
            (Colour::Hex(foreground), Colour::Default) => {
                codes.push_str(&format!("{HEX_COLOUR}{foreground:06X}"))
            }
            (Colour::Hex(foreground), Colour::Hex(background)) => {
                codes.push_str(&format!("{HEX_COLOUR}{foreground:06X},{background:06X}"));
            }
            (Colour::Hex(foreground), Colour::Number(background)) => {
                codes.push_str(&format!(
                    "{COLOUR}99,{background:02}{HEX_COLOUR}{foreground:06X}"
                ));
            }
            (foreground @ (Colour::Default | Colour::Number(_)), Colour::Number(background)) => {
                codes.push_str(&format!(
                    "{COLOUR}{:02},{background:02}",
                    number(foreground)
                ));
            }
            (foreground @ (Colour::Default | Colour::Number(_)), Colour::Hex(background)) => {
                codes.push_str(&format!(
                    "{HEX_COLOUR}000000,{background:06X}{COLOUR}{:02}",
                    number(foreground)
                ));
            }
        }
    }
}

/// Bytes of the formatting code at the beginning of the text, 0 if there is none.
///
/// `colour = %x03 [ 1*2DIGIT [ "," 1*2DIGIT ] ]`, `hex-colour = %x04 [ 6HEXDIG [ "," 6HEXDIG ] ]`
pub fn code_length(text: &str) -> usize {
    let digits = |rest: &str, most: usize| {
        rest.bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count()
    };
    let hexadecimal = |rest: &str| {
        let count = rest
            .bytes()
            .take(6)
            .take_while(u8::is_ascii_hexdigit)
            .count();
        if count == 6 { 6 } else { 0 }
    };
    if let Some(rest) = text.strip_prefix(COLOUR) {
        1 + pair(rest, |rest| digits(rest, 2))
    } else if let Some(rest) = text.strip_prefix(HEX_COLOUR) {
        1 + pair(rest, hexadecimal)
    } else {
        usize::from(text.starts_with(RESET) || text.starts_with(TOGGLES))
    }
}

/// `pair = [ colour [ "," colour ] ]`
fn pair(text: &str, colour: impl Fn(&str) -> usize) -> usize {
    let foreground = colour(text);
    let after = text.get(foreground..).unwrap_or_default();
    let background = match after.strip_prefix(',') {
        Some(rest) if foreground > 0 => colour(rest),
        Some(_) | None => 0,
    };
    foreground + if background > 0 { 1 + background } else { 0 }
}
