//! Text with IRC's formatting codes, as <https://modern.ircdocs.horse/formatting> describes them.
//!
//! Lines are logical ones: wrapping to the length of a message belongs to the IRC codec.

pub(crate) mod codes;
pub(crate) mod parse;
pub(crate) mod render;
