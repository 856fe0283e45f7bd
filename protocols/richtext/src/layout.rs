//! The tree as lines of text: the one layout that IRC and plain text share.
//!
//! Codes and lengths are the renderers' business. Markers (`• `, `> `, `[spoiler] `, ` <url>`) are
//! written here, so that both say the same words.

use crate::link::Link;
use crate::palette::{Colour, PaletteIndex};
use crate::style::{Mark, Marks, Style};
use crate::text::{Bidirectional, is_allowed, on_one_line};
use crate::tree::{Block, Cell, CellKind, Image, ImageKind, Inline, ListKind, Span, Table, Tree};

/// How a piece of a line looks where nothing can be clicked or unfolded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) marks: Marks,
    pub(crate) foreground: Option<Colour>,
    pub(crate) background: Option<Colour>,
}

/// A piece of a line of one look; never empty.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) look: Look,
    pub(crate) text: String,
}

pub(crate) type Line = Vec<Run>;

/// The levels of quotes and lists that are indented; below, lines keep the indent they have, so
/// that deep nesting cannot multiply the size of a text.
const MAX_INDENT: usize = 10;

/// The lines of the whole text. An empty line stays an empty line.
pub(crate) fn lines(tree: &Tree) -> Vec<Line> {
    let mut page = Page::default();
    page.blocks(&tree.blocks);
    page.lines
}

#[derive(Default)]
struct Page {
    lines: Vec<Line>,
    line: Line,
    begun: bool,
    margins: Vec<Margin>,
    bidirectional: Bidirectional,
}

/// What stands before the lines of a quote or list item.
struct Margin {
    first: Option<String>,
    rest: &'static str,
}

/// What the spans before the current one have opened.
#[derive(Default)]
struct Opened<'a> {
    style: Option<&'a Style>,
    link_text: String,
}

impl Page {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(spans) => self.spans_line(spans, Marks::NONE),
            Block::Heading { spans, .. } => self.spans_line(spans, Marks::NONE.with(Mark::Bold)),
            Block::List { kind, items } => self.list(*kind, items),
            Block::Quote(blocks) => {
                let rest = if self.margins.len() < MAX_INDENT {
                    "> "
                } else {
                    ""
                };
                self.within(Margin { first: None, rest }, blocks);
            }
            Block::Code { text, .. } => {
                let look = Look {
                    marks: Marks::NONE.with(Mark::Code),
                    ..Look::default()
                };
                for line in text.split('\n') {
                    self.write(look, line);
                    self.end_line();
                }
            }
            Block::Table(table) => self.table(table),
            Block::Rule => self.text_line("———"),
            Block::Details { summary, blocks } => {
                if !summary.is_empty() {
                    self.spans_line(summary, Marks::NONE);
                }
                self.blocks(blocks);
            }
            Block::Maths(latex) => self.text_line(&format!("${}$", on_one_line(latex))),
        }
    }

    fn list(&mut self, kind: ListKind, items: &[Vec<Block>]) {
        for (position, item) in (0_i64..).zip(items) {
            let first = Some(match kind {
                ListKind::Unordered => "• ".to_owned(),
                ListKind::Ordered { start } => format!("{}. ", start.saturating_add(position)),
            });
            let rest = if self.margins.len() < MAX_INDENT {
                "  "
            } else {
                ""
            };
            self.within(Margin { first, rest }, item);
        }
    }

    fn within(&mut self, margin: Margin, blocks: &[Block]) {
        self.margins.push(margin);
        if blocks.is_empty() {
            self.end_line();
        }
        self.blocks(blocks);
        self.margins.pop();
    }

    fn table(&mut self, table: &Table) {
        if !table.caption.is_empty() {
            self.spans_line(&table.caption, Marks::NONE);
        }
        for row in &table.rows {
            for (column, Cell { kind, spans }) in row.iter().enumerate() {
                if column > 0 {
                    self.write(Look::default(), " | ");
                }
                let marks = match kind {
                    CellKind::Header => Marks::NONE.with(Mark::Bold),
                    CellKind::Data => Marks::NONE,
                };
                self.spans(spans, marks, |page| page.write(Look::default(), " "));
            }
            self.end_line();
        }
    }

    fn text_line(&mut self, text: &str) {
        self.write(Look::default(), text);
        self.end_line();
    }

    fn spans_line(&mut self, spans: &[Span], marks: Marks) {
        self.spans(spans, marks, Page::end_line);
        self.end_line();
    }

    fn spans(&mut self, spans: &[Span], marks: Marks, line_break: fn(&mut Page)) {
        let mut opened = Opened::default();
        for span in spans {
            self.change(&mut opened, Some(&span.style), marks);
            let look = look_of(&span.style, marks);
            match &span.content {
                Inline::Text(text) => {
                    opened.add(text);
                    for (number, line) in text.split('\n').enumerate() {
                        if number > 0 {
                            line_break(self);
                        }
                        self.write(look, line);
                    }
                }
                Inline::LineBreak => line_break(self),
                Inline::Mention { name, .. } => {
                    opened.add(name);
                    self.write(look, &on_one_line(name));
                }
                Inline::Image(image) => {
                    let words = image_words(image);
                    opened.add(&words);
                    self.write(look, &words);
                }
                Inline::Maths(latex) => self.write(look, &format!("${}$", on_one_line(latex))),
            }
        }
        self.change(&mut opened, None, marks);
    }

    /// Writes the words with which one style ends and the next begins.
    fn change<'a>(&mut self, opened: &mut Opened<'a>, next: Option<&'a Style>, marks: Marks) {
        let plain = Style::default();
        let last = std::mem::replace(&mut opened.style, next).unwrap_or(&plain);
        let next = next.unwrap_or(&plain);
        if let Some(link) = &last.link
            && Some(link) != next.link.as_ref()
        {
            if !link.is_said_by(&opened.link_text) {
                self.link_words(link, last, marks);
            }
            opened.link_text.clear();
        }
        if let Some(reason) = &next.spoiler
            && Some(reason) != last.spoiler.as_ref()
        {
            let words = match on_one_line(reason) {
                reason if reason.is_empty() => "[spoiler] ".to_owned(),
                reason => format!("[spoiler: {reason}] "),
            };
            self.write(
                Look {
                    marks,
                    ..Look::default()
                },
                &words,
            );
        }
        for (mark, sign) in [(Mark::Subscript, "_"), (Mark::Superscript, "^")] {
            if next.marks.contains(mark) && !last.marks.contains(mark) {
                self.write(look_of(next, marks), sign);
            }
        }
    }

    fn link_words(&mut self, link: &Link, style: &Style, marks: Marks) {
        let hidden = Style {
            spoiler: style.spoiler.clone(),
            ..Style::default()
        };
        self.write(look_of(&hidden, marks), &format!(" <{link}>"));
    }

    /// Writes into the current line; what may not stand in a line is left out.
    fn write(&mut self, look: Look, text: &str) {
        self.begin_line();
        for c in text.chars().filter(|c| is_allowed(*c)) {
            self.bidirectional.see(c);
            push(&mut self.line, look, c);
        }
    }

    fn begin_line(&mut self) {
        if !self.begun {
            self.begun = true;
            for margin in &mut self.margins {
                let first = margin.first.take();
                for c in first.as_deref().unwrap_or(margin.rest).chars() {
                    push(&mut self.line, Look::default(), c);
                }
            }
        }
    }

    fn end_line(&mut self) {
        self.begin_line();
        let look = self.line.last().map(|run| run.look).unwrap_or_default();
        for c in self.bidirectional.close() {
            push(&mut self.line, look, c);
        }
        self.lines.push(std::mem::take(&mut self.line));
        self.begun = false;
    }
}

impl Opened<'_> {
    fn add(&mut self, text: &str) {
        if self.style.is_some_and(|style| style.link.is_some()) {
            self.link_text.push_str(text);
        }
    }
}

fn push(line: &mut Line, look: Look, c: char) {
    match line.last_mut() {
        Some(run) if run.look == look => run.text.push(c),
        Some(_) | None => line.push(Run {
            look,
            text: String::from(c),
        }),
    }
}

/// A spoiler is black on black, as IRC users write it.
fn look_of(style: &Style, marks: Marks) -> Look {
    let marks = style
        .marks
        .union(marks)
        .without(Mark::Subscript)
        .without(Mark::Superscript);
    match style.spoiler {
        Some(_) => {
            let black = Some(Colour::Palette(PaletteIndex::BLACK));
            Look {
                marks,
                foreground: black,
                background: black,
            }
        }
        None => Look {
            marks,
            foreground: style.foreground,
            background: style.background,
        },
    }
}

fn image_words(image: &Image) -> String {
    let alt = on_one_line(&image.alt);
    let url = on_one_line(&image.url);
    let alt = alt.trim();
    match image.kind {
        ImageKind::Emoticon if !alt.is_empty() => format!(":{}:", alt.trim_matches(':')),
        ImageKind::Emoticon | ImageKind::Picture => {
            let label = if alt.is_empty() { "image" } else { alt };
            format!("[{label}] {url}").trim_end().to_owned()
        }
    }
}
