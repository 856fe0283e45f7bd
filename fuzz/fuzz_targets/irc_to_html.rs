#![no_main]
//! Any text as lines of IRC: codes hold no words, and what is written from the tree reads back as the tree.

use libfuzzer_sys::fuzz_target;
use polylogue_richtext::{Dialect, from_html, from_irc, strip, to_html, to_irc, to_plain};

fuzz_target!(|text: &str| {
    let tree = from_irc(text);
    assert_eq!(to_plain(&tree), strip(text));
    assert_eq!(from_irc(&to_irc(&tree, Dialect::Hex).join("\n")), tree);
    if let Some(html) = to_html(&tree) {
        // White space is collapsed on the first reading.
        let once = to_html(&from_html(&html)).unwrap_or_default();
        assert_eq!(to_html(&from_html(&once)).unwrap_or_default(), once);
    }
});
