//! The table of formats: each row in every direction. Tests only.

use crate::{
    Block, Dialect, Image, ImageKind, Inline, Span, Style, Tree, from_html, from_irc, from_plain,
    to_html, to_irc, to_plain,
};

/// HTML on one side; the IRC lines, and the HTML (or body, if that says all) that is written again,
/// on the other.
fn check(html: &str, irc: &[&str], again: &str) {
    let tree = from_html(html);
    assert_eq!(to_irc(&tree, Dialect::Palette), irc, "{html}");
    let lines: Vec<String> = irc
        .iter()
        .map(|line| crate::strip(line).into_owned())
        .collect();
    assert_eq!(to_plain(&tree), lines.join("\n"), "{html}");
    match to_html(&tree) {
        Some(written) => {
            assert_eq!(written, again);
            assert_eq!(from_html(again), tree, "{html}");
        }
        None => assert_eq!(to_plain(&tree), again),
    }
}

fn check_irc(irc: &str, html: Option<&str>) {
    let tree = from_irc(irc);
    assert_eq!(to_plain(&tree), crate::strip(irc), "{irc:?}");
    assert_eq!(to_html(&tree).as_deref(), html, "{irc:?}");
}

fn same(html: &str, irc: &[&str]) {
    check(html, irc, html);
}

#[test]
fn marks() {
    same("<strong>x</strong>y", &["\x02x\x0Fy"]);
    check("<b>x</b>y", &["\x02x\x0Fy"], "<strong>x</strong>y");
    same("<em>x</em>", &["\x1Dx"]);
    check("<i>x</i>", &["\x1Dx"], "<em>x</em>");
    same("<u>x</u>", &["\x1Fx"]);
    check("<ins>x</ins>", &["\x1Fx"], "<u>x</u>");
    same("<del>x</del>", &["\x1Ex"]);
    check(
        "<s>x</s> <strike>y</strike>",
        &["\x1Ex\x0F \x1Ey"],
        "<del>x</del> <del>y</del>",
    );
    same("<code>x</code>", &["\x11x"]);
    same("a<sub>1</sub>b<sup>2</sup>", &["a_1b^2"]);
    same(
        "<strong>a<em>b</em></strong><em>c</em>",
        &["\x02a\x1Db\x02c"],
    );
    check(
        "<b>a<i>b</b>c</i>",
        &["\x02a\x1Db\x02c"],
        "<strong>a<em>b</em></strong><em>c</em>",
    );

    check_irc("\x02x\x02y", Some("<strong>x</strong>y"));
    check_irc("\x1Dx", Some("<em>x</em>"));
    check_irc("\x1Fx", Some("<u>x</u>"));
    check_irc("\x1Ex", Some("<del>x</del>"));
    check_irc("\x11x", Some("<code>x</code>"));
    check_irc(
        "\x02a\x1Db\x02c",
        Some("<strong>a<em>b</em></strong><em>c</em>"),
    );
    check_irc("\x02a\x1Fb\x0Fc", Some("<strong>a<u>b</u></strong>c"));
    check_irc("\x02a\nb", Some("<strong>a</strong><br>b"));
    check_irc("just text", None);
    check_irc("two\nlines", None);
    check_irc("\x02\x02", None);
}

#[test]
fn colours() {
    let red = r##"<span data-mx-color="#ff0000">x</span>y"##;
    let on_black = r##"<span data-mx-color="#ff0000" data-mx-bg-color="#000000">x</span>"##;
    let behind = r##"<span data-mx-bg-color="#ff0000">x</span>"##;
    same(red, &["\x0304x\x0Fy"]);
    check(r##"<font color="#F00">x</font>y"##, &["\x0304x\x0Fy"], red);
    same(on_black, &["\x0304,01x"]);
    same(behind, &["\x0399,04x"]);
    same(
        r##"<span data-mx-color="#ff0000">1</span>"##,
        &["\x0304\x02\x021"],
    );
    check(r#"<span data-mx-color="red">x</span>"#, &["x"], "x");

    check_irc("\x034x\x03y", Some(red));
    check_irc("\x0304,1x", Some(on_black));
    check_irc("\x0399,4x", Some(behind));
    check_irc("\x04ff0000x\x04y", Some(red));
    check_irc("\x0301,04\x16x", Some(on_black));
    check_irc("\x16x", None);
    check_irc("\x0399x", None);
}

#[test]
fn colours_between_dialects() {
    let check = |html, palette: &str, hex: &str| {
        let tree = from_html(html);
        assert_eq!(to_irc(&tree, Dialect::Palette), [palette]);
        assert_eq!(to_irc(&tree, Dialect::Hex), [hex]);
    };
    check(
        r##"<font color="#fe0101">x</font>"##,
        "\x0304x",
        "\x04fe0101x",
    );
    check(
        r##"<font color="#fe0101">f</font>0"##,
        "\x0304f\x0F0",
        "\x04fe0101\x02\x02f\x0F0",
    );
    check(
        r##"<font color="#010101" data-mx-bg-color="#000001">x</font>"##,
        "\x0301x",
        "\x04010101,000001x",
    );
    check(
        r##"<font data-mx-bg-color="#fe0101">x</font>"##,
        "\x0399,04x",
        "\x04fe0101,fe0101\x0399x",
    );
}

#[test]
fn spoilers() {
    same(
        "<span data-mx-spoiler>x</span> y",
        &["[spoiler] \x0301,01x\x0F y"],
    );
    same(
        r#"<span data-mx-spoiler="why">x</span>"#,
        &["[spoiler: why] \x0301,01x"],
    );
    same(
        "<span data-mx-spoiler>a<br>b</span>",
        &["[spoiler] \x0301,01a", "\x0301,01b"],
    );
    // Text that cannot be seen says that it is there.
    check(
        r##"<span data-mx-color="#123456" data-mx-bg-color="#123456">x</span>"##,
        &["[spoiler] \x0301,01x"],
        "<span data-mx-spoiler>x</span>",
    );
    check_irc("\x0301,01x\x03 y", Some("<span data-mx-spoiler>x</span> y"));
    check_irc("\x0301,88x", Some("<span data-mx-spoiler>x</span>"));
}

#[test]
fn links() {
    same(r#"<a href="https://e.org">x</a>."#, &["x <https://e.org>."]);
    same(
        r#"<a href="https://e.org">https://e.org</a>"#,
        &["https://e.org"],
    );
    same(r#"<a href="mailto:a@e.org">a@e.org</a>"#, &["a@e.org"]);
    same(
        r#"<a href="https://e.org">x<strong>y</strong></a>"#,
        &["x\x02y\x0F <https://e.org>"],
    );
    check(r#"<a href="javascript:alert(1)">x</a>"#, &["x"], "x");
    check(r#"<a href="/relative">x</a>"#, &["x"], "x");
    check("<a name=x>x</a>", &["x"], "x");
    check(
        r#"<a href="https://e.org">x<a href="https://f.org">y</a>z"#,
        &["x <https://e.org>y <https://f.org>z"],
        r#"<a href="https://e.org">x</a><a href="https://f.org">y</a>z"#,
    );
    check(
        r#"<a href="https://e.org"><p>x</p><p>y</p></a>"#,
        &["x <https://e.org>", "y"],
        r#"<p><a href="https://e.org">x</a></p><p>y</p>"#,
    );
    check_irc("https://e.org <b>", None);
}

#[test]
fn mentions() {
    let bob = r#"<a href="https://matrix.to/#/@bob:e.org">Bob B</a>: hi"#;
    same(bob, &["Bob B: hi"]);
    check(
        r#"<a href="https://matrix.to/#/%40bob%3Ae.org"><b>Bob</b> <i>B</i></a>: hi"#,
        &["\x02Bob B\x0F: hi"],
        r#"<strong><a href="https://matrix.to/#/@bob:e.org">Bob B</a></strong>: hi"#,
    );
    assert_eq!(from_html(bob).mentions(), ["@bob:e.org"]);
    same(
        r##"<a href="https://matrix.to/#/#r:e.org">r</a>"##,
        &["r <https://matrix.to/#/#r:e.org>"],
    );
}

#[test]
fn images() {
    same(
        r#"<img data-mx-emoticon src="mxc://e.org/a" alt=":cat:" title=":cat:" height="32">!"#,
        &[":cat:!"],
    );
    same(
        r#"<img src="mxc://e.org/a" alt="a cat" title="a cat">"#,
        &["[a cat] mxc://e.org/a"],
    );
    check(
        r#"<img src="https://e.org/a.png" alt="cat">"#,
        &["cat <https://e.org/a.png>"],
        r#"<a href="https://e.org/a.png">cat</a>"#,
    );
    check(
        r#"<img src="data:image/png,x" alt="cat" onerror="x">"#,
        &["cat"],
        "cat",
    );
}

#[test]
fn blocks() {
    same("<h1>x</h1><h6>y</h6>", &["\x02x", "\x02y"]);
    same("<p>a</p><p>b</p>", &["a", "b"]);
    check("a<p>b", &["a", "b"], "<p>a</p><p>b</p>");
    check("<div>a</div><div>b</div>", &["a", "b"], "<p>a</p><p>b</p>");
    check("<p>a<br>b</p>", &["a", "b"], "a\nb");
    check("<br>a<br/><br>b<br>", &["a", "", "b"], "a\n\nb");
    same("a<hr>", &["a", "———"]);
    same("<blockquote>a</blockquote>b", &["> a", "b"]);
    same(
        "<blockquote><p>a</p><p>b</p><blockquote>c</blockquote></blockquote>",
        &["> a", "> b", "> > c"],
    );
    same("<details><summary>a</summary>b</details>", &["a", "b"]);
    check("a\n  b\t c", &["a b c"], "a b c");
    check(
        "<p> a </p>\n<p> <b> b </b> </p>",
        &["a", "\x02b"],
        "<p>a</p><p><strong>b</strong></p>",
    );
}

#[test]
fn lists() {
    same("<ul><li>a</li><li>b</li></ul>", &["• a", "• b"]);
    same("<ol><li>a</li><li>b</li></ol>", &["1. a", "2. b"]);
    same(
        r#"<ol start="9"><li>a</li><li>b</li></ol>"#,
        &["9. a", "10. b"],
    );
    same(
        "<ul><li>a<ol><li>b<br>c</li></ol></li><li></li></ul>",
        &["• a", "  1. b", "    c", "• "],
    );
    same("<ul><li><p>a</p><p>b</p></li></ul>", &["• a", "  b"]);
    check(
        "<ul><li>a<li>b</ul>",
        &["• a", "• b"],
        "<ul><li>a</li><li>b</li></ul>",
    );
    check(
        "<ul>a<ul><li>b</ul></ul>",
        &["• a", "• • b"],
        "<ul><li>a</li><li><ul><li>b</li></ul></li></ul>",
    );
    check("<li>a</li>", &["a"], "a");
}

#[test]
fn code_blocks() {
    same("<pre><code>a\n  b\n</code></pre>", &["\x11a", "\x11  b"]);
    same(
        "<pre><code class=\"language-rust\">a &lt; b\n</code></pre>",
        &["\x11a < b"],
    );
    check(
        "<pre>\na<br><b>b</b>\n</pre>",
        &["\x11a", "\x11b"],
        "<pre><code>a\nb\n</code></pre>",
    );
    check(
        "<pre>\n\n\na</pre>x",
        &["", "", "\x11a", "x"],
        "<pre><code>\n\na\n</code></pre>x",
    );
}

#[test]
fn tables() {
    same(
        "<table><caption>t</caption><tr><th>a</th><th>b</th></tr><tr><td>c</td><td></td></tr></table>",
        &["t", "\x02a\x0F | \x02b", "c | "],
    );
    check(
        "<table>x<thead><tr><th>a<tbody><tr><td>b<td><ul><li>c<li>d</ul></table>e",
        &["x", "\x02a", "b | c d", "e"],
        "<p>x</p><table><tr><th>a</th></tr><tr><td>b</td><td>c<br>d</td></tr></table><p>e</p>",
    );
    check(
        "<table><td>a</table>",
        &["a"],
        "<table><tr><td>a</td></tr></table>",
    );
}

#[test]
fn maths() {
    same(
        r#"a <span data-mx-maths="x &lt; y"><code>x &lt; y</code></span> b"#,
        &["a $x < y$ b"],
    );
    same(r#"<div data-mx-maths="x"><code>x</code></div>"#, &["$x$"]);
    check(
        r#"<p><span data-mx-maths="x">never closed</p><p>b</p>"#,
        &["$x$", "b"],
        r#"<p><span data-mx-maths="x"><code>x</code></span></p><p>b</p>"#,
    );
}

#[test]
fn what_is_unknown_gives_way_to_its_children() {
    check(
        "<marquee><b>a</b></marquee>",
        &["\x02a"],
        "<strong>a</strong>",
    );
    check(
        r#"<b style="display:none" hidden onclick=x>a</b>"#,
        &["\x02a"],
        "<strong>a</strong>",
    );
    check(
        "a<script>alert(1)</script>b<style>p{}</style>c",
        &["abc"],
        "abc",
    );
    check("a<!-- x -->b<!doctype html>c<?x?>d", &["abcd"], "abcd");
    check(
        "&lt;script&gt; &amp;lt; <b>&lt;x&gt;</b>",
        &["<script> &lt; \x02<x>"],
        "&lt;script&gt; &amp;lt; <strong>&lt;x&gt;</strong>",
    );
    check("a < b", &["a < b"], "a < b");
    check("\u{FEFF}a", &["\u{FEFF}a"], "\u{FEFF}a");
    check(
        "<b>unclosed",
        &["\x02unclosed"],
        "<strong>unclosed</strong>",
    );
    check("</b></p></table>a", &["a"], "a");
}

#[test]
fn a_quoted_message_before_a_reply_is_dropped_and_nothing_else_passes_for_one() {
    let reply = "<mx-reply><blockquote>old</blockquote></mx-reply><b>new</b>";
    check(reply, &["\x02new"], "<strong>new</strong>");
    check("<mx-reply><p>a", &["a"], "a");
    check("a<mx-reply>b</mx-reply>", &["ab"], "ab");
    check("<mx-reply>a</mx-reply><mx-reply>b</mx-reply>", &["b"], "b");
}

#[test]
fn text_that_could_harm_a_line() {
    let clean = "a\u{FFFD}b cdef";
    check("a&#0;b&#13;c&#1;d&#2;e&#x7f;f", &[clean], clean);
    check("<b>a&#10;b</b>", &["\x02a b"], "<strong>a b</strong>");
    let lines = |text| to_irc(&from_plain(text), Dialect::Palette);
    assert_eq!(lines("\x01ACTION\r\nb\rc\0\x01"), ["ACTION", "bc"]);
    assert_eq!(lines("\u{202E}a\nb"), ["\u{202E}a\u{202C}", "b"]);
    let html = to_html(&from_html("<b>\u{2067}\u{202E}a</b><br>b"));
    let expected = "<strong>\u{2067}\u{202E}a\u{202C}\u{2069}</strong><br>b";
    assert_eq!(html.as_deref(), Some(expected));
}

#[test]
fn a_channel_without_colours_gets_signs() {
    let html =
        "<h1>a</h1><b>b<i>c</i></b><i>d</i> <s>e</s> <code>f</code> <font color=#f00>g</font>";
    assert_eq!(
        to_irc(&from_html(html), Dialect::Ascii),
        ["*a*", "*b_c_*_d_ ~e~ `f` g"]
    );
    let spoiler = from_html("<span data-mx-spoiler=r>x</span>");
    assert_eq!(to_irc(&spoiler, Dialect::Ascii), ["[spoiler: r] x"]);
}

#[test]
fn spaces_survive_in_html() {
    check_irc("\x02a\x02  b", Some("<strong>a</strong> \u{A0}b"));
    check_irc("  \x02a", Some("\u{A0} <strong>a</strong>"));
}

#[test]
fn a_tree_made_by_hand_cannot_say_what_a_parsed_one_cannot() {
    let span = |content| Span {
        style: Style::default(),
        content,
    };
    let tree = Tree {
        blocks: vec![
            Block::Paragraph(vec![
                span(Inline::Text("a\nb\r\x01\x02<i>".to_owned())),
                span(Inline::Mention {
                    user: "x\" y".to_owned(),
                    name: "n\nm".to_owned(),
                }),
                span(Inline::Image(Image {
                    kind: ImageKind::Picture,
                    alt: "p\"\n".to_owned(),
                    url: "javascript:x\r\n".to_owned(),
                })),
                span(Inline::Maths("\"\n\x01>".to_owned())),
            ]),
            Block::Code {
                language: Some("\"><b>".to_owned()),
                text: "c\r\n</pre>".to_owned(),
            },
        ],
    };
    let lines = [
        "a",
        "b<i>n m[p\"] javascript:x$\" >$",
        "\x11c",
        "\x11</pre>",
    ];
    assert_eq!(to_irc(&tree, Dialect::Hex), lines);
    let html = "a<br>b&lt;i&gt;n<br>mp&quot;<br>\
        <span data-mx-maths=\"&quot;&gt;\"><code>&quot;&gt;</code></span>\
        <pre><code class=\"language-&quot;&gt;&lt;b&gt;\">c\n&lt;/pre&gt;\n</code></pre>";
    assert_eq!(to_html(&tree).as_deref(), Some(html));
}
