//! Rich text over one tree: IRC formatting codes, Matrix HTML (`org.matrix.custom.html`) and plain
//! text are read into a [`Tree`] and written from it.
//!
//! This crate does no I/O, knows no rooms and no members, does not split lines to the length of an
//! IRC message, does not turn `mxc:` addresses into links, and never keeps the original of a text.
//!
//! ```
//! use polylogue_richtext::{Dialect, from_html, from_irc, to_html, to_irc, to_plain};
//!
//! let typed = from_irc("\x02hello\x02 world");
//! assert_eq!(to_plain(&typed), "hello world");
//! assert_eq!(to_html(&typed).as_deref(), Some("<strong>hello</strong> world"));
//!
//! let sent = from_html("<p>one</p><ul><li><em>two</em></li></ul>");
//! assert_eq!(to_irc(&sent, Dialect::Palette), ["one", "• \x1Dtwo"]);
//! ```

mod html;
mod irc;
mod layout;
mod link;
mod mention;
mod palette;
mod plain;
mod spans;
mod style;
mod text;
mod tree;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod table;

pub use html::parse::from_html;
pub use html::render::to_html;
pub use irc::codes::strip;
pub use irc::parse::from_irc;
pub use irc::render::{Dialect, to_irc};
pub use link::Link;
pub use mention::{Place, Word, words};
pub use palette::{Colour, PaletteIndex, Rgb};
pub use plain::{from_plain, to_plain};
pub use style::{Mark, Marks, Style};
pub use tree::{
    Block, Cell, CellKind, Image, ImageKind, Inline, Level, ListKind, Span, Table, Tree,
};
