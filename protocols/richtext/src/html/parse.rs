//! HTML -> tokens -> tree: drives html5ever's tokenizer and gives what it finds to the builder.
//!
//! html5ever's own tree builder is not used: it looks through all open elements for many a tag,
//! which takes quadratic time on deep nesting.

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use crate::html::builder::Builder;
use crate::plain::from_plain;
use crate::tree::Tree;

/// The most signs that may separate attributes inside one tag. The tokenizer compares each
/// attribute with all before it, so that this bounds its time.
const MAX_SEPARATORS: usize = 1024;

/// How much the tokenizer is given before it is looked at again, in bytes.
const CHUNK: usize = 512;

/// Reads HTML as browsers read it, in linear time and without recursion. Unknown tags give way to
/// their children; scripts, styles and a leading `<mx-reply>` vanish with their content; nothing
/// else hides text. Elements nested deeper than [`Tree::MAX_DEPTH`] give way to their children.
///
/// The tree is empty if the HTML says nothing; the caller then shows the message's plain body.
/// A text with a tag of more than a thousand attributes is not taken for HTML: its source is shown.
#[must_use]
pub fn from_html(html: &str) -> Tree {
    let tokenizer = Tokenizer::new(
        Sink::default(),
        TokenizerOpts {
            discard_bom: false,
            ..TokenizerOpts::default()
        },
    );
    let input = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(rest.ceil_char_boundary(CHUNK));
        input.push_back(StrTendril::from(chunk));
        // The sink blocks on no script, so that the whole chunk is read.
        let _ = tokenizer.feed(&input);
        if tokenizer.sink.is_flooded_by(chunk) {
            return from_plain(html);
        }
        rest = behind;
    }
    tokenizer.end();
    tokenizer.sink.builder.into_inner().finish()
}

#[derive(Default)]
struct Sink {
    builder: RefCell<Builder>,
    /// Inside a script or style, whose text says nothing.
    in_raw_text: Cell<bool>,
    /// Whether a token has come since this was last asked.
    moved: Cell<bool>,
    /// Separators given since then.
    separators: Cell<usize>,
}

impl Sink {
    fn is_flooded_by(&self, chunk: &str) -> bool {
        let before = if self.moved.take() {
            0
        } else {
            self.separators.get()
        };
        let separates = |byte: &u8| byte.is_ascii_whitespace() || b"/\"'".contains(byte);
        self.separators
            .set(before + chunk.bytes().filter(separates).count());
        self.separators.get() > MAX_SEPARATORS
    }

    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let raw = match &*tag.name {
            "script" => Some(RawKind::ScriptData),
            "style" => Some(RawKind::Rawtext),
            _ => None,
        };
        match (tag.kind, raw) {
            (TagKind::StartTag, Some(kind)) => {
                self.in_raw_text.set(true);
                return TokenSinkResult::RawData(kind);
            }
            (TagKind::StartTag, None) => self.builder.borrow_mut().start(&tag.name, &tag.attrs),
            (TagKind::EndTag, Some(_)) => self.in_raw_text.set(false),
            (TagKind::EndTag, None) => self.builder.borrow_mut().end(&tag.name),
        }
        TokenSinkResult::Continue
    }
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::ParseError(_) => return TokenSinkResult::Continue,
            Token::TagToken(tag) => {
                self.moved.set(true);
                return self.tag(&tag);
            }
            Token::CharacterTokens(text) => {
                if !self.in_raw_text.get() {
                    self.builder.borrow_mut().text(&text);
                }
            }
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken => {}
        }
        self.moved.set(true);
        TokenSinkResult::Continue
    }
}
