//! Tags and text -> tree: keeps the stack of open elements and closes what HTML lets authors leave
//! open.
//!
//! The stack is bounded and each step looks through it a fixed number of times, so that the time is
//! linear in the length of the text.

use html5ever::{Attribute, LocalName, local_name};

use crate::html::element::{self, BlockKind, Effect, Kind, kind_of};
use crate::html::frame::{Frame, Frames};
use crate::html::line::{Current, Line};
use crate::text::is_allowed;
use crate::tree::{Block, Inline, Tree};

/// Inline elements that may be open at once; what is written again has eleven at most.
const MAX_INLINE: usize = 64;

/// Reads the tags and texts of one document.
#[derive(Default)]
pub(crate) struct Builder {
    frames: Frames,
    line: Line,
    current: Current,
    /// Open elements that had no room.
    block_overflow: usize,
    inline_overflow: usize,
    /// The element whose content is not shown, and how many of its name are open inside it.
    hidden: Option<(LocalName, usize)>,
    /// Whether something has been said since the last element with words of its own began.
    said: bool,
    /// Directly behind `<pre>`, where one line end does not count.
    after_pre: bool,
}

impl Builder {
    pub(crate) fn finish(mut self) -> Tree {
        self.close_to(0);
        self.boundary();
        Tree {
            blocks: self.frames.finish(),
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        let after_pre = std::mem::take(&mut self.after_pre);
        if self.hidden.is_some() {
            return;
        }
        if let Some(Frame::Code { text: code, .. }) = self.frames.innermost_mut() {
            let text = if after_pre {
                text.strip_prefix('\n').unwrap_or(text)
            } else {
                text
            };
            code.extend(text.chars().filter(|c| *c == '\n' || is_allowed(*c)));
            return;
        }
        self.line.text(&self.current, text);
        self.said |= !self.line.is_empty();
    }

    pub(crate) fn start(&mut self, name: &LocalName, attributes: &[Attribute]) {
        self.after_pre = false;
        let kind = kind_of(name);
        if self.is_hidden_from(name, kind, 1) {
            return;
        }
        if let Some(Frame::Code { text, language }) = self.frames.innermost_mut() {
            match kind {
                Kind::LineBreak => text.push('\n'),
                Kind::Inline if language.is_none() => *language = element::language(attributes),
                Kind::Image => {
                    text.push_str(element::attribute(attributes, "alt").unwrap_or_default());
                }
                Kind::Inline | Kind::Block(_) | Kind::Rule | Kind::Unknown => {}
            }
            return;
        }
        match kind {
            Kind::Unknown => {}
            Kind::LineBreak => self.leaf(Inline::LineBreak),
            Kind::Image => {
                let (style, image) = element::image(attributes, &self.current.style);
                self.line.leaf(&self.current, &style, image);
                self.said |= !self.line.is_empty();
            }
            Kind::Rule => {
                self.boundary();
                self.close_paragraph();
                if !self.frames.hold_only_spans() {
                    self.frames.attach(Block::Rule);
                }
            }
            Kind::Inline => self.start_inline(name, attributes),
            Kind::Block(BlockKind::Reply) => {
                if self.frames.are_untouched() && self.line.is_empty() {
                    self.frames
                        .push(name.clone(), Frame::Reply(Vec::new()), Effect::default());
                }
            }
            Kind::Block(kind) => self.start_block(name, kind, attributes),
        }
    }

    pub(crate) fn end(&mut self, name: &LocalName) {
        self.after_pre = false;
        let kind = kind_of(name);
        if self.is_hidden_from(name, kind, -1) {
            return;
        }
        if let Some(Frame::Code { .. }) = self.frames.innermost_mut() {
            if kind == Kind::Block(BlockKind::Preformatted) {
                self.close_to(self.frames.len() - 1);
            }
            return;
        }
        match kind {
            Kind::Unknown | Kind::LineBreak | Kind::Rule | Kind::Image => {}
            Kind::Inline => {
                if self.inline_overflow > 0 {
                    self.inline_overflow -= 1;
                } else if self.frames.remove_inline(name) {
                    if *name == local_name!("a") {
                        self.line.end_mention();
                    }
                    self.restyle();
                }
            }
            Kind::Block(kind) => {
                self.boundary();
                if self.block_overflow > 0 {
                    self.block_overflow -= 1;
                } else if let Some(position) = self.frames.position_of_end(name, kind) {
                    self.close_to(position + 1);
                    self.boundary();
                    if kind == BlockKind::Reply {
                        self.frames.discard();
                    }
                    self.close_to(position);
                }
            }
        }
    }

    fn start_inline(&mut self, name: &LocalName, attributes: &[Attribute]) {
        if *name == local_name!("span")
            && let Some(latex) = element::latex(attributes)
        {
            self.leaf(Inline::Maths(latex));
            self.hidden = Some((name.clone(), 1));
            return;
        }
        if *name == local_name!("a") {
            // A link ends where the next begins.
            self.frames.effects_mut().for_each(Effect::end_link);
            self.line.end_mention();
            self.restyle();
        }
        if self.frames.inline() >= MAX_INLINE {
            self.inline_overflow += 1;
        } else {
            let effect = Effect::of(name, attributes);
            if effect.has_words() && std::mem::take(&mut self.said) {
                self.frames.effects_mut().for_each(Effect::say);
            }
            self.frames.push(name.clone(), Frame::Inline, effect);
            self.restyle();
        }
    }

    fn start_block(&mut self, name: &LocalName, kind: BlockKind, attributes: &[Attribute]) {
        self.boundary();
        self.close_paragraph();
        if let Some(position) = self.frames.position_of_implied_end(kind) {
            self.close_to(position);
        }
        let latex = element::latex(attributes).filter(|_| *name == local_name!("div"));
        if let Some(latex) = latex {
            if self.frames.hold_only_spans() {
                self.leaf(Inline::Maths(latex));
                self.boundary();
            } else {
                self.frames.attach(Block::Maths(latex));
            }
            self.hidden = Some((name.clone(), 1));
        } else if self.frames.open(name, kind, attributes) {
            self.after_pre = kind == BlockKind::Preformatted;
            if self.after_pre {
                self.restyle();
            }
        } else {
            self.block_overflow += 1;
        }
    }

    /// Whether a tag stands in content that is not shown; counts the open ones of the same name.
    fn is_hidden_from(&mut self, name: &LocalName, kind: Kind, change: isize) -> bool {
        let Some((hider, open)) = &mut self.hidden else {
            return false;
        };
        if hider == name {
            *open = open.saturating_add_signed(change);
            if *open == 0 {
                self.hidden = None;
            }
            return true;
        }
        // Left open inside a line, it hides no more than the line.
        let inline = !matches!(kind, Kind::Block(_) | Kind::Rule);
        if *hider == local_name!("span") && !inline {
            self.hidden = None;
        }
        self.hidden.is_some()
    }

    fn leaf(&mut self, content: Inline) {
        self.line.leaf(&self.current, &self.current.style, content);
        self.said |= !self.line.is_empty();
    }

    /// Ends the line where a block begins or ends. A link that has been said ends with it, and so
    /// does the reason of a spoiler: repeated in every block they would multiply the text.
    fn boundary(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let spans = self.line.take();
        self.frames.attach_spans(spans);
        if std::mem::take(&mut self.said) {
            self.frames.effects_mut().for_each(Effect::say);
        }
        self.frames.effects_mut().for_each(Effect::end_line);
        self.restyle();
    }

    /// A block ends the paragraph before it.
    fn close_paragraph(&mut self) {
        if let Some(position) = self.frames.position_of_paragraph() {
            self.close_to(position);
        }
    }

    /// Closes all elements from `position` up.
    fn close_to(&mut self, position: usize) {
        if self.frames.len() <= position {
            return;
        }
        while self.frames.len() > position {
            if self.frames.innermost_is_block() {
                self.boundary();
            }
            self.frames.close();
        }
        self.restyle();
    }

    fn restyle(&mut self) {
        self.current = self.frames.current();
    }
}
