#![no_main]
//! Any text as HTML from another client: what IRC gets of it are lines, and formatting changes none of the words.

use libfuzzer_sys::fuzz_target;
use polylogue_richtext::{Dialect, from_html, strip, to_html, to_irc, to_plain};

fuzz_target!(|html: &str| {
    let tree = from_html(html);
    for dialect in [Dialect::Palette, Dialect::Hex] {
        let lines = to_irc(&tree, dialect);
        assert!(
            !lines.concat().contains(['\r', '\n', '\0', '\u{1}']),
            "{lines:?}"
        );
        assert_eq!(strip(&lines.join("\n")), to_plain(&tree));
    }
    let signs = to_irc(&tree, Dialect::Ascii);
    assert!(
        signs.concat().chars().all(|c| !c.is_control() || c == '\t'),
        "{signs:?}"
    );
    if let Some(again) = to_html(&tree) {
        assert_eq!(from_html(&again), tree);
    }
});
