//! What the bytes of lines are that are not UTF-8.

/// What a line is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8 and nothing else (IRCv3 utf8-only).
    #[default]
    Utf8,
    /// UTF-8, or Windows-1252 where it is not that: what clients of the time before UTF-8 send, and for them the same as Latin-1.
    Windows1252,
}

/// What stands in Windows-1252 where ISO 8859-1 has control characters 0x80 to 0x9F (WHATWG Encoding, index windows-1252): the five without a
/// meaning are those control characters.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Bytes of Windows-1252 as text. Every byte has a meaning.
#[must_use]
pub fn from_windows_1252(bytes: &[u8]) -> String {
    let letter = |byte: &u8| {
        let high = byte.checked_sub(0x80).map(usize::from);
        let high = high.and_then(|index| HIGH.get(index).copied());
        high.unwrap_or(char::from(*byte))
    };
    bytes.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_letter() {
        let check = |bytes: &[u8], expected: &str| assert_eq!(from_windows_1252(bytes), expected);
        check(b"plain", "plain");
        check(b"Gr\xfc\xdfe", "Grüße");
        check(b"\x80 5, \x93so\x94 \x96 \x85", "€ 5, “so” – …");
        check(b"\x81\x9f\xa0\xff", "\u{81}Ÿ\u{a0}ÿ");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_windows_1252(&all).chars().count(), 256);
    }
}
