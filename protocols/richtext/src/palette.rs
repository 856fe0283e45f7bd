//! Colours: RGB, and the 99 numbered colours of IRC.
//!
//! Palette: <https://modern.ircdocs.horse/formatting#colors> (0-15 as commonly shown, 16-98 fixed).

use std::fmt;

/// A colour as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// One of IRC's numbered colours.
    Palette(PaletteIndex),
    /// Any colour.
    Rgb(Rgb),
}

/// The number of an IRC colour, 0 to 98. (99 means the reader's own colour: no colour.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaletteIndex(u8);

/// Red, green and blue, 0 to 255 each; shown as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the three colours")]
pub struct Rgb {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
}

impl Colour {
    /// The colour in RGB.
    #[must_use]
    pub fn rgb(self) -> Rgb {
        match self {
            Colour::Palette(index) => index.rgb(),
            Colour::Rgb(rgb) => rgb,
        }
    }
}

impl PaletteIndex {
    /// Black.
    pub const BLACK: PaletteIndex = PaletteIndex(1);

    /// The numbered colour, if there is one of that number.
    #[must_use]
    pub fn new(number: u8) -> Option<PaletteIndex> {
        (usize::from(number) < PALETTE.len()).then_some(PaletteIndex(number))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The colour in RGB.
    #[must_use]
    pub fn rgb(self) -> Rgb {
        // The constructor lets no number past the end of the table.
        Rgb::from_packed(
            PALETTE
                .get(usize::from(self.0))
                .copied()
                .unwrap_or_default(),
        )
    }
}

impl Rgb {
    const fn from_packed(packed: u32) -> Rgb {
        let [_, red, green, blue] = packed.to_be_bytes();
        Rgb { red, green, blue }
    }

    /// Reads `rrggbb`, six hexadecimal digits.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Rgb> {
        let six = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let packed = six.then(|| u32::from_str_radix(digits, 16).ok())??;
        Some(Rgb::from_packed(packed))
    }

    /// The numbered colour that comes closest; of equals the lowest, which more clients know.
    #[must_use]
    pub fn nearest(self) -> PaletteIndex {
        let distance = |index: &PaletteIndex| {
            let other = index.rgb();
            let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
            square(self.red, other.red)
                + square(self.green, other.green)
                + square(self.blue, other.blue)
        };
        (0..=u8::MAX)
            .map_while(PaletteIndex::new)
            .min_by_key(distance)
            .unwrap_or(PaletteIndex::BLACK)
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[rustfmt::skip]
const PALETTE: [u32; 99] = [
    0xffffff, 0x000000, 0x00007f, 0x009300, 0xff0000, 0x7f0000, 0x9c009c, 0xfc7f00,
    0xffff00, 0x00fc00, 0x009393, 0x00ffff, 0x0000fc, 0xff00ff, 0x7f7f7f, 0xd2d2d2,
    0x470000, 0x472100, 0x474700, 0x324700, 0x004700, 0x00472c, 0x004747, 0x002747, 0x000047, 0x2e0047, 0x470047, 0x47002a,
    0x740000, 0x743a00, 0x747400, 0x517400, 0x007400, 0x007449, 0x007474, 0x004074, 0x000074, 0x4b0074, 0x740074, 0x740045,
    0xb50000, 0xb56300, 0xb5b500, 0x7db500, 0x00b500, 0x00b571, 0x00b5b5, 0x0063b5, 0x0000b5, 0x7500b5, 0xb500b5, 0xb5006b,
    0xff0000, 0xff8c00, 0xffff00, 0xb2ff00, 0x00ff00, 0x00ffa0, 0x00ffff, 0x008cff, 0x0000ff, 0xa500ff, 0xff00ff, 0xff0098,
    0xff5959, 0xffb459, 0xffff71, 0xcfff60, 0x6fff6f, 0x65ffc9, 0x6dffff, 0x59b4ff, 0x5959ff, 0xc459ff, 0xff66ff, 0xff59bc,
    0xff9c9c, 0xffd39c, 0xffff9c, 0xe2ff9c, 0x9cff9c, 0x9cffdb, 0x9cffff, 0x9cd3ff, 0x9c9cff, 0xdc9cff, 0xff9cff, 0xff94d3,
    0x000000, 0x131313, 0x282828, 0x363636, 0x4d4d4d, 0x656565, 0x818181, 0x9f9f9f, 0xbcbcbc, 0xe2e2e2, 0xffffff,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_colour_of_a_palette_colour_looks_the_same() {
        for number in 0..99 {
            let index = PaletteIndex::new(number).unwrap();
            assert_eq!(index.rgb().nearest().rgb(), index.rgb(), "colour {number}");
        }
        assert_eq!(PaletteIndex::new(99), None);
    }

    #[test]
    fn colours_are_read_from_six_digits_and_written_in_lower_case() {
        let written = |digits| Rgb::from_hex(digits).map(|rgb| rgb.to_string());
        assert_eq!(written("FF8000").as_deref(), Some("#ff8000"));
        for digits in ["", "fff", "ff80000", "ff80 0", "+f8000", "ff800é"] {
            assert_eq!(written(digits), None, "{digits}");
        }
    }
}
