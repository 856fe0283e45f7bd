//! Characters that may not pass from one protocol to another, and bidirectional formatting that
//! may not reach past its line.

/// Whether `c` may stand in a text. NUL, CR, 0x01 and every other control character but TAB may
/// not; line ends are taken out before.
pub(crate) fn is_allowed(c: char) -> bool {
    c == '\t' || !c.is_control()
}

/// `text` as one line without control characters: line ends and tabs become spaces.
pub(crate) fn on_one_line(text: &str) -> String {
    let spaced = text
        .chars()
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c });
    spaced.filter(|c| is_allowed(*c)).collect()
}

/// The bidirectional embeddings, overrides and isolates that a line has opened (Unicode Standard
/// Annex 9, section 2): unclosed they would turn round whatever is shown after the line.
#[derive(Debug, Default)]
pub(crate) struct Bidirectional {
    open: Vec<char>,
    isolates: usize,
}

const POP_EMBEDDING: char = '\u{202C}';
const POP_ISOLATE: char = '\u{2069}';

impl Bidirectional {
    /// Takes note of one character of the line.
    pub(crate) fn see(&mut self, c: char) {
        match c {
            '\u{202A}' | '\u{202B}' | '\u{202D}' | '\u{202E}' => self.open.push(POP_EMBEDDING),
            '\u{2066}'..='\u{2068}' => {
                self.open.push(POP_ISOLATE);
                self.isolates += 1;
            }
            POP_EMBEDDING if self.open.last() == Some(&POP_EMBEDDING) => {
                self.open.pop();
            }
            // The end of an isolate also ends what was opened inside it.
            POP_ISOLATE if self.isolates > 0 => {
                while self.open.pop() == Some(POP_EMBEDDING) {}
                self.isolates -= 1;
            }
            _ => {}
        }
    }

    /// What the end of the line has to say to close all that is open; nothing is open afterwards.
    pub(crate) fn close(&mut self) -> impl Iterator<Item = char> + use<> {
        self.isolates = 0;
        std::mem::take(&mut self.open).into_iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_opens_is_closed_at_its_end() {
        let check = |line: &str, expected: &str| {
            let mut state = Bidirectional::default();
            line.chars().for_each(|c| state.see(c));
            assert_eq!(state.close().collect::<String>(), expected, "{line:?}");
            assert_eq!(state.close().count(), 0);
        };
        check("abc", "");
        check("\u{202E}abc", "\u{202C}");
        check("\u{202E}abc\u{202C}", "");
        check("\u{202C}\u{2069}abc", "");
        check("\u{2067}\u{202A}abc", "\u{202C}\u{2069}");
        check("\u{2067}\u{202A}abc\u{2069}", "");
        check("\u{202A}\u{2067}\u{202A}abc\u{2069}", "\u{202C}");
        check("\u{202A}a\u{2069}", "\u{202C}");
    }
}
