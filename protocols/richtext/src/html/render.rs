//! Tree -> HTML, from the allowed list of the Matrix client-server API only.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::link::{Link, address_of, is_user_id};
use crate::palette::{Colour, Rgb};
use crate::style::{Mark, Style};
use crate::text::{Bidirectional, is_allowed};
use crate::tree::{
    Block, Cell, CellKind, Image, ImageKind, Inline, Level, ListKind, Span, Table, Tree,
};

/// The `formatted_body` of the text, or `None` where the plain body says all: a single paragraph
/// without any style, mention, picture or formula. Pictures that are not `mxc:` become links,
/// text that would be invisible becomes a spoiler.
#[must_use]
pub fn to_html(tree: &Tree) -> Option<String> {
    if is_plain(tree) {
        return None;
    }
    let mut writer = Writer::default();
    writer.blocks(&tree.blocks);
    Some(writer.out)
}

fn is_plain(tree: &Tree) -> bool {
    let plain = |span: &Span| match span.content {
        Inline::Text(_) | Inline::LineBreak => span.style.is_plain(),
        Inline::Mention { .. } | Inline::Image(_) | Inline::Maths(_) => false,
    };
    match tree.blocks.as_slice() {
        [] => true,
        [Block::Paragraph(spans)] => spans.iter().all(plain),
        [_, ..] => false,
    }
}

#[derive(Default)]
struct Writer {
    out: String,
    bidirectional: Bidirectional,
    /// Whether a space written now would be lost behind the space or line start before it.
    after_space: bool,
}

impl Writer {
    fn blocks(&mut self, blocks: &[Block]) {
        // One paragraph among other blocks is told from them without a tag of its own.
        let is_paragraph = |block: &&Block| matches!(block, Block::Paragraph(_));
        let lone = blocks.iter().filter(is_paragraph).count() == 1;
        for block in blocks {
            match block {
                Block::Paragraph(spans) if lone => self.spans(spans),
                Block::Paragraph(spans) => self.wrapped("p", spans),
                Block::Heading { level, spans } => self.wrapped(heading(*level), spans),
                Block::List { kind, items } => self.list(*kind, items),
                Block::Quote(blocks) => {
                    self.out.push_str("<blockquote>");
                    self.blocks(blocks);
                    self.out.push_str("</blockquote>");
                }
                Block::Code { language, text } => self.code(language.as_deref(), text),
                Block::Table(table) => self.table(table),
                Block::Rule => self.out.push_str("<hr>"),
                Block::Details { summary, blocks } => {
                    self.out.push_str("<details>");
                    if !summary.is_empty() {
                        self.wrapped("summary", summary);
                    }
                    self.blocks(blocks);
                    self.out.push_str("</details>");
                }
                Block::Maths(latex) => self.maths("div", latex),
            }
        }
    }

    fn wrapped(&mut self, tag: &str, spans: &[Span]) {
        self.tag(tag, &[]);
        self.spans(spans);
        self.end(tag);
    }

    fn list(&mut self, kind: ListKind, items: &[Vec<Block>]) {
        let tag = match kind {
            ListKind::Unordered => "ul",
            ListKind::Ordered { .. } => "ol",
        };
        match kind {
            ListKind::Unordered | ListKind::Ordered { start: 1 } => self.tag(tag, &[]),
            ListKind::Ordered { start } => self.tag(tag, &[("start", &start.to_string())]),
        }
        for item in items {
            self.out.push_str("<li>");
            self.blocks(item);
            self.out.push_str("</li>");
        }
        self.end(tag);
    }

    fn code(&mut self, language: Option<&str>, text: &str) {
        self.out.push_str("<pre>");
        match language {
            Some(language) => self.tag("code", &[("class", &format!("language-{language}"))]),
            None => self.tag("code", &[]),
        }
        for c in text.chars().chain(['\n']) {
            if c == '\n' {
                let closing: Vec<char> = self.bidirectional.close().collect();
                self.out.extend(closing);
                self.out.push('\n');
            } else if is_allowed(c) {
                self.bidirectional.see(c);
                escape(&mut self.out, c);
            }
        }
        self.out.push_str("</code></pre>");
    }

    fn table(&mut self, table: &Table) {
        self.out.push_str("<table>");
        if !table.caption.is_empty() {
            self.wrapped("caption", &table.caption);
        }
        for row in &table.rows {
            self.out.push_str("<tr>");
            for Cell { kind, spans } in row {
                let tag = match kind {
                    CellKind::Header => "th",
                    CellKind::Data => "td",
                };
                self.wrapped(tag, spans);
            }
            self.out.push_str("</tr>");
        }
        self.out.push_str("</table>");
    }

    fn maths(&mut self, tag: &str, latex: &str) {
        self.tag(tag, &[("data-mx-maths", latex)]);
        self.out.push_str("<code>");
        latex
            .chars()
            .filter(|c| is_allowed(*c))
            .for_each(|c| escape(&mut self.out, c));
        self.out.push_str("</code>");
        self.end(tag);
    }

    fn spans(&mut self, spans: &[Span]) {
        self.after_space = true;
        let wraps: Vec<Vec<Wrap>> = spans.iter().map(wraps_of).collect();
        let mut open: Vec<&Wrap> = Vec::new();
        for (position, (span, wrap)) in spans.iter().zip(&wraps).enumerate() {
            if span.content == Inline::LineBreak {
                self.close_bidirectional();
            }
            let kept = open.iter().take_while(|open| wrap.contains(open)).count();
            self.close_wraps(open.drain(kept..));
            let mut new: Vec<_> = wrap.iter().filter(|wrap| !open.contains(wrap)).collect();
            // What lasts longest goes outside; the sort keeps the order of equals.
            let lasting = |wrap: &&Wrap| {
                wraps
                    .iter()
                    .skip(position)
                    .take_while(|wraps| wraps.contains(*wrap))
                    .count()
            };
            new.sort_by_cached_key(|wrap| std::cmp::Reverse(lasting(wrap)));
            for wrap in new {
                self.open_wrap(wrap);
                open.push(wrap);
            }
            self.content(&span.content, &span.style);
        }
        self.close_bidirectional();
        self.close_wraps(open.drain(..));
    }

    fn content(&mut self, content: &Inline, style: &Style) {
        match content {
            Inline::Text(text) => self.text(text),
            Inline::LineBreak => self.line_break(),
            Inline::Mention { user, name } => {
                if is_user_id(user) {
                    self.tag("a", &[("href", &address_of(user))]);
                    self.text(name);
                    self.end("a");
                } else {
                    self.text(name);
                }
            }
            Inline::Image(image) => self.image(image, style),
            Inline::Maths(latex) => {
                self.maths("span", latex);
                self.after_space = false;
            }
        }
    }

    fn image(&mut self, Image { kind, alt, url }: &Image, style: &Style) {
        if url.starts_with("mxc://") {
            let common = [("src", url.as_str()), ("alt", alt), ("title", alt)];
            match kind {
                ImageKind::Picture => self.tag("img", &common),
                ImageKind::Emoticon => {
                    let [src, alt, title] = common;
                    // The height that MSC2545 asks for.
                    self.tag(
                        "img",
                        &[("data-mx-emoticon", ""), src, alt, title, ("height", "32")],
                    );
                }
            }
            self.after_space = false;
            return;
        }
        match Link::new(url).filter(|_| style.link.is_none()) {
            Some(link) => {
                self.tag("a", &[("href", link.as_str())]);
                self.text(if alt.is_empty() { link.as_str() } else { alt });
                self.end("a");
            }
            None => self.text(alt),
        }
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' => self.line_break(),
                // HTML would lose the second of two spaces.
                ' ' | '\t' => {
                    self.out.push(if self.after_space { '\u{A0}' } else { ' ' });
                    self.after_space = !self.after_space;
                }
                c if is_allowed(c) => {
                    self.bidirectional.see(c);
                    escape(&mut self.out, c);
                    self.after_space = false;
                }
                _ => {}
            }
        }
    }

    fn line_break(&mut self) {
        self.close_bidirectional();
        self.out.push_str("<br>");
        self.after_space = true;
    }

    fn close_bidirectional(&mut self) {
        let closing: Vec<char> = self.bidirectional.close().collect();
        self.out.extend(closing);
    }

    fn open_wrap(&mut self, wrap: &Wrap) {
        match wrap {
            Wrap::Link(link) => self.tag("a", &[("href", link.as_str())]),
            Wrap::Spoiler(reason) => self.tag("span", &[("data-mx-spoiler", reason)]),
            Wrap::Colours(foreground, background) => {
                let foreground = foreground.map(|rgb| ("data-mx-color", rgb.to_string()));
                let background = background.map(|rgb| ("data-mx-bg-color", rgb.to_string()));
                let colours: Vec<_> = foreground.iter().chain(&background).collect();
                let colours: Vec<_> = colours
                    .iter()
                    .map(|(name, value)| (*name, value.as_str()))
                    .collect();
                self.tag("span", &colours);
            }
            Wrap::Mark(mark) => self.tag(mark_tag(*mark), &[]),
        }
    }

    fn close_wraps<'a>(&mut self, wraps: impl DoubleEndedIterator<Item = &'a Wrap>) {
        for wrap in wraps.rev() {
            match wrap {
                Wrap::Link(_) => self.end("a"),
                Wrap::Spoiler(_) | Wrap::Colours(..) => self.end("span"),
                Wrap::Mark(mark) => self.end(mark_tag(*mark)),
            }
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            // Writing to a string does not fail.
            let _ = write!(self.out, " {name}");
            if !value.is_empty() {
                self.out.push_str("=\"");
                value
                    .chars()
                    .filter(|c| is_allowed(*c))
                    .for_each(|c| escape(&mut self.out, c));
                self.out.push('"');
            }
        }
        self.out.push('>');
    }

    fn end(&mut self, name: &str) {
        let _ = write!(self.out, "</{name}>");
    }
}

/// An element that a span stands in.
#[derive(PartialEq, Eq)]
enum Wrap {
    Link(Link),
    Spoiler(Arc<str>),
    Colours(Option<Rgb>, Option<Rgb>),
    Mark(Mark),
}

/// The elements of a span, outermost first if they cover the same text.
fn wraps_of(span: &Span) -> Vec<Wrap> {
    let style = &span.style;
    let mut wraps = Vec::new();
    let is_mention = matches!(span.content, Inline::Mention { .. });
    if let Some(link) = style.link.as_ref().filter(|_| !is_mention) {
        wraps.push(Wrap::Link(link.clone()));
    }
    let invisible = style.is_invisible();
    match &style.spoiler {
        Some(reason) => wraps.push(Wrap::Spoiler(reason.clone())),
        None if invisible => wraps.push(Wrap::Spoiler(Arc::default())),
        None => {}
    }
    if (style.foreground.is_some() || style.background.is_some()) && !invisible {
        wraps.push(Wrap::Colours(
            style.foreground.map(Colour::rgb),
            style.background.map(Colour::rgb),
        ));
    }
    wraps.extend(style.marks.iter().map(Wrap::Mark));
    wraps
}

fn mark_tag(mark: Mark) -> &'static str {
    match mark {
        Mark::Bold => "strong",
        Mark::Italic => "em",
        Mark::Underline => "u",
        Mark::Strike => "del",
        Mark::Subscript => "sub",
        Mark::Superscript => "sup",
        Mark::Code => "code",
    }
}

fn heading(level: Level) -> &'static str {
    match level {
        Level::One => "h1",
        Level::Two => "h2",
        Level::Three => "h3",
        Level::Four => "h4",
        Level::Five => "h5",
        Level::Six => "h6",
    }
}

fn escape(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
}
