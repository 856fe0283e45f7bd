//! The laws of wrapping.

use proptest::prelude::*;

use super::*;

/// The text behind the pieces.
fn joined(pieces: &[Piece<'_>]) -> String {
    pieces
        .iter()
        .map(|piece| {
            format!(
                "{}{}",
                piece.text(),
                if piece.gap == Gap::Space { " " } else { "" }
            )
        })
        .collect()
}

fn sent(text: &str, size: usize) -> Vec<String> {
    wrap(text, size).iter().map(ToString::to_string).collect()
}

/// Every character that is shown, with the formatting under which it is shown.
fn shown(text: &str) -> Vec<(char, Format)> {
    let (mut rest, mut format, mut shown) = (text, Format::default(), Vec::new());
    while let Some(first) = rest.chars().next() {
        let code = format::code_length(rest);
        if code == 0 {
            shown.push((first, format));
        }
        let (unit, after) = rest.split_at(if code > 0 { code } else { first.len_utf8() });
        if code > 0 {
            format.take(unit);
        }
        rest = after;
    }
    shown
}

#[test]
fn short_text_is_one_piece() {
    assert_eq!(sent("hello", 64), ["hello"]);
    assert_eq!(sent(&"a".repeat(64), 64), ["a".repeat(64)]);
    assert_eq!(sent("", 64), [""; 0]);
    assert_eq!(sent(" ", 64), [" "]);
}

#[test]
fn words_are_kept_when_a_space_is_near() {
    let (first, second) = ("a".repeat(60), "b".repeat(20));
    assert_eq!(
        sent(&format!("{first} {second}"), 64),
        [first.clone(), second.clone()]
    );
    // The space may stand right behind the full piece.
    assert_eq!(
        sent(&format!("{} {second}", "a".repeat(64)), 64),
        ["a".repeat(64), second.clone()]
    );
    // In the first two thirds it is too far away.
    let long = format!("{} {}", "a".repeat(30), "b".repeat(60));
    assert_eq!(
        sent(&long, 64),
        [
            long.split_at(64).0.to_owned(),
            long.split_at(64).1.to_owned()
        ]
    );
}

#[test]
fn only_one_space_is_left_out() {
    let text = format!("{}   {}", "a".repeat(62), "b".repeat(20));
    let pieces = wrap(&text, 64);
    assert_eq!(joined(&pieces), text);
    assert_eq!(
        pieces.iter().map(Piece::length).collect::<Vec<_>>(),
        [64, 20]
    );
    let spaces = " ".repeat(200);
    assert_eq!(joined(&wrap(&spaces, 64)), spaces);
}

#[test]
fn clusters_are_kept() {
    let family = "👨‍👩‍👧‍👦";
    let text = family.repeat(10);
    for piece in wrap(&text, 64) {
        assert_eq!(piece.text().len() % family.len(), 0);
    }
    let flags = "🇩🇪".repeat(20);
    assert!(
        wrap(&flags, 67)
            .iter()
            .all(|piece| piece.text().len() % 8 == 0)
    );
    // One letter with a thousand accents is longer than a piece.
    let heap = format!("a{}", "\u{301}".repeat(1000));
    let pieces = wrap(&heap, 64);
    assert_eq!(joined(&pieces), heap);
    assert!(pieces.iter().all(|piece| piece.length() <= 64));
}

#[test]
fn formatting_goes_on() {
    let check = |opening: &str, reopened: &str| {
        let text = format!("{opening}{}", "a".repeat(80));
        let pieces = sent(&text, 64);
        assert!(
            pieces[1].starts_with(&format!("{reopened}a")),
            "{opening:?}: {:?}",
            pieces[1]
        );
    };
    check("\x02", "\x02");
    check("\x02\x1D", "\x02\x1D");
    check("\x02\x02", "");
    check("\x02\x0F", "");
    check("\x034", "\x0304");
    check("\x034,5", "\x0304,05");
    check("\x034,5\x03", "");
    check("\x034,5\x036", "\x0306,05");
    check("\x04ff0000", "\x04FF0000");
    check("\x034,5\x04ff0000", "\x0399,05\x04FF0000");
    check("\x04ff0000,00ff00\x033", "\x04000000,00FF00\x0303");
    check("\x034\x1F", "\x0304\x1F");
}

#[test]
fn a_comma_behind_a_colour_is_text() {
    let text = format!("\x034{},5", "a".repeat(62));
    assert_eq!(
        sent(&text, 64),
        [
            format!("\x034{}", "a".repeat(62)),
            "\x0304\x02\x02,5".to_owned()
        ]
    );
}

#[test]
fn colour_codes_are_not_split() {
    for before in 50..64 {
        let text = format!("{}\x0312,13word", "a".repeat(before));
        for piece in sent(&text, 64) {
            assert!(
                !piece.ends_with(['\x03', ',']) && !piece.ends_with("\x031"),
                "{piece:?}"
            );
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => "[a-z]{1,12}",
        4 => Just(" ".to_owned()),
        1 => "[,0-9]{1,3}",
        2 => "[\x02\x0F\x11\x16\x1D\x1E\x1F]",
        2 => "\x03([0-9]{1,2}(,[0-9]{1,2})?)?",
        1 => "\x04([0-9a-f]{6}(,[0-9a-f]{6})?)?",
        1 => "[é👍🇩🇪\u{301}\u{200d}]{1,5}",
    ];
    prop::collection::vec(part, 0..80).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn nothing_is_lost(text in any_text(), size in 0_usize..120) {
        let pieces = wrap(&text, size);
        prop_assert_eq!(joined(&pieces), text.as_str());
        for piece in &pieces {
            prop_assert!(piece.length() <= size.max(SMALLEST));
            prop_assert!(!piece.text().is_empty());
        }
    }

    #[test]
    fn what_is_shown_stays_the_same(text in any_text(), size in 64_usize..120) {
        let pieces = wrap(&text, size);
        let mut together = Vec::new();
        for piece in &pieces {
            together.extend(shown(&piece.to_string()));
            if piece.gap == Gap::Space {
                together.push((' ', Format::default()));
            }
        }
        let original = shown(&text);
        prop_assert_eq!(together.len(), original.len());
        for (have, want) in together.iter().zip(&original) {
            prop_assert!(have == want || (have.0 == ' ' && want.0 == ' '), "{:?} {:?}", have, want);
        }
    }

    #[test]
    fn any_text_at_all(text in any::<String>(), size in 0_usize..120) {
        prop_assert_eq!(joined(&wrap(&text, size)), text);
    }
}
