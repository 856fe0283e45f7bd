//! What holds for every text. Tests only.

use std::cell::RefCell;

use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::{
    Dialect, Link, Tree, from_html, from_irc, from_plain, strip, to_html, to_irc, to_plain,
};

/// Pieces that make up IRC texts, without bidirectional formatting.
const IRC: &[&str] = &[
    "\x02",
    "\x1D",
    "\x1F",
    "\x1E",
    "\x11",
    "\x16",
    "\x0F",
    "\x03",
    "\x034",
    "\x0304,12",
    "\x0399",
    "\x0399,03",
    "\x03,",
    "\x04",
    "\x04ff8000",
    "\x04ff8000,00ff00",
    "1",
    "12",
    ",",
    "ab",
    "é ",
    "  ",
    "\n",
    "\r",
    "\x01",
    "\0",
    "<b>",
    "&amp;",
];

/// Pieces that make up HTML texts.
const HTML: &[&str] = &[
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<u>",
    "</u>",
    "<code>",
    "</code>",
    "<sub>",
    "</sub>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<br>",
    "<hr>",
    "<h1>",
    "</h1>",
    "<h2>",
    "</h2>",
    "<blockquote>",
    "</blockquote>",
    "<ul>",
    "</ul>",
    "<ol start=3>",
    "</ol>",
    "<li>",
    "</li>",
    "<pre>",
    "</pre>",
    "<code class=language-x>",
    "<table>",
    "</table>",
    "<caption>",
    "</caption>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<th>",
    "<tbody>",
    "<details>",
    "</details>",
    "<summary>",
    "</summary>",
    "<mx-reply>",
    "</mx-reply>",
    "<span data-mx-color=#f00>",
    "<span data-mx-bg-color=#f00>",
    "<span data-mx-spoiler>",
    "<span data-mx-spoiler='why>'>",
    "<span data-mx-maths='x'>",
    "</span>",
    "<div data-mx-maths='y'>",
    "<a href='https://e.org/?a&b'>",
    "<a href='javascript:x'>",
    "<a href='https://matrix.to/#/@bob:e.org'>",
    "</a>",
    "<img src='mxc://e.org/a' alt='\"'>",
    "<img src='mxc://e.org/a' alt=':b:' data-mx-emoticon>",
    "<img src='http://e.org/a' alt=x>",
    "<font color=#0f0>",
    "</font>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<x-y>",
    "<!--",
    "-->",
    "<",
    ">",
    "&lt;",
    "&#2;",
    "&",
    "'",
    "\"",
    " ",
    "  ",
    "\n",
    "a",
    "b c",
    "1",
    "é",
    "\u{A0}",
];

fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    let bidirectional = select(&["\u{202A}", "\u{202E}", "\u{2067}", "\u{202C}", "\u{2069}"][..]);
    let odd = prop::collection::vec(
        prop_oneof![
            bidirectional.prop_map(str::to_owned),
            select(IRC).prop_map(str::to_owned),
            select(HTML).prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ],
        0..40,
    );
    odd.prop_map(|pieces| pieces.concat())
}

fn any_tree() -> impl Strategy<Value = Tree> {
    prop_oneof![
        soup(HTML).prop_map(|html| from_html(&html)),
        soup(IRC).prop_map(|text| from_irc(&text)),
        any_text().prop_map(|html| from_html(&html)),
        any_text().prop_map(|text| from_irc(&text)),
        any_text().prop_map(|text| from_plain(&text)),
    ]
}

/// What HTML holds, read without the code under test.
#[derive(Default)]
struct Allowed {
    open: RefCell<Vec<String>>,
    deepest: RefCell<usize>,
    faults: RefCell<Vec<String>>,
}

impl Allowed {
    fn faults(html: &str) -> Vec<String> {
        let tokenizer = Tokenizer::new(Allowed::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(html.into());
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        let Allowed {
            open,
            deepest,
            faults,
        } = tokenizer.sink;
        let mut faults = faults.into_inner();
        if !open.borrow().is_empty() || deepest.into_inner() > Tree::MAX_DEPTH {
            faults.push("unclosed or too deep".to_owned());
        }
        faults
    }

    fn check(&self, tag: &Tag) {
        let name = &*tag.name;
        let fault = |what: String| self.faults.borrow_mut().push(what);
        let attributes: &[&str] = match name {
            "span" => &[
                "data-mx-color",
                "data-mx-bg-color",
                "data-mx-spoiler",
                "data-mx-maths",
            ],
            "div" => &["data-mx-maths"],
            "a" => &["href"],
            "img" => &["data-mx-emoticon", "src", "alt", "title", "height"],
            "ol" => &["start"],
            "code" => &["class"],
            "strong" | "em" | "u" | "del" | "sub" | "sup" | "p" | "br" | "hr" | "h1" | "h2"
            | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "li" | "pre" | "table"
            | "caption" | "tr" | "th" | "td" | "details" | "summary" => &[],
            other => return fault(format!("tag {other}")),
        };
        for attribute in &tag.attrs {
            let (name, value) = (&*attribute.name.local, &*attribute.value);
            let sound = match name {
                "href" => Link::new(value).is_some_and(|link| link.as_str() == value),
                "src" => value.starts_with("mxc://"),
                "class" => value.starts_with("language-"),
                _ => true,
            };
            if !attributes.contains(&name) || !sound {
                fault(format!("attribute {name}={value}"));
            }
        }
        match tag.kind {
            TagKind::StartTag if ["br", "hr", "img"].contains(&name) => {}
            TagKind::StartTag => {
                let mut open = self.open.borrow_mut();
                open.push(name.to_owned());
                let mut deepest = self.deepest.borrow_mut();
                *deepest = open.len().max(*deepest);
            }
            TagKind::EndTag => {
                if self.open.borrow_mut().pop().as_deref() != Some(name) {
                    fault(format!("stray end of {name}"));
                }
            }
        }
    }
}

impl TokenSink for Allowed {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => self.check(&tag),
            Token::CharacterTokens(_) | Token::EOFToken => {}
            other @ (Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::ParseError(_)) => self.faults.borrow_mut().push(format!("{other:?}")),
        }
        TokenSinkResult::Continue
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn irc_without_its_codes_is_the_plain_text(tree in any_tree()) {
        for dialect in [Dialect::Palette, Dialect::Hex] {
            let lines = to_irc(&tree, dialect).join("\n");
            prop_assert_eq!(strip(&lines), to_plain(&tree));
        }
    }

    #[test]
    fn irc_lines_hold_codes_and_text_only(tree in any_tree()) {
        const CODES: &str = "\x02\x1D\x1F\x1E\x11\x03\x04\x0F\t";
        for dialect in [Dialect::Palette, Dialect::Hex] {
            let lines = to_irc(&tree, dialect);
            prop_assert!(lines.concat().chars().all(|c| !c.is_control() || CODES.contains(c)));
        }
        let signs = to_irc(&tree, Dialect::Ascii);
        prop_assert!(signs.concat().chars().all(|c| !c.is_control() || c == '\t'));
    }

    #[test]
    fn irc_comes_back_from_the_tree(text in soup(IRC)) {
        let tree = from_irc(&text);
        prop_assert_eq!(to_plain(&tree), strip(&text));
        let again = to_irc(&tree, Dialect::Hex).join("\n");
        prop_assert_eq!(from_irc(&again), tree);
    }

    #[test]
    fn irc_is_written_the_same_the_second_time(tree in any_tree()) {
        for dialect in [Dialect::Palette, Dialect::Hex] {
            let once = to_irc(&tree, dialect).join("\n");
            let twice = to_irc(&from_irc(&once), dialect).join("\n");
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn html_comes_back_from_the_tree(html in soup(HTML)) {
        let tree = from_html(&html);
        if let Some(again) = to_html(&tree) {
            prop_assert_eq!(from_html(&again), tree);
        }
    }

    #[test]
    fn html_is_written_the_same_the_second_time(tree in any_tree()) {
        if let Some(once) = to_html(&tree) {
            // White space of other origin is collapsed on the first reading.
            let once = to_html(&from_html(&once)).unwrap_or_default();
            let twice = to_html(&from_html(&once)).unwrap_or_default();
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn html_holds_nothing_outside_the_allowed_list(tree in any_tree()) {
        if let Some(html) = to_html(&tree) {
            prop_assert_eq!(Allowed::faults(&html), Vec::<String>::new(), "{}", html);
        }
    }

    #[test]
    fn plain_text_comes_back_from_the_tree(text in soup(IRC)) {
        let plain = strip(&text);
        prop_assert_eq!(to_plain(&from_plain(&plain)), &*plain);
        prop_assert_eq!(to_html(&from_plain(&plain)), None);
    }
}

#[test]
fn deep_and_large_texts_stay_bounded() {
    let check = |piece: &str, limit: usize| {
        let html = format!("{}x", piece.repeat((1 << 20) / piece.len()));
        let tree = from_html(&html);
        let written = to_html(&tree).unwrap_or_else(|| to_plain(&tree));
        assert!(Allowed::faults(&written).is_empty(), "{piece}");
        assert!(written.len() < limit, "{piece}: {} bytes", written.len());
        assert!(to_plain(&tree).len() < limit, "{piece}");
        assert_eq!(from_html(&written), tree, "{piece}");
    };
    check("<blockquote>", 10_000);
    check("<ul>", 10_000);
    check("<ul><li>", 4 << 20);
    check("<table><tr><td>", 10_000);
    check("<details><summary>", 10_000);
    check("<b>", 10_000);
    check("<p><b>", 10_000);
    check("</p>", 10_000);
    check("<span data-mx-color=#f00>", 10_000);
    check("<blockquote>x", 12 << 20);
    check("<i><p>x", 12 << 20);
    check("<b>&lt;", 6 << 20);
    check("<b>&#x26;&nGt;", 8 << 20);
}

#[test]
fn long_words_of_links_and_spoilers_are_not_multiplied() {
    let long = "y".repeat(4000);
    for start in [
        format!("<a href='https://e.org/{long}'>"),
        format!("<span data-mx-spoiler='{long}'>"),
    ] {
        for piece in [
            "<p>x",
            "x<br>",
            "x<a href=http://e.org><p>",
            "x<a href=http://e.org>y</a>",
            "x<b>x</b>",
        ] {
            let tree = from_html(&format!("{start}{}", piece.repeat(1000)));
            let written = to_html(&tree).unwrap_or_default() + &to_plain(&tree);
            assert!(
                written.len() < 200_000,
                "{start:.20} {piece}: {} bytes",
                written.len()
            );
        }
    }
}

#[test]
fn a_flood_of_attributes_is_shown_as_it_is() {
    let attributes: String = (0..20_000).map(|number| format!(" a{number}")).collect();
    let html = format!("<b>x</b><a{attributes}>y</a>");
    assert_eq!(to_plain(&from_html(&html)), html);
    let words = "word ".repeat(5_000);
    assert_eq!(
        to_plain(&from_html(&format!("<b>{words}</b>"))),
        words.trim_end()
    );
}
