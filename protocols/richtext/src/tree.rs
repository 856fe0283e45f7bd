//! The tree: blocks that hold blocks or spans, and spans that carry their whole style.
//!
//! Spans are flat: what is bold inside italic is one span with both marks, so that a piece of text
//! has one style whatever nesting it was written with; the HTML renderer nests them again. The tree
//! does not check what is put into it: every renderer removes what its output must not hold.

use crate::link::Link;
use crate::style::Style;

/// A rich text: what one message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The blocks from top to bottom.
    pub blocks: Vec<Block>,
}

/// A part of a text that has lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Running text; line breaks are spans.
    Paragraph(Vec<Span>),
    /// A headline.
    Heading {
        /// Its rank, 1 being the highest.
        level: Level,
        /// What it says.
        spans: Vec<Span>,
    },
    /// A list; each item is a run of blocks.
    List {
        /// Bullets or numbers.
        kind: ListKind,
        /// The items in order; an item may be empty.
        items: Vec<Vec<Block>>,
    },
    /// A quotation.
    Quote(Vec<Block>),
    /// Preformatted text.
    Code {
        /// The language, as in `class="language-rust"`.
        language: Option<String>,
        /// The lines, separated by LF, without a final one.
        text: String,
    },
    /// A table.
    Table(Table),
    /// A horizontal line.
    Rule,
    /// A summary and what unfolds below it.
    Details {
        /// What is shown when folded.
        summary: Vec<Span>,
        /// What is shown when unfolded.
        blocks: Vec<Block>,
    },
    /// A formula on lines of its own, in LaTeX.
    Maths(String),
}

/// The rank of a heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the six ranks of HTML")]
pub enum Level {
    One = 1,
    Two,
    Three,
    Four,
    Five,
    Six,
}

/// What stands before the items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Bullets.
    Unordered,
    /// Numbers, counting up from `start`.
    Ordered {
        /// The number of the first item.
        start: i64,
    },
}

/// Rows of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The title; empty without one.
    pub caption: Vec<Span>,
    /// The rows from top to bottom.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Whether it names its row or column.
    pub kind: CellKind,
    /// What it says.
    pub spans: Vec<Span>,
}

/// What a cell is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// A title of a row or column.
    Header,
    /// A value.
    Data,
}

/// A piece of a line together with its style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// How it looks and where it leads.
    pub style: Style,
    /// What it is.
    pub content: Inline,
}

/// What stands inside a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Characters.
    Text(String),
    /// The end of a line inside a block.
    LineBreak,
    /// A user who is spoken of or to.
    Mention {
        /// The Matrix user id, such as `@alice:example.org`.
        user: String,
        /// The name shown.
        name: String,
    },
    /// A picture.
    Image(Image),
    /// A formula inside a line, in LaTeX.
    Maths(String),
}

/// A picture inside a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// A picture of its own or a custom emoji.
    pub kind: ImageKind,
    /// What it shows, in words; a custom emoji's shortcode.
    pub alt: String,
    /// `mxc://…`, or a link that the caller put in its place; empty when there is none.
    pub url: String,
}

/// What a picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind {
    /// A picture.
    Picture,
    /// A custom emoji (MSC2545, `data-mx-emoticon`).
    Emoticon,
}

impl Tree {
    /// How deeply the HTML written for a parsed tree nests at most: the depth to which the Matrix
    /// client-server API, section `m.room.message`, asks clients to go.
    pub const MAX_DEPTH: usize = 100;

    /// Whether the text says nothing at all. An HTML text that is empty although its message has a
    /// body is best shown as that body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Calls `change` for every inline content in order, so that the caller can put nicks in the
    /// place of display names and links in the place of `mxc:` addresses.
    pub fn for_each_inline(&mut self, change: &mut dyn FnMut(&mut Inline)) {
        self.for_each_spans(&mut |spans| {
            for span in spans {
                change(&mut span.content);
            }
        });
    }

    /// The Matrix user ids of all mentions in order, repeats included.
    #[must_use]
    pub fn mentions(&self) -> Vec<&str> {
        let mut users = Vec::new();
        visit(&self.blocks, &mut |spans| {
            users.extend(spans.iter().filter_map(|span| match &span.content {
                Inline::Mention { user, .. } => Some(user.as_str()),
                Inline::Text(_) | Inline::LineBreak | Inline::Image(_) | Inline::Maths(_) => None,
            }));
        });
        users
    }

    /// The addresses of all links in order, repeats included.
    #[must_use]
    pub fn links(&self) -> Vec<&Link> {
        let mut links = Vec::new();
        visit(&self.blocks, &mut |spans| {
            links.extend(spans.iter().filter_map(|span| span.style.link.as_ref()));
        });
        links
    }

    pub(crate) fn for_each_spans(&mut self, change: &mut dyn FnMut(&mut Vec<Span>)) {
        change_blocks(&mut self.blocks, change);
    }
}

fn visit<'a>(blocks: &'a [Block], see: &mut dyn FnMut(&'a [Span])) {
    for block in blocks {
        match block {
            Block::Paragraph(spans) | Block::Heading { spans, .. } => see(spans),
            Block::List { items, .. } => items.iter().for_each(|item| visit(item, see)),
            Block::Quote(blocks) => visit(blocks, see),
            Block::Table(table) => {
                see(&table.caption);
                table
                    .rows
                    .iter()
                    .flatten()
                    .for_each(|cell| see(&cell.spans));
            }
            Block::Details { summary, blocks } => {
                see(summary);
                visit(blocks, see);
            }
            Block::Code { .. } | Block::Rule | Block::Maths(_) => {}
        }
    }
}

fn change_blocks(blocks: &mut [Block], change: &mut dyn FnMut(&mut Vec<Span>)) {
    for block in blocks {
        match block {
            Block::Paragraph(spans) | Block::Heading { spans, .. } => change(spans),
            Block::List { items, .. } => {
                items
                    .iter_mut()
                    .for_each(|item| change_blocks(item, change));
            }
            Block::Quote(blocks) => change_blocks(blocks, change),
            Block::Table(table) => {
                change(&mut table.caption);
                table
                    .rows
                    .iter_mut()
                    .flatten()
                    .for_each(|cell| change(&mut cell.spans));
            }
            Block::Details { summary, blocks } => {
                change(summary);
                change_blocks(blocks, change);
            }
            Block::Code { .. } | Block::Rule | Block::Maths(_) => {}
        }
    }
}
