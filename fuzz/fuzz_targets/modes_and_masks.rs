#![no_main]
//! Any text as the parameters of MODE, and as a mask beside whom it may name: the limits hold, what was read can be written and read again,
//! and a mask means the same however it is turned. What takes long is found by the fuzzer's own `-timeout`.

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use polylogue_core::mask::{Identity, glob, muted};
use polylogue_irc::{LineWriter, Mask, Middle, Verb};

use polylogue_irc::mask::MASK_LENGTH;
use polylogue_irc::mode::{Change, Item, ModeKind, ModeTypes, Sign, lines, parse};

const TYPES: ModeTypes = ModeTypes {
    list: "beIQ",
    always: "k",
    when_set: "l",
    flag: "CKcimMnRsSt",
    rank: "qaohv",
};
/// Changes with a parameter in one line.
const LIMIT: usize = 6;

fn modes(text: &str) {
    let items = parse(&TYPES, text.split(' '), LIMIT);
    let changes: Vec<Change<'_>> = items
        .iter()
        .filter_map(|item| match item {
            Item::Change(change) => Some(*change),
            Item::ShowList(letter) => {
                assert_eq!(TYPES.kind(*letter), Some(ModeKind::List));
                None
            }
            Item::Refused(_) => None,
        })
        .collect();
    let with = changes.iter().filter(|change| change.parameter.is_some());
    assert!(with.count() <= LIMIT);
    for change in &changes {
        let wanted = match (TYPES.kind(change.letter), change.sign) {
            (Some(ModeKind::List | ModeKind::Rank), _)
            | (Some(ModeKind::Always | ModeKind::WhenSet), Sign::Plus) => Some(true),
            (Some(ModeKind::Always), Sign::Minus) => None,
            (Some(ModeKind::WhenSet), Sign::Minus) | (Some(ModeKind::Flag), _) => Some(false),
            (None, _) => panic!("{change:?} is no mode"),
        };
        assert!(wanted.is_none_or(|wanted| wanted == change.parameter.is_some()));
    }
    // A bare `-k` is told with a star in place of the key.
    let told: Vec<Change<'_>> = changes
        .into_iter()
        .map(
            |change| match (TYPES.kind(change.letter), change.parameter) {
                (Some(ModeKind::Always), None) => Change {
                    parameter: Some(Middle::STAR),
                    ..change
                },
                _ => change,
            },
        )
        .collect();
    let mut again = Vec::new();
    for line in lines(&told, 400, LIMIT) {
        // One change over the room is a line of its own, which the writer may refuse.
        let mut written = BytesMut::new();
        let end = LineWriter::new(&mut written)
            .verb(Verb::Mode)
            .modes(line)
            .end();
        if end.is_err() {
            return assert_eq!(line.len(), 1);
        }
        let written = String::from_utf8(written.to_vec()).unwrap();
        let words = written.trim_end_matches("\r\n").split(' ').skip(1);
        let read = parse(&TYPES, words, LIMIT);
        again.extend(read.into_iter().map(|item| match item {
            Item::Change(change) => format!("{change:?}"),
            other => panic!("{other:?} in {written:?}"),
        }));
    }
    let told: Vec<String> = told.iter().map(|change| format!("{change:?}")).collect();
    assert_eq!(told, again);
}

fn masks(mask: &str, who: &str) {
    if let Ok(mask) = Mask::new(mask) {
        assert!(mask.as_str().len() <= MASK_LENGTH);
        assert_eq!(Mask::new(mask.as_str()).as_ref(), Ok(&mask));
        assert_eq!(Middle::from(&mask).as_str(), mask.as_str());
    }
    let any = mask.replace(|c| c != '*', "?");
    assert!(!glob(mask, who) || glob(&any, who), "{mask:?} on {who:?}");
    assert!(glob("*", who) && glob(&"?".repeat(who.chars().count()), who));
    assert_eq!(glob(mask, who), glob(&mask.replace('*', "***"), who));
    let identity = Identity {
        source: who.to_owned(),
        account: who.split('!').next().map(str::to_owned),
        real_name: who.to_owned(),
        channels: vec![who.to_owned()],
    };
    let _ = identity.matches(mask);
    assert!(muted(mask).is_none_or(|_| !identity.matches(mask)));
    for letter in ["a", "r", "c"] {
        let plain = identity.matches(&format!("${letter}:{mask}"));
        let not = identity.matches(&format!("~!{letter}:{mask}"));
        assert_ne!(plain, not, "{letter}:{mask:?} on {who:?}");
    }
}

fuzz_target!(|text: &str| {
    let line = text.split('\n').next().unwrap_or_default();
    modes(line);
    let (mask, who) = text.split_once('\n').unwrap_or((text, "nick!user@host"));
    masks(mask, who);
});
