//! Finds the words of a text that may name a user and makes mentions of those that the caller
//! knows. Who is known, and how sure a word must be, is the caller's rule.

use crate::spans::Spans;
use crate::style::{Mark, Style};
use crate::tree::{Inline, Span, Tree};

/// A word of a text, without the punctuation round it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word as written.
    pub text: &'a str,
    /// Where it stands.
    pub place: Place,
}

/// Where a word stands, which says how likely it is meant as a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// First in the text and followed by a colon or comma: `alice: hello`.
    Leading,
    /// Behind an at sign: `ask @alice`.
    At,
    /// Anywhere else.
    Elsewhere,
}

const OPENING: [char; 6] = ['(', '"', '\'', '“', '‘', '«'];
const CLOSING: [char; 12] = [',', ':', ';', '.', '!', '?', ')', '"', '\'', '”', '’', '»'];

impl Tree {
    /// Asks `find` about every word outside code and links, and makes a mention of the user whose
    /// Matrix id it gives. The plain text stays as it was.
    pub fn link_mentions(&mut self, find: &mut dyn FnMut(Word<'_>) -> Option<String>) {
        let mut first = true;
        self.for_each_spans(&mut |spans| {
            let mut linked = Spans::default();
            for Span { style, content } in std::mem::take(spans) {
                let code = style.link.is_some() || style.marks.contains(Mark::Code);
                match content {
                    Inline::Text(text) if !code => {
                        for piece in text.split_inclusive(char::is_whitespace) {
                            link_piece(&mut linked, &style, Piece::of(piece, first), find);
                            first &= piece.trim().is_empty();
                        }
                    }
                    Inline::Text(text) => {
                        linked.text(&style, &text);
                        first = false;
                    }
                    content @ (Inline::LineBreak
                    | Inline::Mention { .. }
                    | Inline::Image(_)
                    | Inline::Maths(_)) => {
                        linked.push(&style, content);
                        first = false;
                    }
                }
            }
            *spans = linked.finish();
        });
    }
}

/// The words of a plain text.
pub fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut first = true;
    pieces(text)
        .map(move |piece| {
            let word = Piece::of(piece, first).word;
            first &= piece.trim().is_empty();
            word
        })
        .filter(|word| !word.text.is_empty())
}

/// A text in pieces, each up to and with a white space. Every line that is said is looked through, and hardly one has other than ASCII's.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at_checked(piece_length(rest))?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn piece_length(text: &str) -> usize {
    let ends = |byte: u8| !byte.is_ascii() || byte.is_ascii_whitespace() || byte == 0x0B;
    match text.bytes().position(ends) {
        Some(at) if text.as_bytes().get(at).is_some_and(u8::is_ascii) => at + 1,
        // What is beyond ASCII is read as characters.
        Some(_) => {
            let space = text.char_indices().find(|(_, c)| c.is_whitespace());
            space.map_or(text.len(), |(at, c)| at + c.len_utf8())
        }
        None => text.len(),
    }
}

/// A word between what stands before and after it.
struct Piece<'a> {
    before: &'a str,
    word: Word<'a>,
    after: &'a str,
}

impl<'a> Piece<'a> {
    fn of(piece: &'a str, first: bool) -> Piece<'a> {
        // Most words have nothing round them but the space behind.
        let bare = piece.trim_ascii_end();
        let ends = (bare.bytes().next(), bare.bytes().next_back());
        if let (Some(one), Some(other)) = ends
            && one.is_ascii_alphanumeric()
            && other.is_ascii_alphanumeric()
        {
            let (_, after) = piece.split_at_checked(bare.len()).unwrap_or_default();
            let word = Word {
                text: bare,
                place: Place::Elsewhere,
            };
            return Piece {
                before: "",
                word,
                after,
            };
        }
        let opened = piece.trim_start_matches(OPENING);
        let (text, at) = match opened.strip_prefix('@') {
            Some(text) => (text, true),
            None => (opened, false),
        };
        let (before, _) = piece
            .split_at_checked(piece.len() - text.len())
            .unwrap_or_default();
        let word = text.trim_end().trim_end_matches(CLOSING);
        let (_, after) = text.split_at_checked(word.len()).unwrap_or_default();
        let place = match () {
            () if at => Place::At,
            () if first && before.is_empty() && after.starts_with([':', ',']) => Place::Leading,
            () => Place::Elsewhere,
        };
        Piece {
            before,
            word: Word { text: word, place },
            after,
        }
    }
}

fn link_piece(
    spans: &mut Spans,
    style: &Style,
    piece: Piece<'_>,
    find: &mut dyn FnMut(Word<'_>) -> Option<String>,
) {
    let Piece {
        before,
        word,
        after,
    } = piece;
    let user = if word.text.is_empty() {
        None
    } else {
        find(word)
    };
    spans.text(style, before);
    match user {
        Some(user) => spans.push(
            style,
            Inline::Mention {
                user,
                name: word.text.to_owned(),
            },
        ),
        None => spans.text(style, word.text),
    }
    spans.text(style, after);
}

#[cfg(test)]
mod tests {
    use crate::{Inline, Place, from_irc, to_html, to_plain};

    fn check(text: &str, expected: &[(&str, Place)]) {
        let mut tree = from_irc(text);
        let before = to_plain(&tree);
        let mut seen = Vec::new();
        tree.link_mentions(&mut |word| {
            let name = word.text.eq_ignore_ascii_case("bob") || word.text == "[x]|y";
            name.then(|| {
                seen.push((word.text.to_owned(), word.place));
                "@bob:e.org".to_owned()
            })
        });
        let seen: Vec<_> = seen
            .iter()
            .map(|(text, place)| (text.as_str(), *place))
            .collect();
        assert_eq!(seen, expected, "{text:?}");
        assert_eq!(to_plain(&tree), before);
        assert_eq!(tree.mentions().len(), expected.len());
    }

    #[test]
    fn words_are_offered_with_their_place() {
        check("bob: hello", &[("bob", Place::Leading)]);
        check(
            "Bob, hello bob",
            &[("Bob", Place::Leading), ("bob", Place::Elsewhere)],
        );
        check("bob hello", &[("bob", Place::Elsewhere)]);
        check("hi @bob!", &[("bob", Place::At)]);
        check(
            "hi (bob).\nbob: x",
            &[("bob", Place::Elsewhere), ("bob", Place::Elsewhere)],
        );
        check("[x]|y: hello", &[("[x]|y", Place::Leading)]);
        check("bobby bob's http://e.org/bob b\x02ob\x02", &[]);
        check("\x11bob: x\x11", &[]);
        check("@ ( ) :", &[]);
    }

    #[test]
    fn a_plain_text_has_the_same_words() {
        let found: Vec<_> = super::words(" bob: hi (@carol), dave")
            .map(|word| (word.text, word.place))
            .collect();
        let expected = [
            ("bob", Place::Leading),
            ("hi", Place::Elsewhere),
            ("carol", Place::At),
            ("dave", Place::Elsewhere),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_mention_becomes_a_link_to_the_user_and_can_be_renamed() {
        let mut tree = from_irc("bob: hi");
        tree.link_mentions(&mut |word| (word.text == "bob").then(|| "@bob:e.org".to_owned()));
        let expected = r#"<a href="https://matrix.to/#/@bob:e.org">bob</a>: hi"#;
        assert_eq!(to_html(&tree).as_deref(), Some(expected));
        tree.for_each_inline(&mut |inline| {
            if let Inline::Mention { name, .. } = inline {
                "robert".clone_into(name);
            }
        });
        assert_eq!(to_plain(&tree), "robert: hi");
    }
}
