//! Mode lists and the confusion that they invite.

use bytes::BytesMut;
use proptest::prelude::*;

use super::*;
use crate::line::LineWriter;
use crate::verb::Verb;

const TYPES: ModeTypes = ModeTypes {
    list: "beI",
    always: "k",
    when_set: "l",
    flag: "imnst",
    rank: "qaohv",
};

/// `+o alice`, `-l`, `?b` for a list, `!word` for a refusal.
fn shown(items: &[Item<'_>]) -> Vec<String> {
    items
        .iter()
        .map(|item| match item {
            Item::Change(Change {
                sign,
                letter,
                parameter,
            }) => {
                let sign = if *sign == Sign::Plus { '+' } else { '-' };
                format!(
                    "{sign}{letter}{}",
                    parameter.map_or(String::new(), |p| format!(" {}", p.as_str()))
                )
            }
            Item::ShowList(letter) => format!("?{letter}"),
            Item::Refused(ModeError::Unknown(letter)) => format!("!unknown {letter}"),
            Item::Refused(ModeError::MissingParameter(letter)) => format!("!missing {letter}"),
            Item::Refused(ModeError::BadParameter { letter, parameter }) => {
                format!("!bad {letter} {parameter:?}")
            }
            Item::Refused(ModeError::TooMany(letter)) => format!("!many {letter}"),
            Item::Refused(ModeError::LeftOver(parameter)) => format!("!left {parameter}"),
        })
        .collect()
}

#[track_caller]
fn check(parameters: &[&str], expected: &[&str]) {
    assert_eq!(
        shown(&parse(&TYPES, parameters.iter().copied(), 6)),
        expected,
        "{parameters:?}"
    );
}

#[test]
fn changes_take_their_parameters_in_order() {
    check(&[], &[]);
    check(&["+o", "alice"], &["+o alice"]);
    check(&["o", "alice"], &["+o alice"]);
    check(
        &["+o-v+bkl", "a", "b", "c", "d"],
        &["+o a", "-v b", "+b c", "+k d", "!missing l"],
    );
    check(
        &["+o-v+bkl", "a", "b", "c", "d", "5"],
        &["+o a", "-v b", "+b c", "+k d", "+l 5"],
    );
    check(&["+oo-o", "a", "a", "a"], &["+o a", "+o a", "-o a"]);
    check(&["-l+l", "5"], &["-l", "+l 5"]);
    check(&["+i-i+i"], &["+i", "-i", "+i"]);
    check(&["+-+-i"], &["-i"]);
    check(&["+"], &[]);
    check(&[""], &[]);
}

#[test]
fn refused_letters_do_not_shift_the_others() {
    check(&["+oXv", "a", "b"], &["+o a", "!unknown X", "+v b"]);
    check(
        &["+obo", "a", "b c", "d"],
        &["+o a", "!bad b \"b c\"", "+o d"],
    );
    check(&["+ko", ":x", "a"], &["!bad k \":x\"", "+o a"]);
    check(&["+ko", "", "a"], &["!bad k \"\"", "+o a"]);
    check(&["+é"], &["!unknown é"]);
    check(&["+XXXX"], &["!unknown X"]);
    check(&["+oooo"], &["!missing o"]);
}

#[test]
fn lists_are_asked_for_once() {
    check(&["b"], &["?b"]);
    check(&["+b"], &["?b"]);
    check(&["-b"], &["?b"]);
    check(&["bbbbbbeb"], &["?b", "?e"]);
    check(&["+bb", "x"], &["+b x", "?b"]);
}

#[test]
fn a_key_is_removed_with_or_without_it() {
    check(&["-k"], &["-k"]);
    check(&["-k", "secret"], &["-k secret"]);
    check(&["+k"], &["!missing k"]);
}

#[test]
fn later_groups_and_left_overs() {
    check(&["+o", "a", "-v", "b"], &["+o a", "-v b"]);
    check(&["+b", "-x", "+i"], &["+b -x", "+i"]);
    check(&["+i", "x", "y"], &["+i", "!left x", "!left y"]);
}

#[test]
fn six_changes_with_parameters() {
    check(
        &["+ooooooooi", "a", "b", "c", "d", "e", "f", "g", "h"],
        &[
            "+o a", "+o b", "+o c", "+o d", "+o e", "+o f", "!many o", "+i",
        ],
    );
}

#[test]
fn types_are_announced() {
    assert_eq!(TYPES.chanmodes(), "beI,k,l,imnst");
}

fn change(sign: Sign, letter: char, parameter: Option<&'static str>) -> Change<'static> {
    Change {
        sign,
        letter,
        parameter: parameter.map(Middle::literal),
    }
}

fn written(changes: &[Change<'_>]) -> String {
    let mut buffer = BytesMut::new();
    LineWriter::new(&mut buffer)
        .verb(Verb::Mode)
        .modes(changes)
        .end()
        .unwrap();
    String::from_utf8(buffer.to_vec()).unwrap()
}

#[test]
fn changes_share_signs() {
    let changes = [
        change(Sign::Plus, 'o', Some("alice")),
        change(Sign::Plus, 'i', None),
        change(Sign::Minus, 'v', Some("bob")),
        change(Sign::Plus, 't', None),
    ];
    assert_eq!(written(&changes), "MODE +oi-v+t alice bob\r\n");
    assert_eq!(lines(&changes, " +oi-v+t alice bob".len(), 6).len(), 1);
    assert_eq!(lines(&changes, " +oi-v+t alice bob".len() - 1, 6).len(), 2);
    assert_eq!(lines(&changes, 400, 1), [&changes[..2], &changes[2..]]);
}

fn any_change() -> impl Strategy<Value = (bool, char, Option<String>)> {
    (
        any::<bool>(),
        proptest::sample::select("bkoviml".chars().collect::<Vec<_>>()),
        "[a-z]{1,30}",
    )
        .prop_map(|(plus, letter, text)| {
            let with = match letter {
                'i' | 'm' => false,
                'l' => plus,
                _ => true,
            };
            (plus, letter, with.then_some(text))
        })
}

proptest! {
    #[test]
    fn lines_keep_all_changes_and_both_limits(changes in prop::collection::vec(any_change(), 0..40), room in 60_usize..200) {
        let changes: Vec<_> = changes
            .iter()
            .map(|(plus, letter, text)| Change {
                sign: if *plus { Sign::Plus } else { Sign::Minus },
                letter: *letter,
                parameter: text.as_deref().map(|text| Middle::new(text).unwrap()),
            })
            .collect();
        let lines = lines(&changes, room, 6);
        prop_assert_eq!(&lines.concat(), &changes);
        for line in lines {
            let text = written(line);
            let parameters = text.trim_end().strip_prefix("MODE").unwrap();
            prop_assert!(parameters.len() <= room);
            let read = parse(&TYPES, parameters.split_whitespace(), 6);
            prop_assert_eq!(read, line.iter().copied().map(Item::Change).collect::<Vec<_>>());
        }
    }

    #[test]
    fn any_text_is_read_in_bounds(words in prop::collection::vec("[-+a-z :é]{0,20}", 0..10)) {
        let items = parse(&TYPES, words.iter().map(String::as_str), 6);
        let with_parameter = items.iter().filter(|item| matches!(item, Item::Change(Change { parameter: Some(_), .. }))).count();
        prop_assert!(with_parameter <= 6);
        prop_assert!(items.len() <= words.iter().map(|word| word.chars().count().max(1)).sum());
    }
}
