//! The stack of open elements and what each has collected so far.
//!
//! When to open and close is the builder's business.

use html5ever::{Attribute, LocalName, local_name};

use crate::html::element::{self, BlockKind, Effect, attribute};
use crate::html::line::Current;
use crate::spans::Spans;
use crate::style::Style;
use crate::tree::{Block, Cell, CellKind, Inline, Level, ListKind, Span, Table, Tree};

/// Block elements that may be open at once: what is written for the innermost (a paragraph or code
/// block and eleven inline elements) needs the rest of the allowed depth.
const MAX_BLOCKS: usize = Tree::MAX_DEPTH - 16;

/// What an open element collects.
pub(crate) enum Frame {
    Inline,
    Division,
    Heading(Level),
    Quote(Vec<Block>),
    List(ListKind, Vec<Vec<Block>>),
    Item(Vec<Block>),
    Code {
        language: Option<String>,
        text: String,
    },
    Table(Table),
    Caption(Spans),
    Row(Vec<Cell>),
    Cell(CellKind, Spans),
    Details {
        summary: Spans,
        blocks: Vec<Block>,
    },
    Summary(Spans),
    Reply(Vec<Block>),
}

struct Element {
    name: LocalName,
    frame: Frame,
    effect: Effect,
}

#[derive(Default)]
pub(crate) struct Frames {
    root: Vec<Block>,
    stack: Vec<Element>,
    inline: usize,
    touched: bool,
}

/// Looking down: what holds the current line.
impl Frames {
    pub(crate) fn len(&self) -> usize {
        self.stack.len()
    }

    /// The number of open inline elements.
    pub(crate) fn inline(&self) -> usize {
        self.inline
    }

    /// Whether nothing has been opened or said.
    pub(crate) fn are_untouched(&self) -> bool {
        !self.touched
    }

    pub(crate) fn innermost_mut(&mut self) -> Option<&mut Frame> {
        self.stack.last_mut().map(|element| &mut element.frame)
    }

    pub(crate) fn innermost_is_block(&self) -> bool {
        self.stack
            .last()
            .is_some_and(|element| !matches!(element.frame, Frame::Inline))
    }

    pub(crate) fn effects_mut(&mut self) -> impl Iterator<Item = &mut Effect> {
        self.stack.iter_mut().map(|element| &mut element.effect)
    }

    /// How the next text looks. What would be invisible is a spoiler, and says so.
    pub(crate) fn current(&self) -> Current {
        let mut style = Style::default();
        for element in &self.stack {
            element.effect.apply(&mut style);
        }
        if style.is_invisible() {
            (style.foreground, style.background) = (None, None);
            style.spoiler.get_or_insert_default();
        }
        let mention = self
            .stack
            .iter()
            .rev()
            .find_map(|element| element.effect.mention.clone());
        Current { style, mention }
    }

    /// Whether blocks here can only be lines of a heading, cell, caption or summary.
    pub(crate) fn hold_only_spans(&self) -> bool {
        matches!(
            self.container(),
            Some(Frame::Heading(_) | Frame::Caption(_) | Frame::Cell(..) | Frame::Summary(_))
        )
    }

    fn container(&self) -> Option<&Frame> {
        let mut frames = self.stack.iter().rev().map(|element| &element.frame);
        frames.find(|frame| !matches!(frame, Frame::Inline | Frame::Division))
    }

    /// The paragraph that a block would end.
    pub(crate) fn position_of_paragraph(&self) -> Option<usize> {
        let block = self
            .stack
            .iter()
            .rposition(|element| !matches!(element.frame, Frame::Inline));
        block.filter(|at| {
            self.stack
                .get(*at)
                .is_some_and(|e| e.name == local_name!("p"))
        })
    }

    /// The item, row or cell that ends where the next one begins.
    pub(crate) fn position_of_implied_end(&self, kind: BlockKind) -> Option<usize> {
        let begins_item = kind == BlockKind::Item;
        let begins_row = matches!(kind, BlockKind::Row | BlockKind::RowGroup);
        let begins_cell = begins_row || matches!(kind, BlockKind::Cell(_));
        let mut outermost = None;
        for (position, element) in self.stack.iter().enumerate().rev() {
            match &element.frame {
                Frame::Item(_) if begins_item => outermost = Some(position),
                Frame::Row(_) if begins_row => outermost = Some(position),
                Frame::Cell(..) | Frame::Caption(_) if begins_cell => outermost = Some(position),
                Frame::Inline => {}
                Frame::Division if element.name != local_name!("table") => {}
                Frame::Division
                | Frame::Heading(_)
                | Frame::Quote(_)
                | Frame::List(..)
                | Frame::Item(_)
                | Frame::Code { .. }
                | Frame::Table(_)
                | Frame::Caption(_)
                | Frame::Row(_)
                | Frame::Cell(..)
                | Frame::Details { .. }
                | Frame::Summary(_)
                | Frame::Reply(_) => break,
            }
        }
        outermost
    }

    /// The open block element that an end tag means; what surrounds a table is out of reach from
    /// inside it.
    pub(crate) fn position_of_end(&self, name: &LocalName, kind: BlockKind) -> Option<usize> {
        let of_table = matches!(
            kind,
            BlockKind::Table
                | BlockKind::Caption
                | BlockKind::RowGroup
                | BlockKind::Row
                | BlockKind::Cell(_)
        );
        let blocks = self.stack.iter().enumerate().rev();
        for (position, element) in blocks.filter(|(_, e)| !matches!(e.frame, Frame::Inline)) {
            if element.name == *name {
                return Some(position);
            }
            let is_wall = matches!(
                element.frame,
                Frame::Table(_) | Frame::Cell(..) | Frame::Caption(_)
            );
            if is_wall && !of_table {
                return None;
            }
        }
        None
    }
}

/// Opening and closing.
impl Frames {
    pub(crate) fn push(&mut self, name: LocalName, frame: Frame, effect: Effect) {
        self.touched = true;
        self.inline += usize::from(matches!(frame, Frame::Inline));
        self.stack.push(Element {
            name,
            frame,
            effect,
        });
    }

    /// Opens a block element, and the item or row that it lacks; `false` if there is no room.
    pub(crate) fn open(
        &mut self,
        name: &LocalName,
        kind: BlockKind,
        attributes: &[Attribute],
    ) -> bool {
        let (lacking, frame) = self.frame_for(kind, attributes);
        let blocks = self.stack.len() - self.inline;
        if blocks + 1 + usize::from(lacking.is_some()) > MAX_BLOCKS {
            return false;
        }
        if let Some((name, frame)) = lacking {
            self.push(name, frame, Effect::default());
        }
        let as_code = kind == BlockKind::Preformatted && matches!(frame, Frame::Division);
        let effect = if as_code {
            Effect::of("code", &[])
        } else {
            Effect::default()
        };
        self.push(name.clone(), frame, effect);
        true
    }

    /// What an element of that kind collects here, and the element that is lacking round it.
    fn frame_for(
        &self,
        kind: BlockKind,
        attributes: &[Attribute],
    ) -> (Option<(LocalName, Frame)>, Frame) {
        if self.hold_only_spans() {
            return (None, Frame::Division);
        }
        let container = self.container();
        let in_list = matches!(container, Some(Frame::List(..)));
        let in_row = matches!(container, Some(Frame::Row(_)));
        let in_table = matches!(container, Some(Frame::Table(_)));
        let fresh = matches!(container, Some(Frame::Details { summary, .. }) if summary.is_empty());
        let frame = match kind {
            BlockKind::Heading(level) => Frame::Heading(level),
            BlockKind::Quote => Frame::Quote(Vec::new()),
            BlockKind::UnorderedList => Frame::List(ListKind::Unordered, Vec::new()),
            BlockKind::OrderedList => {
                let start =
                    attribute(attributes, "start").and_then(|start| start.trim().parse().ok());
                Frame::List(
                    ListKind::Ordered {
                        start: start.unwrap_or(1),
                    },
                    Vec::new(),
                )
            }
            BlockKind::Item if in_list => Frame::Item(Vec::new()),
            BlockKind::Preformatted => Frame::Code {
                language: element::language(attributes),
                text: String::new(),
            },
            BlockKind::Table => Frame::Table(Table::default()),
            BlockKind::Caption if in_table => Frame::Caption(Spans::default()),
            BlockKind::Row if in_table => Frame::Row(Vec::new()),
            BlockKind::Cell(kind) if in_row || in_table => Frame::Cell(kind, Spans::default()),
            BlockKind::Details => Frame::Details {
                summary: Spans::default(),
                blocks: Vec::new(),
            },
            BlockKind::Summary if fresh => Frame::Summary(Spans::default()),
            BlockKind::Division
            | BlockKind::Item
            | BlockKind::Caption
            | BlockKind::RowGroup
            | BlockKind::Row
            | BlockKind::Cell(_)
            | BlockKind::Summary
            | BlockKind::Reply => Frame::Division,
        };
        let lacking = if in_table && matches!(frame, Frame::Cell(..)) {
            Some((local_name!("tr"), Frame::Row(Vec::new())))
        } else if in_list && !matches!(frame, Frame::Item(_) | Frame::Division) {
            Some((local_name!("li"), Frame::Item(Vec::new())))
        } else {
            None
        };
        (lacking, frame)
    }

    /// Ends the innermost inline element of that name, wherever it was opened.
    pub(crate) fn remove_inline(&mut self, name: &LocalName) -> bool {
        let is_meant = |e: &Element| e.name == *name && matches!(e.frame, Frame::Inline);
        let Some(position) = self.stack.iter().rposition(is_meant) else {
            return false;
        };
        self.stack.remove(position);
        self.inline -= 1;
        true
    }

    /// Forgets what the innermost element has collected.
    pub(crate) fn discard(&mut self) {
        if let Some(element) = self.stack.last_mut() {
            element.frame = Frame::Division;
        }
    }

    /// Closes the innermost element and puts what it has collected where it belongs.
    pub(crate) fn close(&mut self) {
        let Some(Element { frame, .. }) = self.stack.pop() else {
            return;
        };
        match frame {
            Frame::Inline => self.inline -= 1,
            Frame::Division | Frame::Heading(_) => {}
            Frame::Quote(blocks) if blocks.is_empty() => {}
            Frame::Quote(blocks) => self.attach(Block::Quote(blocks)),
            Frame::List(_, items) if items.is_empty() => {}
            Frame::List(kind, items) => self.attach(Block::List { kind, items }),
            Frame::Code { language, mut text } => {
                if text.ends_with('\n') {
                    text.pop();
                }
                if !text.is_empty() {
                    self.attach(Block::Code { language, text });
                }
            }
            Frame::Table(table) if table == Table::default() => {}
            Frame::Table(table) => self.attach(Block::Table(table)),
            Frame::Details { summary, blocks } if summary.is_empty() && blocks.is_empty() => {}
            Frame::Details { summary, blocks } => {
                self.attach(Block::Details {
                    summary: summary.finish(),
                    blocks,
                });
            }
            Frame::Reply(mut blocks) => self.root.append(&mut blocks),
            Frame::Item(_)
            | Frame::Row(_)
            | Frame::Caption(_)
            | Frame::Cell(..)
            | Frame::Summary(_) => self.hand_over(frame),
        }
    }

    /// Gives a part to the element that it is a part of: the nearest open block element, since
    /// parts are opened nowhere else.
    fn hand_over(&mut self, part: Frame) {
        let mut frames = self
            .stack
            .iter_mut()
            .rev()
            .map(|element| &mut element.frame);
        let whole = frames.find(|frame| !matches!(frame, Frame::Inline | Frame::Division));
        match (whole, part) {
            (Some(Frame::List(_, items)), Frame::Item(blocks)) => items.push(blocks),
            (Some(Frame::Table(table)), Frame::Row(cells)) if !cells.is_empty() => {
                table.rows.push(cells);
            }
            (Some(Frame::Table(table)), Frame::Caption(spans)) => {
                let mut caption = Spans::default();
                caption.append(std::mem::take(&mut table.caption));
                add_line(&mut caption, spans.finish());
                table.caption = caption.finish();
            }
            (Some(Frame::Row(cells)), Frame::Cell(kind, spans)) => {
                cells.push(Cell {
                    kind,
                    spans: spans.finish(),
                });
            }
            (Some(Frame::Details { summary, .. }), Frame::Summary(spans)) => *summary = spans,
            _ => {}
        }
    }

    pub(crate) fn finish(self) -> Vec<Block> {
        self.root
    }
}

/// Putting finished content into its place.
impl Frames {
    /// Adds a finished line.
    pub(crate) fn attach_spans(&mut self, spans: Vec<Span>) {
        let mut level = None;
        for element in self.stack.iter_mut().rev() {
            match &mut element.frame {
                Frame::Heading(rank) => level = Some(*rank),
                Frame::Caption(lines) | Frame::Cell(_, lines) | Frame::Summary(lines) => {
                    add_line(lines, spans);
                    return;
                }
                Frame::Inline | Frame::Division | Frame::Table(_) | Frame::Row(_) => {}
                Frame::Quote(_)
                | Frame::List(..)
                | Frame::Item(_)
                | Frame::Code { .. }
                | Frame::Details { .. }
                | Frame::Reply(_) => break,
            }
        }
        self.attach(match level {
            Some(level) => Block::Heading { level, spans },
            None => Block::Paragraph(spans),
        });
    }

    /// Adds a finished block to the nearest element that holds blocks; a table holds none outside
    /// its cells, and what stands there comes before it.
    pub(crate) fn attach(&mut self, block: Block) {
        self.touched = true;
        for element in self.stack.iter_mut().rev() {
            match &mut element.frame {
                Frame::Quote(blocks)
                | Frame::Item(blocks)
                | Frame::Details { blocks, .. }
                | Frame::Reply(blocks) => return blocks.push(block),
                Frame::List(_, items) => return items.push(vec![block]),
                Frame::Inline
                | Frame::Division
                | Frame::Heading(_)
                | Frame::Code { .. }
                | Frame::Table(_)
                | Frame::Caption(_)
                | Frame::Row(_)
                | Frame::Cell(..)
                | Frame::Summary(_) => {}
            }
        }
        self.root.push(block);
    }
}

fn add_line(lines: &mut Spans, spans: Vec<Span>) {
    if !lines.is_empty() {
        lines.push(&Style::default(), Inline::LineBreak);
    }
    lines.append(spans);
}
